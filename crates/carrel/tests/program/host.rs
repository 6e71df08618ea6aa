//! A scratch host for the program, and what is asked of its answers.

use nix::{sys::stat::Mode, unistd::mkfifo};
use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, Write},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::Arc,
};
use tempfile::TempDir;

/// An account without rights, for the server that refuses to be root (`nobody` of every Debian).
const NOBODY: u32 = 65534;

/// A scratch host: a copy of the program that an account without rights can run, and folders of its own, which are there
/// before a server starts, while it runs and after it.
#[derive(Clone)]
pub(crate) struct Host {
    folder: Arc<TempDir>,
    uid: u32,
}

pub(crate) fn am_root() -> bool {
    nix::unistd::geteuid().is_root()
}

impl Host {
    pub(crate) fn new() -> Self {
        Self::of(NOBODY)
    }

    /// One whose server runs as this account, when these tests are root's.
    pub(crate) fn of(uid: u32) -> Self {
        let folder = tempfile::Builder::new().prefix("carrel-program-").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let host = Self { folder: Arc::new(folder), uid };
        copy(env!("CARGO_BIN_EXE_carrel"), &host.program());
        // No test here starts a session: any program will do.
        std::os::unix::fs::symlink("/bin/true", host.agent()).unwrap();
        for folder in ["data", "logs", "conf", "ides", "bin"] {
            fs::create_dir(host.path(folder)).unwrap();
            host.give(&host.path(folder));
        }
        host
    }

    /// A place of this host.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn program(&self) -> PathBuf {
        self.folder.path().join("carrel")
    }

    pub(crate) fn agent(&self) -> PathBuf {
        self.folder.path().join("carrel-agent")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder of its configuration files.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("conf")
    }

    /// Writes a configuration file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.config().join(name), text).unwrap();
    }

    /// Gives a file to the account of the server.
    pub(crate) fn give(&self, path: &str) {
        if am_root() {
            chown(path, Some(self.uid), Some(self.uid)).unwrap();
        }
    }

    /// Whether its files say that it listens on a socket.
    pub(crate) fn has_socket(&self) -> bool {
        fs::read_to_string(self.path("conf/rserver.conf")).is_ok_and(|text| text.contains("www-socket="))
    }

    /// Adds an IDE whose program is this script. What the script writes to `told` is read with [`Host::told`].
    pub(crate) fn ide(&self, name: &str, script: &str) {
        let program = self.path(&format!("bin/{name}"));
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let told = self.path("bin/told");
        mkfifo(told.as_str(), Mode::all()).unwrap();
        fs::set_permissions(&told, fs::Permissions::from_mode(0o666)).unwrap();
        let entry = format!(
            "id = \"{name}\"\nname = \"{name}\"\n[program]\nrequires = [\"{name}\"]\nversion = [\"--version\"]\n\
             [start]\ncommand = [\"{{program}}\"]\n[http]\nstrip_prefix = true\nready = \"/\"\n"
        );
        fs::write(self.path(&format!("ides/{name}.toml")), entry).unwrap();
    }

    /// Waits for what the script of an IDE has to tell.
    pub(crate) fn told(&self) -> String {
        fs::read_to_string(self.path("bin/told")).unwrap()
    }

    /// The program as an account without rights, with nothing from the environment of the test.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program());
        command.args(arguments).env_clear().env("HOME", self.data()).env("CARREL_DATA_DIR", self.data());
        command.env("RSTUDIO_CONFIG_DIR", self.config()).env("PATH", "/usr/bin:/bin");
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        if am_root() {
            command.uid(self.uid).gid(self.uid);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        let piped = Stdio::piped;
        let mut child = self.command(arguments).stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
        // One that is refused may end before it reads what it is given.
        if let Err(error) = child.stdin.take().unwrap().write_all(input.as_bytes()) {
            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        }
        child.wait_with_output().unwrap()
    }

    pub(crate) fn add_user(&self, more: &[&str], input: &str) -> Output {
        self.run_with(&[&["user", "add", "--password-stdin"], more].concat(), input)
    }
}

/// The last line of standard error: what people read.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned()
}

pub(crate) fn refused(output: &Output, code: i32, parts: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.starts_with("carrel: "), "{said}");
    for part in parts {
        assert!(said.contains(part), "“{part}” is not in: {said}");
    }
}

/// A program that was started and is ended with the test.
pub(crate) struct Ended(pub(crate) Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line
}

/// Copies a program by another process: a test that starts one at this moment would inherit the open file, and nobody can
/// run a program that is open for writing.
fn copy(from: &str, to: &std::path::Path) {
    assert!(Command::new("cp").arg(from).arg(to).status().unwrap().success());
}
