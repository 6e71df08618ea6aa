//! Sign out everywhere.

use crate::{
    app::App,
    body::Query,
    caller::Caller,
    problem::{Problem, ProblemBody},
    sign_ins::By,
};
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which stay.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EndAllQuery {
    /// `this` keeps the sign-in that asks.
    keep: Option<Kept>,
}

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kept {
    /// The sign-in that asks.
    This,
}

/// Sign out everywhere
///
/// What those browsers have open closes within five seconds. Sessions go on, tokens stay.
#[utoipa::path(
    delete, path = "/api/v1/sign-ins", operation_id = "endAllSignIns", tag = "sign-in", params(EndAllQuery),
    responses(
        (status = 204, description = "Ended"),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn end_all(
    caller: Caller,
    State(app): State<App>,
    Query(query): Query<EndAllQuery>,
) -> Result<StatusCode, Problem> {
    let kept = caller.sign_in().filter(|_| query.keep == Some(Kept::This)).cloned();
    let user = &caller.user().id;
    app.store.sign_ins_revoke_all(user, kept.as_ref(), &caller.actor(), app.clock.now()).await?;
    app.sign_ins.end(|known| match &known.by {
        By::SignIn(id) => known.user.id == *user && kept.as_ref() != Some(id),
        By::Token(..) => false,
    });
    Ok(StatusCode::NO_CONTENT)
}
