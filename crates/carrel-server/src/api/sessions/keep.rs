//! Hold the idle clock of a session.

use super::accepted;
use crate::{
    app::App,
    body::Json,
    caller::Own,
    problem::{Problem, ProblemBody},
    view::SessionView,
};
use axum::extract::State;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

/// The furthest time that a session can be kept to.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Until when to keep it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct Keep {
    /// Within seven days; null lets the clock go on.
    until: Option<Timestamp>,
}

/// Keep a session although nobody uses it
#[utoipa::path(
    post, path = "/api/v1/sessions/{id}/keep", operation_id = "keepSession", tag = "sessions", request_body = Keep,
    params(("id" = String, Path, description = "The session")),
    responses(
        (status = 202, description = "Accepted", body = SessionView),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn keep(
    own: Own,
    State(app): State<App>,
    Json(asked): Json<Keep>,
) -> Result<(StatusCode, Json<SessionView>), Problem> {
    let now = app.clock.now();
    if asked.until.is_some_and(|until| until <= now || until.duration_since(now) > LONGEST) {
        let detail = "“until” has to lie ahead, and at most seven days.";
        return Err(Problem::unprocessable("out-of-bounds", detail));
    }
    let session = app.sessions.keep(&own.caller.of_sessions(), &own.session.id, asked.until).await?;
    accepted(&app, &session).await
}
