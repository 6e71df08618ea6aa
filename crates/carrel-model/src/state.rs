//! A session's life: a closed list of states, and one pure function through it.

use crate::{Activity, Address, Ending, IdleAction};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who can change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// The owner of the session.
    You,
    /// Whoever runs this Carrel.
    Administrator,
    /// Nobody needs to: it passes by itself.
    Nobody,
}

/// Why something is as it is: a stable code, a plain sentence, and who can change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Stable, in kebab case; documented, counted, searched for.
    pub code: String,
    /// For the person it happened to.
    pub text: String,
    /// Who can change it.
    pub who: Who,
}

impl Cause {
    /// A cause of these three.
    pub fn new(code: &str, text: impl Into<String>, who: Who) -> Self {
        Self { code: code.into(), text: text.into(), who }
    }
}

/// The steps of a start, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The request stands in the store.
    Accepted,
    /// There is a place for it.
    RoomFound,
    /// The image, or on a host the program, is there.
    ImagePresent,
    /// Home folder and other storage are there.
    StorageAttached,
    /// The IDE answers.
    IdeAnswers,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 5] =
        [Self::Accepted, Self::RoomFound, Self::ImagePresent, Self::StorageAttached, Self::IdeAnswers];

    /// Its place, from 1.
    pub fn number(self) -> usize {
        self as usize + 1
    }
}

/// A step that was reached or is being worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTime {
    /// Which.
    pub step: Step,
    /// When work on it began.
    pub began_at: Timestamp,
    /// When it was done; `None` while it is being worked on.
    pub done_at: Option<Timestamp>,
    /// More about it: `image 61 %`.
    pub detail: Option<String>,
}

/// Where a session is in its life. `since` is when it came there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state")]
pub enum State {
    /// Waits for the supervisor, or for room.
    Queued {
        /// Since when.
        since: Timestamp,
        /// What it waits for, when that is known.
        cause: Option<Cause>,
    },
    /// A launcher works on it.
    Starting {
        /// Since when.
        since: Timestamp,
        /// What was reached; the last is being worked on.
        steps: Vec<StepTime>,
    },
    /// The IDE answers and is in use.
    Active {
        /// Since when.
        since: Timestamp,
        /// Where the agent takes bytes.
        address: Address,
        /// What the agent knows of its use.
        activity: Activity,
    },
    /// The IDE answers and nobody uses it.
    Idle {
        /// Since when.
        since: Timestamp,
        /// Where the agent takes bytes.
        address: Address,
        /// What the agent knows of its use.
        activity: Activity,
    },
    /// Its process is being stopped, the session is kept.
    Suspending {
        /// Since when.
        since: Timestamp,
    },
    /// No process; can be resumed.
    Suspended {
        /// Since when.
        since: Timestamp,
        /// Why, when it was not its owner.
        cause: Option<Cause>,
    },
    /// Its process is being stopped for good.
    Stopping {
        /// Since when.
        since: Timestamp,
        /// Killed at once, with no grace.
        force: bool,
    },
    /// Over. Never leaves.
    Stopped {
        /// Since when.
        since: Timestamp,
        /// Why, when it was not its owner.
        cause: Option<Cause>,
    },
    /// Ended against its will; can be started again.
    Failed {
        /// Since when.
        since: Timestamp,
        /// Why.
        cause: Cause,
    },
    /// Was running; its agent does not answer at present.
    Lost {
        /// Since when.
        since: Timestamp,
        /// Where it answered last.
        address: Address,
        /// What was known of its use.
        activity: Activity,
        /// Why it is not reached.
        cause: Cause,
    },
}

/// What can happen to a session: wishes of people, and what the launcher of the present generation saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Resume, or start again: a new generation.
    StartAsked,
    /// Suspend.
    SuspendAsked,
    /// Quit, or with `force` Force Quit.
    StopAsked {
        /// With no grace.
        force: bool,
    },
    /// It has to wait, and for what.
    Waits(Cause),
    /// The supervisor gave it to a launcher.
    Taken,
    /// A step of the start is being worked on.
    Reached(Step, Option<String>),
    /// The IDE answers.
    Ready(Address, IdleAction),
    /// The agent's news of its use.
    Used(Activity),
    /// The agent does not answer.
    Unreachable(Cause),
    /// The run ended.
    Ended(Ending),
    /// A full listing of runs does not hold it.
    Missing,
    /// The launcher could not start it, or gave up.
    StartFailed(Cause),
}

