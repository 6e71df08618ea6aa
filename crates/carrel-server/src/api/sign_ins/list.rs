//! Where the caller is signed in.

use crate::{
    app::App,
    body::Json,
    caller::Caller,
    problem::{Problem, ProblemBody},
};
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// One browser in which somebody is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInView {
    /// Opaque; not the secret of the cookie.
    id: String,
    /// The one that asks.
    current: bool,
    /// The address it was made from.
    address: String,
    /// What the browser calls itself.
    user_agent: String,
    /// When it was made.
    created_at: Timestamp,
    /// The last use, to the minute.
    last_seen_at: Timestamp,
    /// When it ends at the latest.
    expires_at: Timestamp,
}

/// List where you are signed in
#[utoipa::path(
    get, path = "/api/v1/sign-ins", operation_id = "listSignIns", tag = "sign-in",
    responses(
        (status = 200, description = "Your sign-ins", body = [SignInView]),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(caller: Caller, State(app): State<App>) -> Result<Json<Vec<SignInView>>, Problem> {
    let now = app.clock.now();
    let sign_ins = app.store.sign_ins_of(&caller.user().id).await?;
    let view = |s: carrel_store::SignIn| SignInView {
        current: caller.sign_in() == Some(&s.id),
        id: s.id.to_string(),
        address: s.address,
        user_agent: s.user_agent,
        created_at: s.created_at,
        last_seen_at: s.last_seen_at,
        expires_at: s.expires_at,
    };
    Ok(Json(sign_ins.into_iter().filter(|s| s.revoked_at.is_none() && s.expires_at > now).map(view).collect()))
}
