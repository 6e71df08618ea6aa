//! What an agent that died left behind.

use carrel_agent::{folder::RunFolder, process};
use carrel_model::RunId;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What is left was asked to end by the death of the agent, and has so long to do so.
const GRACE: Duration = Duration::from_secs(5);
/// How long the kernel may need to end what was killed.
const KILL_LIMIT: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);

/// Ends all that is left of a run whose agent is gone. With `force` at once.
pub(crate) async fn sweep(run: &RunId, folder: &RunFolder, force: bool) {
    let patience = Instant::now() + if force { Duration::ZERO } else { GRACE };
    let limit = patience + KILL_LIMIT;
    loop {
        let left = left_of(run, folder);
        if left.is_empty() || Instant::now() >= limit {
            return;
        }
        if Instant::now() >= patience {
            tracing::info!(%run, processes = left.len(), "killing what an agent left behind");
            for pid in left {
                // It may have ended in between.
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
        sleep(LOOK).await;
    }
}

/// Kills an agent that is there and does not answer, told by its start from a later process of the same number.
pub(crate) fn kill_agent(folder: &RunFolder) {
    let Some(agent) = folder.read_pid() else { return };
    if process::Stat::of(agent.pid).is_some_and(|stat| stat.start_ticks == agent.start_ticks) {
        let _ = kill(Pid::from_raw(agent.pid), Signal::SIGKILL);
    }
}

/// Processes that name the run in their environment, or stand in the session that its agent led.
fn left_of(run: &RunId, folder: &RunFolder) -> Vec<i32> {
    let name = run.to_string();
    // The number of a session is not given again while it has processes. If the process of that number is another one
    // now, the session is another one too.
    let agent = folder
        .read_pid()
        .filter(|agent| process::Stat::of(agent.pid).is_none_or(|stat| stat.start_ticks == agent.start_ticks));
    let in_session = |stat: &process::Stat| {
        agent.as_ref().is_some_and(|agent| stat.session == agent.pid && stat.start_ticks >= agent.start_ticks)
    };
    let living = process::all().filter(|(_, stat)| stat.state != 'Z');
    living.filter(|(pid, stat)| in_session(stat) || process::belongs_to(*pid, &name)).map(|(pid, _)| pid).collect()
}
