//! Make a token.

use super::list::{ScopeName, TokenView};
use crate::{
    app::App,
    body::Json,
    caller::Caller,
    problem::{Problem, ProblemBody},
};
use axum::extract::State;
use carrel_auth::Secret;
use carrel_model::{SessionName, TokenId};
use carrel_store::NewToken;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest life of a token that has an end.
const MOST_DAYS: u32 = 3660;

/// What the token is for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct CreateToken {
    /// One line of text, at most 64 characters.
    #[schema(max_length = 64, example = "nightly scores")]
    name: String,
    /// What it may do.
    scope: ScopeName,
    /// After how many days it ends; null for never.
    #[schema(minimum = 1, maximum = 3660, example = 90)]
    expires_in_days: Option<u32>,
}

/// A new token. Its secret is shown this once and kept nowhere.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewTokenView {
    #[serde(flatten)]
    token: TokenView,
    /// What programs send: `Authorization: Bearer carrel_…`.
    #[schema(example = "carrel_…")]
    secret: String,
}

/// Make a token
#[utoipa::path(
    post, path = "/api/v1/tokens", operation_id = "createToken", tag = "tokens", request_body = CreateToken,
    responses(
        (status = 201, description = "The token with its secret", body = NewTokenView),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create(
    caller: Caller,
    State(app): State<App>,
    Json(asked): Json<CreateToken>,
) -> Result<(StatusCode, Json<NewTokenView>), Problem> {
    // The same rules as for names of sessions: one line, nothing that deceives.
    let name: SessionName =
        asked.name.parse().map_err(|e| Problem::unprocessable("bad-name", crate::api::sessions::sentence(&e)))?;
    let now = app.clock.now();
    let secret = Secret::of_token().map_err(|e| Problem::internal(&e))?;
    let token = NewToken {
        id: TokenId::from_random(crate::random()),
        user: caller.user().id.clone(),
        name: name.into(),
        secret_hash: secret.hash,
        scope: asked.scope.into(),
        expires_at: expiry(asked.expires_in_days, now)?,
    };
    let token = app.store.token_add(&token, &caller.actor(), now).await?;
    let secret = secret.text.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(NewTokenView { token: token.into(), secret })))
}

fn expiry(days: Option<u32>, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    match days {
        None => Ok(None),
        Some(days) if (1..=MOST_DAYS).contains(&days) => {
            Ok(Some(now + SignedDuration::from_hours(i64::from(days) * 24)))
        }
        Some(days) => {
            let detail = format!("expires_in_days must be between 1 and {MOST_DAYS}, not {days}.");
            Err(Problem::unprocessable("out-of-bounds", detail))
        }
    }
}
