//! Follows one run until it ended.

use crate::{
    CALL_LIMIT, CallError, Control, Dial, Hub,
    news::{self, Told},
};
use carrel_agent::protocol::HEARTBEAT;
use carrel_model::{Address, Cause, Ending, RunId, Who};
use carrel_sessions::launcher::Seen;
use futures::StreamExt;
use std::{future::ready, sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// An agent that says nothing for so long does not run: it is stopped, or its host is out of breath.
const SILENCE: Duration = HEARTBEAT.saturating_mul(3);
/// How soon an agent is asked again, at first and at last.
const AGAIN: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// So many tries come to nothing before it is told.
const PATIENCE: u32 = 3;

/// How the agent of a run is reached.
#[derive(Debug, Clone)]
pub struct Agent<D> {
    /// Its control channel.
    pub control: Control<D>,
    /// Where it takes bytes for the IDE.
    pub address: Address,
}

/// The place where a run is: what can be learnt of it without its agent.
pub trait Place: Send + Sync {
    /// What became of the run. Asked whenever its agent was not heard.
    fn look(&self) -> impl Future<Output = Fate> + Send;

    /// How the run ended, of which its agent has said this. An agent that got a signal does not know why.
    fn ending(&self, said: Ending) -> impl Future<Output = Ending> + Send {
        ready(said)
    }
}

/// What became of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It goes on, as far as can be seen.
    GoesOn,
    /// It is over, and this is how.
    Ended(Ending),
    /// It was forgotten, or never began: nobody waits for news of it, and a start may take it in anew.
    Forgotten,
}

/// Follows `run` and tells the hub what is new over what was `told`, until it ended or was forgotten.
pub async fn follow<D: Dial>(run: RunId, agent: Agent<D>, told: Told, hub: Arc<Hub>, place: impl Place) {
    let mut follower = Follower { run, agent, told, hub };
    let (mut pause, mut failures) = (AGAIN.0, 0);
    loop {
        let cause = match follower.listen().await {
            Heard::End(said) => return follower.tell([Seen::Ended(place.ending(said).await)]),
            Heard::Break => {
                (pause, failures) = (AGAIN.0, 0);
                None
            }
            Heard::Nothing(cause) => Some(cause),
        };
        match place.look().await {
            Fate::GoesOn => {}
            Fate::Ended(ending) => return follower.tell([Seen::Ended(ending)]),
            Fate::Forgotten => return follower.hub.remove(&follower.run),
        }
        failures += 1;
        if let Some(cause) = cause.filter(|cause| failures >= PATIENCE || cause.code == "agent-version") {
            let news = follower.told.unreachable(cause);
            follower.tell(news);
        }
        sleep(pause).await;
        pause = (pause * 2).min(AGAIN.1);
    }
}

struct Follower<D> {
    run: RunId,
    agent: Agent<D>,
    told: Told,
    hub: Arc<Hub>,
}

/// How a connection to an agent went.
enum Heard {
    /// The run ended, as its agent says.
    End(Ending),
    /// There was one, and it broke.
    Break,
    /// There was none, or none of use.
    Nothing(Cause),
}

impl<D: Dial> Follower<D> {
    async fn listen(&mut self) -> Heard {
        let chunks = match self.agent.control.stream("/watch").await {
            Ok(chunks) => chunks,
            Err(error) => return Heard::Nothing(unreachable(&error)),
        };
        tokio::pin!(chunks);
        let (mut line, mut heard) = (Vec::new(), false);
        loop {
            let limit = if heard { SILENCE } else { CALL_LIMIT };
            let chunk = match timeout(limit, chunks.next()).await {
                Ok(Some(chunk)) => chunk,
                Ok(None) if heard => return Heard::Break,
                Ok(None) | Err(_) => return Heard::Nothing(unreachable(&CallError::Slow)),
            };
            heard = true;
            line.extend_from_slice(&chunk);
            while let Some(end) = line.iter().position(|byte| *byte == b'\n') {
                let rest = line.split_off(end + 1);
                match self.take(&line[..end]) {
                    Ok(Some(ending)) => return Heard::End(ending),
                    Ok(None) => {}
                    Err(cause) => return Heard::Nothing(cause),
                }
                line = rest;
            }
        }
    }

    /// Takes a line. How the run ended, when it is the last.
    fn take(&mut self, line: &[u8]) -> Result<Option<Ending>, Cause> {
        if line.is_empty() {
            return Ok(None);
        }
        for seen in self.told.news(news::read(line)?, &self.agent.address) {
            match seen {
                Seen::Ended(ending) => return Ok(Some(ending)),
                seen => self.tell([seen]),
            }
        }
        Ok(None)
    }

    fn tell(&self, news: impl IntoIterator<Item = Seen>) {
        news.into_iter().for_each(|seen| self.hub.tell(&self.run, seen));
    }
}

fn unreachable(error: &CallError) -> Cause {
    Cause::new("agent-silent", format!("The session does not answer at present: {error}."), Who::Nobody)
}

#[cfg(test)]
mod tests;
