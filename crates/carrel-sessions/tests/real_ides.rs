//! The entries of the catalogue against the programs they are about.
//!
//! Where the programs are is told by `CARREL_TEST_IDE_PATH` (`cargo xtask test` installs them and sets it). Without it only
//! what needs no IDE is tested here, and each test that does need one says that it did not run. With it, an IDE that is not
//! there is a failure. As root, IDEs run as an account of their own; otherwise as the account of the tests, and what needs a
//! second account is said to be left out.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails, and one that says what it left out")]

#[path = "ides/files.rs"]
mod files;
#[path = "ides/host.rs"]
mod host;

use host::{CATALOGUE, Ide, SECRET, STRANGER, ide_path, is_root};
use std::{
    fs,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::PathBuf,
    process::Command,
};

/// The programs, or a word that the test did not run.
fn programs(test: &str) -> Option<Vec<PathBuf>> {
    let path = ide_path();
    if path.is_none() {
        eprintln!("{test}: NOT RUN, no IDE is here: CARREL_TEST_IDE_PATH is unset, `cargo xtask test` sets it");
    }
    path
}

/// Only the owner of the session reaches its socket, also where every folder above is open.
fn assert_private(ide: &Ide) {
    let meta = fs::metadata(ide.socket()).unwrap();
    assert!(meta.file_type().is_socket());
    assert_eq!(meta.permissions().mode() & 0o777, 0o600);
    if !is_root() {
        eprintln!("{}: another account was NOT tried: that takes root", ide.session.ide);
        return;
    }
    let run = ide.dir.path().join("run");
    fs::set_permissions(&run, fs::Permissions::from_mode(0o711)).unwrap();
    let connect = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])";
    let (stranger, socket) = (STRANGER.to_string(), ide.socket());
    let tried = Command::new("setpriv")
        .args(["--reuid", &stranger, "--regid", &stranger, "--clear-groups", "/usr/bin/python3", "-c", connect])
        .arg(&socket)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&tried.stderr);
    assert!(!tried.status.success() && said.contains("Permission denied"), "{said}");
    fs::set_permissions(&run, fs::Permissions::from_mode(0o700)).unwrap();
}

/// Nothing of the IDE's account listens on an address that another machine can reach.
fn assert_no_open_port() {
    if !is_root() {
        eprintln!("ports were NOT looked at: the account of the tests may have others");
        return;
    }
    let listening = |table: &str| -> Vec<String> {
        let text = fs::read_to_string(table).unwrap_or_default();
        let of_ides = |line: &&str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            fields.len() > 7 && fields[3] == "0A" && fields[7] == "20001"
        };
        text.lines().filter(of_ides).map(|line| line.split_whitespace().nth(1).unwrap_or_default().to_owned()).collect()
    };
    for address in listening("/proc/net/tcp") {
        assert!(address.ends_with(":0000") || address.starts_with("0100007F:"), "it listens on {address}");
    }
    for address in listening("/proc/net/tcp6") {
        assert!(address.starts_with("00000000000000000000000001000000:"), "it listens on {address}");
    }
}

fn assert_secret_is_not_in(text: &str) {
    assert!(!text.contains(SECRET), "the secret stands in {text}");
}

#[test]
fn installed_programs_are_found_with_their_versions() {
    let Some(path) = programs("installed_programs_are_found_with_their_versions") else { return };
    let offers = CATALOGUE.detect(&path, &carrel_config::ides::IdeSettings::default());
    for offer in offers.into_iter().filter(|offer| offer.id.as_str() != "rstudio") {
        let found = offer.available.unwrap_or_else(|cause| panic!("{}", cause.text));
        let version = found.version.expect("a version");
        assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{}: {version}", offer.name);
    }
}

#[test]
fn jupyterlab_runs_by_its_entry_and_only_for_the_agent() {
    let Some(path) = programs("jupyterlab_runs_by_its_entry_and_only_for_the_agent") else { return };
    try_jupyter(&mut Ide::start("jupyterlab", &path), "lab");
}

