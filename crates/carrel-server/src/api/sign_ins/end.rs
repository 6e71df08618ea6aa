//! End one sign-in of the caller.

use crate::{
    app::App,
    body::Path,
    caller::Caller,
    problem::{Problem, ProblemBody},
    sign_ins::By,
};
use axum::extract::State;
use carrel_model::SignInId;
use http::StatusCode;

/// End a sign-in
///
/// What that browser has open closes within five seconds. Sessions go on.
#[utoipa::path(
    delete, path = "/api/v1/sign-ins/{id}", operation_id = "endSignIn", tag = "sign-in",
    params(("id" = String, Path, description = "The sign-in")),
    responses(
        (status = 204, description = "Ended"),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn end(caller: Caller, State(app): State<App>, id: Path<SignInId>) -> Result<StatusCode, Problem> {
    let ended = app.store.sign_in_revoke(&caller.user().id, &id.0, &caller.actor(), app.clock.now()).await?;
    if !ended {
        let detail = "There is no such sign-in, or it is not yours.";
        return Err(Problem::new(StatusCode::NOT_FOUND, "no-such-sign-in", detail));
    }
    app.sign_ins.end(|known| known.by == By::SignIn(id.0.clone()));
    Ok(StatusCode::NO_CONTENT)
}
