//! Finds the agent of a pod, gives it its plan, and follows it.

use crate::{
    errors::explain,
    index::{At, Known},
    names::SESSION_CONTAINER,
    shared::{OfRun, Shared},
};
use carrel_agent::{pod::PORT, trust::Pin};
use carrel_control::{Agent, Control, Pinned, Told, follow};
use carrel_model::{Address, Ending, RunId, Step};
use carrel_sessions::launcher::StartError;
use futures::{AsyncBufReadExt, StreamExt};
use kube::api::LogParams;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// How soon the log is looked into again for the certificate, at first and at last.
const AGAIN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// How long the log is read for it.
const READ_LIMIT: Duration = Duration::from_secs(10);
/// How soon an agent that could not take its plan is asked again.
const PLAN_AGAIN: Duration = Duration::from_millis(500);

/// Follows the agent of `run` in its pod until the run is over.
pub(crate) async fn attach(shared: Arc<Shared>, run: RunId, at: At) {
    let pin = certificate(&shared, &run, &at).await;
    let address = SocketAddr::new(at.ip, PORT);
    let control = Control::new(Pinned::new(address, pin, &shared.key));
    shared.set_control(&run, control.clone());
    let agent = Agent { control: control.clone(), address: Address::Tls { address, certificate: pin.to_string() } };
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

/// The hash of the agent's certificate, from the log of its container, which the API server vouches for.
async fn certificate(shared: &Shared, run: &RunId, at: &At) -> Pin {
    let mut pause = AGAIN.0;
    loop {
        match timeout(READ_LIMIT, read_certificate(shared, at)).await {
            Ok(Ok(Some(pin))) => return pin,
            Ok(Err(error)) => shared.trouble("pods/log", explain(&error, &shared.namespace).0),
            Ok(Ok(None)) | Err(_) => tracing::debug!(%run, pod = at.pod, "its agent has not said its certificate yet"),
        }
        sleep(pause).await;
        pause = (pause * 2).min(AGAIN.1);
    }
}

async fn read_certificate(shared: &Shared, at: &At) -> kube::Result<Option<Pin>> {
    // Followed, the line is there as soon as it is written.
    let params = LogParams { container: Some(SESSION_CONTAINER.into()), follow: true, ..LogParams::default() };
    let mut lines = shared.pods().log_stream(&at.pod, &params).await?.lines();
    while let Some(line) = lines.next().await {
        if let Some(pin) = line.ok().and_then(|line| Pin::in_log(&line)) {
            shared.listed("pods/log");
            return Ok(Some(pin));
        }
    }
    Ok(None)
}

/// Gives the agent each plan that a start brings. Ends only when the agent refuses one, and then the run with it.
async fn deliver(shared: &Arc<Shared>, run: &RunId, control: &Control<Pinned>) {
    let mut changed = shared.changed.subscribe();
    loop {
        let Some(plan) = shared.plan_of(run) else {
            if changed.changed().await.is_err() {
                return;
            }
            continue;
        };
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
