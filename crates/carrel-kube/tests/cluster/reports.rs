//! What a launcher reports, with a limit on the wait for more.

use carrel_kube::KubeLauncher;
use carrel_model::{RunId, SessionId};
use carrel_sessions::launcher::{Launcher, Report, Seen};
use futures::{StreamExt, stream::BoxStream};
use std::time::Duration;
use tokio::time::timeout;

/// How long a test waits for what has to happen.
const LIMIT: Duration = Duration::from_mins(2);

/// See the module.
pub(crate) struct Reports {
    stream: BoxStream<'static, Report>,
    heard: Vec<Report>,
}

impl Reports {
    pub(crate) fn of(launcher: &KubeLauncher) -> Self {
        Self { stream: launcher.reports(), heard: Vec::new() }
    }

    pub(crate) async fn next(&mut self) -> Report {
        let next = timeout(LIMIT, self.stream.next()).await;
        let next = next.unwrap_or_else(|_| panic!("nothing more was reported after {:#?}", self.heard)).unwrap();
        self.heard.push(next.clone());
        next
    }

    /// The same; what is waited for is told when nothing comes.
    pub(crate) async fn next_while(&mut self, waited: &impl std::fmt::Debug) -> Report {
        let next = timeout(LIMIT, self.stream.next()).await;
        next.unwrap_or_else(|_| panic!("nothing more was reported while this is waited for: {waited:#?}")).unwrap()
    }

    /// The first news of `run` that is wanted.
    pub(crate) async fn until(&mut self, run: &RunId, wanted: impl Fn(&Seen) -> bool) -> Seen {
        loop {
            match self.next().await {
                Report::Run(of, seen) if of == *run && wanted(&seen) => return seen,
                Report::Run(of, Seen::Ended(ending)) if of == *run => panic!("it ended: {ending:?}"),
                _ => {}
            }
        }
    }
}

/// A run that no other has.
pub(crate) fn new_run() -> RunId {
    let mut random = [0; 16];
    getrandom::fill(&mut random).unwrap();
    RunId { session: SessionId::from_random(random), generation: 1 }
}
