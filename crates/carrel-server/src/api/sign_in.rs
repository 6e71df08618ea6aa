//! Sign in with a password.

use crate::{
    app::App,
    body::Json,
    client::Client,
    problem::{Problem, ProblemBody},
    signing_in::{Tried, sign_in as try_sign_in, user_agent},
};
use axum::{Extension, extract::State, response::AppendHeaders};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::SET_COOKIE};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct SignIn {
    /// The user's name.
    #[schema(example = "ada")]
    user: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// Sign in
#[utoipa::path(
    post, path = "/api/v1/sign-in", operation_id = "signIn", tag = "sign-in", request_body = SignIn, security(()),
    responses(
        (status = 204, description = "Signed in", headers(("Set-Cookie", description = "The sign-in, for this browser"))),
        (status = 401, description = "Refused: `sign-in-refused`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many tries: `too-many-tries`", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sign_in(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Json(asked): Json<SignIn>,
) -> Result<(StatusCode, AppendHeaders<[(HeaderName, HeaderValue); 1]>), Problem> {
    let tried = Tried { name: asked.user, password: asked.password, client, user_agent: user_agent(&headers) };
    let cookie = try_sign_in(&app, tried).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, cookie)])))
}
