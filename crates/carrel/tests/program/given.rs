//! What images of the original are told by their environment, told to Carrel: a test user, a license, to check and no more.

use crate::{host::Host, server::Server};

/// The file with variables for the server.
const FILE: &str = "env-vars";

fn sign_in(server: &Server, name: &str, password: &str) -> u16 {
    server.post("/api/v1/sign-in", &format!("{{\"user\":\"{name}\",\"password\":\"{password}\"}}"))
}

#[test]
fn the_test_user_of_the_environment_signs_in_and_is_locked_when_it_is_not_named_any_more() {
    let server =
        Server::start(&[(FILE, "RSW_TESTUSER=rstudio\nRSW_TESTUSER_PASSWD=rstudio\nRSW_TESTUSER_UID=10077\n")]);
    assert_eq!(sign_in(&server, "rstudio", "rstudio"), 204);
    server.log_until("a test user may sign in");
    let list = server.command(&["user", "list", "--config-dir", &server.path("conf")]).output().unwrap();
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(list.contains("10077"), "{list}");
    let server = server.again(FILE, "PWB_TESTUSER=rstudio\nPWB_TESTUSER_PASSWD=another\n");
    assert_eq!((sign_in(&server, "rstudio", "another"), sign_in(&server, "rstudio", "rstudio")), (204, 401));
    let server = server.again(FILE, "RSW_TESTUSER=\n");
    server.log_until("does not name this test user any more: locked");
    assert_ne!(sign_in(&server, "rstudio", "another"), 204);
}

#[test]
fn somebody_who_was_added_otherwise_keeps_their_password_and_is_not_locked() {
    let server = Server::start(&[]);
    server.add_administrator();
    let server = server.again(FILE, "RSW_TESTUSER=ada\nRSW_TESTUSER_PASSWD=known-to-all\n");
    assert_eq!(sign_in(&server, "ada", "known-to-all"), 401);
    let server = server.again(FILE, "RSW_TESTUSER=\n");
    assert_eq!(sign_in(&server, "ada", "correct horse"), 204);
}

#[test]
fn a_license_is_accepted_and_said_to_be_needless_and_never_shown() {
    let server = Server::start(&[(FILE, "RSW_LICENSE=ABCD-EFGH\nPWB_LICENSE_FILE_PATH=/etc/lic/x.lic\n")]);
    let log = server.log_until("Carrel needs no license");
    assert!(log.contains("a license key (RSW_LICENSE), a license file (PWB_LICENSE_FILE_PATH)"), "{log}");
    assert!(!log.contains("ABCD-EFGH"), "{log}");
}

#[test]
fn told_to_check_only_it_says_what_it_finds_and_ends_well_even_when_that_is_bad() {
    let host = Host::new();
    host.write("rserver.conf", "www-port=many\n");
    let mut serve = host.command(&["serve", "--config-dir", &host.path("conf")]);
    let output = serve.env("DIAGNOSTIC_ONLY", "true").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("rserver.conf:1: error: www-port cannot be this"), "{output:?}");
    assert!(said.contains("errors in the configuration files: 1"), "{said}");
}

#[test]
fn diagnostics_tell_settings_and_findings_and_no_secret() {
    let host = Host::new();
    host.write("rserver.conf", "www-port=8080\nwww-prot=1\n");
    host.write("database.conf", "provider=postgresql\nconnection-uri=postgresql://u:pw-in-address@127.0.0.1:1/db\n");
    host.write("openid-client-secret", "client-id=us\nclient-secret=pw-of-openid\n");
    let file = host.path("data/diagnostics.txt");
    let mut diagnostics = host.command(&["diagnostics", "--config-dir", &host.path("conf"), "--output", &file]);
    diagnostics.args(["--namespace", "posit-workbench"]).env("RSW_LICENSE", "pw-license");
    let output = diagnostics.env("WORKBENCH_POSTGRES_PASSWORD", "pw-of-database").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    for told in [
        "### Carrel ###\nversion ",
        "RSW_LICENSE is set\n",
        "rserver.conf: www-port = 8080 (",
        "did you mean “www-port”?",
        "database: failed: ",
        "### Cluster ###\nnot asked: nothing says where the Kubernetes cluster is",
    ] {
        assert!(text.contains(told), "{told} is not in\n{text}");
    }
    for secret in ["pw-in-address", "pw-of-openid", "pw-license", "pw-of-database"] {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}
