//! The contract between Carrel and the places where sessions run.

use async_trait::async_trait;
use bytes::Bytes;
use carrel_model::{Activity, Address, Cause, Ending, Plan, RunId, Step, Usage};
use futures::stream::BoxStream;
use jiff::Timestamp;
use std::{collections::BTreeSet, time::Duration};

/// Runs sessions and jobs somewhere. Every call may be repeated; reports are the truth.
///
/// One contract test suite (`carrel_sessions::contract`) runs against every implementation.
#[async_trait]
pub trait Launcher: Send + Sync {
    /// Begins a run. Returns when the place has it, not when the IDE answers. A second call with the same run
    /// changes nothing.
    async fn start(&self, run: &RunId, plan: &Plan) -> Result<(), StartError>;

    /// Ends a run: asks the IDE, and after `grace` kills all that is left. `grace` zero is Force Quit. Its end
    /// is reported. [`LauncherError::NoSuchRun`] when it is not there, so that nobody waits for a report.
    async fn stop(&self, run: &RunId, grace: Duration) -> Result<(), LauncherError>;

    /// What is seen, beginning with a full listing after each reconnect; absence after a listing is a report too.
    /// Ends only with the launcher.
    fn reports(&self) -> BoxStream<'static, Report>;

    /// The output of a run, from the oldest that is kept; with `follow` until the run ends.
    async fn logs(&self, run: &RunId, follow: bool) -> Result<BoxStream<'static, Bytes>, LauncherError>;

    /// What a run uses now.
    async fn usage(&self, run: &RunId) -> Result<Usage, LauncherError>;

    /// Holds the idle clock of a run until then; `None` lets it go on.
    async fn keep(&self, run: &RunId, until: Option<Timestamp>) -> Result<(), LauncherError>;

    /// Forgets what is left of runs that ended (folders, files). Called after their end stands in the store.
    async fn forget(&self, run: &RunId) -> Result<(), LauncherError>;
}

/// One thing seen of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// All runs that are there. Whatever Carrel believes to run and does not stand here is gone.
    Listing(BTreeSet<RunId>),
    /// News of one run.
    Run(RunId, Seen),
}

/// What is seen of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// A step of the start is being worked on.
    Step(Step, Option<String>),
    /// The IDE answers here.
    Ready(Address),
    /// News of its use.
    Activity(Activity),
    /// Its agent does not answer, though the run is there.
    Unreachable(Cause),
    /// It is over.
    Ended(Ending),
}

/// A start that did not come about.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It cannot come about as asked; trying again changes nothing.
    #[error("{}", .0.text)]
    Refused(Cause),
    /// The place cannot do it now; it will be tried again.
    #[error("{}", .0.text)]
    NotNow(Cause),
}

/// A call to a launcher that failed.
#[derive(Debug, thiserror::Error)]
pub enum LauncherError {
    /// There is no such run.
    #[error("the run {0} is not there")]
    NoSuchRun(RunId),
    /// The place does not answer, or not as agreed.
    #[error("{0}")]
    Unavailable(String),
}
