use super::{Engine, Fresh, user};
use crate::{
    Error, OpenError, Store,
    db::{On, maybe, run},
};
use carrel_model::AuditAction;
use carrel_testkit::{Postgres, scratch, sqlite_url};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, getsockname, socket};
use sqlx::{ConnectOptions, Connection, raw_sql, sqlite::SqliteConnectOptions};
use std::{
    fs,
    net::TcpListener,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
};

/// What somebody reads who opens `url`.
async fn refusal(url: &str) -> String {
    Store::open(url).await.expect_err("it opens").to_string()
}

#[tokio::test]
async fn a_url_that_names_no_database_is_refused_without_its_password() {
    for url in ["", "carrel.db", "mysql://carrel:hunter2@db.example/carrel", "sqlite:", "postgres://u:hunter2@h:port/d"]
    {
        let text = refusal(url).await;
        assert!(text.contains("names no database: write sqlite:<path> or postgres://"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let scratch = scratch();
    let folder = scratch.path().join("not there");
    let text = refusal(&sqlite_url(&folder)).await;
    let folder = folder.display();
    assert_eq!(
        text,
        format!("the folder {folder} for the database does not exist: make it, or name another in the settings")
    );
}

#[tokio::test]
async fn a_folder_that_is_not_writable_is_named() {
    // Root may write everywhere but where the system lets nobody.
    let scratch = scratch();
    let folder = if nix::unistd::Uid::effective().is_root() { "/sys".as_ref() } else { scratch.path() };
    if folder == scratch.path() {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
    }
    let text = refusal(&sqlite_url(folder)).await;
    let folder = folder.display();
    assert_eq!(
        text,
        format!("the folder {folder} is not writable for this account: give it to the account that runs Carrel")
    );
}

#[tokio::test]
async fn what_is_no_database_is_named_and_left_alone() {
    let scratch = scratch();
    let file = scratch.path().join("carrel.db");
    fs::write(&file, "Dear diary, ".repeat(1000)).unwrap();
    for path in [file.as_path(), scratch.path()] {
        let text = refusal(&format!("sqlite:{}", path.display())).await;
        let path = path.display();
        assert_eq!(
            text,
            format!("{path} is not a Carrel database: move it away, or name another file in the settings")
        );
    }
    assert!(fs::read_to_string(&file).unwrap().starts_with("Dear diary, "));
}

#[tokio::test]
async fn a_locked_database_is_named_with_what_to_do() {
    let fresh = Fresh::migrated(Engine::Sqlite).await;
    let path = fresh.url.strip_prefix("sqlite:").unwrap();
    let mut other = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let error = Store::open(&fresh.url).await.unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }));
    assert_eq!(
        error.to_string(),
        format!(
            "the database {path} is locked by another program: end whatever else has it open (`fuser {path}` names \
             it), then try again"
        )
    );
    other.close().await.unwrap();
    Store::open(&fresh.url).await.unwrap().close().await;
}

