//! `carrel check` and `carrel config`: what people and scripts see of the configuration files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::Value;
use std::{fs, process::Command, process::Output};
use tempfile::TempDir;

/// A folder with configuration files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn carrel(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carrel"));
    command.args(arguments).env_clear().envs(variables.iter().copied());
    command.output().unwrap()
}

/// Runs a command on a folder, and answers its exit code and what it printed, with the folder's name taken out.
fn on(folder: &TempDir, arguments: &[&str]) -> (i32, String) {
    let path = folder.path().to_str().unwrap();
    let output = carrel(&[arguments, &["--config-dir", path]].concat(), &[]);
    let text = String::from_utf8(output.stdout).unwrap().replace(&format!("{path}/"), "");
    (output.status.code().unwrap(), text + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn check_tells_all_errors_of_all_files_at_once_and_ends_with_78() {
    let files = folder(&[
        ("rserver.conf", "www-prot=8787\nwww-port=many\nadmin-enabled=perhaps\n"),
        ("profiles", "[*]\nsession-limit=-1\n"),
    ]);
    let (code, text) = on(&files, &["check"]);
    assert_eq!(code, 78, "{text}");
    let expected = [
        "profiles:2: error: session-limit cannot be this; found “-1”; allowed: a whole number [wrong-value]",
        "rserver.conf:1: warning: rserver.conf has no such key; found “www-prot”; did you mean “www-port”? [unknown-key]",
        "rserver.conf:2: error: www-port cannot be this; found “many”; allowed: a whole number from 1 to 65535 [wrong-value]",
        "rserver.conf:3: error: admin-enabled cannot be this; found “perhaps”; allowed: 1 or 0 [wrong-value]",
        "carrel: errors in the configuration files: 3",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn check_says_what_has_no_effect_and_ends_well_without_an_error() {
    let files = folder(&[("rserver.conf", "www-port=8787\nserver-license-type=remote\nchronicle-enabled=1\n")]);
    let (code, text) = on(&files, &["check"]);
    let expected = [
        "rserver.conf:2: note: server-license-type changes nothing: Carrel needs no license [no-effect]",
        "rserver.conf:3: warning: chronicle-enabled is not supported: nothing is done instead [not-supported]",
        "files read: 1; errors: 0; warnings: 1; notes: 1",
    ];
    assert_eq!((code, text.lines().collect::<Vec<_>>()), (0, expected.to_vec()));
}

#[test]
fn check_prints_json_for_scripts() {
    let files = folder(&[("database.conf", "port=hunter2\npassword=hunter2\n")]);
    let path = files.path().to_str().unwrap();
    let output = carrel(&["check", "--json", "--config-dir", path], &[]);
    assert_eq!(output.status.code(), Some(78));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let first = &told[0];
    assert_eq!((&first["line"], &first["level"], &first["code"]), (&1.into(), &"error".into(), &"wrong-value".into()));
    assert_eq!(first["file"], format!("{path}/database.conf"));
    assert_eq!(first["allowed"], "a whole number from 1 to 65535");
    let all = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!all.contains("hunter2"), "{all}");
}

#[test]
fn show_says_value_source_and_default_of_what_is_set() {
    let files = folder(&[
        ("rserver.conf", "# ours\nwww-port=80\n"),
        ("profiles", "[@devs]\nsession-limit=3\n"),
        ("database.conf", "password=hunter2\n"),
        ("launcher-mounts", "MountType: NFS\nMountPath: /data\n"),
    ]);
    let (code, text) = on(&files, &["config", "show"]);
    let rows: Vec<String> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let expected = [
        "FILE OPTION VALUE FROM DEFAULT",
        "rserver.conf www-port 80 rserver.conf:2 8787",
        "profiles [@devs] session-limit 3 profiles:2",
        "launcher-mounts block 1: MountType NFS launcher-mounts:1",
        "launcher-mounts block 1: MountPath /data launcher-mounts:2",
        "database.conf password (secret) database.conf:1",
    ];
    assert_eq!((code, rows), (0, expected.map(str::to_owned).to_vec()));
}

#[test]
fn show_prints_json_and_with_all_the_defaults_too() {
    let files = folder(&[("rserver.conf", "www-port=1e+03\n")]);
    let path = files.path().to_str().unwrap();
    let output = carrel(&["config", "show", "--json", "--all", "--config-dir", path], &[]);
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let option = |key: &str| shown.as_array().unwrap().iter().find(|o| o["key"] == key).unwrap().clone();
    let port = option("www-port");
    assert_eq!((&port["value"], &port["default"], &port["source"]["line"]), (&1000.into(), &8787.into(), &1.into()));
    let minutes = option("auth-timeout-minutes");
    assert_eq!((&minutes["value"], &minutes["source"], &minutes["role"]), (&60.into(), &Value::Null, &"used".into()));
}

#[test]
fn files_are_found_by_the_environment() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (folder, port) in [(&first, "1"), (&second, "2")] {
        fs::create_dir(folder.path().join("rstudio")).unwrap();
        fs::write(folder.path().join("rstudio/rserver.conf"), format!("www-port={port}\n")).unwrap();
    }
    let both = format!("{}:{}", first.path().display(), second.path().display());
    let port = |variables: &[(&str, &str)]| {
        let shown: Value = serde_json::from_slice(&carrel(&["config", "show", "--json"], variables).stdout).unwrap();
        shown[0]["value"].clone()
    };
    assert_eq!(port(&[("XDG_CONFIG_DIRS", &both)]), 1);
    let only = second.path().join("rstudio");
    assert_eq!(port(&[("XDG_CONFIG_DIRS", &both), ("RSTUDIO_CONFIG_DIR", only.to_str().unwrap())]), 2);
}

#[test]
fn an_empty_folder_is_no_error() {
    let files = folder(&[]);
    let (code, text) = on(&files, &["check"]);
    assert_eq!((code, text.starts_with("there is no configuration file in ")), (0, true), "{text}");
    assert_eq!(on(&files, &["config", "show"]), (0, text));
}

#[test]
fn the_schema_is_json() {
    let schema: Value = serde_json::from_slice(&carrel(&["config", "schema"], &[]).stdout).unwrap();
    assert_eq!(schema["properties"]["rserver.conf"]["properties"]["www-port"]["default"], 8787);
}

#[test]
fn show_names_the_source_of_every_setting_of_every_default_file() {
    let reference = concat!(env!("CARGO_MANIFEST_DIR"), "/../carrel-config/fixtures/reference");
    for folder in ["chart", "rootless", "defaults", "older"] {
        let folder = format!("{reference}/{folder}");
        let checked = carrel(&["check", "--config-dir", &folder], &[]);
        assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stdout));
        let shown = carrel(&["config", "show", "--json", "--config-dir", &folder], &[]);
        let shown: Vec<Value> = serde_json::from_slice(&shown.stdout).unwrap();
        assert!(!shown.is_empty(), "{folder}");
        for one in shown {
            let text = fs::read_to_string(one["source"]["file"].as_str().unwrap()).unwrap();
            let line = usize::try_from(one["source"]["line"].as_u64().unwrap()).unwrap();
            let (line, key) = (text.lines().nth(line - 1).unwrap(), one["key"].as_str().unwrap());
            assert!(line.starts_with(key) || line.starts_with('/'), "{folder}: {line} sets {key}");
        }
    }
}
