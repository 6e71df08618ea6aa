//! One session.

use crate::{
    app::App,
    body::Json,
    caller::Own,
    problem::{Problem, ProblemBody},
    view::SessionView,
};
use axum::extract::State;

/// Show a session
#[utoipa::path(
    get, path = "/api/v1/sessions/{id}", operation_id = "showSession", tag = "sessions",
    params(("id" = String, Path, description = "The session")),
    responses(
        (status = 200, description = "The session", body = SessionView),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show(own: Own, State(app): State<App>) -> Result<Json<SessionView>, Problem> {
    Ok(Json(app.view(&own.session).await?))
}
