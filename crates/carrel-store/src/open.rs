//! Opening a store, with one clear sentence for each thing that is in the way.

mod error;
mod postgres;
mod sqlite;

use crate::{
    Database, Error,
    db::{Db, On, on, sqlite_code},
};
pub use error::OpenError;
use sqlx::SqliteConnection;
use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex as StdMutex, PoisonError},
};
use tokio::{
    sync::{Mutex, watch},
    task::JoinHandle,
};

/// Where rows are kept. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) place: Place,
    /// Writers of this process queue here.
    pub(crate) writer: Arc<Mutex<()>>,
    pub(crate) wakes: watch::Sender<u64>,
    /// Tells this process's own notifications from those of other replicas.
    pub(crate) replica: String,
    listener: StdMutex<Option<JoinHandle<()>>>,
    /// A database in memory lives as long as a connection to it.
    memory: Mutex<Option<SqliteConnection>>,
}

/// Where a store is, for messages: never with a password.
pub(crate) enum Place {
    Memory,
    File(PathBuf),
    Server { at: String, user: String, database: String },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("in memory"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Server { at, database, .. } => write!(f, "“{database}” at {at}"),
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.0.place)
    }
}

impl Store {
    /// Opens a database. The tables are as they were: see [`Store::migrate`].
    pub async fn open(database: impl Into<Database>) -> Result<Self, OpenError> {
        let database = database.into();
        let url = database.url();
        if let Some(file) = url.strip_prefix("sqlite:") {
            sqlite::open(file, &database).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            postgres::open(&database).await
        } else {
            // What stands before “@” may be a password.
            Err(OpenError::BadUrl(url.rsplit_once('@').map_or(url, |(_, rest)| rest).to_owned()))
        }
    }

    fn new(db: Db, place: Place, memory: Option<SqliteConnection>) -> Result<Self, OpenError> {
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce)
            .map_err(|error| OpenError::Other { place: place.to_string(), message: error.to_string() })?;
        let replica = format!("{:016x}", u64::from_le_bytes(nonce));
        let wakes = watch::Sender::new(0);
        let listener = match &db {
            On::Pg(pool) => Some(tokio::spawn(crate::wakes::listen(pool.clone(), replica.clone(), wakes.clone()))),
            On::Sqlite(_) => None,
        };
        let (writer, listener, memory) = (Arc::default(), StdMutex::new(listener), Mutex::new(memory));
        Ok(Self(Arc::new(Inner { db, place, writer, wakes, replica, listener, memory })))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        on!(self.pool(), c => sqlx::query("SELECT 1").execute(c).await.map(drop))?;
        Ok(())
    }

    /// Lets the database go: waits until nobody uses it. Every call after that fails.
    pub async fn close(&self) {
        let listener = self.0.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(listener) = listener {
            listener.abort();
            listener.await.ok();
        }
        on!(self.pool(), pool => pool.close().await);
        self.0.memory.lock().await.take();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            listener.abort();
        }
    }
}

/// What an error means to somebody who starts a server.
pub(crate) fn open_error(place: &Place, error: &sqlx::Error) -> OpenError {
    let known = match place {
        Place::Server { at, user, database } => postgres::known(at, user, database, error),
        Place::File(path) => sqlite::known(path, error),
        Place::Memory => None,
    };
    known.unwrap_or_else(|| OpenError::Other { place: place.to_string(), message: error.to_string() })
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error().and_then(sqlite_code)
}
