//! API tokens: what programs sign in with.

use crate::{
    Actor, Error, Store,
    db::{all, clipped, maybe, run},
    error::Result,
    time::Time,
};
use carrel_model::{AuditAction, TokenId, User, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What a token lets a program do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// All that its user may.
    Full,
    /// Look, change nothing.
    Read,
}

impl Scope {
    /// The word of it, as in the API and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Read => "read",
        }
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "full" => Ok(Self::Full),
            "read" => Ok(Self::Read),
            _ => Err(format!("no scope is called “{text}”: full and read are")),
        }
    }
}

/// A token that is to be.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its id, which is no secret.
    pub id: TokenId,
    /// Whose.
    pub user: UserId,
    /// What its user calls it.
    pub name: String,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// What it lets a program do.
    pub scope: Scope,
    /// When it ends; `None` for never.
    pub expires_at: Option<Timestamp>,
}

/// What a program signs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id, which is no secret.
    pub id: TokenId,
    /// Whose.
    pub user: UserId,
    /// What its user calls it.
    pub name: String,
    /// What it lets a program do.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, give or take a minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(try_from = "String")]
    id: TokenId,
    #[sqlx(try_from = "String")]
    user_id: UserId,
    name: String,
    scope: String,
    created_at: Time,
    expires_at: Option<Time>,
    last_used_at: Option<Time>,
    revoked_at: Option<Time>,
}

impl TryFrom<Row> for Token {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            user: row.user_id,
            name: row.name,
            scope: row.scope.parse().map_err(Error::Damaged)?,
            created_at: row.created_at.0,
            expires_at: row.expires_at.map(Timestamp::from),
            last_used_at: row.last_used_at.map(Timestamp::from),
            revoked_at: row.revoked_at.map(Timestamp::from),
        })
    }
}

impl Store {
    /// Adds a token.
    pub async fn token_add(&self, new: &NewToken, actor: &Actor, now: Timestamp) -> Result<Token> {
        const INSERT: &str = "INSERT INTO tokens (id, user_id, name, secret_hash, scope, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let name = clipped(&new.name, 64);
        let mut turn = self.turn().await?;
        run!(
            turn.conn(),
            INSERT,
            new.id.as_str(),
            new.user.as_str(),
            name.as_str(),
            new.secret_hash.as_slice(),
            new.scope.as_str(),
            Time(now),
            new.expires_at.map(Time),
        )?;
        turn.audit(actor, AuditAction::TokenCreate, Some(new.id.as_str()), &name, now).await?;
        turn.commit().await?;
        Ok(Token {
            id: new.id.clone(),
            user: new.user.clone(),
            name,
            scope: new.scope,
            created_at: now,
            expires_at: new.expires_at,
            last_used_at: None,
            revoked_at: None,
        })
    }

    /// The token whose secret has this hash, and its user. Whether it still counts is the caller's to see from
    /// `revoked_at`, `expires_at` and the user's `locked_at`.
    pub async fn token_by_hash(&self, secret_hash: &[u8; 32]) -> Result<Option<(Token, User)>> {
        const FIND: &str = "SELECT * FROM tokens WHERE secret_hash = $1";
        let Some(row) = maybe!(Row, self.pool(), FIND, secret_hash.as_slice())? else { return Ok(None) };
        let user = self.user(&row.user_id).await?.ok_or_else(|| Error::Damaged("a token of nobody".into()))?;
        Ok(Some((row.try_into()?, user)))
    }

    /// It was used at `now`.
    pub async fn token_seen(&self, id: &TokenId, now: Timestamp) -> Result<()> {
        const SEEN: &str =
            "UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
        run!(self.pool(), SEEN, id.as_str(), Time(now))?;
        Ok(())
    }

    /// The tokens of a user that were not taken back, newest first. Those that have expired are among them.
    pub async fn tokens_of(&self, user: &UserId) -> Result<Vec<Token>> {
        const OF: &str = "SELECT * FROM tokens WHERE user_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id";
        all!(Row, self.pool(), OF, user.as_str())?.into_iter().map(Token::try_from).collect()
    }

    /// Takes a token of the user back; whether it was there and had not been taken back.
    pub async fn token_revoke(&self, user: &UserId, id: &TokenId, actor: &Actor, now: Timestamp) -> Result<bool> {
        const END: &str =
            "UPDATE tokens SET revoked_at = $3 WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING name";
        let mut turn = self.turn().await?;
        let ended = maybe!((String,), turn.conn(), END, user.as_str(), id.as_str(), Time(now))?;
        let Some((name,)) = ended else { return Ok(false) };
        turn.audit(actor, AuditAction::TokenRevoke, Some(id.as_str()), &name, now).await?;
        turn.commit().await?;
        Ok(true)
    }
}
