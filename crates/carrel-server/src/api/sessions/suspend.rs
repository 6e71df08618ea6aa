//! Stop the process of a session and keep the session.

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

/// Suspend a session
#[utoipa::path(
    post, path = "/api/v1/sessions/{id}/suspend", operation_id = "suspendSession", tag = "sessions",
    params(("id" = String, Path, description = "The session")),
    responses(
        (status = 202, description = "Accepted", body = SessionView),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn suspend(own: Own, State(app): State<App>) -> Result<(StatusCode, Json<SessionView>), Problem> {
    let session = app.sessions.suspend(&own.caller.of_sessions(), &own.session.id).await?;
    accepted(&app, &session).await
}
