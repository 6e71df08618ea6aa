//! What tests of Carrel share: a real PostgreSQL, scratch folders, waiting for what is waited for.

pub mod postgres;
pub mod wait;

use std::path::Path;
use tempfile::TempDir;

pub use postgres::{Postgres, Wanted};
pub use wait::{eventually, within};

/// A folder of one test's own, gone with the value. Its path is short, so that a socket in it has room for its name
/// (107 bytes).
///
/// # Panics
/// When no folder can be made.
pub fn scratch() -> TempDir {
    tempfile::Builder::new().prefix("carrel-").tempdir().expect("a scratch folder can be made")
}

/// The URL of a new SQLite file in `folder`, for `Store::open`.
pub fn sqlite_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("carrel.db").display())
}

/// The URL of a new, empty database: PostgreSQL when `CARREL_TEST_DATABASE` says `postgresql`, else SQLite in `folder`.
///
/// # Panics
/// When there is no PostgreSQL to run.
pub async fn database_url(folder: &Path) -> String {
    if std::env::var("CARREL_TEST_DATABASE").as_deref() != Ok("postgresql") {
        return sqlite_url(folder);
    }
    let postgres = Postgres::shared().expect("PostgreSQL starts");
    postgres.url(&postgres.empty_database().await.expect("a database can be made"))
}
