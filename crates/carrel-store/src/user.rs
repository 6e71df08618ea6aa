//! Users.

use crate::{
    Actor, Error, NewAccount, Store,
    db::{Turn, all, clipped, maybe, run},
    error::Result,
    time::Time,
};
use carrel_model::{AuditAction, GroupName, Role, User, UserId, UserName};
use jiff::Timestamp;

/// A user who is to be.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// What they sign in with.
    pub name: UserName,
    /// What pages call them.
    pub display_name: String,
    /// What they may.
    pub role: Role,
    /// The hash of their password; `None` when they cannot sign in with one.
    pub password_hash: Option<String>,
    /// The groups they belong to.
    pub groups: Vec<GroupName>,
    /// The account that containers of their sessions run as.
    pub account: NewAccount,
}

#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    #[sqlx(try_from = "String")]
    id: UserId,
    #[sqlx(try_from = "String")]
    name: UserName,
    display_name: String,
    role: String,
    locked_at: Option<Time>,
    created_at: Time,
}

impl TryFrom<Row> for User {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let Row { id, name, display_name, role, locked_at, created_at } = row;
        let role = role.parse().map_err(Error::Damaged)?;
        Ok(Self { id, name, display_name, role, locked_at: locked_at.map(Timestamp::from), created_at: created_at.0 })
    }
}

impl Store {
    /// Adds a user.
    pub async fn user_add(&self, new: &NewUser, id: UserId, actor: &Actor, now: Timestamp) -> Result<User> {
        const INSERT: &str = "INSERT INTO users (id, name, display_name, role, password_hash, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING";
        let display_name = clipped(&new.display_name, 128);
        let mut turn = self.turn().await?;
        let added = run!(
            turn.conn(),
            INSERT,
            id.as_str(),
            new.name.as_str(),
            display_name.as_str(),
            new.role.as_str(),
            new.password_hash.as_deref(),
            Time(now),
        )?;
        if added == 0 {
            return Err(Error::NameTaken(new.name.to_string()));
        }
        turn.give_account(&id, &new.name, &new.account).await?;
        turn.join_groups(&id, &new.groups).await?;
        turn.give_group_ids(&new.groups, &new.account.rules).await?;
        turn.audit(actor, AuditAction::UserAdd, Some(id.as_str()), new.name.as_str(), now).await?;
        turn.commit().await?;
        Ok(User { id, name: new.name.clone(), display_name, role: new.role, locked_at: None, created_at: now })
    }

    /// The user with this id.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>> {
        let row = maybe!(Row, self.pool(), "SELECT * FROM users WHERE id = $1", id.as_str())?;
        row.map(User::try_from).transpose()
    }

    /// The user with this name.
    pub async fn user_by_name(&self, name: &UserName) -> Result<Option<User>> {
        let row = maybe!(Row, self.pool(), "SELECT * FROM users WHERE name = $1", name.as_str())?;
        row.map(User::try_from).transpose()
    }

    /// All users, by name.
    pub async fn users(&self) -> Result<Vec<User>> {
        all!(Row, self.pool(), "SELECT * FROM users ORDER BY name")?.into_iter().map(User::try_from).collect()
    }

    /// Those whom this actor added, as the audit has it, by name.
    pub async fn users_added_by(&self, actor: &str) -> Result<Vec<User>> {
        const ADDED: &str = "SELECT * FROM users WHERE id IN \
             (SELECT target FROM audit WHERE action = $1 AND actor = $2) ORDER BY name";
        let rows = all!(Row, self.pool(), ADDED, AuditAction::UserAdd.as_str(), actor)?;
        rows.into_iter().map(User::try_from).collect()
    }

    /// The hash of a user's password; `None` when there is none, or no such user.
    pub async fn password_hash(&self, id: &UserId) -> Result<Option<String>> {
        const HASH: &str = "SELECT password_hash FROM users WHERE id = $1";
        Ok(maybe!((Option<String>,), self.pool(), HASH, id.as_str())?.and_then(|(hash,)| hash))
    }

    /// Sets a password, by its hash, and ends all sign-ins of the user: whoever knew the old one is out.
    pub async fn set_password(&self, id: &UserId, hash: &str, actor: &Actor, now: Timestamp) -> Result<()> {
        const SET: &str = "UPDATE users SET password_hash = $2 WHERE id = $1 RETURNING name";
        let mut turn = self.turn().await?;
        let Some((name,)) = maybe!((String,), turn.conn(), SET, id.as_str(), hash)? else {
            return Err(Error::NoSuchUser);
        };
        turn.end_sign_ins(id, None, now).await?;
        turn.audit(actor, AuditAction::UserPassword, Some(id.as_str()), &name, now).await?;
        turn.commit().await
    }

    /// Locks a user out, which ends all sign-ins and tokens, or lets them in again.
    pub async fn set_locked(&self, id: &UserId, locked: bool, actor: &Actor, now: Timestamp) -> Result<()> {
        const SET: &str = "UPDATE users SET locked_at = $2 WHERE id = $1 RETURNING name";
        let mut turn = self.turn().await?;
        let Some((name,)) = maybe!((String,), turn.conn(), SET, id.as_str(), locked.then_some(Time(now)))? else {
            return Err(Error::NoSuchUser);
        };
        let action = if locked { AuditAction::UserLock } else { AuditAction::UserUnlock };
        if locked {
            turn.end_sign_ins(id, None, now).await?;
            turn.end_tokens(id, now).await?;
        }
        turn.audit(actor, action, Some(id.as_str()), &name, now).await?;
        turn.commit().await
    }
}

impl Turn<'_> {
    async fn end_tokens(&mut self, user: &UserId, now: Timestamp) -> Result<u64> {
        const END: &str = "UPDATE tokens SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL";
        Ok(run!(self.conn(), END, user.as_str(), Time(now))?)
    }
}
