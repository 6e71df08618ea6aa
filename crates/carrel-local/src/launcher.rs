//! The launcher.

use crate::{
    folders::{Folders, Found, no_room, room_of},
    open::{self, LocalSettings, OpenError},
    place::OfRun,
    spawn::{SpawnError, spawn},
    sweep::{kill_agent, sweep},
};
use async_trait::async_trait;
use bytes::Bytes;
use carrel_agent::{
    folder::RunFolder,
    room::{Room, disk_full},
};
use carrel_control::{Agent, Control, Hub, Told, UnixSocket, follow};
use carrel_model::{Address, Cause, Plan, RunId, Usage, Who};
use carrel_sessions::launcher::{Launcher, LauncherError, Report, StartError};
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Runs sessions as processes of this account on this host.
#[derive(Debug)]
pub struct LocalLauncher {
    folders: Folders,
    hub: Arc<Hub>,
    agent: PathBuf,
    ended: CancellationToken,
    /// Ends what follows the runs when the launcher goes. The runs go on.
    _end: DropGuard,
    /// One start of a run at a time.
    starting: Mutex<BTreeMap<RunId, Arc<tokio::sync::Mutex<()>>>>,
}

impl LocalLauncher {
    /// A launcher over the runs that are there. Inside a runtime, where it follows them.
    pub fn open(settings: LocalSettings) -> Result<Self, OpenError> {
        let folders = open::folders(&settings)?;
        let runs = folders.runs().map_err(|error| OpenError::NotWritable { path: folders.root().to_owned(), error })?;
        let ended = CancellationToken::new();
        let launcher = Self {
            folders,
            hub: Arc::default(),
            agent: settings.agent,
            _end: ended.clone().drop_guard(),
            ended,
            starting: Mutex::default(),
        };
        for run in &runs {
            launcher.follow(run);
        }
        Ok(launcher)
    }

    /// Takes a run in and follows it, unless that is done already.
    fn follow(&self, run: &RunId) {
        if self.hub.add(run) {
            let folder = self.folders.of(run);
            let agent = Agent { control: self.control(run), address: Address::Unix(folder.data()) };
            let place = OfRun { folders: self.folders.clone(), run: run.clone() };
            let following = follow(run.clone(), agent, Told::default(), self.hub.clone(), place);
            let ended = self.ended.clone();
            tokio::spawn(async move { ended.run_until_cancelled(following).await });
        }
    }

    fn control(&self, run: &RunId) -> Control<UnixSocket> {
        Control::new(UnixSocket(self.folders.of(run).control()))
    }

    /// The control socket of a run that goes on.
    fn alive(&self, run: &RunId) -> Result<Control<UnixSocket>, LauncherError> {
        match self.folders.look(run) {
            Found::Alive => Ok(self.control(run)),
            Found::Nothing | Found::Unbegun => Err(LauncherError::NoSuchRun(run.clone())),
            Found::Ended(_) | Found::Gone => Err(LauncherError::Unavailable(format!("the run {run} has ended"))),
        }
    }

    /// Makes sure that an agent of the run lives, or did. True when it has to be given the plan.
    async fn has_agent(&self, run: &RunId) -> Result<bool, StartError> {
        match self.folders.look(run) {
            Found::Alive => return Ok(true),
            Found::Ended(_) | Found::Gone => return Ok(false),
            Found::Nothing | Found::Unbegun => {}
        }
        let folder = self.folders.make(run).map_err(|error| self.refused(&error))?;
        if let Some(more) = folder.too_long_by() {
            let text = format!("The path {} is {more} bytes too long for a socket.", folder.control().display());
            return Err(StartError::Refused(Cause::new("path-too-long", text, Who::Administrator)));
        }
        match spawn(&self.agent, run, &folder).await {
            Ok(()) => Ok(true),
            Err(SpawnError::Io(error)) => Err(self.refused(&error)),
            Err(SpawnError::Ended(..)) if self.room().is_some_and(Room::is_none) => {
                Err(self.refused(&io::ErrorKind::StorageFull.into()))
            }
            Err(SpawnError::Ended(status, said)) => {
                Err(agent_failed(&format!("The agent of the session ended at once ({status}): {said}.")))
            }
            Err(SpawnError::Slow) => Err(StartError::NotNow(Cause::new(
                "agent-slow",
                "The agent of the session does not come up: the host is too busy.",
                Who::Nobody,
            ))),
        }
    }