/// What somebody has at home from a time when they started Jupyter themselves, and let everybody in.
const CONFIG_FROM_HOME: &str = r#"
c.ServerApp.ip = "0.0.0.0"
c.ServerApp.port = 9999
c.ServerApp.base_url = "/mine/"
c.ServerApp.identity_provider_class = "jupyter_server.auth.identity.PasswordIdentityProvider"
c.IdentityProvider.token = ""
c.KernelManager.transport = "tcp"
c.FileContentsManager.delete_to_trash = False
"#;

#[test]
fn notebook_runs_by_its_entry_and_only_for_the_agent_whatever_the_user_configured() {
    let test = "notebook_runs_by_its_entry_and_only_for_the_agent_whatever_the_user_configured";
    let Some(path) = programs(test) else { return };
    let config = [(".jupyter/jupyter_server_config.py", CONFIG_FROM_HOME)];
    try_jupyter(&mut Ide::start_with("notebook", &path, &config), "tree");
}

fn try_jupyter(ide: &mut Ide, page: &str) {
    assert_private(ide);
    assert_lets_in_the_agent_only(ide, page);
    assert_checks_origin_and_xsrf(ide);
    assert_kernels_use_sockets(ide, page);
    assert_no_open_port();
    let settings = ide.ask("GET", "lab/api/settings/@jupyterlab%2Fapputils-extension:notification", &[]).text;
    assert!(settings.contains(r#""fetchNews": {"title""#), "{settings}");
    assert!(settings.contains(r#""default": "false""#), "{settings}");
    assert_secret_is_not_in(&ide.output());
    assert!(ide.end().success());
}

fn assert_lets_in_the_agent_only(ide: &Ide, page: &str) {
    assert_eq!(ide.ask_directly("GET", "api/status", &[]).status, 403);
    assert_eq!(ide.ask_directly("GET", "api/status", &[("x-carrel-secret", "a-guess")]).status, 403);
    assert_eq!(ide.ask_directly("GET", "api/status", &[("x-carrel-secret", ""), ("x-carrel-user", "ada")]).status, 403);
    let me = ide.ask("GET", "api/me", &[]);
    assert!(me.status == 200 && me.text.contains(r#""username": "ada""#), "{}", me.text);
    let shown = ide.ask("GET", page, &[]);
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains(r#""token": """#), "{}", shown.text);
    assert_secret_is_not_in(&shown.text);
    assert_ne!(ide.ask_directly("GET", page, &[]).status, 200);
}

/// The secret header comes with everything that a browser sends, so it must not stand for the browser's own checks.
fn assert_checks_origin_and_xsrf(ide: &Ide) {
    let refused = ide.ask("POST", "api/terminals", &[]);
    assert!(refused.status == 403 && refused.text.contains("_xsrf"), "{}", refused.text);
    assert_eq!(ide.upgrade("api/events/subscribe", "http://evil.example"), 403);
    assert_eq!(ide.upgrade("api/events/subscribe", "http://carrel.example"), 101);
}

/// Starts a kernel as a page does; without a name the usual one.
fn start_kernel(ide: &Ide, page: &str, name: Option<&str>) {
    let page = ide.ask("GET", page, &[]);
    let cookie = page.header("set-cookie").and_then(|cookie| cookie.split(';').next()).unwrap().to_owned();
    let token = cookie.split_once('=').unwrap().1.to_owned();
    assert!(page.header("set-cookie").unwrap().contains(&format!("Path={}", ide.session.url())));
    let body = name.map(|name| format!("{{\"name\":\"{name}\"}}")).unwrap_or_default();
    let browser = [("cookie", cookie.as_str()), ("x-xsrftoken", token.as_str())];
    let kernel = ide.send("POST", "api/kernels", &browser, &body);
    assert_eq!(kernel.status, 201, "{}", kernel.text);
}

fn assert_kernels_use_sockets(ide: &Ide, page: &str) {
    start_kernel(ide, page, None);
    let files = fs::read_dir(ide.dir.path().join("run/k")).unwrap();
    let connection = files.map(|file| file.unwrap().path()).find(|file| {
        file.file_name().unwrap().to_string_lossy().starts_with("kernel-")
            && file.extension().is_some_and(|e| e == "json")
    });
    let connection = fs::read_to_string(connection.expect("a connection file")).unwrap();
    assert!(connection.contains(r#""transport": "ipc""#), "{connection}");
    let specs = ide.ask("GET", "api/kernelspecs", &[]).text;
    assert!(specs.contains(r#""name": "python3""#), "{specs}");
    if fs::exists("/usr/share/jupyter/kernels/ir/kernel.json").unwrap() {
        assert!(specs.contains(r#""name": "ir""#), "{specs}");
    }
}

#[test]
fn vs_code_runs_by_its_entry() {
    let Some(path) = programs("vs_code_runs_by_its_entry") else { return };
    let mut ide = Ide::start("vscode", &path);
    assert_private(&ide);
    let first = ide.ask("GET", "", &[]);
    assert!(matches!(first.status, 200 | 302), "{}", first.text);
    let folder = ide.fill("{home}").replace('/', "%2F");
    let page = ide.ask("GET", &format!("?folder={folder}"), &[]);
    assert!(page.status == 200 && page.text.contains("vscode-workbench-web-configuration"), "{}", page.text);
    assert_eq!(ide.upgrade("stable-0?reconnectionToken=0", "http://evil.example"), 403);
    assert_no_open_port();
    let settings = ide.dir.path().join("home/.local/share/code-server/User/settings.json");
    assert!(fs::read_to_string(settings).unwrap().contains("\"chat.disableAIFeatures\": true"));
    let config = ide.dir.path().join("home/.config/code-server");
    assert!(!config.exists(), "it wrote a configuration with a password into the home folder");
    assert!(ide.dir.path().join("run/ipc.sock").exists());
    assert!(ide.end().success());
}

/// Not the real program: `stand_in_rserver.py`, which knows the options that the entry uses and refuses all others.
#[test]
fn the_stand_in_for_rserver_takes_the_command_of_the_rstudio_entry() {
    let dir = stand_ins();
    let path = [dir.path().to_owned()];
    let mut ide = Ide::start("rstudio", &path);
    assert_eq!(host::found(&ide.session.ide, &path).version.as_deref(), Some("2026.10.0+1"));
    let visit = ide.ask("GET", "", &[]);
    let sign_in = format!("{}auth-sign-in?appUri=%2F", ide.session.url());
    assert_eq!((visit.status, visit.header("location")), (302, Some(sign_in.as_str())));
    let sign_in = ide.ask("GET", "auth-sign-in?appUri=%2F", &[]);
    let cookie = sign_in.header("set-cookie").unwrap().to_owned();
    assert!(cookie.contains(&format!("path={};", ide.session.url())), "{cookie}");
    assert_eq!(ide.ask("GET", "", &[("cookie", "user-id=1")]).status, 200);
    assert!(ide.end().success());
}

#[test]
fn the_stand_in_for_rserver_refuses_an_option_that_it_does_not_know() {
    let dir = stand_ins();
    let tried = Command::new(dir.path().join("rserver")).arg("--www-sokcet=/tmp/x").output().unwrap();
    let said = String::from_utf8_lossy(&tried.stderr);
    assert!(!tried.status.success() && said.contains("unrecognised option '--www-sokcet=/tmp/x'"), "{said}");
}

/// A folder with `rserver` and `R` that are none. Copied by another process, since a file that this one writes cannot be
/// run while another test's thread forks.
fn stand_ins() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let from = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stand_in_rserver.py");
    for (from, to) in [(from, "rserver"), ("/bin/true", "R")] {
        let copied = Command::new("install").args(["-m", "755", from]).arg(dir.path().join(to)).status().unwrap();
        assert!(copied.success());
    }
    dir
}
