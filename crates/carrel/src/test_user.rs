//! The test user of the original's images: a person whom the environment names (`PWB_TESTUSER`, `…_PASSWD`, `…_UID`), to try an
//! installation with. Made at the start or brought up to date; locked at the first start that does not name them any more.

use crate::{
    exit::{CONFIG, failure},
    given, host,
};
use anyhow::Context;
use carrel_auth::password::{self, Chooser};
use carrel_model::{AccountRules, Clock, Role, User, UserId, UserName};
use carrel_store::{Actor, Error, NewAccount, NewUser, Store};
use secrecy::SecretString;

/// Who stands in the audit for it, and by whom a test user is known later.
const ACTOR: &str = "test user of the environment";

/// The person whom the environment names.
pub(crate) struct TestUser {
    name: UserName,
    password: SecretString,
    uid: Option<u32>,
}

impl TestUser {
    /// Nobody when no name is set.
    pub(crate) fn of_environment() -> anyhow::Result<Option<Self>> {
        let Some((variable, name)) = given::variable("TESTUSER") else { return Ok(None) };
        let wrong = |variable: &str, why: &str| failure(CONFIG, format!("{variable}: {why}"));
        let name: UserName = name.parse().map_err(|error| wrong(&variable, &format!("{error}")))?;
        let (of_password, password) = given::variable("TESTUSER_PASSWD")
            .ok_or_else(|| wrong(&variable, "the test user needs a password: set PWB_TESTUSER_PASSWD"))?;
        let password = SecretString::from(password);
        password::check(&password, &name, Chooser::TestUser)
            .map_err(|error| wrong(&of_password, &error.to_string()))?;
        let uid = given::variable("TESTUSER_UID").map(|(variable, text)| {
            let uid = text.parse::<u32>().ok().filter(|uid| *uid > 0);
            uid.ok_or_else(|| wrong(&variable, "a user id is a number from 1 on"))
        });
        Ok(Some(Self { name, password, uid: uid.transpose()? }))
    }
}

/// Makes the store agree with the environment. Several replicas may do this at once.
pub(crate) async fn settle(wanted: Option<TestUser>, store: &Store, rules: &AccountRules) -> anyhow::Result<()> {
    let name = wanted.as_ref().map(|wanted| wanted.name.clone());
    for user in store.users_added_by(ACTOR).await? {
        if Some(&user.name) != name.as_ref() && user.locked_at.is_none() {
            store.set_locked(&user.id, true, &actor(), Clock::System.now()).await?;
            tracing::info!(user = %user.name, "the environment does not name this test user any more: locked");
        }
    }
    let Some(wanted) = wanted else { return Ok(()) };
    tracing::warn!(user = %wanted.name, "a test user may sign in: turn this off before others come");
    match store.user_by_name(&wanted.name).await? {
        Some(user) => wanted.bring_up_to_date(&user, store).await,
        None => wanted.add(store, rules).await,
    }
}

fn actor() -> Actor {
    Actor::system(ACTOR)
}

impl TestUser {
    async fn add(self, store: &Store, rules: &AccountRules) -> anyhow::Result<()> {
        let new = NewUser {
            name: self.name.clone(),
            display_name: self.name.to_string(),
            role: Role::User,
            password_hash: Some(password::hash(&self.password)?),
            groups: Vec::new(),
            account: NewAccount { uid: self.uid, ..rules.clone().into() },
        };
        let id = UserId::from_random(host::random()?);
        match store.user_add(&new, id, &actor(), Clock::System.now()).await {
            // Another replica was faster.
            Ok(_) | Err(Error::NameTaken(_)) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("the test user {} cannot be made", self.name)),
        }
    }

    /// Only a test user: a person of that name whom somebody else added keeps their password.
    async fn bring_up_to_date(self, user: &User, store: &Store) -> anyhow::Result<()> {
        let ours = store.users_added_by(ACTOR).await?;
        if !ours.iter().any(|one| one.id == user.id) {
            tracing::warn!(user = %user.name, "somebody else added this user: the environment's password is not taken");
            return Ok(());
        }
        if user.locked_at.is_some() {
            tracing::warn!(user = %user.name, "the test user is locked: `carrel user unlock` lets them in again");
        }
        let hash = store.password_hash(&user.id).await?;
        // A new hash of the same password would end their sign-ins at each start.
        if !password::verify(&self.password, hash.as_deref()) {
            let hash = password::hash(&self.password)?;
            store.set_password(&user.id, &hash, &actor(), Clock::System.now()).await?;
        }
        Ok(())
    }
}