impl State {
    /// The only way from state to state. `None`: the event says nothing new here (stale, repeated, out of place).
    #[must_use]
    pub fn next(&self, event: &Event, now: Timestamp) -> Option<Self> {
        match event {
            Event::StartAsked => self.on_start_asked(now),
            Event::SuspendAsked => self.on_suspend_asked(now),
            Event::StopAsked { force } => self.on_stop_asked(*force, now),
            Event::Waits(cause) => match self {
                Self::Queued { since, cause: known } if known.as_ref() != Some(cause) => {
                    Some(Self::Queued { since: *since, cause: Some(cause.clone()) })
                }
                _ => None,
            },
            Event::Taken => match self {
                Self::Queued { since, .. } => Some(Self::Starting { since: now, steps: first_steps(*since, now) }),
                _ => None,
            },
            Event::Reached(step, detail) => self.on_reached(*step, detail.as_ref(), now),
            Event::Ready(address, action) => self.on_ready(address, *action, now),
            Event::Used(activity) => self.on_used(activity, now),
            Event::Unreachable(cause) => match self {
                Self::Active { address, activity, .. } | Self::Idle { address, activity, .. } => Some(Self::Lost {
                    since: now,
                    address: address.clone(),
                    activity: activity.clone(),
                    cause: cause.clone(),
                }),
                _ => None,
            },
            Event::Ended(ending) => self.on_ended(ending, now),
            Event::Missing => self.on_missing(now),
            Event::StartFailed(cause) => match self {
                Self::Queued { .. } | Self::Starting { .. } => Some(Self::Failed { since: now, cause: cause.clone() }),
                _ => None,
            },
        }
    }

    fn on_start_asked(&self, now: Timestamp) -> Option<Self> {
        match self {
            Self::Suspended { .. } | Self::Failed { .. } => Some(Self::Queued { since: now, cause: None }),
            _ => None,
        }
    }

    fn on_suspend_asked(&self, now: Timestamp) -> Option<Self> {
        match self {
            Self::Starting { .. } | Self::Active { .. } | Self::Idle { .. } | Self::Lost { .. } => {
                Some(Self::Suspending { since: now })
            }
            _ => None,
        }
    }

    fn on_stop_asked(&self, force: bool, now: Timestamp) -> Option<Self> {
        match self {
            // Nothing of it runs: it is over at once.
            Self::Queued { .. } | Self::Suspended { .. } | Self::Failed { .. } => {
                Some(Self::Stopped { since: now, cause: None })
            }
            Self::Stopped { .. } => None,
            Self::Stopping { force: known, .. } if *known || !force => None,
            _ => Some(Self::Stopping { since: now, force }),
        }
    }

    fn on_reached(&self, step: Step, detail: Option<&String>, now: Timestamp) -> Option<Self> {
        let Self::Starting { since, steps } = self else { return None };
        let last = steps.last()?;
        if last.step > step || (last.step == step && last.detail.as_ref() == detail) {
            return None;
        }
        let mut steps = steps.clone();
        if last.step == step {
            steps.last_mut()?.detail = detail.cloned();
        } else {
            steps.last_mut()?.done_at.get_or_insert(now);
            steps.push(StepTime { step, began_at: now, done_at: None, detail: detail.cloned() });
        }
        Some(Self::Starting { since: *since, steps })
    }

    fn on_ready(&self, address: &Address, action: IdleAction, now: Timestamp) -> Option<Self> {
        let activity = match self {
            Self::Starting { .. } => Activity::began(now, action),
            Self::Lost { activity, .. } => activity.clone(),
            // A launcher that came back may know another way to the same run.
            Self::Active { address: known, activity, .. } | Self::Idle { address: known, activity, .. }
                if known != address =>
            {
                activity.clone()
            }
            _ => return None,
        };
        Some(Self::running(address.clone(), activity, now))
    }

    fn on_used(&self, news: &Activity, now: Timestamp) -> Option<Self> {
        let (Self::Active { since, address, activity } | Self::Idle { since, address, activity }) = self else {
            return None;
        };
        if activity == news {
            return None;
        }
        let stays = matches!(self, Self::Idle { .. }) == news.idle_since.is_some();
        Some(Self::running(address.clone(), news.clone(), if stays { *since } else { now }))
    }

