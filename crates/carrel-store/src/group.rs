//! Groups of users: names that the rules of profiles and roles speak of.

use crate::{
    Actor, Error, Store,
    db::{Turn, all, maybe, run},
    error::Result,
};
use carrel_model::{AuditAction, GroupName, UserId};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What is to become of the groups of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Groups {
    /// These and no others.
    Set(Vec<GroupName>),
    /// These too.
    Add(Vec<GroupName>),
    /// These no longer.
    Remove(Vec<GroupName>),
}

impl Groups {
    fn applied_to(&self, before: &BTreeSet<String>) -> BTreeSet<String> {
        let names = |groups: &[GroupName]| groups.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        match self {
            Self::Set(groups) => names(groups),
            Self::Add(groups) => before | &names(groups),
            Self::Remove(groups) => before - &names(groups),
        }
    }
}

impl Store {
    /// The groups of a user, in the order of their names; none for somebody who is not known.
    pub async fn groups_of(&self, user: &UserId) -> Result<Vec<String>> {
        const GROUPS: &str = "SELECT name FROM user_groups WHERE user_id = $1 ORDER BY name";
        Ok(all!((String,), self.pool(), GROUPS, user.as_str())?.into_iter().map(|(name,)| name).collect())
    }

    /// Changes the groups of a user, and answers what they are now. What changes nothing leaves no trace.
    pub async fn change_groups(
        &self,
        user: &UserId,
        groups: &Groups,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Vec<String>> {
        let mut turn = self.turn().await?;
        let name = maybe!((String,), turn.conn(), "SELECT name FROM users WHERE id = $1", user.as_str())?;
        let Some((name,)) = name else { return Err(Error::NoSuchUser) };
        let before = turn.groups_of(user).await?;
        let after = groups.applied_to(&before);
        if after != before {
            turn.put_groups(user, &before, &after).await?;
            let detail = format!("{name}: {}", change(&before, &after));
            turn.audit(actor, AuditAction::UserGroups, Some(user.as_str()), &detail, now).await?;
            turn.commit().await?;
        }
        Ok(after.into_iter().collect())
    }
}

/// `+devs -ops`.
fn change(before: &BTreeSet<String>, after: &BTreeSet<String>) -> String {
    let added = after.difference(before).map(|group| format!("+{group}"));
    let removed = before.difference(after).map(|group| format!("-{group}"));
    added.chain(removed).collect::<Vec<_>>().join(" ")
}

impl Turn<'_> {
    async fn groups_of(&mut self, user: &UserId) -> Result<BTreeSet<String>> {
        const GROUPS: &str = "SELECT name FROM user_groups WHERE user_id = $1";
        Ok(all!((String,), self.conn(), GROUPS, user.as_str())?.into_iter().map(|(name,)| name).collect())
    }

    /// Puts a user who is new into these groups.
    pub(crate) async fn join_groups(&mut self, user: &UserId, groups: &[GroupName]) -> Result<()> {
        self.put_groups(user, &BTreeSet::new(), &Groups::Set(groups.to_vec()).applied_to(&BTreeSet::new())).await
    }

    async fn put_groups(&mut self, user: &UserId, before: &BTreeSet<String>, after: &BTreeSet<String>) -> Result<()> {
        const ADD: &str = "INSERT INTO user_groups (user_id, name) VALUES ($1, $2)";
        const REMOVE: &str = "DELETE FROM user_groups WHERE user_id = $1 AND name = $2";
        for group in after.difference(before) {
            run!(self.conn(), ADD, user.as_str(), group.as_str())?;
        }
        for group in before.difference(after) {
            run!(self.conn(), REMOVE, user.as_str(), group.as_str())?;
        }
        Ok(())
    }
}
