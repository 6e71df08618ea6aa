use super::{Engine, Fresh, user};
use crate::{OpenError, db::run};

async fn on_both(story: impl AsyncFn(Engine)) {
    story(Engine::Sqlite).await;
    story(Engine::Postgres).await;
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    on_both(async |engine| {
        let fresh = Fresh::migrated(engine).await;
        let store = fresh.open().await;
        let ada = user(&store, "ada", 1, super::at(0)).await;
        store.migrate().await.unwrap();
        assert_eq!(store.users().await.unwrap(), [ada]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_migrate_at_once_all_find_the_tables() {
    on_both(async |engine| {
        let fresh = Fresh::empty(engine).await;
        let mut replicas = Vec::new();
        for _ in 0..6 {
            let store = fresh.open().await;
            replicas.push(tokio::spawn(async move {
                store.migrate().await.unwrap();
                store.change_now().await.unwrap()
            }));
        }
        for replica in replicas {
            assert_eq!(replica.await.unwrap(), 0);
        }
    })
    .await;
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_when_it_needs_one() {
    const NEWER: &str = "INSERT INTO migrations (number, name, needs) VALUES ($1, 'later', $2)";
    on_both(async |engine| {
        let fresh = Fresh::migrated(engine).await;
        let store = fresh.open().await;
        run!(store.pool(), NEWER, 98_i64, 1_i64).unwrap();
        store.migrate().await.unwrap();
        run!(store.pool(), NEWER, 99_i64, 99_i64).unwrap();
        let error = store.migrate().await.unwrap_err();
        let OpenError::NewerThanProgram { found: 99, known, .. } = error else { panic!("{error}") };
        let text = error.to_string();
        assert!(text.contains(&format!("it has 99 migrations and this program knows {known}")), "{text}");
        assert!(text.ends_with("run the newer program"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_behind() {
    on_both(async |engine| {
        let fresh = Fresh::empty(engine).await;
        let store = fresh.open().await;
        run!(store.pool(), "CREATE TABLE turn (mine bigint)").unwrap();
        let error = store.migrate().await.unwrap_err();
        assert!(matches!(error, OpenError::Other { .. }), "{error}");
        assert!(run!(store.pool(), "SELECT * FROM users").is_err());
        run!(store.pool(), "DROP TABLE turn").unwrap();
        store.migrate().await.unwrap();
        assert_eq!(store.change_now().await.unwrap(), 0);
    })
    .await;
}
