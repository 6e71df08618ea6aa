//! The supervisor: one replica at a time acts on rows.
//!
//! It holds a lease, takes Queued sessions to the launcher, tells it of Suspending and Stopping ones, and writes down
//! what the launcher reports. It keeps nothing in memory that another replica would need: when it dies at any step,
//! the next one finds the same rows and the same runs, and every call to a launcher may be repeated.

use crate::{
    launcher::{LauncherError, Report, Seen, StartError},
    sessions::Sessions,
};
use carrel_model::{Cause, Event, RunId, Session, State, Usage};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet, time};
use tokio_util::sync::CancellationToken;

/// The name of the lease.
const LEASE: &str = "supervisor";
/// How long a lease holds; it is renewed three times as often.
const LEASE_TIME: Duration = Duration::from_secs(15);
/// Rows are looked at this often even when nothing wakes the supervisor.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A call to a launcher that changed nothing yet is repeated after this.
const REPEAT_AFTER: Duration = Duration::from_secs(5);
/// How often the use of running sessions is written down.
const SAMPLE_EVERY: Duration = Duration::from_secs(10);
/// How often old rows are thrown away and programs looked for.
const CHORES_EVERY: Duration = Duration::from_mins(1);
/// How long sessions that are over, use and ended sign-ins are kept: 30 days.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many runs are asked for their use at once.
const SAMPLES_AT_ONCE: usize = 32;
/// How long a write waits before it is tried again while the store is away.
const STORE_AGAIN: Duration = Duration::from_secs(1);

/// Acts on rows for as long as it holds the lease. Cheap to clone.
#[derive(Clone)]
pub struct Supervisor {
    sessions: Sessions,
    holder: Arc<str>,
}

/// What this holder of the lease has asked of the launcher, and when.
#[derive(Default)]
struct Asked(Mutex<HashMap<(RunId, Wish), time::Instant>>);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Wish {
    Start,
    Stop,
    Kill,
}

impl Asked {
    /// Whether it is time to ask (again); notes it when it is.
    fn is_due(&self, run: &RunId, wish: Wish) -> bool {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (run.clone(), wish);
        let due = asked.get(&key).is_none_or(|at| wish != Wish::Start && at.elapsed() >= REPEAT_AFTER);
        if due {
            asked.insert(key, time::Instant::now());
        }
        due
    }

    fn has_started(&self, run: &RunId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&(run.clone(), Wish::Start))
    }

    fn forget_start(&self, run: &RunId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(run.clone(), Wish::Start));
    }

    fn forget(&self, run: &RunId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _), _| known != run);
    }
}

impl Supervisor {
    /// A supervisor that claims the lease as `holder`, a name that no other replica has.
    pub fn new(sessions: Sessions, holder: &str) -> Self {
        Self { sessions, holder: holder.into() }
    }

