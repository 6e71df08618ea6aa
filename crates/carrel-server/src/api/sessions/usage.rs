//! What a session used.

use crate::{
    app::App,
    body::{Json, Query},
    caller::Own,
    problem::{Problem, ProblemBody},
    view::mib,
};
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How many points a plot has at most.
const POINTS: u32 = 240;

/// Which time.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageQuery {
    /// How far back.
    #[serde(default)]
    window: Window,
}

/// How far back use is shown.
#[derive(Debug, Default, Clone, Copy, Deserialize, ToSchema)]
pub(crate) enum Window {
    #[default]
    #[serde(rename = "1h")]
    Hour,
    #[serde(rename = "24h")]
    Day,
    #[serde(rename = "7d")]
    Week,
}

/// What a session used, with its limits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsageHistory {
    /// CPUs it may use.
    cpus_limit: f64,
    /// Memory it may use, in MiB.
    memory_mb_limit: u64,
    /// Oldest first.
    points: Vec<UsagePoint>,
}

/// One point of the plot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsagePoint {
    /// When.
    at: Timestamp,
    /// CPUs in use.
    cpus: f64,
    /// Memory in use, in MiB.
    memory_mb: u64,
    /// How many processes it had.
    processes: u32,
}

/// Show what a session used
#[utoipa::path(
    get, path = "/api/v1/sessions/{id}/usage", operation_id = "showSessionUsage", tag = "sessions",
    params(("id" = String, Path, description = "The session"), UsageQuery),
    responses(
        (status = 200, description = "Its use", body = UsageHistory),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn usage(
    own: Own,
    State(app): State<App>,
    Query(query): Query<UsageQuery>,
) -> Result<Json<UsageHistory>, Problem> {
    let hours = match query.window {
        Window::Hour => 1,
        Window::Day => 24,
        Window::Week => 7 * 24,
    };
    let now = app.clock.now();
    let points = app.store.usage_of(&own.session.id, now - SignedDuration::from_hours(hours), POINTS, now).await?;
    let point = |p: carrel_store::UsagePoint| UsagePoint {
        at: p.at,
        cpus: p.cpus,
        memory_mb: mib(p.memory_bytes),
        processes: p.processes,
    };
    Ok(Json(UsageHistory {
        cpus_limit: own.session.spec.cpus,
        memory_mb_limit: own.session.spec.memory_mb,
        points: points.into_iter().map(point).collect(),
    }))
}
