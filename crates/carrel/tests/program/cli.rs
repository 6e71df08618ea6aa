//! What the command line says when something is wrong, and how it ends.

use crate::host::{Ended, Host, am_root, first_line, refused, said};
use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Stdio},
};

#[test]
fn the_server_does_not_run_as_root() {
    if !am_root() {
        // Only root can try; for everybody else the guarantee holds by itself.
        return;
    }
    let host = Host::new();
    let output = Command::new(host.program()).args(["serve"]).env("CARREL_DATA_DIR", host.data()).output().unwrap();
    refused(&output, 77, &["does not run as root", "an account of its own"]);
}

#[test]
fn a_port_in_use_is_named() {
    let host = Host::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = host.run(&["serve", "--listen", &address]);
    refused(&output, 69, &[&address.replace("127.0.0.1:", "port "), "in use by another program"]);
}

#[test]
fn a_check_beside_the_server_that_runs_takes_its_port_for_no_fault() {
    let host = Host::new();
    let mut server = Ended(host.command(&["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap());
    let line = first_line(&mut server.0);
    let (_, port) = line.trim_end().rsplit_once(':').unwrap();
    fs::write(host.config().join("rserver.conf"), format!("www-address=127.0.0.1\nwww-port={port}\n")).unwrap();
    let output = host.run(&["check", "--live"]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains(&format!("address: fine: 127.0.0.1:{port} is taken, by a Carrel that runs")), "{told}");
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named() {
    let host = Host::new();
    let folder = PathBuf::from(host.path("locked"));
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    let path = folder.display().to_string();
    refused(&host.run(&["serve", "--data-dir", &path]), 73, &[&path, "--data-dir"]);
    let below = folder.join("new").display().to_string();
    refused(&host.run(&["serve", "--data-dir", &below]), 73, &[&below, "--data-dir"]);
}

#[test]
fn a_data_folder_that_others_can_write_is_refused() {
    let host = Host::new();
    fs::set_permissions(host.data(), fs::Permissions::from_mode(0o777)).unwrap();
    refused(&host.run(&["serve"]), 73, &["can be written to by other accounts", "chmod 0700"]);
}

#[test]
fn an_agent_that_is_missing_is_named() {
    let host = Host::new();
    fs::remove_file(host.agent()).unwrap();
    refused(&host.run(&["serve"]), 78, &["carrel-agent cannot be run", "--agent"]);
}

#[test]
fn a_wrong_ide_entry_is_named_with_file_and_key() {
    let host = Host::new();
    fs::write(host.path("ides/mine.toml"), "id = \"mine\"\nnmae = \"Mine\"\n").unwrap();
    let output = host.run(&["serve", "--ides", "ides"]);
    let all = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{all}");
    assert!(all.contains("mine.toml") && all.contains("nmae"), "{all}");
}

#[test]
fn a_wrong_idle_time_is_refused() {
    let host = Host::new();
    refused(&host.run(&["serve", "--suspend-after=-1"]), 78, &["--suspend-after -1", "0 or more"]);
}

/// Runs a few lines of Python on the database: the store has no way to do what must not be done.
fn python(host: &Host, lines: &str) -> Command {
    let database = host.data().join("carrel.db");
    let mut command = Command::new("python3");
    command
        .args(["-c", &format!("import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\n{lines}")]);
    command.arg(database).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

#[test]
fn a_database_that_is_locked_is_named() {
    let host = Host::new();
    assert!(host.add_user(&["ada"], "correct horse").status.success());
    let lines =
        "c.execute('PRAGMA journal_mode=DELETE')\nc.execute('BEGIN EXCLUSIVE')\nprint('locked', flush=True)\ninput()";
    let mut lock = Ended(python(&host, lines).spawn().unwrap());
    assert_eq!(first_line(&mut lock.0), "locked\n");
    refused(&host.run(&["user", "list"]), 69, &["carrel.db", "locked"]);
}

#[test]
fn a_database_newer_than_the_program_is_named() {
    let host = Host::new();
    assert!(host.add_user(&["ada"], "correct horse").status.success());
    let newer = "c.execute(\"insert into migrations values (9999, 'of tomorrow', 9999)\")";
    assert!(python(&host, newer).status().unwrap().success());
    refused(&host.run(&["user", "list"]), 69, &["newer"]);
}

#[test]
fn people_are_added_listed_locked_and_given_passwords() {
    let host = Host::new();
    assert!(
        host.add_user(&["ada", "--display-name", "Ada Byron", "--role", "administrator"], "correct horse\n")
            .status
            .success()
    );
    let list = host.run(&["user", "list"]);
    let text = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(
        text.contains("ada")
            && text.contains("Ada Byron")
            && text.contains("administrator")
            && text.contains("Enabled"),
        "{text}"
    );
    assert!(host.run(&["user", "lock", "ada"]).status.success());
    let list = host.run(&["user", "list", "--json"]);
    assert!(String::from_utf8_lossy(&list.stdout).contains("\"locked_at\": \"20"));
    assert!(host.run(&["user", "unlock", "ada"]).status.success());
    assert!(host.run_with(&["user", "passwd", "ada", "--password-stdin"], "another horse").status.success());
    refused(&host.run(&["user", "lock", "bob"]), 1, &["no user “bob”", "carrel user list"]);
    refused(&host.add_user(&["ada"], "correct horse"), 1, &["exists already"]);
}

#[test]
fn a_second_person_on_a_shared_account_has_to_be_wanted() {
    let host = Host::new();
    assert!(host.add_user(&["ada"], "correct horse").status.success());
    refused(&host.add_user(&["bob"], "correct horse"), 1, &["--shared-account", "files of the others"]);
    assert!(host.add_user(&["bob", "--shared-account"], "correct horse").status.success());
}

#[test]
fn a_password_that_is_easy_to_guess_is_refused_but_for_test_users() {
    let host = Host::new();
    refused(&host.add_user(&["rstudio"], "rstudio"), 1, &["too short", "8 characters"]);
    assert!(host.add_user(&["rstudio", "--weak-password"], "rstudio").status.success());
    let output = host.run(&["user", "passwd", "rstudio"]);
    refused(&output, 1, &["no terminal", "--password-stdin"]);
}

#[test]
fn a_token_is_shown_once_and_taken_back() {
    let host = Host::new();
    assert!(host.add_user(&["ada"], "correct horse").status.success());
    let made = host.run(&["token", "create", "--user", "ada", "--name", "nightly", "--read-only"]);
    let secret = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    assert!(secret.starts_with("carrel_"), "{}", said(&made));
    let list = String::from_utf8_lossy(&host.run(&["token", "list", "--user", "ada"]).stdout).into_owned();
    assert!(list.contains("nightly") && list.contains("read") && !list.contains(&secret), "{list}");
    let id = list.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(host.run(&["token", "revoke", "--user", "ada", &id]).status.success());
    refused(&host.run(&["token", "revoke", "--user", "ada", &id]), 1, &["has no token"]);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let host = Host::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = format!("http://{free}");
    let output =
        host.command(&["session", "list", "--server", &server]).env("CARREL_TOKEN", "carrel_x").output().unwrap();
    refused(&output, 1, &[&server, "was not reached"]);
    refused(&host.run(&["session", "list"]), 1, &["a token is needed", "CARREL_TOKEN"]);
}

#[test]
fn help_names_every_command() {
    let host = Host::new();
    let help = String::from_utf8_lossy(&host.run(&["--help"]).stdout).into_owned();
    for command in ["serve", "session", "user", "token"] {
        assert!(help.contains(command), "{help}");
    }
}

#[test]
fn groups_are_given_to_a_user_at_first_and_later() {
    let host = Host::new();
    let added = host.add_user(&["ada", "--weak-password", "--group", "devs,ops"], "rstudio\n");
    assert!(added.status.success(), "{}", said(&added));
    let groups = |arguments: &[&str]| {
        let output = host.run(&[&["user", "groups", "ada"], arguments].concat());
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(groups(&[]), "ada is in devs, ops.\n");
    assert_eq!(groups(&["--add", "Domain Users"]), "ada is in Domain Users, devs, ops.\n");
    assert_eq!(groups(&["--remove", "devs,ops", "--json"]), "[\n  \"Domain Users\"\n]\n");
    assert_eq!(groups(&["--set"]), "ada is in no group.\n");
    refused(&host.run(&["user", "groups", "grace"]), 1, &["there is no user “grace”"]);
    let wrong = host.run(&["user", "groups", "ada", "--add", "@devs"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn users_get_the_numbers_that_the_files_and_the_command_line_say() {
    let host = Host::new();
    host.write("rserver.conf", "user-provisioning-start-uid=5000\nuser-homedir-path=/nfs\n");
    assert!(host.add_user(&["ada", "--group", "devs"], "correct horse").status.success());
    let bob = ["bob", "--shared-account", "--uid", "20114", "--gid", "20000", "--home", "/data/bob"];
    assert!(host.add_user(&bob, "correct horse").status.success());
    refused(&host.add_user(&["eve", "--shared-account", "--uid", "20114"], "correct horse"), 1, &["20114 is taken"]);
    let low = host.add_user(&["eve", "--shared-account", "--uid", "4999"], "correct horse");
    refused(&low, 1, &["4999 is below 5000", "user-provisioning-start-uid"]);
    refused(&host.add_user(&["eve", "--shared-account", "--home", "x"], "correct horse"), 1, &["--home x", "with /"]);
    let list = host.run(&["user", "list", "--json"]);
    let users: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    let account = |at: usize| users[at]["account"].clone();
    let adas = serde_json::json!({
        "uid": 5000, "gid": 5000, "groups": [["devs", 1000]], "home": "/nfs/ada", "shell": "/bin/bash",
    });
    assert_eq!(
        (account(0), account(1)["gid"].as_u64(), account(1)["home"].as_str()),
        (adas, Some(20000), Some("/data/bob"))
    );
    let table = String::from_utf8(host.run(&["user", "list"]).stdout).unwrap();
    assert!(table.lines().nth(2).unwrap().contains("20114") && table.contains("/nfs/ada"), "{table}");
    host.write("rserver.conf", "user-provisioning-start-uid=many\n");
    let wrong = host.add_user(&["eve", "--shared-account"], "correct horse");
    refused(&wrong, 78, &["rserver.conf:1", "user-provisioning-start-uid"]);
}
