//! Start a suspended session, or one that failed, again.

use super::accepted;
use crate::{
    app::App,
    body::Json,
    caller::Own,
    problem::{Problem, ProblemBody},
    view::SessionView,
};
use axum::extract::State;
use carrel_sessions::NewSize;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// The size in which it is started again. Without any of it, the one that it had.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct Resume {
    /// A named size.
    #[schema(example = "medium")]
    resource_profile: Option<String>,
    /// CPUs, over the size's.
    cpus: Option<f64>,
    /// Memory in MiB, over the size's.
    memory_mb: Option<u64>,
}

/// Resume a session
///
/// What ended for want of memory can be started again with more.
#[utoipa::path(
    post, path = "/api/v1/sessions/{id}/resume", operation_id = "resumeSession", tag = "sessions",
    params(("id" = String, Path, description = "The session")), request_body = Option<Resume>,
    responses(
        (status = 202, description = "Accepted", body = SessionView),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn resume(
    own: Own,
    State(app): State<App>,
    body: Option<Json<Resume>>,
) -> Result<(StatusCode, Json<SessionView>), Problem> {
    let Resume { resource_profile, cpus, memory_mb } = body.map(|Json(size)| size).unwrap_or_default();
    let size = NewSize { resource_profile, cpus, memory_mb };
    let session = app.sessions.resume(&own.caller.of_sessions(), &own.session.id, &size).await?;
    accepted(&app, &session).await
}