    fn room(&self) -> Option<Room> {
        room_of(self.folders.root())
    }

    fn refused(&self, error: &io::Error) -> StartError {
        if no_room(error) {
            return StartError::Refused(disk_full(self.folders.root(), self.room()));
        }
        agent_failed(&format!("The agent of the session cannot be started: {error}."))
    }

    fn start_of(&self, run: &RunId) -> Arc<tokio::sync::Mutex<()>> {
        let mut starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        starting.entry(run.clone()).or_default().clone()
    }

    /// Ends a run whose agent does not answer.
    async fn stop_by_force(&self, run: &RunId, folder: &RunFolder) {
        kill_agent(folder);
        sweep(run, folder, true).await;
    }
}

fn agent_failed(text: &str) -> StartError {
    StartError::Refused(Cause::new("agent-failed", text, Who::Administrator))
}

#[async_trait]
impl Launcher for LocalLauncher {
    async fn start(&self, run: &RunId, plan: &Plan) -> Result<(), StartError> {
        let start = self.start_of(run);
        let _one_at_a_time = start.lock().await;
        let started = async {
            if self.has_agent(run).await? {
                self.control(run).start(plan).await?;
            }
            Ok(())
        };
        let started = started.await;
        if started.is_ok() {
            self.follow(run);
        }
        started
    }

    async fn stop(&self, run: &RunId, grace: Duration) -> Result<(), LauncherError> {
        let control = match self.alive(run) {
            Ok(control) => control,
            // It ended already, and that is reported.
            Err(LauncherError::Unavailable(_)) => return Ok(()),
            Err(missing) => return Err(missing),
        };
        match control.stop(grace).await {
            Ok(()) => Ok(()),
            Err(_) if grace.is_zero() => {
                self.stop_by_force(run, &self.folders.of(run)).await;
                Ok(())
            }
            // It ended while it was asked.
            Err(_) if !matches!(self.folders.look(run), Found::Alive) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn reports(&self) -> BoxStream<'static, Report> {
        UnboundedReceiverStream::new(self.hub.listen()).boxed()
    }

    async fn logs(&self, run: &RunId, is_followed: bool) -> Result<BoxStream<'static, Bytes>, LauncherError> {
        let control = match self.alive(run) {
            Ok(control) => Some(control),
            Err(LauncherError::Unavailable(_)) => None,
            Err(missing) => return Err(missing),
        };
        if let Some(control) = control
            && let Ok(output) = control.output(is_followed).await
        {
            return Ok(output.boxed());
        }
        let kept = self.folders.of(run).read_output();
        let kept = kept.map_err(|error| LauncherError::Unavailable(format!("the output cannot be read: {error}")))?;
        Ok(stream::once(async { kept.into() }).boxed())
    }

    async fn usage(&self, run: &RunId) -> Result<Usage, LauncherError> {
        Ok(self.alive(run)?.usage().await?)
    }

    async fn keep(&self, run: &RunId, until: Option<Timestamp>) -> Result<(), LauncherError> {
        Ok(self.alive(run)?.keep(until).await?)
    }

    async fn forget(&self, run: &RunId) -> Result<(), LauncherError> {
        match self.folders.look(run) {
            Found::Alive => return Err(LauncherError::Unavailable(format!("the run {run} goes on"))),
            Found::Gone => sweep(run, &self.folders.of(run), true).await,
            Found::Nothing | Found::Unbegun | Found::Ended(_) => {}
        }
        self.hub.remove(run);
        self.starting.lock().unwrap_or_else(PoisonError::into_inner).remove(run);
        match std::fs::remove_dir_all(self.folders.of(run).path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(LauncherError::Unavailable(format!("the folder of the run {run} cannot be removed: {error}")))
            }
            _ => Ok(()),
        }
    }
}
