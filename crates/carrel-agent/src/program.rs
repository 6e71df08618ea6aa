//! The agent as a program.

mod agent;
mod ask;
mod bounds;
mod causes;
mod child;
mod command_line;
mod console;
mod container;
mod control;
mod door;
mod fill;
mod idle;
mod install;
mod life;
mod limits;
mod meter;
mod output;
mod port;
mod prepare;
mod probe;
mod tree;
mod used;
mod ward;

pub use child::become_ide;
pub use command_line::{Command, read};
pub use install::{Install, install};

use crate::{
    folder::RunFolder,
    pod::{AGENT_LINE, termination_message},
    process::Stat,
    protocol::{End, Pid},
    trust::PublicKey,
};
use agent::{Agent, Entrance};
use carrel_model::{Cause, Clock, Ending, RunId, Who};
use nix::{
    fcntl::{Flock, FlockArg},
    sys::{prctl, stat},
    unistd::{getuid, setsid},
};
use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    net::SocketAddr,
    os::fd::AsFd,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep, timeout},
};

/// A launcher that looks whether an agent lives holds the lock for a moment.
const LOCK_LIMIT: Duration = Duration::from_millis(500);
/// How long those who watch have to read how it ended.
const FAREWELL: Duration = Duration::from_millis(300);
/// How long the last of the output is waited for to stand in the container's log.
const LOG_LIMIT: Duration = Duration::from_secs(1);

/// What `carrel-agent run` is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The run's folder.
    pub dir: PathBuf,
    /// The run.
    pub run: RunId,
    /// How the server reaches it.
    pub way: Way,
}

/// How the server reaches an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// On the same host, by sockets in the run's folder.
    Sockets {
        /// The account of the server, which may connect beside the agent's own.
        server_uid: u32,
    },
    /// In a pod, by a port.
    Port {
        /// Where it listens.
        listen: SocketAddr,
        /// Who may connect.
        server: PublicKey,
        /// How long the IDE has to end when the kubelet asks for it.
        grace: Duration,
        /// Where the kubelet looks for how it ended.
        termination_log: PathBuf,
    },
}

/// Runs the agent until its run has ended, and answers the exit code. A second agent for the same folder returns at once.
pub fn run(run: Run) -> io::Result<u8> {
    // Nothing that the agent or the IDE makes may be read by others.
    stat::umask(stat::Mode::from_bits_truncate(0o077));
    let termination_log = match &run.way {
        Way::Sockets { .. } => None,
        Way::Port { termination_log, .. } => Some(termination_log.clone()),
    };
    let lived = live(run);
    let Some(file) = termination_log else { return lived.map(|_| 0) };
    let failed = |error: &io::Error| {
        let cause =
            Cause::new("agent-failed", format!("The agent of the session failed: {error}."), Who::Administrator);
        End { at: Clock::System.now(), ending: Ending::Failed { cause }, last_output: String::new() }
    };
    let end = lived.as_ref().map_or_else(|error| Some(failed(error)), Option::clone);
    let Some(end) = end else { return Ok(0) };
    // It is a file of the kubelet's, mounted alone: it cannot be replaced, only written.
    if let Err(error) = std::fs::write(&file, termination_message(&end)) {
        let _ = writeln!(io::stderr(), "{AGENT_LINE}{} cannot be written: {error}", file.display());
    }
    lived.map(|_| u8::from(matches!(end.ending, Ending::Failed { .. })))
}

fn live(run: Run) -> io::Result<Option<End>> {
    let folder = RunFolder::new(std::path::absolute(&run.dir)?);
    if let Some(more) = folder.too_long_by() {
        return Err(io::Error::other(format!(
            "the path {} is {more} bytes too long for a Unix socket",
            folder.control().display()
        )));
    }
    // Signals of the server's terminal are not for the agent. It fails only where there is no such terminal.
    let _ = setsid();
    prctl::set_child_subreaper(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let lived = runtime.block_on(async {
        let Some(_lock) = lock(&folder).await? else { return Ok(None) };
        if folder.end().exists() || folder.secret().exists() {
            return Err(io::Error::other("this run has begun before; a resumed session is another run"));
        }
        serve(run, folder).await
    });
    // A log that nobody reads is not waited for.
    runtime.shutdown_background();
    lived
}

async fn lock(folder: &RunFolder) -> io::Result<Option<Flock<File>>> {
    let mut file = OpenOptions::new().create(true).append(true).open(folder.lock())?;
    let limit = Instant::now() + LOCK_LIMIT;
    loop {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(Some(lock)),
            Err(_) if Instant::now() >= limit => return Ok(None),
            Err((same, _)) => file = same,
        }
        sleep(Duration::from_millis(10)).await;
    }
}

async fn serve(run: Run, folder: RunFolder) -> io::Result<Option<End>> {
    let me = std::process::id().cast_signed();
    let start_ticks = Stat::of(me).map_or(0, |stat| stat.start_ticks);
    let pid = serde_json::to_vec(&Pid { pid: me, start_ticks })?;
    prepare::write_new(&folder.pid(), &pid, false)?;
    let (agent, port, grace) = match run.way {
        Way::Sockets { server_uid } => {
            let peers = [server_uid, getuid().as_raw()];
            let agent = Arc::new(Agent::new(run.run, folder, Entrance::Sockets(peers)));
            let listener = tokio::net::UnixListener::from_std(control::bind(&agent.folder.control())?)?;
            tokio::spawn(control::serve(agent.clone(), listener, peers));
            (agent, None, life::GRACE)
        }
        Way::Port { listen, server, grace, .. } => {
            let key = port::take_key(&folder)?;
            let agent = Arc::new(Agent::new(run.run, folder, Entrance::Port(OnceLock::new())));
            let port = port::open(&agent, key, listen, &server)?;
            // As a file: its writes wait on a thread of their own.
            let log = File::from(io::stdout().as_fd().try_clone_to_owned()?);
            let copying = tokio::spawn(console::copy(agent.clone(), tokio::fs::File::from_std(log)));
            (agent, Some((port, copying)), grace)
        }
    };
    tokio::spawn(stop_on_signal(agent.clone(), grace));
    let end = life::live(&agent).await;
    if let Some(end) = &end {
        agent.log(&format!("ended: {:?}", end.ending));
        write_end(&agent, end);
        agent.ended(end.clone());
        sleep(FAREWELL).await;
    }
    if let Some((_port, copying)) = port {
        let _ = timeout(LOG_LIMIT, copying).await;
    }
    Ok(end)
}

/// An agent that is asked to end ends its run: nobody else could.
async fn stop_on_signal(agent: Arc<Agent>, grace: Duration) -> io::Result<()> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    agent.signalled(grace);
    Ok(())
}

fn write_end(agent: &Agent, end: &End) {
    let written = serde_json::to_vec(end).map_err(io::Error::from).and_then(|json| {
        prepare::write_new(&agent.folder.end(), &json, false)?;
        // The name of the file has to survive a power cut too.
        File::open(agent.folder.path())?.sync_all()
    });
    if let Err(error) = written {
        agent.log(&format!("how it ended cannot be written: {error}"));
    }
}
