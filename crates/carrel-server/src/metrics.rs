//! `/metrics` for Prometheus, on an address of its own: who may ask is a matter of the network, not of sign-in.
//!
//! Counters say what this replica did. Gauges say how the service is, the same at each replica, and are asked of the
//! store when Prometheus asks. Names are documented in `docs/metrics.md`.

use crate::{app::App, problem::Problem};
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use carrel_model::Session;
use http::header;
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, info::Info},
    registry::Registry,
};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The states of sessions that are not over.
const LIVE: [&str; 9] =
    ["Queued", "Starting", "Active", "Idle", "Suspending", "Suspended", "Stopping", "Failed", "Lost"];

/// What the server counts itself.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// Requests that were passed on to sessions.
    pub to_sessions: Counter,
    /// Requests to Carrel's own pages and API.
    pub to_carrel: Counter,
}

pub(crate) fn router(app: App) -> Router {
    Router::new().route("/metrics", get(show)).with_state(app)
}

async fn show(State(app): State<App>) -> Result<Response, Response> {
    let text = text(&app).await.map_err(|problem| (problem.status, problem.detail).into_response())?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

/// All metrics, as text in the form that `/metrics` has.
pub(crate) async fn text(app: &App) -> Result<String, Problem> {
    let live = app.store.sessions_live().await?;
    let mut text = String::new();
    encode(&mut text, &registry(app, &live)).map_err(|error| Problem::internal(&error))?;
    Ok(text)
}

fn registry(app: &App, live: &[Session]) -> Registry {
    let mut registry = Registry::with_prefix("carrel");
    registry.register("build", "Which Carrel this is", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
    registry.register("sessions", "Sessions that are not over, by state", by_state(live));
    let (counted, traffic) = (app.sessions.counted(), &app.traffic);
    registry.register("sessions_launched", "Sessions launched at this replica, by IDE", counted.launched.clone());
    registry.register(
        "session_start_seconds",
        "Time from the wish for a session until its IDE answers, of starts that this replica supervised",
        counted.start_seconds.clone(),
    );
    registry.register(
        "requests_to_sessions",
        "Requests that this replica passed on to sessions",
        traffic.to_sessions.clone(),
    );
    let passed = app.live.passed();
    registry.register("bytes_to_sessions", "Bytes of bodies and tunnels to sessions", counter(passed.to_sessions));
    registry.register(
        "bytes_from_sessions",
        "Bytes of bodies and tunnels from sessions",
        counter(passed.from_sessions),
    );
    registry.register("tunnels", "Tunnels to sessions that are open at this replica", gauge(passed.tunnels));
    registry.register("requests_to_carrel", "Requests to pages and API of this replica", traffic.to_carrel.clone());
    registry
}

/// A counter of something that is counted elsewhere.
fn counter(sum: u64) -> Counter {
    let counter = Counter::default();
    counter.inc_by(sum);
    counter
}

fn gauge(now: u64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(now.cast_signed());
    gauge
}

fn by_state(live: &[Session]) -> Family<Vec<(&'static str, &'static str)>, Gauge> {
    let family = Family::<_, Gauge>::default();
    for state in LIVE {
        family.get_or_create(&vec![("state", state)]).set(0);
    }
    for session in live {
        family.get_or_create(&vec![("state", session.state.name())]).inc();
    }
    family
}
