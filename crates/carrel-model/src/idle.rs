//! The idle clock: what counts as use, and what happens without it.
//!
//! The agent beside the IDE keeps the clock, so that it runs while every server is down. Use is what a person does
//! (bytes from the browser that are neither pings nor the IDE's own polling), a busy kernel or console, or CPU above
//! a bound.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the clock does when it runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdleAction {
    /// Stop the process, keep the session.
    Suspend,
    /// End the session.
    Quit,
}

/// How long a session may be without use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdleRule {
    /// Without use for this long it is called Idle, in seconds.
    pub idle_after_s: u64,
    /// Without use for this long `action` is taken, in seconds; `None` for never.
    pub ends_after_s: Option<u64>,
    /// What is done then.
    pub action: IdleAction,
    /// CPU use above this counts as busy, in CPUs.
    pub busy_cpus: f64,
}

impl Default for IdleRule {
    /// Idle after five minutes, suspended after two hours (`session-timeout-minutes` of rsession.conf is 120).
    fn default() -> Self {
        Self { idle_after_s: 300, ends_after_s: Some(7200), action: IdleAction::Suspend, busy_cpus: 0.5 }
    }
}

/// What the agent knows of the use of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// The last use.
    pub last_active_at: Timestamp,
    /// Since when it is idle; `None` while in use.
    pub idle_since: Option<Timestamp>,
    /// When the rule acts if nothing happens before; `None` for never, or while it is busy.
    pub ends_at: Option<Timestamp>,
    /// What is done then.
    pub action: IdleAction,
    /// Why it counts as in use although nobody does anything: a sentence.
    pub busy_because: Option<String>,
    /// The person asked to keep it until then.
    pub keep_until: Option<Timestamp>,
}

impl Activity {
    /// In use at `now`, by a rule whose action is `action`.
    pub fn began(now: Timestamp, action: IdleAction) -> Self {
        Self { last_active_at: now, idle_since: None, ends_at: None, action, busy_because: None, keep_until: None }
    }
}
