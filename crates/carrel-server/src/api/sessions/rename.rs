//! Give a session another name.

use crate::{
    app::App,
    body::Json,
    caller::Own,
    problem::{Problem, ProblemBody},
    view::SessionView,
};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

/// The new name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct Rename {
    /// One line of text, at most 64 characters.
    #[schema(max_length = 64, example = "sales-forecast")]
    name: String,
}

/// Rename a session
#[utoipa::path(
    patch, path = "/api/v1/sessions/{id}", operation_id = "renameSession", tag = "sessions", request_body = Rename,
    params(("id" = String, Path, description = "The session")),
    responses(
        (status = 200, description = "With its new name", body = SessionView),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn rename(
    own: Own,
    State(app): State<App>,
    Json(asked): Json<Rename>,
) -> Result<Json<SessionView>, Problem> {
    let session = app.sessions.rename(&own.caller.of_sessions(), &own.session.id, &asked.name).await?;
    Ok(Json(app.view(&session).await?))
}
