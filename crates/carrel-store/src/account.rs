//! The accounts that containers run as: the numbers of users and groups, each given out once.

use crate::{
    Error, Store,
    db::{Turn, all, maybe, run},
    error::Result,
};
use carrel_model::{Account, AccountRules, GroupName, IdKind, User, UserId, UserName};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// The account that a user who is to be gets.
#[derive(Debug, Clone, Default)]
pub struct NewAccount {
    /// Where numbers begin, and home folders are.
    pub rules: AccountRules,
    /// The user id; the lowest that was never given out when missing.
    pub uid: Option<u32>,
    /// The id of the user's own group. When missing: the user id where no group has it, else the lowest that is free.
    pub gid: Option<u32>,
    /// The home folder; the user's name in the folder of home folders when missing.
    pub home: Option<PathBuf>,
}

impl From<AccountRules> for NewAccount {
    fn from(rules: AccountRules) -> Self {
        Self { rules, ..Self::default() }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    user_id: String,
    #[sqlx(try_from = "i64")]
    uid: u32,
    #[sqlx(try_from = "i64")]
    gid: u32,
    home: String,
    shell: String,
}

impl Row {
    fn with(self, groups: Vec<(String, u32)>) -> Account {
        Account { uid: self.uid, gid: self.gid, groups, home: self.home.into(), shell: self.shell.into() }
    }
}

/// A group of a user: the user's id, its name, and its number where it has one.
type OfGroup = (String, String, Option<i64>);

impl Store {
    /// The account of a user, with their groups. Whatever has no number yet gets one, by `rules`: a user whom an older
    /// program added, a group that nobody needed so far.
    pub async fn account_of(&self, user: &User, rules: &AccountRules) -> Result<Account> {
        const ACCOUNT: &str = "SELECT * FROM accounts WHERE user_id = $1";
        const GROUPS: &str = "SELECT g.user_id, g.name, i.gid FROM user_groups g \
             LEFT JOIN group_ids i ON i.name = g.name WHERE g.user_id = $1 ORDER BY g.name";
        let id = user.id.as_str();
        let found = maybe!(Row, self.pool(), ACCOUNT, id)?;
        let groups = all!(OfGroup, self.pool(), GROUPS, id)?;
        if let (Some(found), Some(groups)) = (found, numbered(groups)) {
            return Ok(found.with(groups.into_iter().map(|(_, group)| group).collect()));
        }
        let mut turn = self.turn().await?;
        turn.give_account(&user.id, &user.name, &rules.clone().into()).await?;
        let mut groups = Vec::new();
        for (_, name, _) in all!(OfGroup, turn.conn(), GROUPS, id)? {
            let gid = turn.give_group_id(&name, rules).await?;
            groups.push((name, gid));
        }
        let account = maybe!(Row, turn.conn(), ACCOUNT, id)?.ok_or(Error::NoSuchUser)?.with(groups);
        turn.commit().await?;
        Ok(account)
    }

