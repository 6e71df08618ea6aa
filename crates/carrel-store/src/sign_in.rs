//! Sign-ins: one row for each browser that somebody signed in with.

use crate::{
    Actor, Error, Store,
    db::{Turn, all, clipped, maybe, run},
    error::Result,
    time::Time,
};
use carrel_model::{AuditAction, SignInId, TokenId, User, UserId};
use jiff::Timestamp;

/// A sign-in that is to be.
#[derive(Debug, Clone)]
pub struct NewSignIn {
    /// Its id, which is no secret.
    pub id: SignInId,
    /// Whose.
    pub user: UserId,
    /// SHA-256 of the secret in the cookie.
    pub secret_hash: [u8; 32],
    /// Where they came from.
    pub address: String,
    /// What their browser says it is.
    pub user_agent: String,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
}

/// One browser of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Its id, which is no secret.
    pub id: SignInId,
    /// Whose.
    pub user: UserId,
    /// Where they came from.
    pub address: String,
    /// What their browser says it is.
    pub user_agent: String,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it was used last, give or take a minute.
    pub last_seen_at: Timestamp,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

/// Something that lets a user in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A browser's.
    SignIn(SignInId),
    /// A program's.
    Token(TokenId),
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(try_from = "String")]
    id: SignInId,
    #[sqlx(try_from = "String")]
    user_id: UserId,
    address: String,
    user_agent: String,
    created_at: Time,
    last_seen_at: Time,
    expires_at: Time,
    revoked_at: Option<Time>,
}

impl From<Row> for SignIn {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            user: row.user_id,
            address: row.address,
            user_agent: row.user_agent,
            created_at: row.created_at.0,
            last_seen_at: row.last_seen_at.0,
            expires_at: row.expires_at.0,
            revoked_at: row.revoked_at.map(Timestamp::from),
        }
    }
}

impl Store {
    /// Signs somebody in.
    pub async fn sign_in_add(&self, new: &NewSignIn, actor: &Actor, now: Timestamp) -> Result<()> {
        const INSERT: &str = "INSERT INTO sign_ins \
             (id, user_id, secret_hash, address, user_agent, created_at, last_seen_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $6, $7)";
        let mut turn = self.turn().await?;
        run!(
            turn.conn(),
            INSERT,
            new.id.as_str(),
            new.user.as_str(),
            new.secret_hash.as_slice(),
            clipped(&new.address, 64),
            clipped(&new.user_agent, 512),
            Time(now),
            Time(new.expires_at),
        )?;
        turn.audit(actor, AuditAction::SignIn, Some(new.id.as_str()), &new.user_agent, now).await?;
        turn.commit().await
    }

    /// Writes down that somebody was refused. `name` is what they typed, whatever that is.
    pub async fn sign_in_refused(&self, name: &str, address: &str, now: Timestamp) -> Result<()> {
        let actor = Actor { user: None, name: clipped(name, 32), address: Some(clipped(address, 64)) };
        self.audit(&actor, AuditAction::SignInRefused, None, "", now).await
    }

    /// The sign-in whose secret has this hash, and its user. Whether it still counts is the caller's to see from
    /// `revoked_at`, `expires_at`, `last_seen_at` and the user's `locked_at`.
    pub async fn sign_in_by_hash(&self, secret_hash: &[u8; 32]) -> Result<Option<(SignIn, User)>> {
        const FIND: &str = "SELECT * FROM sign_ins WHERE secret_hash = $1";
        let Some(row) = maybe!(Row, self.pool(), FIND, secret_hash.as_slice())? else { return Ok(None) };
        let user = self.user(&row.user_id).await?.ok_or_else(|| Error::Damaged("a sign-in of nobody".into()))?;
        Ok(Some((row.into(), user)))
    }

    /// It was used at `now`.
    pub async fn sign_in_seen(&self, id: &SignInId, now: Timestamp) -> Result<()> {
        const SEEN: &str = "UPDATE sign_ins SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2";
        run!(self.pool(), SEEN, id.as_str(), Time(now))?;
        Ok(())
    }

    /// The sign-ins of a user that were not ended, newest use first. Those that have expired are among them.
    pub async fn sign_ins_of(&self, user: &UserId) -> Result<Vec<SignIn>> {
        const OF: &str =
            "SELECT * FROM sign_ins WHERE user_id = $1 AND revoked_at IS NULL ORDER BY last_seen_at DESC, id";
        Ok(all!(Row, self.pool(), OF, user.as_str())?.into_iter().map(SignIn::from).collect())
    }

    /// Ends one sign-in of the user; whether it was there and had not ended.
    pub async fn sign_in_revoke(&self, user: &UserId, id: &SignInId, actor: &Actor, now: Timestamp) -> Result<bool> {
        const END: &str = "UPDATE sign_ins SET revoked_at = $3 WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL";
        let mut turn = self.turn().await?;
        if run!(turn.conn(), END, user.as_str(), id.as_str(), Time(now))? == 0 {
            return Ok(false);
        }
        turn.audit(actor, AuditAction::SignOut, Some(id.as_str()), "", now).await?;
        turn.commit().await?;
        Ok(true)
    }

    /// Ends all sign-ins of the user, or all but one; how many.
    pub async fn sign_ins_revoke_all(
        &self,
        user: &UserId,
        except: Option<&SignInId>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<u64> {
        let mut turn = self.turn().await?;
        let ended = turn.end_sign_ins(user, except, now).await?;
        if ended > 0 {
            let detail = format!("sign-ins: {ended}");
            turn.audit(actor, AuditAction::SignOut, Some(user.as_str()), &detail, now).await?;
            turn.commit().await?;
        }
        Ok(ended)
    }

    /// What was ended at or after `since`. A change is seen when it commits, a little after the time it bears, and
    /// replicas' clocks differ: ask with some seconds of overlap.
    pub async fn revoked_since(&self, since: Timestamp) -> Result<Vec<Credential>> {
        let sign_ins = "SELECT id FROM sign_ins WHERE revoked_at >= $1";
        let tokens = "SELECT id FROM tokens WHERE revoked_at >= $1";
        let damaged = |error: carrel_model::id::NotAnId| Error::Damaged(error.to_string());
        let mut revoked = Vec::new();
        for (id,) in all!((String,), self.pool(), sign_ins, Time(since))? {
            revoked.push(Credential::SignIn(id.parse().map_err(damaged)?));
        }
        for (id,) in all!((String,), self.pool(), tokens, Time(since))? {
            revoked.push(Credential::Token(id.parse().map_err(damaged)?));
        }
        Ok(revoked)
    }

    /// Forgets sign-ins that ended or expired before `before`; how many.
    pub async fn sign_ins_prune(&self, before: Timestamp) -> Result<u64> {
        Ok(run!(self.pool(), "DELETE FROM sign_ins WHERE expires_at < $1 OR revoked_at < $1", Time(before))?)
    }
}

impl Turn<'_> {
    pub(crate) async fn end_sign_ins(
        &mut self,
        user: &UserId,
        except: Option<&SignInId>,
        now: Timestamp,
    ) -> Result<u64> {
        const END: &str = "UPDATE sign_ins SET revoked_at = $3 WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL";
        let except = except.map_or("", SignInId::as_str);
        Ok(run!(self.conn(), END, user.as_str(), except, Time(now))?)
    }
}
