//! A launcher that runs nothing, for tests: it reports what the test says, and writes down what it was asked.
//!
//! It holds to the same contract as the real ones ([`crate::contract`]), so a test that passes with it means something.

use crate::launcher::{Launcher, LauncherError, Report, Seen, StartError};
use async_trait::async_trait;
use bytes::Bytes;
use carrel_model::{Address, Cause, Ending, Plan, RunId, Step, Usage};
use futures::{StreamExt, stream::BoxStream};
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;

/// A place that runs nothing. Clones are the same place, as seen by another server.
#[derive(Debug, Clone)]
pub struct FakeLauncher {
    place: Arc<Mutex<Place>>,
}

/// What becomes of the runs that are started from now on.
#[derive(Debug, Clone, PartialEq)]
pub enum Script {
    /// The steps, then ready.
    Ready,
    /// Nothing is reported but what the test says.
    Silent,
    /// The steps, then the end, for this reason.
    Fails(Cause),
    /// The start is refused for good.
    Refuses(Cause),
    /// The start cannot be now.
    NotNow(Cause),
}

/// One thing that the launcher was asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// A run was started, with its plan.
    Start(RunId, Box<Plan>),
    /// A run was stopped, with its grace.
    Stop(RunId, Duration),
    /// The idle clock was held.
    Keep(RunId, Option<Timestamp>),
    /// A run was forgotten.
    Forget(RunId),
}

#[derive(Debug)]
struct Place {
    runs: BTreeMap<RunId, FakeRun>,
    calls: Vec<Call>,
    watchers: Vec<mpsc::UnboundedSender<Report>>,
    script: Script,
    address: Address,
    stops_held: bool,
}

#[derive(Debug, Default)]
struct FakeRun {
    /// The newest step or readiness, and the end: what a server that comes anew is told.
    stage: Option<Seen>,
    ended: Option<Ending>,
    output: Vec<u8>,
    followers: Vec<mpsc::UnboundedSender<Bytes>>,
    usage: Usage,
}

impl Default for FakeLauncher {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeLauncher {
    /// An empty place, whose runs become ready at once, at an address where nobody answers.
    pub fn new() -> Self {
        let place = Place {
            runs: BTreeMap::new(),
            calls: Vec::new(),
            watchers: Vec::new(),
            script: Script::Ready,
            address: Address::Unix("/nowhere/data.sock".into()),
            stops_held: false,
        };
        Self { place: Arc::new(Mutex::new(place)) }
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What becomes of the runs that are started from now on.
    pub fn script(&self, script: Script) {
        self.place().script = script;
    }

    /// Where the runs that become ready from now on are reached.
    pub fn answers_at(&self, address: Address) {
        self.place().address = address;
    }

    /// With `true`, runs that are stopped go on until the test says that they ended.
    pub fn hold_stops(&self, held: bool) {
        self.place().stops_held = held;
    }

    /// Something is seen of a run.
    pub fn say(&self, run: &RunId, seen: Seen) {
        self.place().see(run, seen);
    }

    /// A run is gone without a word, as after a restart of the machine. The next listing lacks it.
    pub fn vanish(&self, run: &RunId) {
        self.place().runs.remove(run);
    }

    /// The connection was away and is back: all that hear reports hear a full listing again.
    pub fn reconnect(&self) {
        let mut place = self.place();
        for report in place.all() {
            place.tell(&report);
        }
    }

    /// A run writes.
    pub fn write(&self, run: &RunId, text: &str) {
        if let Some(run) = self.place().runs.get_mut(run) {
            run.write(text);
        }
    }

    /// What a run uses from now on.
    pub fn uses(&self, run: &RunId, usage: Usage) {
        if let Some(run) = self.place().runs.get_mut(run) {
            run.usage = usage;
        }
    }

    /// Everything it was asked so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.place().calls.clone()
    }

    /// The runs that were started, in order.
    pub fn started(&self) -> Vec<RunId> {
        let start = |call: Call| match call {
            Call::Start(run, _) => Some(run),
            _ => None,
        };
        self.calls().into_iter().filter_map(start).collect()
    }
}

impl Place {
    /// What a server that comes anew is told: a listing, then where each run is.
    fn all(&self) -> Vec<Report> {
        let mut reports = vec![Report::Listing(self.runs.keys().cloned().collect())];
        for (id, run) in &self.runs {
            reports.extend(run.stage.iter().map(|seen| Report::Run(id.clone(), seen.clone())));
            reports.extend(run.ended.iter().map(|end| Report::Run(id.clone(), Seen::Ended(end.clone()))));
        }
        reports
    }

