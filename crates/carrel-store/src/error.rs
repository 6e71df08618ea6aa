//! What can go wrong with an open store.

use crate::db::sqlite_code;

/// What went wrong with an open store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another user has the name.
    #[error("a user called “{0}” exists already")]
    NameTaken(String),
    /// The user is not known.
    #[error("there is no such user")]
    NoSuchUser,
    /// Another account has the user id, or had it.
    #[error("the user id {0} is taken: it belongs, or belonged, to somebody else")]
    UidTaken(u32),
    /// Nobody may have this user id or group id.
    #[error(transparent)]
    Id(#[from] carrel_model::IdError),
    /// The owner has as many sessions as they may.
    #[error("no more sessions at once are allowed")]
    TooMany,
    /// The database cannot be reached at present; it may come back.
    #[error("the database cannot be reached: {0}")]
    Away(#[source] sqlx::Error),
    /// No room is left where the database is.
    #[error("the disk of the database is full: make room on it")]
    DiskFull(#[source] sqlx::Error),
    /// A row holds what this program does not understand.
    #[error("the database holds something that this program does not understand: {0}")]
    Damaged(String),
    /// Anything else that the database says.
    #[error("the database refused: {0}")]
    Database(#[source] sqlx::Error),
}

/// PostgreSQL starts or stops; connections broke, were ended, are used up or no longer let in; a frozen turn was ended.
const AWAY: [&str; 11] =
    ["57P01", "57P02", "57P03", "08000", "08003", "08006", "53300", "28000", "28P01", "3D000", "25P03"];

/// What store functions answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether the database is away, so that trying again later makes sense and known answers may go on being used.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Away(_))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Protocol(_) => {
                Self::Away(error)
            }
            E::ColumnDecode { .. } | E::Decode(_) => Self::Damaged(error.to_string()),
            E::Database(from) => match from.code().as_deref() {
                Some(code) if AWAY.contains(&code) => Self::Away(error),
                Some("53100") => Self::DiskFull(error),
                _ => match sqlite_code(from.as_ref()) {
                    Some(5 | 6) => Self::Away(error),
                    Some(13) => Self::DiskFull(error),
                    _ => Self::Database(error),
                },
            },
            _ => Self::Database(error),
        }
    }
}
