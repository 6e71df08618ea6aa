use super::{Engine, Fresh, user};
use crate::{OpenError, db::run};
use std::{collections::BTreeMap, fs, path::Path};

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

/// What a migration is about, whatever the types are called: its lines without their types.
fn shape(sql: &str) -> Vec<String> {
    let is_type = |word: &&str| {
        let word = word.trim_end_matches([',', ';']).to_lowercase();
        let types =
            ["text", "bigint", "integer", "timestamptz", "bytea", "blob", "jsonb", "real", "double", "precision"];
        !types.contains(&word.as_str()) && !["collate", "\"c\"", "strict", ")"].contains(&word.as_str())
    };
    let lines = sql.lines().filter(|line| !line.starts_with("--") && !line.starts_with("INSERT"));
    let lines = lines.map(|line| line.split_whitespace().filter(is_type).collect::<Vec<_>>().join(" "));
    lines.map(|line| line.trim_end_matches(',').to_owned()).filter(|line| !line.is_empty() && line != ");").collect()
}

#[test]
fn both_databases_have_the_same_migrations_with_the_same_tables_and_columns() {
    let read = |database: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let shapes = files.map(|file| {
            (file.file_stem().unwrap().to_string_lossy().into_owned(), shape(&fs::read_to_string(file).unwrap()))
        });
        shapes.collect::<BTreeMap<_, _>>()
    };
    let (sqlite, postgres) = (read("sqlite"), read("postgres"));
    assert_eq!(sqlite, postgres);
    let names: Vec<&str> = sqlite.keys().map(String::as_str).collect();
    assert_eq!(names, crate::migrate::names());
    assert!(sqlite["0001_first"].contains(&"state_name NOT NULL".to_owned()));
}
