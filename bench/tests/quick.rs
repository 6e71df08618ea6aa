//! The bench runs, from its start to its tables, with what every machine has.

use std::{fs, process::Command};

#[test]
fn a_quick_run_measures_the_proxy_and_writes_its_figures_between_the_marks() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("bench.md");
    let marks = "<!-- figures: written by `cargo xtask bench --write` -->\nold\n<!-- end of figures -->";
    fs::write(&page, format!("# Speed\n\n{marks}\n\nlast\n")).unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_carrel-bench"))
        .args(["run", "--quick", "--only", "direct,proxy-alone,haproxy", "--write"])
        .arg(&page)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
    assert!(said.contains("HAProxy cookie map is left out: its program was not named"), "{said}");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.starts_with("# Speed\n") && page.ends_with("\nlast\n") && !page.contains("\nold\n"), "{page}");
    for shown in ["| carrel-proxy alone ", "KiB/idle ws", "Cells with errors: none."] {
        assert!(page.contains(shown), "{shown} is missing in {page}");
    }
}

#[test]
fn a_page_without_marks_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("bench.md");
    fs::write(&page, "# Speed\n").unwrap();
    let mut bench = Command::new(env!("CARGO_BIN_EXE_carrel-bench"));
    let out = bench.args(["run", "--quick", "--only", "haproxy", "--write"]).arg(&page).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(!out.status.success() && said.contains("lacks the marks"), "{said}");
    assert_eq!(fs::read_to_string(page).unwrap(), "# Speed\n");
}