    fn tell(&mut self, report: &Report) {
        self.watchers.retain(|watcher| watcher.send(report.clone()).is_ok());
    }

    fn see(&mut self, id: &RunId, seen: Seen) {
        if let Some(run) = self.runs.get_mut(id) {
            match &seen {
                Seen::Step(..) | Seen::Ready(_) => run.stage = Some(seen.clone()),
                Seen::Ended(ending) => {
                    run.ended = Some(ending.clone());
                    run.followers.clear();
                }
                Seen::Activity(_) | Seen::Unreachable(_) => {}
            }
        }
        self.tell(&Report::Run(id.clone(), seen));
    }

    fn play(&mut self, run: &RunId) {
        let script = self.script.clone();
        if script == Script::Silent {
            return;
        }
        for step in [Step::RoomFound, Step::ImagePresent, Step::StorageAttached, Step::IdeAnswers] {
            self.see(run, Seen::Step(step, None));
        }
        match script {
            Script::Fails(cause) => self.see(run, Seen::Ended(Ending::Failed { cause })),
            _ => self.see(run, Seen::Ready(self.address.clone())),
        }
    }

    fn run(&mut self, id: &RunId) -> Result<&mut FakeRun, LauncherError> {
        self.runs.get_mut(id).ok_or_else(|| LauncherError::NoSuchRun(id.clone()))
    }
}

impl FakeRun {
    fn write(&mut self, text: &str) {
        self.output.extend_from_slice(text.as_bytes());
        self.followers.retain(|follower| follower.send(Bytes::copy_from_slice(text.as_bytes())).is_ok());
    }
}

#[async_trait]
impl Launcher for FakeLauncher {
    async fn start(&self, run: &RunId, plan: &Plan) -> Result<(), StartError> {
        let mut place = self.place();
        place.calls.push(Call::Start(run.clone(), Box::new(plan.clone())));
        match place.script.clone() {
            Script::Refuses(cause) => return Err(StartError::Refused(cause)),
            Script::NotNow(cause) => return Err(StartError::NotNow(cause)),
            _ => {}
        }
        if !place.runs.contains_key(run) {
            place.runs.insert(run.clone(), FakeRun::default());
            place.run(run).map(|run| run.write(crate::contract::GREETING)).unwrap_or_default();
            place.play(run);
        }
        Ok(())
    }

    async fn stop(&self, run: &RunId, grace: Duration) -> Result<(), LauncherError> {
        let mut place = self.place();
        place.calls.push(Call::Stop(run.clone(), grace));
        let runs = place.run(run)?.ended.is_none();
        if runs && !place.stops_held {
            place.see(run, Seen::Ended(Ending::Asked));
        }
        Ok(())
    }

    fn reports(&self) -> BoxStream<'static, Report> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut place = self.place();
        let now = futures::stream::iter(place.all());
        place.watchers.push(sender);
        now.chain(UnboundedReceiverStream::new(receiver)).boxed()
    }

    async fn logs(&self, run: &RunId, follow: bool) -> Result<BoxStream<'static, Bytes>, LauncherError> {
        let mut place = self.place();
        let run = place.run(run)?;
        let past = futures::stream::iter([Bytes::from(run.output.clone())]);
        if !follow || run.ended.is_some() {
            return Ok(past.boxed());
        }
        let (sender, receiver) = mpsc::unbounded_channel();
        run.followers.push(sender);
        Ok(past.chain(UnboundedReceiverStream::new(receiver)).boxed())
    }

    async fn usage(&self, run: &RunId) -> Result<Usage, LauncherError> {
        self.place().run(run).map(|run| run.usage)
    }

    async fn keep(&self, run: &RunId, until: Option<Timestamp>) -> Result<(), LauncherError> {
        let mut place = self.place();
        place.run(run)?;
        place.calls.push(Call::Keep(run.clone(), until));
        Ok(())
    }

    async fn forget(&self, run: &RunId) -> Result<(), LauncherError> {
        let mut place = self.place();
        place.calls.push(Call::Forget(run.clone()));
        if place.runs.get(run).is_some_and(|run| run.ended.is_some()) {
            place.runs.remove(run);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
