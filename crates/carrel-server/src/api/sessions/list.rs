//! The caller's sessions.

use crate::{
    app::App,
    body::{Json, Query},
    caller::Caller,
    problem::{Problem, ProblemBody},
    view::SessionView,
};
use axum::extract::State;
use carrel_store::Which;
use jiff::SignedDuration;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// How far back ended sessions are listed.
const STOPPED_SINCE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Which sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// `live` for all that have not ended, `stopped` for those that ended within thirty days.
    #[serde(default)]
    state: Listed,
}

/// Which sessions are listed.
#[derive(Debug, Default, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Listed {
    #[default]
    Live,
    Stopped,
}

/// List your sessions
#[utoipa::path(
    get, path = "/api/v1/sessions", operation_id = "listSessions", tag = "sessions", params(ListQuery),
    responses(
        (status = 200, description = "Your sessions", body = [SessionView]),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    caller: Caller,
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Vec<SessionView>>, Problem> {
    let which = match query.state {
        Listed::Live => Which::Live,
        Listed::Stopped => Which::Stopped { since: app.clock.now() - STOPPED_SINCE },
    };
    let sessions = app.store.sessions_of(&caller.user().id, which).await?;
    Ok(Json(app.views(&sessions).await?))
}
