//! A server as a process of its own, with folders of its own, ended with the test.

use nix::{
    sys::{
        signal::{Signal, kill},
        stat::Mode,
    },
    unistd::{Pid, mkfifo},
};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::{
        fs::{PermissionsExt, chown},
        net::UnixStream,
        process::CommandExt,
    },
    path::PathBuf,
    process::{Child, ChildStderr, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// An account without rights, for a server that refuses to be root (`nobody` of every Debian).
const NOBODY: u32 = 65534;
/// How long something may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// The folders of a server, before it starts and while it runs.
#[derive(Clone)]
pub(crate) struct Host {
    folder: Arc<TempDir>,
}

/// See the module.
pub(crate) struct Server {
    host: Host,
    address: String,
    child: Mutex<Child>,
    lines: Mutex<(mpsc::Receiver<String>, String)>,
}

impl std::ops::Deref for Server {
    type Target = Host;
    fn deref(&self) -> &Host {
        &self.host
    }
}

impl Host {
    pub(crate) fn new() -> Self {
        let host = Self { folder: Arc::new(tempfile::Builder::new().prefix("carrel-serve-").tempdir().unwrap()) };
        fs::set_permissions(host.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // By another process: a test that starts a program at this moment would inherit the open file, and nobody can run
        // a program that is open for writing.
        let copied = Command::new("cp").args([env!("CARGO_BIN_EXE_carrel"), &host.path("carrel")]).status();
        assert!(copied.unwrap().success());
        // No test here starts a session: any program will do.
        std::os::unix::fs::symlink("/bin/true", host.path("carrel-agent")).unwrap();
        for folder in ["data", "logs", "conf", "ides", "bin"] {
            fs::create_dir(host.path(folder)).unwrap();
            Self::give(&host.path(folder));
        }
        host
    }

    /// A place of this host.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Gives a file to the account of the server.
    pub(crate) fn give(path: &str) {
        if nix::unistd::geteuid().is_root() {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }

    /// Writes a configuration file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(PathBuf::from(self.path("conf")).join(name), text).unwrap();
    }

    /// Whether its files say that it listens on a socket.
    fn has_socket(&self) -> bool {
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
        let mut command = Command::new(self.path("carrel"));
        command.args(arguments).env_clear().env("HOME", self.path("data")).env("CARREL_DATA_DIR", self.path("data"));
        command.env("PATH", "/usr/bin:/bin").current_dir(self.folder.path()).stdin(Stdio::null());
        if nix::unistd::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

impl Server {
    /// Starts with these configuration files.
    pub(crate) fn start(files: &[(&str, &str)]) -> Self {
        Self::start_with(|host| files.iter().for_each(|(name, text)| host.write(name, text)))
    }

    /// Starts when the host is made ready.
    pub(crate) fn start_with(make: impl FnOnce(&Host)) -> Self {
        let host = Host::new();
        make(&host);
        Self::run(host)
    }

    /// Stops it and starts it anew, with this file changed.
    pub(crate) fn again(&self, name: &str, text: &str) -> Self {
        self.stop();
        self.write(name, text);
        Self::run(self.host.clone())
    }

    fn run(host: Host) -> Self {
        let folders = [host.path("conf"), host.path("ides"), host.path("bin")];
        let [conf, ides, bin] = folders.each_ref().map(String::as_str);
        let mut serve = vec!["serve", "--config-dir", conf, "--ides", ides, "--ide-path", bin];
        if !host.has_socket() {
            serve.extend(["--listen", "127.0.0.1:0"]);
        }
        let mut child = host.command(&serve).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let lines = Mutex::new((lines(child.stderr.take().unwrap()), String::new()));
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let place = line.trim().strip_prefix("Carrel listens on ").unwrap_or_default();
        let address = place.trim_start_matches("http://").to_owned();
        let server = Self { host, address, child: Mutex::new(child), lines };
        assert!(!server.address.is_empty(), "{}", server.log_until_end());
        server
    }

    /// Answer's status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        get(&self.address, path)
    }

    /// Sends JSON; the answer's status.
    pub(crate) fn post(&self, path: &str, json: &str) -> u16 {
        let head = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", json.len());
        ask(&self.address, &format!("POST {path}"), &head, json).0
    }

    /// The variables of its environment.
    pub(crate) fn environment(&self) -> Vec<String> {
        let id = self.child.lock().unwrap().id();
        let text = fs::read_to_string(format!("/proc/{id}/environ")).unwrap();
        text.split('\0').map(str::to_owned).collect()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let id = self.child.lock().unwrap().id();
        kill(Pid::from_raw(i32::try_from(id).unwrap()), signal).unwrap();
    }

    /// The log up to now.
    pub(crate) fn log(&self) -> String {
        let mut lines = self.lines.lock().unwrap();
        while let Ok(line) = lines.0.try_recv() {
            lines.1 += &line;
        }
        lines.1.clone()
    }

    /// Waits until something stands in the log.
    pub(crate) fn log_until(&self, what: &str) -> String {
        let mut lines = self.lines.lock().unwrap();
        while !lines.1.contains(what) {
            let line = lines.0.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("“{what}” is not in the log:\n{}", lines.1));
            lines.1 += &line;
        }
        lines.1.clone()
    }

    fn log_until_end(&self) -> String {
        let lines = self.lines.lock().unwrap();
        lines.0.iter().collect()
    }

    /// Adds somebody whose token [`Server::carrel`] shows.
    pub(crate) fn add_administrator(&self) {
        let mut add = self.command(&["user", "add", "--password-stdin", "ada", "--role", "administrator"]);
        let mut add = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        add.stdin.take().unwrap().write_all(b"correct horse").unwrap();
        assert!(add.wait().unwrap().success());
        let made = self.command(&["token", "create", "--user", "ada", "--name", "test"]).output().unwrap();
        fs::write(self.path("data/token"), &made.stdout).unwrap();
        Host::give(&self.path("data/token"));
    }

    /// Runs a command that speaks with the server: exit code, and what it says.
    pub(crate) fn carrel(&self, arguments: &[&str]) -> (i32, String) {
        let (server, token) = (format!("http://{}", self.address), self.path("data/token"));
        let rest = ["--server", &server, "--token-file", &token];
        let output = self.command(&[arguments, &rest].concat()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap(), said.replace(&format!("{}/", self.path("conf")), ""))
    }

    /// Stops it as a service manager does, and answers how long that took.
    pub(crate) fn stop(&self) -> Duration {
        let began = Instant::now();
        self.signal(Signal::SIGTERM);
        let status = self.child.lock().unwrap().wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
        began.elapsed()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap();
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Reads lines as they come, so that the server never waits for its log to be read.
fn lines(log: ChildStderr) -> mpsc::Receiver<String> {
    let (send, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            if send.send(line + "\n").is_err() {
                return;
            }
        }
    });
    lines
}

/// Asks an address: status and body.
pub(crate) fn get(address: &str, path: &str) -> (u16, String) {
    ask(address, &format!("GET {path}"), "", "")
}

/// Asks an address, or a socket by its path.
fn ask(address: &str, line: &str, head: &str, body: &str) -> (u16, String) {
    if address.starts_with('/') {
        let stream = UnixStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        return exchange(
            stream,
            &format!(
                "{line} HTTP/1.1
Host: localhost"
            ),
            head,
            body,
        );
    }
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    exchange(
        stream,
        &format!(
            "{line} HTTP/1.1
Host: {address}"
        ),
        head,
        body,
    )
}

fn exchange(mut stream: impl Read + Write, begin: &str, head: &str, body: &str) -> (u16, String) {
    write!(
        stream,
        "{begin}
Connection: close
{head}
{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
