//! What is in the way of a store, in one clear sentence each.

use std::path::PathBuf;

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
    /// No way leads there.
    #[error("the database at {at} cannot be reached: {message}")]
    NotReached {
        /// Host and port, or socket.
        at: String,
        /// The system's words.
        message: String,
    },
    /// The server takes only encrypted connections.
    #[error(
        "the database at {at} wants TLS ({message}): write sslmode=require, or better verify-full, into the address"
    )]
    TlsWanted {
        /// Host and port, or socket.
        at: String,
        /// The server's words.
        message: String,
    },
    /// TLS is asked for, and the server has none.
    #[error("the database at {at} offers no TLS, and sslmode asks for it: set ssl=on there, or write sslmode=prefer")]
    TlsNotOffered {
        /// Host and port, or socket.
        at: String,
    },
    /// The server's certificate proves nothing.
    #[error("the certificate of the database at {at} is not trusted: {why}")]
    NotTrusted {
        /// Host and port, or socket.
        at: String,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// A file that the address names cannot be read.
    #[error("{key}={path} of the database's address cannot be read: {message}")]
    NoSuchFile {
        /// The parameter that names it.
        key: String,
        /// The file.
        path: PathBuf,
        /// The system's words.
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

impl OpenError {
    /// Whether it may pass by itself, so that waiting helps: a database that starts, a name that DNS does not know yet.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::HostNotFound { .. }
                | Self::Refused { .. }
                | Self::NotReached { .. }
                | Self::NoAnswer { .. }
                | Self::TooManyConnections { .. }
                | Self::NotReady { .. }
        )
    }
}
