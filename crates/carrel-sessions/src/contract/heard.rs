//! Listening to a launcher, with a limit on the wait for more.

use super::LIMIT;
use crate::launcher::{Launcher, Report, Seen};
use carrel_model::{Address, Ending, RunId};
use futures::{StreamExt, stream::BoxStream};
use tokio::time::timeout;

/// What was heard of a launcher, with a limit on the wait for more.
pub struct Heard {
    reports: BoxStream<'static, Report>,
    pub(super) seen: Vec<Report>,
}

impl Heard {
    /// What it reports from now on.
    pub fn of(launcher: &(impl Launcher + ?Sized)) -> Self {
        Self { reports: launcher.reports(), seen: Vec::new() }
    }

    /// The next report.
    pub async fn next(&mut self) -> Report {
        let Ok(report) = timeout(LIMIT, self.reports.next()).await else {
            panic!("nothing more was reported in {LIMIT:?} after {:#?}", self.seen)
        };
        let report = report.expect("reports end only with the launcher");
        self.seen.push(report.clone());
        report
    }

    /// The first news of `run` that is wanted. After its end there is none.
    pub async fn until(&mut self, run: &RunId, wanted: impl Fn(&Seen) -> bool) -> Seen {
        self.find(|report| match report {
            Report::Run(of, seen) if of == run && wanted(seen) => Some(seen.clone()),
            Report::Run(of, Seen::Ended(ending)) if of == run => panic!("it ended: {ending:?}"),
            _ => None,
        })
        .await
    }

    pub(super) async fn find<T>(&mut self, mut wanted: impl FnMut(&Report) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(&self.next().await) {
                return found;
            }
        }
    }

    pub(super) async fn ready(&mut self, run: &RunId) -> Address {
        self.find(|report| match report {
            Report::Run(of, Seen::Ready(address)) if of == run => Some(address.clone()),
            Report::Run(of, Seen::Ended(ending)) if of == run => panic!("it ended before it was ready: {ending:?}"),
            _ => None,
        })
        .await
    }

    pub(super) async fn ending(&mut self, run: &RunId) -> Ending {
        self.find(|report| match report {
            Report::Run(of, Seen::Ended(ending)) if of == run => Some(ending.clone()),
            _ => None,
        })
        .await
    }
}
