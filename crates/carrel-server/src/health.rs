//! What a supervisor of the process and a load balancer ask.

use crate::{app::App, problem::Problem};
use axum::extract::State;
use http::StatusCode;
use std::time::Duration;

/// The store has to answer within this.
const PATIENCE: Duration = Duration::from_secs(2);

/// It runs.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// It can take requests: the store answers and it is not about to stop.
pub(crate) async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    let not_ready = |detail: &str| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", detail).after(1);
    if app.stopping.is_cancelled() {
        return Err(not_ready("This server is about to stop; others take over."));
    }
    match tokio::time::timeout(PATIENCE, app.store.ping()).await {
        Ok(Ok(())) => Ok("ok\n"),
        _ => Err(not_ready("The database does not answer. Sessions that run go on.")),
    }
}
