//! Programs that the bench starts, and ends again by their number, whatever happens.

use anyhow::{Context, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    ffi::OsStr,
    fs::File,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{sleep, timeout},
};

/// How long a program has to come up, and to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// A command for a program that ends together with the bench, as this account when one is named.
pub(crate) fn command(account: Option<&str>, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM"]);
    if let Some(account) = account {
        command.args(["--reuid", account, "--regid", account, "--init-groups", "--reset-env"]);
        command.current_dir("/");
    }
    command.arg("--").arg(program);
    command
}

/// A program that runs.
pub(crate) struct Program {
    name: &'static str,
    child: Child,
}

impl Program {
    /// Starts it; what it says goes to the end of the file.
    pub(crate) fn start(name: &'static str, command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        command.stdout(open_log(log)?);
        Self::spawn(name, command, log)
    }

    /// Starts it, and waits for a line that it says when it is up: the rest of the line after `start`.
    pub(crate) async fn start_and_read(
        name: &'static str,
        command: &mut Command,
        log: &Path,
        start: &str,
    ) -> anyhow::Result<(Self, String)> {
        command.stdout(Stdio::piped());
        let mut program = Self::spawn(name, command, log)?;
        let out = program.child.stdout.take().context("it has no output")?;
        let mut lines = BufReader::new(out).lines();
        let said = timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await? {
                if let Some(rest) = line.strip_prefix(start) {
                    return Ok(rest.to_owned());
                }
            }
            bail!("{name} ended before it was up: its output is in {}", log.display())
        });
        let said = said.await.with_context(|| format!("{name} did not come up in {} s", PATIENCE.as_secs()))??;
        // Goes on reading: a program must not stall, or fail, because nobody takes what it says.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok((program, said))
    }

    fn spawn(name: &'static str, command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let spawned = command.stdin(Stdio::null()).stderr(open_log(log)?).kill_on_drop(true).spawn();
        Ok(Self { name, child: spawned.with_context(|| format!("{name} could not be started"))? })
    }

    /// Its number.
    pub(crate) fn pid(&self) -> anyhow::Result<i32> {
        let pid = self.child.id().with_context(|| format!("{} ended", self.name))?;
        Ok(i32::try_from(pid)?)
    }

    /// Waits until it takes connections.
    pub(crate) async fn listens(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        let name = self.name;
        within(PATIENCE, &format!("{name} to listen on {address}"), async || {
            if let Some(status) = self.child.try_wait()? {
                bail!("{name} ended: {status}");
            }
            Ok(tokio::net::TcpStream::connect(address).await.ok().map(|_| ()))
        })
        .await
    }

    /// Asks it to end, and kills it when it does not.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        if let Ok(pid) = self.pid() {
            end(pid, Signal::SIGTERM);
        }
        if timeout(PATIENCE, self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}

/// Sends a signal; a process that is gone already needs none.
pub(crate) fn end(pid: i32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid), signal);
}

/// Asks again and again until there is an answer.
pub(crate) async fn within<T>(
    limit: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if began.elapsed() > limit {
            bail!("waited {} s for {what}", limit.as_secs());
        }
        sleep(Duration::from_millis(2)).await;
    }
}

/// A port that is free now, for programs that cannot be asked which one they took.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn open_log(path: &Path) -> anyhow::Result<File> {
    let file = File::options().append(true).create(true).open(path);
    file.with_context(|| format!("{} cannot be written", path.display()))
}
