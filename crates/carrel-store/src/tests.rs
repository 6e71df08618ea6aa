//! Every store function, by the same test on both databases.

mod accounts;
mod audit;
mod groups;
mod leases;
mod migrations;
mod opening;
mod sessions;
mod sign_ins;
mod tls;
mod tokens;
mod usage;
mod users;
mod wakes;

use crate::{Actor, NewAccount, NewUser, Store};
use carrel_model::{
    Activity, Address, Bounds, Cause, Clock, Event, IdleAction, IdleRule, Role, Session, SessionId, Spec, State, User,
    UserId, Who,
};
use carrel_testkit::{Postgres, scratch, sqlite_url};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use tempfile::TempDir;

/// Which database a test runs on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A database of one test's own.
pub(crate) struct Fresh {
    pub(crate) url: String,
    _folder: TempDir,
}

impl Fresh {
    /// With all tables.
    pub(crate) async fn migrated(engine: Engine) -> Self {
        let folder = scratch();
        let url = match engine {
            Engine::Sqlite => {
                let url = sqlite_url(folder.path());
                migrate(&url).await.unwrap();
                url
            }
            Engine::Postgres => {
                let postgres = Postgres::shared().unwrap();
                postgres.url(&postgres.database("carrel", async |url| migrate(&url).await).await.unwrap())
            }
        };
        Self { url, _folder: folder }
    }

    /// With none.
    pub(crate) async fn empty(engine: Engine) -> Self {
        let folder = scratch();
        let url = match engine {
            Engine::Sqlite => sqlite_url(folder.path()),
            Engine::Postgres => {
                let postgres = Postgres::shared().unwrap();
                postgres.url(&postgres.empty_database().await.unwrap())
            }
        };
        Self { url, _folder: folder }
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }
}

async fn migrate(url: &str) -> anyhow::Result<()> {
    let store = Store::open(url).await?;
    store.migrate().await?;
    store.close().await;
    Ok(())
}

/// The same test on both databases: `store_test!(name, |store, clock| { … })`, or with the database itself as a third.
macro_rules! store_test {
    ($name:ident, |$store:ident, $clock:ident| $body:block) => {
        store_test!($name, |$store, $clock, _fresh| $body);
    };
    ($name:ident, |$store:ident, $clock:ident, $fresh:ident| $body:block) => {
        mod $name {
            use super::*;

            async fn story(engine: crate::tests::Engine) {
                let $fresh = crate::tests::Fresh::migrated(engine).await;
                let $store = $fresh.open().await;
                let $clock = carrel_model::Clock::held(crate::tests::at(0));
                $body
                $store.close().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                story(crate::tests::Engine::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                story(crate::tests::Engine::Postgres).await;
            }
        }
    };
}
pub(crate) use store_test;

/// Seconds after the beginning of the story, and a microsecond that has to survive.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_microsecond((1_800_000_000 + second) * 1_000_000 + 1).unwrap()
}

/// Moves the clock on.
pub(crate) fn pass(clock: &Clock, seconds: i64) -> Timestamp {
    clock.set(clock.now() + SignedDuration::from_secs(seconds));
    clock.now()
}

pub(crate) fn system() -> Actor {
    Actor::system("test")
}

pub(crate) async fn user(store: &Store, name: &str, byte: u8, now: Timestamp) -> User {
    let new = NewUser {
        name: name.parse().unwrap(),
        display_name: name.to_uppercase(),
        role: Role::User,
        password_hash: Some(format!("hash of {name}")),
        groups: Vec::new(),
        account: NewAccount::default(),
    };
    store.user_add(&new, UserId::from_random([byte; 16]), &system(), now).await.unwrap()
}

/// A session that is asked for at `now`.
pub(crate) fn session(owner: &User, byte: u8, now: Timestamp) -> Session {
    Session {
        id: SessionId::from_random([byte; 16]),
        owner: owner.id.clone(),
        owner_name: owner.name.clone(),
        name: format!("session {byte} 🚀").parse().unwrap(),
        ide: "jupyterlab".parse().unwrap(),
        spec: Spec {
            cluster: "local".into(),
            resource_profile: Some("small".into()),
            cpus: 1.5,
            memory_mb: 2048,
            folder: Some("/home/ada/données".into()),
            env: BTreeMap::from([("A".into(), "<b> 'c' \"d\"".into())]),
            idle: IdleRule::default(),
            bounds: Bounds::default(),
            r_version: None,
            container: None,
        },
        state: State::Queued { since: now, cause: None },
        generation: 1,
        created_at: now,
        started_at: None,
        last_active_at: None,
        version: 0,
    }
}

pub(crate) async fn launched(store: &Store, owner: &User, byte: u8, now: Timestamp) -> Session {
    let actor = Actor::user(owner, Some("192.0.2.1".into()));
    store.session_insert(&session(owner, byte, now), None, &actor, now).await.unwrap()
}

pub(crate) fn ready() -> Event {
    Event::Ready(Address::Unix("/run/data.sock".into()), IdleAction::Suspend)
}

pub(crate) fn used(now: Timestamp) -> Event {
    Event::Used(Activity::began(now, IdleAction::Suspend))
}

pub(crate) fn cause(text: &str) -> Cause {
    Cause::new("test", text, Who::Administrator)
}
