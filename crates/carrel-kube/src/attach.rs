//! Finds the agent of a pod, gives it its plan, and follows it.

use crate::{
    index::{At, Known},
    shared::{OfRun, Shared},
};
use carrel_agent::pod::PORT;
use carrel_control::{Agent, Control, Pinned, Told, follow};
use carrel_model::{Address, Ending, RunId, Step};
use carrel_sessions::launcher::StartError;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// How often the agent is knocked for at first, and for how long; and how often after that.
const KNOCK: (Duration, Duration, Duration) =
    (Duration::from_millis(50), Duration::from_secs(5), Duration::from_secs(1));
/// How soon an agent that could not take its plan is asked again.
const PLAN_AGAIN: Duration = Duration::from_millis(500);

/// Follows the agent of `run` in its pod until the run is over.
pub(crate) async fn attach(shared: Arc<Shared>, run: RunId, at: At) {
    let address = SocketAddr::new(at.ip, PORT);
    let control = Control::new(Pinned::new(address, at.pin, &shared.key));
    tokio::select! {
        () = knock(&control) => shared.answers(&run),
        // It runs, Kubernetes says, or never will: its silence is worth telling now.
        () = shared.until(|shared| (shared.look(&run) != Some(Known::Begins)).then_some(())) => {}
    }
    if shared.look(&run) != Some(Known::Up) {
        return;
    }
    shared.set_control(&run, control.clone());
    let agent = Agent { control: control.clone(), address: Address::Tls { address, certificate: at.pin.to_string() } };
    let place = OfRun { shared: shared.clone(), run: run.clone() };
    let told = Told::reached(Step::StorageAttached);
    tokio::select! {
        () = follow(run.clone(), agent, told, shared.hub.clone(), place) => {}
        () = deliver(&shared, &run, &control) => {}
    }
    // How exactly stands in the pod; that it is over is what `forget` waits for.
    if !matches!(shared.look(&run), None | Some(Known::Ended(_))) {
        shared.ended(&run, Ending::Asked);
    }
}

/// Returns when the agent answers. That may take long: the image of the session is looked for only now.
async fn knock(control: &Control<Pinned>) {
    let (often, at_first, seldom) = KNOCK;
    let began = Instant::now();
    while !control.listens().await {
        sleep(if began.elapsed() < at_first { often } else { seldom }).await;
    }
}

/// Gives the agent each plan that a start brings. Ends only when the agent refuses one, and then the run with it.
async fn deliver(shared: &Arc<Shared>, run: &RunId, control: &Control<Pinned>) {
    loop {
        let plan = shared.until(|shared| shared.plan_of(run)).await;
        match control.start(&plan).await {
            Ok(()) => shared.set_plan(run, None),
            Err(StartError::NotNow(cause)) => {
                tracing::debug!(%run, "{}", cause.text);
                sleep(PLAN_AGAIN).await;
            }
            Err(StartError::Refused(cause)) => {
                shared.set_plan(run, None);
                if let Err(error) = shared.end(run, Ending::Failed { cause }).await {
                    tracing::warn!(%run, %error, "a run whose agent refused its plan could not be ended");
                }
                let _ = shared.delete_pod(run, 0).await;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
