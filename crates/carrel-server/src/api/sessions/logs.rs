//! The output of a session's IDE.

use crate::{
    app::App,
    body::{Query, streamed},
    caller::Own,
    problem::{Problem, ProblemBody},
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use carrel_sessions::launcher::LauncherError;
use futures::StreamExt;
use http::{StatusCode, header};
use serde::Deserialize;
use utoipa::IntoParams;

/// How to read it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogsQuery {
    /// Go on until the session ends.
    #[serde(default)]
    follow: bool,
}

/// Read the output of a session
///
/// From the oldest that is kept (the last MiB).
#[utoipa::path(
    get, path = "/api/v1/sessions/{id}/logs", operation_id = "readSessionLogs", tag = "sessions",
    params(("id" = String, Path, description = "The session"), LogsQuery),
    responses(
        (status = 200, description = "The output", body = String, content_type = "text/plain; charset=utf-8"),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn logs(
    own: Own,
    State(app): State<App>,
    Query(query): Query<LogsQuery>,
) -> Result<Response, Problem> {
    let output = match app.sessions.logs(&own.session, query.follow).await {
        Ok(output) => output,
        // A run that is no longer there has no output left: that is an empty answer, not an error.
        Err(LauncherError::NoSuchRun(_)) => futures::stream::empty().boxed(),
        Err(error) => {
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "launcher-away", super::sentence(&error));
            return Err(problem.after(5));
        }
    };
    let output = output.take_until(app.stream_ends(&own.caller));
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], streamed(output)).into_response())
}
