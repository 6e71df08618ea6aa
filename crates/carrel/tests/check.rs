//! `carrel check --values` and `carrel check --live`: what people and scripts see of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::Value;
use std::{
    fs,
    io::Write,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

fn carrel(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carrel"));
    command.args(arguments).env_clear().env("HOME", folder.path()).current_dir(folder.path());
    command
}

fn run(folder: &TempDir, arguments: &[&str]) -> (i32, String) {
    told(&carrel(folder, arguments).output().unwrap())
}

fn told(output: &Output) -> (i32, String) {
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), text)
}

#[test]
fn values_are_rendered_and_checked_with_the_line_of_both() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("values.yaml"),
        "replica: 3\nconfig:\n  server:\n    jupyter.conf:\n      labs-enabled: 7\n",
    )
    .unwrap();
    let (code, text) = run(&folder, &["check", "--values", "values.yaml"]);
    assert_eq!(code, 78, "{text}");
    let expected = [
        "values.yaml:1: error: the chart does not know replica, and does not render with it; did you mean “replicas”? \
         [unknown-value]",
        "mnt/configmap/rstudio/jupyter.conf:3: error: labs-enabled cannot be this; found “7”; allowed: 1 or 0; from \
         values.yaml:5 config.server.jupyter\\.conf.labs-enabled [wrong-value]",
        "carrel: errors in the configuration files: 2",
    ];
    for line in expected {
        assert!(text.lines().any(|found| found == line), "{line}\nin\n{text}");
    }
}

#[test]
fn several_values_go_over_each_other_one_may_come_from_the_standard_input_and_the_files_are_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("a.yaml"),
        "config: {secret: {database.conf: {provider: sqlite, password: hunter2}}}\n",
    )
    .unwrap();
    let arguments = ["check", "--json", "--values", "a.yaml", "--values", "-", "--values-output", "out"];
    let mut child = carrel(&folder, &arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"config: {secret: {database.conf: {provider: nosql}}}\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let wrong = list.as_array().unwrap().iter().find(|one| one["level"] == "error").unwrap();
    assert_eq!(wrong["from"]["path"], "config.secret.database\\.conf.provider");
    assert_eq!(wrong["from"]["line"], 1);
    assert!(!told(&output).1.contains("hunter2"));
    let path = folder.path().join("out/mnt/secret-configmap/rstudio/database.conf");
    assert_eq!(fs::read_to_string(&path).unwrap(), "password=hunter2\nprovider=nosql\n");
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn live_tries_the_data_folder_the_database_the_agent_and_the_address_and_says_what_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    fs::create_dir(folder.path().join("conf")).unwrap();
    fs::write(folder.path().join("conf/rserver.conf"), format!("www-address=127.0.0.1\nwww-port={port}\n")).unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let arguments = ["check", "--live", "--json", "--config-dir", "conf", "--data-dir", "data"];
    let output = carrel(&folder, &arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(69), "{:?}", told(&output));
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let outcome = |what: &str| {
        all["live"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["what"] == what)
            .map(|one| one["outcome"].clone())
            .unwrap()
    };
    assert_eq!(outcome("data folder"), "fine");
    assert_eq!(outcome("database"), "fine");
    assert_eq!(outcome("address"), "failed");
    assert_eq!(outcome("Kubernetes"), "not-checked");
    assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 0, "nothing stays behind");
}

#[test]
fn live_tells_each_r_that_a_file_names_and_which_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("R/4.4.1/bin");
    fs::create_dir_all(&there).unwrap();
    fs::create_dir(folder.path().join("conf")).unwrap();
    fs::write(there.join("R"), "").unwrap();
    fs::set_permissions(there.join("R"), fs::Permissions::from_mode(0o755)).unwrap();
    let r = folder.path().join("R").display().to_string();
    fs::write(folder.path().join("conf/r-versions"), format!("{r}/4.4.1\n{r}/4.2.0\n")).unwrap();
    let (code, text) = run(&folder, &["check", "--live", "--config-dir", "conf", "--data-dir", "data"]);
    assert_eq!(code, 69, "{text}");
    assert!(text.contains(&format!("R: fine: {r}/4.4.1 (conf/r-versions:1)")), "{text}");
    let gone = format!("R: failed: {r}/4.2.0 (conf/r-versions:2): {r}/4.2.0/bin/R is not there, or may not be run");
    assert!(text.contains(&gone), "{text}");
}

#[test]
fn live_says_why_a_database_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("conf")).unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text =
        format!("provider=postgresql\nhost=127.0.0.1\nport={closed}\nusername=u\ndatabase=d\npassword=hunter2\n");
    fs::write(folder.path().join("conf/database.conf"), text).unwrap();
    let (code, text) = run(&folder, &["check", "--live", "--config-dir", "conf", "--data-dir", "data"]);
    assert_eq!(code, 69, "{text}");
    assert!(text.contains("database: failed: ") && text.contains(&closed.to_string()), "{text}");
    assert!(text.contains("data folder: fine: data is not there yet: the server makes it"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(!folder.path().join("data").exists());
}

#[test]
fn files_with_errors_are_not_tried() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rserver.conf"), "www-port=many\n").unwrap();
    let (code, text) = run(&folder, &["check", "--live", "--config-dir", "."]);
    assert_eq!(code, 78, "{text}");
    assert!(!text.contains("database:"), "{text}");
}

#[test]
fn the_exit_codes_are_in_the_help() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = run(&folder, &["check", "--help"]);
    assert_eq!(code, 0);
    // Where a line ends depends on the terminal.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(["Ends with 0", "with 78", "with 69"].iter().all(|words| text.contains(words)), "{text}");
}
