//! Take a token back.

use crate::{
    app::App,
    body::Path,
    caller::Caller,
    problem::{Problem, ProblemBody},
    sign_ins::By,
};
use axum::extract::State;
use carrel_model::TokenId;
use http::StatusCode;

/// Revoke a token
#[utoipa::path(
    delete, path = "/api/v1/tokens/{id}", operation_id = "revokeToken", tag = "tokens",
    params(("id" = String, Path, description = "The token")),
    responses(
        (status = 204, description = "Revoked"),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn revoke(caller: Caller, State(app): State<App>, id: Path<TokenId>) -> Result<StatusCode, Problem> {
    if !app.store.token_revoke(&caller.user().id, &id.0, &caller.actor(), app.clock.now()).await? {
        let detail = "There is no such token, or it is not yours.";
        return Err(Problem::new(StatusCode::NOT_FOUND, "no-such-token", detail));
    }
    app.sign_ins.end(|known| matches!(&known.by, By::Token(token, _) if *token == id.0));
    Ok(StatusCode::NO_CONTENT)
}
