//! The agent as a program.

mod agent;
mod ask;
mod causes;
mod child;
mod control;
mod fill;
mod house;
mod idle;
mod life;
mod limits;
mod meter;
mod output;
mod prepare;
mod probe;
mod tree;
mod ward;

pub use child::become_ide;

use crate::{
    folder::RunFolder,
    process::Stat,
    protocol::{End, Pid},
};
use agent::Agent;
use carrel_model::RunId;
use nix::{
    fcntl::{Flock, FlockArg},
    sys::{prctl, stat},
    unistd::{getuid, setsid},
};
use std::{
    fs::{File, OpenOptions},
    io,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep},
};

/// A launcher that looks whether an agent lives holds the lock for a moment.
const LOCK_LIMIT: Duration = Duration::from_millis(500);
/// How long those who watch have to read how it ended.
const FAREWELL: Duration = Duration::from_millis(300);

/// What the command line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The run's folder.
    pub dir: PathBuf,
    /// The run.
    pub run: RunId,
    /// The account of the server, which may connect beside the agent's own.
    pub server_uid: u32,
}

/// Runs the agent until its run has ended. A second agent for the same folder returns at once.
pub fn run(run: Run) -> io::Result<()> {
    let folder = RunFolder::new(std::path::absolute(&run.dir)?);
    if let Some(more) = folder.too_long_by() {
        return Err(io::Error::other(format!(
            "the path {} is {more} bytes too long for a Unix socket",
            folder.control().display()
        )));
    }
    // Nothing that the agent or the IDE makes may be read by others.
    stat::umask(stat::Mode::from_bits_truncate(0o077));
    // Signals of the server's terminal are not for the agent. It fails only where there is no such terminal.
    let _ = setsid();
    prctl::set_child_subreaper(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let Some(_lock) = lock(&folder).await? else { return Ok(()) };
        if folder.end().exists() || folder.secret().exists() {
            return Err(io::Error::other("this run has begun before; a resumed session is another run"));
        }
        serve(Agent::new(run.run, folder, [run.server_uid, getuid().as_raw()])).await
    })
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

async fn serve(agent: Agent) -> io::Result<()> {
    let agent = Arc::new(agent);
    let me = std::process::id().cast_signed();
    let start_ticks = Stat::of(me).map_or(0, |stat| stat.start_ticks);
    let pid = serde_json::to_vec(&Pid { pid: me, start_ticks })?;
    prepare::write_new(&agent.folder.pid(), &pid, false)?;
    let listener = tokio::net::UnixListener::from_std(control::bind(&agent.folder.control())?)?;
    tokio::spawn(control::serve(agent.clone(), listener));
    tokio::spawn(stop_on_signal(agent.clone()));
    if let Some(end) = life::live(&agent).await {
        agent.log(&format!("ended: {:?}", end.ending));
        write_end(&agent, &end);
        agent.ended(end);
        sleep(FAREWELL).await;
    }
    Ok(())
}

/// An agent that is asked to end ends its run: nobody else could.
async fn stop_on_signal(agent: Arc<Agent>) -> io::Result<()> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    agent.ask_stop(life::GRACE);
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
