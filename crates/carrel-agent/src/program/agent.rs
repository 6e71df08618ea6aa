//! What the parts of the agent share.

use crate::{
    folder::RunFolder,
    gate::Gate,
    pod::AGENT_LINE,
    program::output::Output,
    protocol::{End, Phase, Status},
};
use carrel_model::{Activity, Clock, Ending, Plan, RunId, Step, Usage};
use jiff::Timestamp;
use std::{
    io::Write,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// How the server reaches the IDE by way of the agent.
pub(crate) enum Entrance {
    /// By sockets in the run's folder, for processes of these accounts: the server's and the agent's own.
    Sockets([u32; 2]),
    /// By the port of a pod, which lets requests through once there is an IDE.
    Port(OnceLock<Gate>),
}

/// The agent of one run: what it knows, and what it was asked.
pub(crate) struct Agent {
    /// The run's folder.
    pub(crate) folder: RunFolder,
    /// What time it is.
    pub(crate) clock: Clock,
    /// How the server reaches the IDE.
    pub(crate) entrance: Entrance,
    /// What the IDE says.
    pub(crate) output: Output,
    /// The plan, once there is one.
    pub(crate) plan: watch::Sender<Option<Arc<Plan>>>,
    /// When the IDE has to be gone, once a stop was asked.
    pub(crate) stop: watch::Sender<Option<Instant>>,
    /// Whether it was a signal that asked first.
    signalled: AtomicBool,
    /// Until when the idle clock is held.
    pub(crate) keep: watch::Sender<Option<Timestamp>>,
    status: watch::Sender<Status>,
    /// Apart from the rest: news of it wakes nobody.
    usage: Mutex<Option<Usage>>,
}

impl Agent {
    /// The agent of `run`, which waits for a plan.
    pub(crate) fn new(run: RunId, folder: RunFolder, entrance: Entrance) -> Self {
        let status = Status::new(run, Phase::Waiting);
        Self {
            output: Output::new(folder.clone()),
            folder,
            clock: Clock::System,
            entrance,
            plan: watch::Sender::new(None),
            stop: watch::Sender::new(None),
            signalled: AtomicBool::new(false),
            keep: watch::Sender::new(None),
            status: watch::Sender::new(status),
            usage: Mutex::new(None),
        }
    }

    /// Whether it runs in a pod, where all that it sees is the run's own.
    pub(crate) fn is_in_pod(&self) -> bool {
        matches!(self.entrance, Entrance::Port(_))
    }

    /// All that is known now.
    pub(crate) fn status(&self) -> Status {
        let status = self.status.borrow().clone();
        Status { usage: self.usage(), ..status }
    }

    /// Wakes at each change of what is known, but for usage.
    pub(crate) fn changes(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// What it uses, as last measured.
    pub(crate) fn usage(&self) -> Option<Usage> {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a measurement.
    pub(crate) fn used(&self, usage: Usage) {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner) = Some(usage);
    }

    /// Says which step of the start is being worked on.
    pub(crate) fn reached(&self, step: Step, detail: Option<&str>) {
        self.change(|status| {
            status.phase = Phase::Starting;
            status.step = Some(step);
            status.detail = detail.map(ToOwned::to_owned);
        });
    }

    /// Says how the bounds are held.
    pub(crate) fn bounded(&self, limits: String) {
        self.change(|status| status.limits = Some(limits));
    }

    /// Says that it came to this phase.
    pub(crate) fn came_to(&self, phase: Phase) {
        self.change(|status| {
            status.phase = phase;
            status.step = None;
            status.detail = None;
        });
    }

    /// Says how it is used.
    pub(crate) fn active(&self, activity: Activity) {
        self.change(|status| status.activity = Some(activity));
    }

    /// Says how it ended: the last news.
    pub(crate) fn ended(&self, end: End) {
        self.change(|status| {
            status.phase = Phase::Ended;
            status.end = Some(end);
        });
    }

    /// A signal asks for an end within `grace`.
    pub(crate) fn signalled(&self, grace: Duration) {
        self.signalled.store(self.stop.borrow().is_none(), Ordering::Relaxed);
        self.ask_stop(grace);
    }

    /// How a run ended that was asked to.
    pub(crate) fn asked(&self) -> Ending {
        if self.signalled.load(Ordering::Relaxed) { Ending::Signalled } else { Ending::Asked }
    }

    /// Asks for an end within `grace`. A later wish can only make it sooner.
    pub(crate) fn ask_stop(&self, grace: Duration) {
        let now = Instant::now();
        // A grace beyond what a clock can hold is a year.
        let wish = now.checked_add(grace).unwrap_or(now + Duration::from_hours(24 * 365));
        self.stop.send_if_modified(|known| {
            let sooner = known.is_none_or(|known| wish < known);
            if sooner {
                *known = Some(wish);
            }
            sooner
        });
    }

    fn change(&self, edit: impl FnOnce(&mut Status)) {
        self.status.send_modify(edit);
    }

    /// Writes a line to the agent's own log.
    pub(crate) fn log(&self, text: &str) {
        // In a pod it stands in one log with what the IDE says.
        let mark = if self.is_in_pod() { AGENT_LINE } else { "" };
        // Nobody is left to be told that the log cannot be written.
        let _ = writeln!(std::io::stderr(), "{mark}{} {text}", self.clock.now());
    }
}
