//! The caller's tokens.

use crate::{
    app::App,
    body::Json,
    caller::Caller,
    problem::{Problem, ProblemBody},
};
use axum::extract::State;
use carrel_store::{Scope, Token};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    /// Opaque; not the secret.
    id: String,
    /// What it is for, in its owner's words.
    name: String,
    /// What it may do.
    scope: ScopeName,
    /// When it was made.
    created_at: Timestamp,
    /// When it ends; null for never.
    expires_at: Option<Timestamp>,
    /// The last use, to the minute.
    last_used_at: Option<Timestamp>,
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ScopeName {
    /// All that its owner may.
    Full,
    /// Read, change nothing.
    Read,
}

impl From<ScopeName> for Scope {
    fn from(name: ScopeName) -> Self {
        match name {
            ScopeName::Full => Self::Full,
            ScopeName::Read => Self::Read,
        }
    }
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name,
            scope: match token.scope {
                Scope::Full => ScopeName::Full,
                Scope::Read => ScopeName::Read,
            },
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
        }
    }
}

/// List your tokens
#[utoipa::path(
    get, path = "/api/v1/tokens", operation_id = "listTokens", tag = "tokens",
    responses(
        (status = 200, description = "Your tokens", body = [TokenView]),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(caller: Caller, State(app): State<App>) -> Result<Json<Vec<TokenView>>, Problem> {
    let tokens = app.store.tokens_of(&caller.user().id).await?;
    Ok(Json(tokens.into_iter().filter(|t| t.revoked_at.is_none()).map(TokenView::from).collect()))
}
