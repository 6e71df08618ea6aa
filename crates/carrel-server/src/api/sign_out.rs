//! Sign out of this browser.

use crate::{
    app::App,
    caller::Caller,
    problem::{Problem, ProblemBody},
    signing_in::{no_cookie, sign_out as end},
};
use axum::{extract::State, response::AppendHeaders};
use http::{HeaderName, HeaderValue, StatusCode, header::SET_COOKIE};

/// Sign out
///
/// Ends this sign-in: its tunnels and event streams close. Sessions go on.
#[utoipa::path(
    post, path = "/api/v1/sign-out", operation_id = "signOut", tag = "sign-in",
    responses(
        (status = 204, description = "Signed out"),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sign_out(
    caller: Caller,
    State(app): State<App>,
) -> Result<(StatusCode, AppendHeaders<[(HeaderName, HeaderValue); 1]>), Problem> {
    end(&app, &caller).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, no_cookie(&app, caller.client()))])))
}
