//! The server as a child: started, watched, and stopped with Ctrl-C.

use super::data::TEST_USER;
use crate::{
    places::Places,
    programs::Programs,
    screen::{Done, Screen, Step, lines_of, say},
};
use anyhow::{Context, bail};
use nix::{
    sys::signal::{SigSet, Signal, kill},
    unistd::Pid,
};
use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// How long a server may take until it is ready.
const START: Duration = Duration::from_mins(1);
/// How long a server may take to say goodbye to its connections.
const DRAIN: Duration = Duration::from_secs(30);
/// How often it is asked whether it is ready.
const ASK: Duration = Duration::from_millis(50);

/// A server to run.
pub(crate) struct Serve<'a> {
    /// Where things lie.
    pub(crate) places: &'a Places,
    /// What is run.
    pub(crate) programs: &'a Programs,
    /// Where the IDEs are.
    pub(crate) ide_path: &'a Path,
    /// At localhost.
    pub(crate) port: u16,
}

/// What xtask waits for.
enum News {
    /// The server wrote a line.
    Line(String),
    /// The server closed its output: it ended.
    Ended,
    /// Ctrl-C, or SIGTERM.
    Stop,
}

impl Serve<'_> {
    /// Runs the server until it ends or is to stop.
    pub(crate) fn run(&self, screen: &Screen) -> anyhow::Result<()> {
        let (mut server, news) = screen.step_with("Start", |step| {
            let (mut server, news) = self.spawn()?;
            self.wait_until_ready(step, &mut server, &news)?;
            Ok((Done::did("the server is ready"), (server, news)))
        })?;
        say(&self.greeting());
        loop {
            match news.recv()? {
                News::Line(line) => say(&line),
                News::Ended => bail!("the server ended by itself ({}). Sessions go on.", server.wait()?),
                News::Stop => break,
            }
        }
        self.stop(&mut server, &news)
    }

    fn spawn(&self) -> anyhow::Result<(Child, Receiver<News>)> {
        let (reader, writer) = io::pipe()?;
        let mut command = self.places.as_server(&self.programs.carrel);
        command.args(["serve", "--listen", &SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)).to_string()]);
        command.args(self.places.arguments());
        command.arg("--agent").arg(&self.programs.agent);
        command.arg("--ide-path").arg(self.ide_path);
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        // In a process group of its own, so that Ctrl-C reaches it through here.
        let server = command.process_group(0).spawn().context("setpriv could not be started")?;
        // A child inherits what is blocked, and could not be stopped: blocked only now, and before the first thread.
        let signals: SigSet = [Signal::SIGINT, Signal::SIGTERM].into_iter().collect();
        signals.thread_block()?;
        let (send, news) = mpsc::channel();
        let stop = send.clone();
        thread::spawn(move || while signals.wait().is_ok() && stop.send(News::Stop).is_ok() {});
        thread::spawn(move || {
            for line in lines_of(reader) {
                if send.send(News::Line(line)).is_err() {
                    return;
                }
            }
            let _ = send.send(News::Ended);
        });
        Ok((server, news))
    }

    fn wait_until_ready(&self, step: &Step, server: &mut Child, news: &Receiver<News>) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut said = String::new();
        while !is_ready(self.port) {
            if began.elapsed() > START {
                let _ = server.kill();
                bail!("the server was not ready within {} s. It said:\n{said}", START.as_secs());
            }
            match news.recv_timeout(ASK) {
                Ok(News::Line(line)) => {
                    step.now(&line);
                    said.push_str(&line);
                    said.push('\n');
                }
                Ok(News::Ended) => bail!("the server ended ({}). It said:\n{said}", server.wait()?),
                Ok(News::Stop) => {
                    let _ = server.kill();
                    bail!("stopped before the server was ready");
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
        }
        Ok(())
    }

    fn greeting(&self) -> String {
        let (port, data) = (self.port, self.places.data.display());
        format!(
            "\n    Carrel runs at  http://localhost:{port}\n    \
             Sign in as      {TEST_USER} (password {TEST_USER}, unless you changed it)\n    \
             Data            {data}\n\n\
             Ctrl-C stops the server; sessions go on.\n"
        )
    }

    fn stop(&self, server: &mut Child, news: &Receiver<News>) -> anyhow::Result<()> {
        say("\nStopping the server (Ctrl-C again does not wait for open connections).");
        let pid = Pid::from_raw(i32::try_from(server.id())?);
        kill(pid, Signal::SIGTERM)?;
        let deadline = Instant::now() + DRAIN;
        loop {
            match news.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(News::Line(line)) => say(&line),
                Ok(News::Ended) => break,
                Ok(News::Stop) | Err(_) => {
                    server.kill()?;
                    break;
                }
            }
        }
        server.wait()?;
        let data = self.places.data.display();
        say(&format!(
            "The server has stopped. Sessions that were running go on, and are taken up again by the next\n\
             `cargo xtask up`. To end them, start it again and choose Quit, there or with `carrel session stop`.\n\
             (The data stays in {data}.)"
        ));
        Ok(())
    }
}

/// Asks the server whether it is ready.
fn is_ready(port: u16) -> bool {
    let ask = || -> io::Result<bool> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, ASK)?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        let request = format!("GET /readyz HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(&start == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn only_an_answer_of_200_is_ready() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            for answer in ["HTTP/1.1 503 Service Unavailable\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 1024]);
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        assert!(!is_ready(port));
        assert!(is_ready(port));
        server.join().unwrap();
        assert!(!is_ready(port), "nobody listens any more");
    }
}
