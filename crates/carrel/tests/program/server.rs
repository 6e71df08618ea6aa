//! A server as a process of its own, with folders of its own, ended with the test.

use crate::host::Host;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    process::{Child, ChildStderr, ChildStdout, Stdio},
    sync::{Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

/// How long something may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// See the module.
pub(crate) struct Server {
    host: Host,
    address: String,
    child: Mutex<Child>,
    lines: Mutex<(mpsc::Receiver<String>, String)>,
    said: Mutex<BufReader<ChildStdout>>,
}

impl std::ops::Deref for Server {
    type Target = Host;
    fn deref(&self) -> &Host {
        &self.host
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
        Self::run(host, &[])
    }

    /// The same, with more on the command line.
    pub(crate) fn start_with_flags(flags: &[&str], make: impl FnOnce(&Host)) -> Self {
        let host = Host::new();
        make(&host);
        Self::run(host, flags)
    }

    /// Stops it and starts it anew, with this file changed.
    pub(crate) fn again(&self, name: &str, text: &str) -> Self {
        self.stop();
        self.write(name, text);
        Self::run(self.host.clone(), &[])
    }

    fn run(host: Host, flags: &[&str]) -> Self {
        let folders = [host.path("conf"), host.path("ides"), host.path("bin")];
        let [conf, ides, bin] = folders.each_ref().map(String::as_str);
        let mut serve = vec!["serve", "--config-dir", conf, "--ides", ides, "--ide-path", bin];
        if !host.has_socket() {
            serve.extend(["--listen", "127.0.0.1:0"]);
        }
        serve.extend(flags);
        let mut child = host.command(&serve).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let lines = Mutex::new((lines(child.stderr.take().unwrap()), String::new()));
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let place = line.trim().strip_prefix("Carrel listens on ").unwrap_or_default();
        let address = place.trim_start_matches("http://").trim_start_matches("https://").to_owned();
        let server = Self { host, address, child: Mutex::new(child), lines, said: Mutex::new(said) };
        assert!(!server.address.is_empty(), "{}", server.log_until_end());
        server
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The next line that it says to whoever started it.
    pub(crate) fn line(&self) -> String {
        let mut line = String::new();
        self.said.lock().unwrap().read_line(&mut line).unwrap();
        line
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
        self.give(&self.path("data/token"));
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
