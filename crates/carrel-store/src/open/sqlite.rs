//! Opening a file.

use super::{OpenError, Place, Store, open_error, primary_code};
use crate::{Database, db::On};
use sqlx::{
    ConnectOptions, Connection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

/// How long a statement waits for another program's transaction.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same at the start, where somebody looks on.
const PATIENCE_AT_START: Duration = Duration::from_secs(2);
/// One writer at a time; the others read.
const CONNECTIONS: u32 = 5;

pub(super) async fn open(file: &str, database: &Database) -> Result<Store, OpenError> {
    if file == ":memory:" {
        return open_memory().await;
    }
    let path = PathBuf::from(file.strip_prefix("//").unwrap_or(file));
    if path.as_os_str().is_empty() {
        return Err(OpenError::BadUrl(format!("sqlite:{file}")));
    }
    make_file(&path)?;
    let place = Place::File(path.clone());
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true);
    probe(options.clone().busy_timeout(PATIENCE_AT_START)).await.map_err(|error| open_error(&place, &error))?;
    let connections = database.connections.unwrap_or(CONNECTIONS).max(1);
    let pool = SqlitePoolOptions::new().max_connections(connections).connect_lazy_with(options.busy_timeout(PATIENCE));
    Store::new(On::Sqlite(pool), place, None)
}

/// For tests. A database in memory ends with its last connection, and a pool may replace its connections at any time: one
/// beside the pool keeps it.
async fn open_memory() -> Result<Store, OpenError> {
    let opened = async {
        // Parsed, the name is one of this store's own that other connections can share.
        let options = SqliteConnectOptions::from_str("sqlite::memory:")?.foreign_keys(true);
        let keeper = options.connect().await?;
        // One: the tables of a shared cache are locked as wholes.
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        Ok((pool, keeper))
    };
    let (pool, keeper) = opened.await.map_err(|error| open_error(&Place::Memory, &error))?;
    Store::new(On::Sqlite(pool), Place::Memory, Some(keeper))
}

/// Makes the file, for nobody but this account, and finds what a database driver says less well.
fn make_file(path: &Path) -> Result<(), OpenError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(OpenError::NoSuchFolder { folder: folder.into() });
    }
    let existed = path.exists();
    match fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(_) if path.is_dir() => Err(OpenError::NotADatabase { path: path.into() }),
        Err(error) => Err(match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem if existed => {
                OpenError::NotWritable { path: path.into() }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                OpenError::FolderNotWritable { folder: folder.into() }
            }
            io::ErrorKind::StorageFull => OpenError::DiskFull { place: path.display().to_string() },
            _ => OpenError::Other { place: path.display().to_string(), message: error.to_string() },
        }),
    }
}

/// Finds at once what would otherwise come up with the first write.
async fn probe(options: SqliteConnectOptions) -> sqlx::Result<()> {
    let mut connection = options.connect().await?;
    sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK").execute(&mut connection).await?;
    connection.close().await
}

pub(super) fn known(path: &Path, error: &sqlx::Error) -> Option<OpenError> {
    let path = path.to_owned();
    match primary_code(error)? {
        5 | 6 => Some(OpenError::Locked { path }),
        8 | 14 => Some(OpenError::NotWritable { path }),
        11 | 26 => Some(OpenError::NotADatabase { path }),
        13 => Some(OpenError::DiskFull { place: path.display().to_string() }),
        _ => None,
    }
}
