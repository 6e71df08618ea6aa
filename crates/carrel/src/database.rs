//! Finds the database that flags and files name, and opens it.

use crate::{
    exit::{CONFIG, UNAVAILABLE, failure, with_code},
    host::Place,
};
use carrel_config::{Configuration, Database, Diagnostic, Level};
use carrel_store::{OpenError, Store};
use std::{path::Path, time::Duration};
use tokio::time::{Instant, sleep};

/// The variable with PostgreSQL's password.
const PASSWORD: &str = "WORKBENCH_POSTGRES_PASSWORD";
/// Pauses between tries: the first, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// The database for a command that needs nothing else of the files. Errors elsewhere in them are no concern of it.
pub(crate) fn of_files(place: &Place, data_dir: &Path) -> anyhow::Result<(Database, Configuration)> {
    let files = Configuration::load(&place.folders.lookup());
    if let Some(database) = place.database() {
        return Ok((database, files));
    }
    let mut database = Database::in_folder(data_dir);
    let mut told = database.apply(&files);
    let file = files.files().iter().find(|found| found.file.name == "database.conf").map(|found| &found.path);
    told.extend(files.diagnostics().iter().filter(|one| Some(&one.at.file) == file).cloned());
    let errors: Vec<String> = told.iter().filter(|one| one.level == Level::Error).map(Diagnostic::to_string).collect();
    if errors.is_empty() { Ok((database, files)) } else { Err(failure(CONFIG, errors.join("\n"))) }
}

/// Opens the database and brings it up to date. One that may come yet is waited for.
pub(crate) async fn open(
    place: &Place,
    database: Database,
    files: &Configuration,
    wait: Duration,
) -> anyhow::Result<Store> {
    waiting(connection(place, database, files)?, wait).await
}

/// How to connect, with the password of the environment where that counts.
pub(crate) fn connection(
    place: &Place,
    mut database: Database,
    files: &Configuration,
) -> anyhow::Result<carrel_store::Database> {
    let flag_has_password = place.database().is_some_and(|flag| flag.url_holds_password());
    if let Ok(password) = std::env::var(PASSWORD)
        && !password.is_empty()
        && !flag_has_password
    {
        let wrong = |error| failure(CONFIG, format!("the password in {PASSWORD} cannot be decrypted: {error}"));
        database.password_of_environment(&password, files).map_err(wrong)?;
    }
    if let Some(connections) = database.pool_size {
        let from = &database.pool_size_from;
        tracing::info!(connections, %from, "connections to the database");
    }
    Ok(carrel_store::Database {
        url: database.url,
        password: database.password,
        connections: database.pool_size,
        patience: database.connection_timeout,
    })
}

async fn waiting(database: carrel_store::Database, limit: Duration) -> anyhow::Result<Store> {
    let (began, (mut pause, longest)) = (Instant::now(), PAUSE);
    let mut said = String::new();
    loop {
        let error = match once(database.clone()).await {
            Ok(store) => return Ok(store),
            Err(error) if !error.may_pass() || limit.is_zero() => return Err(with_code(UNAVAILABLE)(error)),
            Err(error) => error,
        };
        let left = limit.saturating_sub(began.elapsed());
        if left.is_zero() {
            let waited = format!("waited {} s, as --wait-for-database says", limit.as_secs());
            return Err(failure(UNAVAILABLE, format!("{error} ({waited})")));
        }
        let text = error.to_string();
        if text != said {
            tracing::warn!("{text}; trying again for {} s", left.as_secs().max(1));
            said = text;
        }
        sleep(pause.min(left)).await;
        pause = longest.min(pause * 2);
    }
}

async fn once(database: carrel_store::Database) -> Result<Store, OpenError> {
    let store = Store::open(database).await?;
    let migrated = store.migrate().await;
    if migrated.is_err() {
        store.close().await;
    }
    migrated.map(|()| store)
}
