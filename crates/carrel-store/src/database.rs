//! Which database a store is in.

use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// How long connecting may take, where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// A database, and how it is reached. A text alone is its URL.
#[derive(Debug, Clone)]
pub struct Database {
    /// `sqlite:<path>`, `sqlite::memory:`, or `postgres://…` with the parameters of libpq.
    pub url: SecretString,
    /// PostgreSQL's password; it counts more than one in the URL.
    pub password: Option<SecretString>,
    /// How many connections are kept at most; without it as many as suit the database.
    pub connections: Option<u32>,
    /// How long connecting to PostgreSQL may take.
    pub patience: Duration,
}

impl Database {
    pub(crate) fn url(&self) -> &str {
        self.url.expose_secret()
    }
}

impl From<&str> for Database {
    fn from(url: &str) -> Self {
        Self { url: url.into(), password: None, connections: None, patience: PATIENCE }
    }
}

impl From<&String> for Database {
    fn from(url: &String) -> Self {
        url.as_str().into()
    }
}
