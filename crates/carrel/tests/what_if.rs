//! `carrel what-if`, and what `carrel check` tells of profiles: on files alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::Value;
use std::{
    fs,
    process::{Command, Output},
};
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Runs a command on these files, with a data folder that is not there.
fn on(files: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carrel"));
    command.args(arguments).arg("--config-dir").arg(files.path()).env_clear();
    command.env("CARREL_DATA_DIR", files.path().join("no-data")).output().unwrap()
}

const RULES: &str = "[*]\nmax-cpus=0.4\nmax-mem-mb=400\ndefault-cpus=0.2\n[@ml]\nmax-cpus=0.5\n";

#[test]
fn what_if_says_which_line_decides_each_field() {
    let files = folder(&[
        ("launcher.local.profiles.conf", RULES),
        ("profiles", "[ada]\nsession-limit=2\n"),
        ("carrel.conf", "suspend-after=30\n"),
    ]);
    let output = on(&files, &["what-if", "--user", "ada", "--group", "ml", "--json", "--memory-mb", "300"]);
    assert!(output.status.success(), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let field = |list: &str, name: &str| {
        let fields = answer[list].as_array().unwrap();
        let found = fields.iter().find(|field| field["name"] == name).unwrap();
        let from = found["from"].as_str().unwrap().replace(&format!("{}/", files.path().display()), "");
        format!("{} {from}", found["value"])
    };
    assert_eq!(field("rights", "max-cpus"), "0.5 launcher.local.profiles.conf:6 [@ml]");
    assert_eq!(field("spec", "cpus"), "0.2 launcher.local.profiles.conf:4 [*]");
    assert_eq!(field("spec", "memory_mb"), "300 asked");
    assert_eq!(field("spec", "session_limit"), "2 profiles:2 [ada]");
    assert_eq!(field("spec", "ends_after_s"), "1800 carrel.conf:1");
    assert_eq!(field("spec", "idle_after_s"), "300 default");
    assert!(!files.path().join("no-data").exists(), "a question makes no data folder");
}

#[test]
fn what_if_prints_tables_and_ends_with_1_when_it_would_be_refused() {
    let files = folder(&[("launcher.kubernetes.profiles.conf", RULES)]);
    let output = on(&files, &["what-if", "--user", "bob", "--cpus", "3"]);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    assert!(out.starts_with("bob (in no group)\n") && out.contains("default-cpus"), "{out}");
    let why = "it would be refused: cpus must be between 0.1 and 0.4, not 3; the most is set by the profile of everybody \
         (launcher.kubernetes.profiles.conf:2)";
    assert!(err.contains(why), "{err}");
}

#[test]
fn check_tells_what_does_not_fit_together_in_profiles() {
    let rules = "[@ml]\nmax-cpus=8\n[*]\nmax-cpus=4\ndefault-cpus=5\nresource-profiles=small\ncpu-request-ratio=0\n";
    let files = folder(&[("launcher.kubernetes.profiles.conf", rules)]);
    let output = on(&files, &["check"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(78), "{text}");
    let file = files.path().join("launcher.kubernetes.profiles.conf");
    for (line, code) in [(4, "other-order"), (5, "above-maximum"), (6, "no-such-size"), (7, "out-of-range")] {
        let start = format!("{}:{line}: ", file.display());
        let found = text.lines().any(|told| told.starts_with(&start) && told.ends_with(&format!("[{code}]")));
        assert!(found, "{code} is not told of line {line}: {text}");
    }
}

#[test]
fn what_if_says_what_a_pod_would_get_and_from_which_line() {
    let rules = "[*]\ndefault-container-image=a:1\nmax-nvidia-gpus=2\nplacement-constraints=zone\n";
    let files =
        folder(&[("launcher.conf", "[cluster]\ntype=Kubernetes\n"), ("launcher.kubernetes.profiles.conf", rules)]);
    let asked = ["what-if", "--user", "ada", "--gpus", "1", "--placement", "zone:b", "--json"];
    let output = on(&files, &asked);
    assert!(output.status.success(), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let spec = answer["spec"].as_array().unwrap();
    let field = |name: &str| {
        let found = spec.iter().find(|field| field["name"] == name).unwrap();
        format!("{} {}", found["value"], found["from"].as_str().unwrap().rsplit('/').next().unwrap())
    };
    assert_eq!(field("image"), "\"a:1\" launcher.kubernetes.profiles.conf:2 [*]");
    assert_eq!((field("gpus.nvidia"), field("placement.zone")), ("1 asked".into(), "\"b\" asked".into()));
    let wrong = on(&files, &["what-if", "--user", "ada", "--gpus", "lots"]);
    assert_eq!(wrong.status.code(), Some(64), "{wrong:?}");
    let refused = on(&files, &["what-if", "--user", "ada", "--gpus", "3"]);
    let err = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(err.contains("profiles.conf:3) allows, which is 2"), "{err}");
}

#[test]
fn what_if_says_which_r_a_session_would_have_and_check_which_one_is_not_there() {
    let profile = "[*]\nr-version=/opt/R/4.2.0\n[ada]\nr-versions=/opt/R/4.4.1, /opt/R/4.3.0\n";
    let files = folder(&[("r-versions", "/opt/R/4.4.1\n/opt/R/4.2.0\n"), ("profiles", profile)]);
    let r = |arguments: &[&str]| {
        let output = on(&files, &[&["what-if", "--json", "--user"], arguments].concat());
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = answer["spec"].as_array().unwrap().iter().find(|field| field["name"] == "r_version").cloned();
        let text = found.map(|field| format!("{} {}", field["value"], field["from"].as_str().unwrap()));
        text.unwrap_or_else(|| answer["refused"].to_string()).replace(&format!("{}/", files.path().display()), "")
    };
    assert_eq!(r(&["bob"]), "\"/opt/R/4.2.0\" profiles:2 [*]");
    assert_eq!(r(&["bob", "--r-version", "/opt/R/4.4.1"]), "\"/opt/R/4.4.1\" asked");
    assert_eq!(r(&["ada"]), "\"/opt/R/4.4.1\" r-versions:1");
    let why = "\"the R “/opt/R/4.2.0” is not offered by your profile (profiles:4); /opt/R/4.4.1 may be had\"";
    assert_eq!(r(&["ada", "--r-version", "/opt/R/4.2.0"]), why);
    let output = on(&files, &["check"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = "profiles:4: warning: r-versions names an R that is not there: it is left out; found “/opt/R/4.3.0”";
    let line = text.lines().find(|line| line.contains(wrong)).unwrap_or_else(|| panic!("{text}"));
    assert!(line.contains("/opt/R/4.4.1, /opt/R/4.2.0"), "{line}");
}

#[test]
fn an_override_whose_file_is_missing_stops_the_start_with_its_line() {
    let rules = "[*]\njob-json-overrides=\"/spec/x\":\"/no/such.json\"\n";
    let files =
        folder(&[("launcher.conf", "[cluster]\ntype=Kubernetes\n"), ("launcher.kubernetes.profiles.conf", rules)]);
    let output = on(&files, &["check"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(78), "{text}");
    assert!(text.contains("profiles.conf:2: error: /no/such.json cannot be read: No such file"), "{text}");
}