    /// The accounts of all users. Whatever has no number yet gets one.
    pub async fn accounts(&self, rules: &AccountRules) -> Result<BTreeMap<UserId, Account>> {
        const ACCOUNTS: &str = "SELECT a.* FROM accounts a JOIN users u ON u.id = a.user_id";
        const GROUPS: &str = "SELECT g.user_id, g.name, i.gid FROM user_groups g \
             LEFT JOIN group_ids i ON i.name = g.name ORDER BY g.name";
        const WITHOUT: &str = "SELECT id, name FROM users WHERE id NOT IN (SELECT user_id FROM accounts) \
             ORDER BY created_at, id";
        let without = all!((String, String), self.pool(), WITHOUT)?;
        let mut groups = numbered(all!(OfGroup, self.pool(), GROUPS)?);
        if groups.is_none() || !without.is_empty() {
            let mut turn = self.turn().await?;
            for (id, name) in without {
                let (id, name) = (id.try_into().map_err(damaged)?, name.try_into().map_err(damaged)?);
                turn.give_account(&id, &name, &rules.clone().into()).await?;
            }
            let names: BTreeSet<String> =
                all!(OfGroup, turn.conn(), GROUPS)?.into_iter().map(|(_, name, _)| name).collect();
            for name in names {
                turn.give_group_id(&name, rules).await?;
            }
            groups = numbered(all!(OfGroup, turn.conn(), GROUPS)?);
            turn.commit().await?;
        }
        let mut of: BTreeMap<String, Vec<(String, u32)>> = BTreeMap::new();
        for (user, group) in groups.unwrap_or_default() {
            of.entry(user).or_default().push(group);
        }
        let account = |row: Row| {
            let groups = of.remove(&row.user_id).unwrap_or_default();
            Ok((row.user_id.clone().try_into().map_err(damaged)?, row.with(groups)))
        };
        all!(Row, self.pool(), ACCOUNTS)?.into_iter().map(account).collect()
    }
}

fn damaged(error: impl std::fmt::Display) -> Error {
    Error::Damaged(error.to_string())
}

/// The groups with their numbers, when all of them have one.
fn numbered(groups: Vec<OfGroup>) -> Option<Vec<(String, (String, u32))>> {
    groups.into_iter().map(|(user, name, gid)| Some((user, (name, u32::try_from(gid?).ok()?)))).collect()
}

/// The lowest user id from $1 on that was never given out.
const FREE_UID: &str = "SELECT MIN(n) FROM (SELECT $1 AS n UNION ALL SELECT uid + 1 FROM accounts WHERE uid >= $1) AS c \
     WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE uid = n)";
/// The lowest group id from $1 on that neither an account nor a group has.
const FREE_GID: &str = "SELECT MIN(n) FROM (SELECT $1 AS n UNION ALL SELECT gid + 1 FROM accounts WHERE gid >= $1 \
     UNION ALL SELECT gid + 1 FROM group_ids WHERE gid >= $1) AS c \
     WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE gid = n) AND NOT EXISTS (SELECT 1 FROM group_ids WHERE gid = n)";

impl Turn<'_> {
    /// Gives a user an account, unless they have one. It has the turn, so nobody takes the numbers meanwhile.
    pub(crate) async fn give_account(&mut self, id: &UserId, name: &UserName, new: &NewAccount) -> Result<()> {
        const INSERT: &str = "INSERT INTO accounts (user_id, uid, gid, home, shell) VALUES ($1, $2, $3, $4, $5)";
        const THERE: &str = "SELECT user_id FROM accounts WHERE user_id = $1";
        if maybe!((String,), self.conn(), THERE, id.as_str())?.is_some() {
            return Ok(());
        }
        let rules = &new.rules;
        let uid = match new.uid {
            Some(uid) => {
                rules.check(IdKind::User, uid)?;
                if self.free(FREE_UID, uid).await? != uid {
                    return Err(Error::UidTaken(uid));
                }
                uid
            }
            None => self.next(IdKind::User, rules.least(IdKind::User), rules).await?,
        };
        let gid = match new.gid {
            Some(gid) => {
                rules.check(IdKind::Group, gid)?;
                gid
            }
            None if uid >= rules.least(IdKind::Group) && self.free(FREE_GID, uid).await? == uid => uid,
            None => self.next(IdKind::Group, rules.least(IdKind::Group), rules).await?,
        };
        let home = new.home.clone().unwrap_or_else(|| rules.home_of(name)).display().to_string();
        let shell = rules.shell.display().to_string();
        run!(self.conn(), INSERT, id.as_str(), i64::from(uid), i64::from(gid), home.as_str(), shell.as_str())?;
        Ok(())
    }

    /// Gives these groups numbers, unless they have some.
    pub(crate) async fn give_group_ids(&mut self, groups: &[GroupName], rules: &AccountRules) -> Result<()> {
        for group in groups {
            self.give_group_id(group.as_str(), rules).await?;
        }
        Ok(())
    }

    async fn give_group_id(&mut self, name: &str, rules: &AccountRules) -> Result<u32> {
        const THERE: &str = "SELECT gid FROM group_ids WHERE name = $1";
        const INSERT: &str = "INSERT INTO group_ids (name, gid) VALUES ($1, $2)";
        if let Some((gid,)) = maybe!((i64,), self.conn(), THERE, name)? {
            return u32::try_from(gid).map_err(damaged);
        }
        let gid = self.next(IdKind::Group, rules.least(IdKind::Group), rules).await?;
        run!(self.conn(), INSERT, name, i64::from(gid))?;
        Ok(gid)
    }

    /// The lowest number from `from` on that somebody may be given.
    async fn next(&mut self, kind: IdKind, from: u32, rules: &AccountRules) -> Result<u32> {
        let sql = match kind {
            IdKind::User => FREE_UID,
            IdKind::Group => FREE_GID,
        };
        let mut id = self.free(sql, from).await?;
        if AccountRules::beyond_reserved(id) != id {
            id = self.free(sql, AccountRules::beyond_reserved(id)).await?;
        }
        rules.check(kind, id)?;
        Ok(id)
    }

    async fn free(&mut self, sql: &'static str, from: u32) -> Result<u32> {
        let free = maybe!((Option<i64>,), self.conn(), sql, i64::from(from))?.and_then(|(free,)| free);
        free.and_then(|free| u32::try_from(free).ok()).ok_or_else(|| damaged("no number is free"))
    }
}
