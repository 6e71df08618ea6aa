//! Opening a store, with one clear sentence for each thing that is in the way.

mod postgres;
mod sqlite;

use crate::{
    Error,
    db::{Db, On, on, sqlite_code},
};
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
}

/// Why a store cannot be opened or brought up to date: what is wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The text names no database.
    #[error("“{0}” names no database: write sqlite:<path> or postgres://<user>@<host>/<database>")]
    BadUrl(String),
    /// The folder of the SQLite file does not exist.
    #[error("the folder {folder} for the database does not exist: make it, or name another in the settings")]
    NoSuchFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder of the SQLite file takes no files from us.
    #[error("the folder {folder} is not writable for this account: give it to the account that runs Carrel")]
    FolderNotWritable {
        /// The folder.
        folder: PathBuf,
    },
    /// The SQLite file, or something beside it, takes no writes from us.
    #[error(
        "the database {path} is not writable for this account: give it and its folder to the account that runs Carrel"
    )]
    NotWritable {
        /// The file.
        path: PathBuf,
    },
    /// There is something else at the path.
    #[error("{path} is not a Carrel database: move it away, or name another file in the settings")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// Another program holds the file.
    #[error(
        "the database {path} is locked by another program: end whatever else has it open (`fuser {path}` names it), then try again"
    )]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// No room is left.
    #[error("the disk of the database {place} is full: make room on it")]
    DiskFull {
        /// File or server.
        place: String,
    },
    /// A later release of Carrel has changed the tables.
    #[error(
        "the database {place} is of a newer Carrel: it has {found} migrations and this program knows {known}; run the newer program"
    )]
    NewerThanProgram {
        /// File or server.
        place: String,
        /// Migrations in the database.
        found: i64,
        /// Migrations this program has.
        known: i64,
    },
    /// The name of the host means nothing.
    #[error("the database host “{host}” cannot be resolved: check its name, and the DNS of this machine")]
    HostNotFound {
        /// The name.
        host: String,
    },
    /// Nobody listens there.
    #[error(
        "the database at {at} refused the connection: check host and port, and that PostgreSQL runs there and listens"
    )]
    Refused {
        /// Host and port, or socket.
        at: String,
    },
    /// It does not answer.
    #[error("the database at {at} did not answer within {seconds} s: check host and port, and firewalls between")]
    NoAnswer {
        /// Host and port, or socket.
        at: String,
        /// How long was waited.
        seconds: u64,
    },
    /// Wrong password, or none where one is needed.
    #[error("the database at {at} refused the password of “{user}”: check user and password")]
    PasswordRefused {
        /// Host and port, or socket.
        at: String,
        /// The user.
        user: String,
    },
    /// The user may not come in at all.
    #[error("the database at {at} refused the user “{user}”: {message}")]
    UserRefused {
        /// Host and port, or socket.
        at: String,
        /// The user.
        user: String,
        /// The server's words.
        message: String,
    },
    /// The server has no such database.
    #[error(
        "the server at {at} has no database “{database}”: make it with CREATE DATABASE, or name another in the settings"
    )]
    NoSuchDatabase {
        /// Host and port, or socket.
        at: String,
        /// The database.
        database: String,
    },
    /// The user may not do what Carrel needs.
    #[error("the user “{user}” has not enough rights on the database {place}: {message}; make the user its owner")]
    NoRights {
        /// The user.
        user: String,
        /// Server and database.
        place: String,
        /// The server's words.
        message: String,
    },
    /// The server takes no more connections.
    #[error(
        "the database at {at} has too many connections: raise max_connections there, or end other programs that use it ({message})"
    )]
    TooManyConnections {
        /// Host and port, or socket.
        at: String,
        /// The server's words.
        message: String,
    },
    /// The server starts or stops.
    #[error("the database at {at} is not ready yet: {message}")]
    NotReady {
        /// Host and port, or socket.
        at: String,
        /// The server's words.
        message: String,
    },
    /// No secure connection.
    #[error("no secure connection to the database at {at}: {message}")]
    NotSecure {
        /// Host and port, or socket.
        at: String,
        /// What is wrong with it.
        message: String,
    },
    /// Anything else.
    #[error("the database {place} cannot be used: {message}")]
    Other {
        /// File or server.
        place: String,
        /// What the database or its driver says.
        message: String,
    },
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
    /// Opens the database that `url` names: `sqlite:<path>`, `sqlite::memory:` or `postgres://…`. The tables are as
    /// they were: see [`Store::migrate`].
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        if let Some(file) = url.strip_prefix("sqlite:") {
            sqlite::open(file).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            postgres::open(url).await
        } else {
            // What stands before “@” may be a password.
            Err(OpenError::BadUrl(url.rsplit_once('@').map_or(url, |(_, rest)| rest).to_owned()))
        }
    }

    fn new(db: Db, place: Place) -> Result<Self, OpenError> {
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce)
            .map_err(|error| OpenError::Other { place: place.to_string(), message: error.to_string() })?;
        let replica = format!("{:016x}", u64::from_le_bytes(nonce));
        let wakes = watch::Sender::new(0);
        let listener = match &db {
            On::Pg(pool) => Some(tokio::spawn(crate::wakes::listen(pool.clone(), replica.clone(), wakes.clone()))),
            On::Sqlite(_) => None,
        };
        let writer = Arc::default();
        Ok(Self(Arc::new(Inner { db, place, writer, wakes, replica, listener: StdMutex::new(listener) })))
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
