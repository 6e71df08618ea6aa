//! Starting an agent so that it outlives the server.

use carrel_agent::{folder::RunFolder, process};
use carrel_control::{Control, UnixSocket};
use carrel_model::RunId;
use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

/// How long an agent may take until it listens. It takes milliseconds, unless the host is out of breath.
const LISTEN_LIMIT: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(2);

/// An agent that does not come to listen.
#[derive(Debug)]
pub(crate) enum SpawnError {
    /// The program cannot be run, or its log not be written.
    Io(io::Error),
    /// It ended at once; what it said.
    Ended(ExitStatus, String),
    /// It does not listen in time.
    Slow,
}

/// Starts an agent and waits until it listens. It leaves the server's session by itself, and nothing that it has open
/// is the server's.
pub(crate) async fn spawn(agent: &Path, run: &RunId, folder: &RunFolder) -> Result<(), SpawnError> {
    let log =
        OpenOptions::new().create(true).append(true).mode(0o600).open(folder.agent_log()).map_err(SpawnError::Io)?;
    let mut command = Command::new(agent);
    command.args(["run", "--run", &run.to_string(), "--server-uid", &nix::unistd::getuid().to_string(), "--dir"]);
    command.arg(folder.path()).current_dir("/");
    command.env_clear().envs(std::env::vars().filter(|(name, _)| process::is_account_variable(name)));
    command.stdin(Stdio::null()).stdout(log.try_clone().map_err(SpawnError::Io)?).stderr(log);
    let mut child = command.spawn().map_err(SpawnError::Io)?;
    let control = Control::new(UnixSocket(folder.control()));
    let limit = Instant::now() + LISTEN_LIMIT;
    while !control.listens().await {
        match child.try_wait().map_err(SpawnError::Io)? {
            Some(status) if !control.listens().await => return Err(SpawnError::Ended(status, said(folder))),
            _ if Instant::now() >= limit => return Err(SpawnError::Slow),
            _ => sleep(LOOK).await,
        }
    }
    // Its end is waited for, so that it does not stay as a zombie while this server lives.
    tokio::spawn(async move { child.wait().await });
    Ok(())
}

/// The last thing the agent said.
fn said(folder: &RunFolder) -> String {
    let log = std::fs::read_to_string(folder.agent_log()).unwrap_or_default();
    log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned()
}
