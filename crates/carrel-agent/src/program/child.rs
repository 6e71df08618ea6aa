//! Starting the IDE, and ending all of it.

use crate::program::{bounds, causes::Exit, prepare::Prepared, tree};
use carrel_model::Bounds;
use nix::{
    errno::Errno,
    sys::{
        prctl,
        signal::{Signal, killpg},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{Pid, getppid},
};
use std::{
    convert::Infallible,
    ffi::OsString,
    fs, io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use tokio::{
    net::unix::pipe,
    sync::watch,
    time::{Instant, sleep, timeout_at},
};

/// How long the kernel may need to end what was killed. A process that waits for a dead network disk takes longer.
const KILL_LIMIT: Duration = Duration::from_secs(5);

/// The IDE's main process.
#[derive(Debug)]
pub(crate) struct Child {
    pid: Pid,
    exit: watch::Receiver<Option<Exit>>,
}

/// Starts the IDE by way of [`become_ide`], in a process group of its own. What it says comes out of the pipe.
///
/// Has to be called on the main thread: the IDE gets a signal when the thread that started it ends.
pub(crate) fn start(
    prepared: &Prepared,
    bounds: &Bounds,
    door: Option<PathBuf>,
) -> io::Result<(Child, pipe::Receiver)> {
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new("/proc/self/exe");
    command.arg("become-ide").arg(std::process::id().to_string()).arg(door.unwrap_or_default());
    command.arg(serde_json::to_string(bounds)?);
    command.arg(&prepared.program).args(&prepared.arguments);
    command.env_clear().envs(&prepared.environment).current_dir(&prepared.folder).process_group(0);
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let pid = Pid::from_raw(command.spawn()?.id().cast_signed());
    let (told, exit) = watch::channel(None);
    tokio::spawn(reap(pid, told, tokio::signal::unix::signal(tokio::signal::unix::SignalKind::child())?));
    Ok((Child { pid, exit }, pipe::Receiver::from_owned_fd(reader.into())?))
}

/// What the new process does before it becomes the IDE. `arguments`: the agent's process id, the door of the control
/// group or nothing, the bounds, the program and its arguments.
pub fn become_ide(mut arguments: impl Iterator<Item = OsString>) -> io::Result<Infallible> {
    let mut next = || arguments.next().ok_or_else(|| io::Error::other("an argument is missing"));
    let agent = next()?;
    let door = PathBuf::from(next()?);
    let bounds: Bounds = serde_json::from_slice(next()?.as_encoded_bytes())?;
    let program = next()?;
    prctl::set_pdeathsig(Signal::SIGTERM)?;
    if getppid().to_string() != agent.to_string_lossy() {
        return Err(io::Error::other("the agent ended meanwhile"));
    }
    if door != Path::new("") {
        fs::write(door, "0")?;
    }
    // If the host runs out of memory, a session goes before the server. It may be forbidden to say so.
    let _ = fs::write("/proc/self/oom_score_adj", "500");
    bounds::hold(&bounds)?;
    let error = Command::new(&program).args(arguments).exec();
    Err(io::Error::new(error.kind(), format!("{} cannot be run: {error}", program.display())))
}

/// Waits for every process that ends below the agent, which is the reaper of all of them.
async fn reap(main: Pid, told: watch::Sender<Option<Exit>>, mut ended: tokio::signal::unix::Signal) {
    loop {
        while let Some(status) = next_status() {
            let exit = match status {
                WaitStatus::Exited(pid, code) if pid == main => Exit::Code(code),
                WaitStatus::Signaled(pid, signal, _) if pid == main => Exit::Signal(signal),
                _ => continue,
            };
            told.send_replace(Some(exit));
        }
        if ended.recv().await.is_none() {
            return;
        }
    }
}

fn next_status() -> Option<WaitStatus> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return None,
            Ok(status) => return Some(status),
            Err(Errno::EINTR) => {}
            Err(_) => return None,
        }
    }
}

impl Child {
    /// Waits until the main process ends. May be called again.
    pub(crate) async fn exited(&mut self) -> Exit {
        match self.exit.wait_for(Option::is_some).await {
            Ok(exit) => exit.unwrap_or(Exit::Code(0)),
            // Nobody waits for it any more, which only a runtime that shuts down brings about.
            Err(_) => std::future::pending().await,
        }
    }

    /// Ends all of it: asks the main process, gives it until the deadline (which may come closer), kills the rest.
    pub(crate) async fn stop(&mut self, mut deadline: watch::Receiver<Option<Instant>>, kill_group: impl Fn()) {
        // It may have ended already; then there is only the rest.
        let _ = nix::sys::signal::kill(self.pid, Signal::SIGTERM);
        loop {
            let until = deadline.borrow_and_update().unwrap_or_else(Instant::now);
            tokio::select! {
                _ = timeout_at(until, self.exited()) => break,
                Ok(()) = deadline.changed() => {}
            }
        }
        self.kill_rest(kill_group).await;
    }

    /// Kills all that is left, whatever group or session it put itself into, until nothing is left.
    pub(crate) async fn kill_rest(&mut self, kill_group: impl Fn()) {
        let agent = std::process::id().cast_signed();
        let limit = Instant::now() + KILL_LIMIT;
        kill_group();
        let _ = killpg(self.pid, Signal::SIGKILL);
        // Those that fork while they are killed are seen the next time round.
        while tree::signal_descendants(agent, Signal::SIGKILL) > 0 && Instant::now() < limit {
            sleep(Duration::from_millis(5)).await;
        }
    }
}