#[tokio::test]
async fn the_file_is_for_nobody_but_its_account() {
    let fresh = Fresh::migrated(Engine::Sqlite).await;
    let path = fresh.url.strip_prefix("sqlite:").unwrap();
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_file_outlives_the_store_and_memory_does_not() {
    let fresh = Fresh::migrated(Engine::Sqlite).await;
    let store = fresh.open().await;
    let ada = user(&store, "ada", 1, super::at(0)).await;
    store.close().await;
    assert!(matches!(store.ping().await, Err(error) if error.is_away()));
    assert_eq!(fresh.open().await.users().await.unwrap(), [ada]);
    let memory = Store::open("sqlite::memory:").await.unwrap();
    memory.migrate().await.unwrap();
    user(&memory, "ada", 1, super::at(0)).await;
    memory.ping().await.unwrap();
    let another = Store::open("sqlite::memory:").await.unwrap();
    another.migrate().await.unwrap();
    assert!(another.users().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_database_in_memory_outlives_its_connections() {
    let store = Store::open("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    let ada = user(&store, "ada", 1, super::at(0)).await;
    let On::Sqlite(pool) = store.pool() else { panic!("not SQLite") };
    pool.acquire().await.unwrap().detach().close().await.unwrap();
    assert_eq!(store.users().await.unwrap(), [ada]);
}

#[tokio::test]
async fn a_host_that_cannot_be_resolved_is_named() {
    let text = refusal("postgres://carrel:hunter2@no-such-host.invalid/carrel").await;
    assert_eq!(
        text,
        "the database host “no-such-host.invalid” cannot be resolved: check its name, and the DNS of this machine"
    );
}

#[tokio::test]
async fn a_port_or_socket_where_nobody_listens_is_named() {
    // Bound and never listening: refused, and nobody else gets the port meanwhile.
    let silent = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).unwrap();
    bind(silent.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).unwrap();
    let port = getsockname::<SockaddrIn>(silent.as_raw_fd()).unwrap().port();
    let what = "refused the connection: check host and port, and that PostgreSQL runs there and listens";
    let text = refusal(&format!("postgres://carrel:hunter2@127.0.0.1:{port}/carrel")).await;
    assert_eq!(text, format!("the database at 127.0.0.1:{port} {what}"));
    let scratch = scratch();
    let folder = scratch.path().display();
    let text = refusal(&format!("postgres:///carrel?host={folder}")).await;
    assert_eq!(text, format!("the database at {folder} {what}"));
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = silent.local_addr().unwrap();
    tokio::time::pause();
    let text = refusal(&format!("postgres://carrel@{at}/carrel")).await;
    assert_eq!(
        text,
        format!("the database at {at} did not answer within 10 s: check host and port, and firewalls between")
    );
}

#[tokio::test]
async fn each_refusal_of_postgres_is_one_sentence() {
    let postgres = Postgres::shared().unwrap();
    let database = postgres.empty_database().await.unwrap();
    let roles = "CREATE ROLE needs_password; CREATE ROLE guarded LOGIN PASSWORD 'right' IN ROLE needs_password; \
         CREATE ROLE poor LOGIN; CREATE ROLE alone LOGIN CONNECTION LIMIT 0; CREATE ROLE asleep NOLOGIN;";
    postgres.run(&database, roles).await.unwrap();
    postgres.run(&database, "REVOKE CREATE ON SCHEMA public FROM PUBLIC").await.unwrap();
    let at = postgres.folder().display();
    let url = |user: &str| postgres.url_as(user, &database);

    Store::open(&url("guarded:right")).await.unwrap().close().await;
    assert_eq!(
        refusal(&url("guarded:wrong")).await,
        format!("the database at {at} refused the password of “guarded”: check user and password")
    );
    assert_eq!(
        refusal(&postgres.url("nowhere")).await,
        format!(
            "the server at {at} has no database “nowhere”: make it with CREATE DATABASE, or name another in the settings"
        )
    );
    assert_eq!(
        refusal(&url("alone")).await,
        format!(
            "the database at {at} has too many connections: raise max_connections there, or end other programs that \
             use it (too many connections for role \"alone\")"
        )
    );
    assert_eq!(
        refusal(&url("asleep")).await,
        format!("the database at {at} refused the user “asleep”: role \"asleep\" is not permitted to log in")
    );
    let poor = Store::open(&url("poor")).await.unwrap();
    let error = poor.migrate().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the user “poor” has not enough rights on the database “{database}” at {at}: permission denied for schema \
             public; make the user its owner"
        )
    );
}

#[tokio::test]
async fn a_server_that_goes_away_is_told_from_a_wrong_question() {
    let fresh = Fresh::migrated(Engine::Postgres).await;
    let store = fresh.open().await;
    store.ping().await.unwrap();
    let postgres = Postgres::shared().unwrap();
    let database = fresh.url.rsplit('/').next().unwrap();
    postgres.run(database, "CREATE ROLE visitor LOGIN").await.unwrap();
    let visitor = Store::open(&postgres.url_as("visitor", database)).await.unwrap();
    assert!(matches!(visitor.users().await, Err(Error::Database(_))));
    postgres.run("postgres", "ALTER ROLE visitor NOLOGIN").await.unwrap();
    postgres
        .run("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'visitor'")
        .await
        .unwrap();
    let error = visitor.ping().await.unwrap_err();
    assert!(error.is_away(), "{error:?}");
}

#[tokio::test]
async fn a_replica_that_freezes_in_its_turn_is_thrown_out() {
    let fresh = Fresh::migrated(Engine::Postgres).await;
    let (frozen, other) = (fresh.open().await, fresh.open().await);
    let mut turn = frozen.turn().await.unwrap();
    let limit = "SELECT current_setting('idle_in_transaction_session_timeout')";
    assert_eq!(maybe!((String,), turn.conn(), limit).unwrap().unwrap().0, "15s");
    run!(turn.conn(), "SET idle_in_transaction_session_timeout = '50ms'").unwrap();
    user(&other, "ada", 1, super::at(0)).await;
    let error = turn.commit().await.unwrap_err();
    assert!(error.is_away(), "{error:?}");
}

#[tokio::test]
async fn a_full_disk_is_called_that() {
    let store = Store::open("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    run!(store.pool(), "PRAGMA max_page_count = 1").unwrap();
    let mut error = None;
    for n in 0..1000 {
        error = error
            .or(store.audit(&super::system(), AuditAction::SignIn, None, &"x".repeat(200), super::at(n)).await.err());
    }
    assert_eq!(error.unwrap().to_string(), "the disk of the database is full: make room on it");
}
