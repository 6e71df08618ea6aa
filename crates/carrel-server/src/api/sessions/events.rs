//! The history of a session in sentences.

use crate::{
    app::App,
    body::{Json, Query},
    caller::Own,
    problem::{Problem, ProblemBody},
};
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How many lines one answer has at most.
const MOST: u32 = 500;

/// Where to begin.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// Only what came after this `seq`.
    #[serde(default)]
    after: i64,
}

/// One line of a session's history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventView {
    /// Grows from line to line.
    seq: i64,
    /// When.
    at: Timestamp,
    /// In which start of the session.
    generation: u32,
    /// Stable, in kebab case.
    #[schema(example = "ready")]
    code: String,
    /// For people.
    text: String,
    /// Who did it, when it was somebody.
    who: Option<String>,
}

/// List what happened to a session
///
/// Oldest first, at most 500 lines; go on with `after`.
#[utoipa::path(
    get, path = "/api/v1/sessions/{id}/events", operation_id = "listSessionEvents", tag = "sessions",
    params(("id" = String, Path, description = "The session"), EventsQuery),
    responses(
        (status = 200, description = "What happened", body = [EventView]),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn events(
    own: Own,
    State(app): State<App>,
    Query(query): Query<EventsQuery>,
) -> Result<Json<Vec<EventView>>, Problem> {
    let events = app.store.events_of(&own.session.id, query.after, MOST).await?;
    let view = |e: carrel_store::SessionEvent| EventView {
        seq: e.seq,
        at: e.at,
        generation: e.generation,
        code: e.code,
        text: e.text,
        who: e.who,
    };
    Ok(Json(events.into_iter().map(view).collect()))
}
