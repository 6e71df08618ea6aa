//! Follows one run until it ended.

use crate::{
    control::{CALL_LIMIT, CallError, Control},
    folders::Found,
    launcher::Shared,
    news::{self, Told},
    sweep::sweep,
};
use carrel_agent::protocol::HEARTBEAT;
use carrel_model::{Address, Cause, Ending, RunId, Who};
use carrel_sessions::launcher::Seen;
use futures::StreamExt;
use std::{sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// An agent that says nothing for so long does not run: it is stopped, or its host is out of breath.
const SILENCE: Duration = HEARTBEAT.saturating_mul(3);
/// How soon an agent is asked again, at first and at last.
const AGAIN: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// So many tries come to nothing before it is told.
const PATIENCE: u32 = 3;

/// Follows `run` and tells what is seen, until it ended.
pub(crate) async fn follow(shared: Arc<Shared>, run: RunId) {
    let folder = shared.folders.of(&run);
    let mut watcher = Watcher {
        control: Control::new(folder.control()),
        address: Address::Unix(folder.data()),
        told: Told::default(),
        shared,
        run,
    };
    let (mut pause, mut failures) = (AGAIN.0, 0);
    loop {
        let cause = match watcher.watch().await {
            Watched::Ended => return,
            Watched::Broke => {
                (pause, failures) = (AGAIN.0, 0);
                None
            }
            Watched::Failed(cause) => Some(cause),
        };
        if watcher.ended_unseen().await {
            return;
        }
        failures += 1;
        if let Some(cause) = cause.filter(|cause| failures >= PATIENCE || cause.code == "agent-version") {
            let news = watcher.told.unreachable(cause);
            watcher.tell(news);
        }
        sleep(pause).await;
        pause = (pause * 2).min(AGAIN.1);
    }
}

struct Watcher {
    shared: Arc<Shared>,
    run: RunId,
    control: Control,
    address: Address,
    told: Told,
}

/// How a connection to an agent went.
enum Watched {
    /// The run ended.
    Ended,
    /// There was one, and it broke.
    Broke,
    /// There was none, or none of use.
    Failed(Cause),
}

impl Watcher {
    async fn watch(&mut self) -> Watched {
        let chunks = match self.control.stream("/watch").await {
            Ok(chunks) => chunks,
            Err(error) => return Watched::Failed(unreachable(&error)),
        };
        tokio::pin!(chunks);
        let (mut line, mut heard) = (Vec::new(), false);
        loop {
            let limit = if heard { SILENCE } else { CALL_LIMIT };
            let chunk = match timeout(limit, chunks.next()).await {
                Ok(Some(chunk)) => chunk,
                Ok(None) if heard => return Watched::Broke,
                Ok(None) | Err(_) => return Watched::Failed(unreachable(&CallError::Slow)),
            };
            heard = true;
            line.extend_from_slice(&chunk);
            while let Some(end) = line.iter().position(|byte| *byte == b'\n') {
                let rest = line.split_off(end + 1);
                match self.take(&line[..end]) {
                    Ok(true) => return Watched::Ended,
                    Ok(false) => {}
                    Err(cause) => return Watched::Failed(cause),
                }
                line = rest;
            }
        }
    }

    /// Takes a line. True when it is the last.
    fn take(&mut self, line: &[u8]) -> Result<bool, Cause> {
        if line.is_empty() {
            return Ok(false);
        }
        let news = self.told.news(news::read(line)?, &self.address);
        let ended = news.iter().any(|seen| matches!(seen, Seen::Ended(_)));
        self.tell(news);
        Ok(ended)
    }

    /// Looks whether the run ended without anybody having heard of it, and tells how.
    async fn ended_unseen(&mut self) -> bool {
        let ending = match self.shared.folders.look(&self.run) {
            Found::Alive => return false,
            Found::Ended(end) => end.ending,
            // It was forgotten, or never began: nobody waits for news of it, and a start may take it in anew.
            Found::Nothing | Found::Unbegun => {
                self.shared.hub().remove(&self.run);
                return true;
            }
            Found::Gone => {
                sweep(&self.run, &self.shared.folders.of(&self.run), false).await;
                Ending::Failed { cause: gone() }
            }
        };
        self.tell([Seen::Ended(ending)]);
        true
    }

    fn tell(&self, news: impl IntoIterator<Item = Seen>) {
        let mut hub = self.shared.hub();
        news.into_iter().for_each(|seen| hub.tell(&self.run, seen));
    }
}

fn unreachable(error: &CallError) -> Cause {
    Cause::new("agent-silent", format!("The session does not answer at present: {error}."), Who::Nobody)
}

fn gone() -> Cause {
    let text = "The agent of the session is gone: it was killed, or the machine was restarted. Saved files are safe.";
    Cause::new("agent-gone", text, Who::You)
}