    fn on_ended(&self, ending: &Ending, now: Timestamp) -> Option<Self> {
        let since = now;
        let idle = |word: &str| {
            Cause::new("idle", format!("{word} after the time without use that is allowed."), Who::Administrator)
        };
        match (self, ending) {
            (Self::Queued { .. } | Self::Suspended { .. } | Self::Stopped { .. } | Self::Failed { .. }, _) => None,
            (Self::Stopping { .. }, _) => Some(Self::Stopped { since, cause: None }),
            (Self::Suspending { .. }, _) => Some(Self::Suspended { since, cause: None }),
            (_, Ending::Failed { cause }) => Some(Self::Failed { since, cause: cause.clone() }),
            (_, Ending::IdleSuspend) => Some(Self::Suspended { since, cause: Some(idle("Suspended")) }),
            (_, Ending::IdleQuit) => Some(Self::Stopped { since, cause: Some(idle("Ended")) }),
            (Self::Starting { .. }, Ending::Quit) => Some(Self::Failed {
                since,
                cause: Cause::new("ide-exited", "The IDE ended before it was ready.", Who::Administrator),
            }),
            (_, Ending::Quit) => Some(Self::Stopped {
                since,
                cause: Some(Cause::new(
                    "ide-quit",
                    "The IDE ended without an error: shut down from inside, or by a signal from outside Carrel.",
                    Who::You,
                )),
            }),
            (_, Ending::Asked | Ending::Signalled) => Some(Self::Suspended {
                since,
                cause: Some(Cause::new("stopped-outside", "It was stopped from outside Carrel.", Who::Administrator)),
            }),
        }
    }

    fn on_missing(&self, now: Timestamp) -> Option<Self> {
        let gone = "Its process is gone, as after a restart of the machine. Saved files are safe.";
        match self {
            Self::Starting { .. } | Self::Active { .. } | Self::Idle { .. } | Self::Lost { .. } => {
                Some(Self::Failed { since: now, cause: Cause::new("process-gone", gone, Who::You) })
            }
            Self::Suspending { .. } => Some(Self::Suspended { since: now, cause: None }),
            Self::Stopping { .. } => Some(Self::Stopped { since: now, cause: None }),
            _ => None,
        }
    }

    fn running(address: Address, activity: Activity, since: Timestamp) -> Self {
        if activity.idle_since.is_some() {
            Self::Idle { since, address, activity }
        } else {
            Self::Active { since, address, activity }
        }
    }

    /// The name of the state, as in the API and the store.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "Queued",
            Self::Starting { .. } => "Starting",
            Self::Active { .. } => "Active",
            Self::Idle { .. } => "Idle",
            Self::Suspending { .. } => "Suspending",
            Self::Suspended { .. } => "Suspended",
            Self::Stopping { .. } => "Stopping",
            Self::Stopped { .. } => "Stopped",
            Self::Failed { .. } => "Failed",
            Self::Lost { .. } => "Lost",
        }
    }

    /// When it came to this state.
    pub fn since(&self) -> Timestamp {
        match self {
            Self::Queued { since, .. }
            | Self::Starting { since, .. }
            | Self::Active { since, .. }
            | Self::Idle { since, .. }
            | Self::Suspending { since }
            | Self::Suspended { since, .. }
            | Self::Stopping { since, .. }
            | Self::Stopped { since, .. }
            | Self::Failed { since, .. }
            | Self::Lost { since, .. } => *since,
        }
    }

    /// Why it is here, where there is more to say than the name.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Queued { cause, .. } | Self::Suspended { cause, .. } | Self::Stopped { cause, .. } => cause.as_ref(),
            Self::Failed { cause, .. } | Self::Lost { cause, .. } => Some(cause),
            _ => None,
        }
    }

    /// Where the IDE can be reached, and what is known of its use; only while it answers.
    pub fn running_at(&self) -> Option<(&Address, &Activity)> {
        match self {
            Self::Active { address, activity, .. } | Self::Idle { address, activity, .. } => Some((address, activity)),
            _ => None,
        }
    }

    /// Whether a launcher has, or may have, something of it.
    pub fn has_run(&self) -> bool {
        !matches!(self, Self::Queued { .. } | Self::Suspended { .. } | Self::Stopped { .. } | Self::Failed { .. })
    }

    /// Whether it uses its size: counted in limits and in *Your use*.
    pub fn holds_room(&self) -> bool {
        self.has_run() || matches!(self, Self::Queued { .. })
    }
}

fn first_steps(accepted: Timestamp, now: Timestamp) -> Vec<StepTime> {
    vec![
        StepTime { step: Step::Accepted, began_at: accepted, done_at: Some(now), detail: None },
        StepTime { step: Step::RoomFound, began_at: now, done_at: None, detail: None },
    ]
}

#[cfg(test)]
mod tests;
