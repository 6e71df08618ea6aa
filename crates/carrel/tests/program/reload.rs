//! A running server reads its files again, is watched, and stops at once: by signal and by command, as a process of its own.

use crate::server::{Server, get};
use nix::sys::signal::Signal;
use std::{fs, os::unix::fs::PermissionsExt};

#[test]
fn a_hangup_takes_over_new_files_and_says_what_changed() {
    let server = Server::start(&[("rserver.conf", "server-health-check-enabled=0\n")]);
    assert_eq!(server.get("/health-check").0, 404);
    server.write("rserver.conf", "server-health-check-enabled=1\nwww-port=1234\n");
    server.write("health-check", "sessions=#active-sessions#\n");
    server.signal(Signal::SIGHUP);
    let log = server.log_until("the configuration files were read again");
    assert!(log.contains("rserver.conf: server-health-check-enabled: 0 → 1"), "{log}");
    assert!(log.contains("rserver.conf: www-port: (not set) → 1234, after a restart"), "{log}");
    assert_eq!(server.get("/health-check"), (200, "sessions=0\n".into()));
}

#[test]
fn a_wrong_file_leaves_what_was_in_force_and_all_its_errors_are_in_the_log() {
    let server = Server::start(&[("rserver.conf", "server-health-check-enabled=1\n")]);
    server.write("rserver.conf", "server-health-check-enabled=maybe\nwww-port=none\n");
    server.signal(Signal::SIGHUP);
    let log = server.log_until("what was in force before still is");
    assert!(log.contains("rserver.conf:1: error") && log.contains("rserver.conf:2: error"), "{log}");
    assert_eq!(server.get("/health-check").0, 200);
}

#[test]
fn the_command_reloads_says_what_changed_and_what_is_wrong() {
    let server = Server::start(&[]);
    server.add_administrator();
    server.write("rserver.conf", "server-health-check-enabled=1\n");
    let (code, text) = server.carrel(&["config", "reload"]);
    assert_eq!((code, text.as_str()), (0, "rserver.conf: server-health-check-enabled: (not set) → 1\nchanges: 1\n"));
    assert_eq!(server.get("/health-check").0, 200);
    assert_eq!(server.carrel(&["config", "reload"]), (0, "nothing changed\n".into()));
    server.write("rserver.conf", "www-port=none\nmetrics-port=many\n");
    let (code, text) = server.carrel(&["config", "reload"]);
    assert_eq!(code, 78, "{text}");
    assert!(text.contains("rserver.conf:1: error") && text.contains("rserver.conf:2: error"), "{text}");
    assert!(text.contains("errors in the configuration files: 2; what was in force before still is"), "{text}");
    assert_eq!(server.get("/health-check").0, 200);
}

#[test]
fn the_level_of_the_log_follows_the_file_while_the_server_runs() {
    let server = Server::start(&[("logging.conf", "[*]\nlog-level=error\n")]);
    assert!(!server.log().contains("all sessions run as the account of this server"), "{}", server.log());
    server.write("logging.conf", "[*]\nlog-level=info\n");
    server.signal(Signal::SIGHUP);
    server.log_until("logging.conf: [*] log-level: error → info");
}

#[test]
fn the_log_goes_into_files_where_the_file_says_so() {
    let server = Server::start_with(|host| {
        let folder = host.path("logs");
        let text = format!("[@rserver]\nlogger-type=file\nlog-dir={folder}\nrotate=0\nlog-message-format=json\n");
        host.write("logging.conf", &text);
    });
    let text = fs::read_to_string(server.path("logs/carrel.log")).unwrap();
    assert!(text.lines().all(|line| line.starts_with('{')) && text.contains("nobody may sign in yet"), "{text}");
    assert_eq!(server.log(), "", "nothing on standard error");
}

#[test]
fn metrics_are_answered_on_a_port_of_their_own() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Server::start(&[("rserver.conf", &format!("metrics-enabled=1\nmetrics-port={port}\n"))]);
    let (status, text) = get(&format!("127.0.0.1:{port}"), "/metrics");
    assert_eq!(status, 200);
    assert!(text.contains("carrel_sessions{state=\"Active\"} 0\n"), "{text}");
    assert_eq!(server.get("/metrics").0, 404, "not on the address that people come to");
}

