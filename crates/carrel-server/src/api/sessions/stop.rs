//! End a session.

use super::accepted;
use crate::{
    app::App,
    body::{Json, Query},
    caller::Own,
    problem::{Problem, ProblemBody},
    view::SessionView,
};
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

/// How to end it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StopQuery {
    /// Kill it at once (Force Quit) instead of asking it to end (Quit).
    #[serde(default)]
    force: bool,
}

/// Quit a session
///
/// Also takes back one that has not started.
#[utoipa::path(
    delete, path = "/api/v1/sessions/{id}", operation_id = "quitSession", tag = "sessions",
    params(("id" = String, Path, description = "The session"), StopQuery),
    responses(
        (status = 202, description = "Accepted", body = SessionView),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stop(
    own: Own,
    State(app): State<App>,
    Query(query): Query<StopQuery>,
) -> Result<(StatusCode, Json<SessionView>), Problem> {
    let session = app.sessions.stop(&own.caller.of_sessions(), &own.session.id, query.force).await?;
    accepted(&app, &session).await
}