    /// Claims the lease whenever it is free and acts while it holds. Returns when `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if self.claim().await {
                tracing::info!(holder = %self.holder, "this replica supervises");
                tokio::select! {
                    () = stop.cancelled() => {
                        if let Err(error) = self.sessions.store.lease_release(LEASE, &self.holder).await {
                            tracing::warn!(%error, "the lease was not given back, another replica waits for its end");
                        }
                    }
                    () = self.hold() => tracing::warn!(holder = %self.holder, "the lease was lost"),
                    () = self.term() => {}
                }
            }
            tokio::select! { () = stop.cancelled() => {} () = time::sleep(LEASE_TIME / 3) => {} }
        }
    }

    async fn claim(&self) -> bool {
        let Sessions { store, clock, .. } = &self.sessions;
        store.lease_claim(LEASE, &self.holder, LEASE_TIME, clock.now()).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the lease could not be asked for");
            false
        })
    }

    /// Renews the lease; returns when it is lost.
    async fn hold(&self) {
        let mut held = time::Instant::now();
        while held.elapsed() < LEASE_TIME {
            time::sleep(LEASE_TIME / 3).await;
            if self.claim().await {
                held = time::Instant::now();
            }
        }
    }

    /// One term of office: never ends by itself.
    async fn term(&self) {
        let asked = Asked::default();
        let (listed, was_listed) = watch::channel(false);
        tokio::join!(
            self.follow_reports(&asked, listed),
            self.act_on_rows(&asked, was_listed),
            self.sample_use(),
            self.do_chores(),
        );
    }

    // Reports -> rows.

    async fn follow_reports(&self, asked: &Asked, listed: watch::Sender<bool>) {
        loop {
            let mut reports = self.sessions.launcher.reports();
            while let Some(report) = reports.next().await {
                match report {
                    Report::Listing(runs) => {
                        self.compare(&runs, asked).await;
                        listed.send_replace(true);
                    }
                    Report::Run(run, seen) => self.note(&run, seen, asked).await,
                }
            }
            tracing::warn!("the launcher's reports ended; asking again");
            time::sleep(STORE_AGAIN).await;
        }
    }

    /// Compares what is believed to run with what is there.
    async fn compare(&self, runs: &BTreeSet<RunId>, asked: &Asked) {
        let live = until_stored(|| self.sessions.store.sessions_live()).await;
        for session in live.iter().filter(|s| s.state.has_run() && !runs.contains(&s.run())) {
            // A start whose call never reached the launcher is made up for by `act_on_rows`.
            let never_asked = matches!(session.state, State::Starting { .. }) && !asked.has_started(&session.run());
            if !never_asked {
                self.happen(&session.run(), &Event::Missing).await;
            }
        }
        let live: HashMap<_, _> = live.iter().map(|s| (&s.id, s)).collect();
        let is_wanted =
            |run: &RunId| live.get(&run.session).is_some_and(|s| s.generation == run.generation && s.state.has_run());
        for run in runs.iter().filter(|run| !is_wanted(run)) {
            tracing::info!(%run, "a run that no session needs is ended");
            self.stop(run, Duration::ZERO).await;
        }
    }

    /// Writes down what was seen of a run.
    async fn note(&self, run: &RunId, seen: Seen, asked: &Asked) {
        let event = match seen {
            Seen::Step(step, detail) => Event::Reached(step, detail),
            Seen::Ready(address) => {
                let session = until_stored(|| self.sessions.store.session(&run.session)).await;
                let action = session.map_or(self.sessions.settings.now().idle.action, |s| s.spec.idle.action);
                Event::Ready(address, action)
            }
            Seen::Activity(activity) => Event::Used(activity),
            Seen::Unreachable(cause) => Event::Unreachable(cause),
            Seen::Ended(ending) => Event::Ended(ending),
        };
        let before = match event {
            Event::Ready(..) => until_stored(|| self.sessions.store.session(&run.session)).await,
            _ => None,
        };
        let changed = self.happen(run, &event).await;
        if let (Some(before), Some(_)) = (before, changed) {
            self.sessions.counted.started(&before.state, self.sessions.clock.now());
        }
        if matches!(event, Event::Ended(_)) {
            asked.forget(run);
            let session = until_stored(|| self.sessions.store.session(&run.session)).await;
            // The last output of a session that can be started again is kept: it says why it failed.
            let is_kept = session.is_some_and(|s| s.generation == run.generation && s.state.name() != "Stopped");
            if !is_kept {
                self.forget(run).await;
            }
        }
    }

    async fn happen(&self, run: &RunId, event: &Event) -> Option<Session> {
        let Sessions { store, clock, .. } = &self.sessions;
        until_stored(|| store.happen(&run.session, Some(run.generation), event, None, clock.now())).await
    }

    // Rows -> launcher.

    async fn act_on_rows(&self, asked: &Asked, mut listed: watch::Receiver<bool>) {
        // Before the listing is compared with the rows nobody knows which runs are there.
        if listed.wait_for(|listed| *listed).await.is_err() {
            return;
        }
        let mut wakes = self.sessions.store.wakes();
        let mut calls = JoinSet::new();
        loop {
            match self.sessions.store.sessions_live().await {
                Ok(live) => live.into_iter().for_each(|session| self.act(session, asked, &mut calls)),
                Err(error) => tracing::warn!(%error, "sessions could not be read; runs go on"),
            }
            let look = time::sleep(LOOK_EVERY);
            tokio::pin!(look);
            loop {
                tokio::select! {
                    _ = wakes.changed() => break,
                    () = &mut look => break,
                    Some(again) = calls.join_next() => if let Ok(Some(run)) = again { asked.forget_start(&run) },
                }
            }
        }
    }

    /// Begins what a row asks for, unless it was begun just now. A call that is to be made again answers its run.
    fn act(&self, session: Session, asked: &Asked, calls: &mut JoinSet<Option<RunId>>) {
        let (wish, grace) = match &session.state {
            State::Queued { .. } | State::Starting { .. } => (Wish::Start, Duration::ZERO),
            State::Suspending { .. } | State::Stopping { force: false, .. } => {
                (Wish::Stop, self.sessions.settings.now().stop_grace)
            }
            State::Stopping { force: true, .. } => (Wish::Kill, Duration::ZERO),
            _ => return,
        };
        let run = session.run();
        if !asked.is_due(&run, wish) {
            return;
        }
        let me = self.clone();
        calls.spawn(async move {
            match wish {
                Wish::Start => me.start(session).await,
                Wish::Stop | Wish::Kill => {
                    me.stop(&run, grace).await;
                    None
                }
            }
        });
    }

    /// Takes a session to the launcher. Answers its run when that is to be tried again.
    async fn start(&self, session: Session) -> Option<RunId> {
        let run = session.run();
        if let Some(earlier) = run.generation.checked_sub(1).filter(|g| *g > 0) {
            self.forget(&RunId { session: run.session.clone(), generation: earlier }).await;
        }
        if matches!(session.state, State::Queued { .. }) {
            // Somebody may have ended it meanwhile: then nothing is started.
            self.happen(&run, &Event::Taken).await?;
        }
        let started = match self.sessions.plan(&session) {
            Ok(plan) => self.sessions.launcher.start(&run, &plan).await,
            Err(cause) => Err(StartError::Refused(cause)),
        };
        match started {
            Ok(()) => None,
            Err(StartError::Refused(cause)) => {
                self.happen(&run, &Event::StartFailed(cause)).await;
                None
            }
            Err(StartError::NotNow(cause)) => self.start_later(&session, cause).await,
        }
    }

    async fn start_later(&self, session: &Session, cause: Cause) -> Option<RunId> {
        let run = session.run();
        let waited = self.sessions.clock.now().duration_since(session.state.since());
        if waited.unsigned_abs() >= self.sessions.settings.now().start_limit {
            self.happen(&run, &Event::StartFailed(cause)).await;
            return None;
        }
        self.happen(&run, &Event::Reached(carrel_model::Step::RoomFound, Some(cause.text))).await;
        time::sleep(REPEAT_AFTER).await;
        Some(run)
    }

    async fn stop(&self, run: &RunId, grace: Duration) {
        match self.sessions.launcher.stop(run, grace).await {
            // Its absence is what was wanted; a row that waits for it learns of it here.
            Err(LauncherError::NoSuchRun(_)) => {
                self.happen(run, &Event::Missing).await;
            }
            Err(error) => tracing::warn!(%run, %error, "the run could not be ended; it is asked again"),
            Ok(()) => {}
        }
    }

    async fn forget(&self, run: &RunId) {
        if let Err(error) = self.sessions.launcher.forget(run).await {
            tracing::warn!(%run, %error, "what is left of the run could not be removed");
        }
    }

    // What happens by the clock.

    async fn sample_use(&self) {
        loop {
            time::sleep(SAMPLE_EVERY).await;
            let Ok(live) = self.sessions.store.sessions_live().await else { continue };
            let running = live.into_iter().filter(|s| s.state.running_at().is_some());
            let samples: Vec<_> = stream::iter(running)
                .map(|session| async move { Some((self.usage(&session).await?, session)) })
                .buffer_unordered(SAMPLES_AT_ONCE)
                .filter_map(|sample| async { sample.map(|(usage, s)| (s.id, s.generation, usage)) })
                .collect()
                .await;
            if samples.is_empty() {
                continue;
            }
            if let Err(error) = self.sessions.store.usage_add(&samples, self.sessions.clock.now()).await {
                tracing::warn!(%error, "the use of sessions could not be written down");
            }
        }
    }

    async fn usage(&self, session: &Session) -> Option<Usage> {
        self.sessions.launcher.usage(&session.run()).await.ok()
    }

    async fn do_chores(&self) {
        loop {
            time::sleep(CHORES_EVERY).await;
            self.sessions.look_again().await;
            if let Err(error) = self.throw_away().await {
                tracing::warn!(%error, "old rows could not be thrown away");
            }
        }
    }

    async fn throw_away(&self) -> Result<(), carrel_store::Error> {
        let Sessions { store, clock, .. } = &self.sessions;
        let before = clock.now() - KEPT;
        let listed_for = self.sessions.settings.now().ides.listed_for;
        let listed_for = listed_for.and_then(|time| SignedDuration::try_from(time).ok()).unwrap_or(KEPT);
        store.sessions_forget(clock.now().checked_sub(listed_for).unwrap_or(Timestamp::MIN)).await?;
        store.usage_prune(before).await?;
        store.sign_ins_prune(before).await?;
        Ok(())
    }
}

/// Repeats a call to the store until it succeeds: what a launcher saw must not be lost because the store was away.
async fn until_stored<T, F>(mut call: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, carrel_store::Error>>,
{
    loop {
        match call().await {
            Ok(value) => return value,
            Err(error) => {
                tracing::warn!(%error, "the store did not take it; it is tried again");
                time::sleep(STORE_AGAIN).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;