#[test]
fn a_server_without_clients_stops_at_once_whatever_it_is_waiting_for() {
    let server = Server::start_with(|host| {
        // Asked for its version when the server starts, and takes its time.
        host.ide("slow", "#!/bin/sh\necho asked > \"$(dirname \"$0\")/told\"\nexec sleep 20\n");
    });
    assert_eq!(server.told(), "asked\n");
    let took = server.stop();
    assert!(took.as_secs() < 3, "it took {took:?}");
}

#[test]
fn the_server_has_the_variables_of_the_file() {
    let server = Server::start(&[("env-vars", "COLOUR=green\nCOLOUR=blue\nRSTUDIO_CONFIG_DIR=/no/such/folder\n")]);
    let environment = server.environment();
    assert!(environment.contains(&"COLOUR=blue".to_owned()), "{environment:?}");
    assert!(!server.log().contains("blue"), "values of this file may be secret");
}

#[test]
fn what_only_carrel_has_stands_in_a_file_of_its_own_and_follows_a_reload() {
    let server = Server::start(&[("carrel.conf", "site-name=Science\ntrusted-proxy=127.0.0.0/8\n")]);
    server.add_administrator();
    assert!(server.get("/sign-in").1.contains("Science"));
    server.write("carrel.conf", "site-name=Arts\npublic-url=https://carrel.example.org\nproxy-threads=2\n");
    let (code, text) = server.carrel(&["config", "reload"]);
    assert_eq!(code, 0, "{text}");
    for line in [
        "carrel.conf: site-name: Science → Arts\n",
        "carrel.conf: trusted-proxy: 127.0.0.0/8 → (not set)\n",
        "carrel.conf: public-url: (not set) → https://carrel.example.org\n",
        "carrel.conf: proxy-threads: (not set) → 2, after a restart\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(server.get("/sign-in").1.contains("Arts"));
}

#[test]
fn the_file_says_where_data_is_and_flags_and_variables_win() {
    let server = Server::start(&[]);
    let elsewhere = server.path("data/elsewhere");
    server.write("carrel.conf", &format!("data-dir={elsewhere}\n"));
    let conf = server.path("conf");
    let list = |arguments: &[&str]| {
        let mut command = server.command(&[&["user", "list", "--config-dir", &conf], arguments].concat());
        assert!(command.env_remove("CARREL_DATA_DIR").output().unwrap().status.success());
    };
    list(&["--data-dir", &server.path("data/flag")]);
    assert!(!fs::exists(&elsewhere).unwrap() && fs::exists(server.path("data/flag/carrel.db")).unwrap());
    list(&[]);
    assert!(fs::exists(format!("{elsewhere}/carrel.db")).unwrap());
}

#[test]
fn a_server_listens_on_a_socket_for_its_group_and_takes_the_place_of_one_that_is_gone() {
    let server = Server::start_with(|host| {
        let socket = host.path("data/carrel.sock");
        // As a server that was killed leaves it: nobody listens.
        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        host.give(&socket);
        host.write("rserver.conf", &format!("www-socket={socket}\n"));
    });
    let socket = server.path("data/carrel.sock");
    assert_eq!(server.get("/livez").0, 200);
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o660);
    server.stop();
    assert!(!fs::exists(&socket).unwrap());
}

#[test]
fn without_sign_in_a_server_starts_only_where_nobody_else_reaches_it() {
    let server = Server::start(&[("rserver.conf", "auth-none=1\n")]);
    let log = server.log_until("auth-none: whoever reaches this server is its account");
    assert!(log.contains("WARN"), "{log}");
    assert_eq!(server.get("/sign-in").0, 303);
    let conf = server.path("conf");
    for (listen, own) in [("0.0.0.0:0", ""), ("127.0.0.1:0", "public-url=https://carrel.example.org\n")] {
        server.write("carrel.conf", own);
        let output = server.command(&["serve", "--listen", listen, "--config-dir", &conf]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{said}");
        assert!(said.contains("rserver.conf:1: error: auth-none lets in whoever reaches the server"), "{said}");
    }
}
