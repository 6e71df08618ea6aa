//! `database.conf`: which database, and how it is reached.

mod address;

use super::Settings;
use crate::{
    Configuration, Diagnostic, Level,
    configuration::Held,
    sealed::{self, SealError, SealKey},
    source::At,
};
use secrecy::{ExposeSecret, SecretString};
use std::{path::Path, time::Duration};

/// The file.
pub(super) const FILE: &str = "database.conf";
/// How long connecting may take, unless the file says.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections to a server, unless the file says: two a CPU, within these.
const CONNECTIONS: (u32, u32) = (4, 20);

/// Which database, and how it is reached. Printing it for debugging shows no secret.
#[derive(Debug, Clone)]
pub struct Database {
    /// `sqlite:<path>`, or `postgres://…` with libpq's parameters.
    pub url: SecretString,
    /// PostgreSQL's password, where it stands apart; it counts more than one in the URL.
    pub password: Option<SecretString>,
    /// How many connections a server is given; nothing for SQLite, unless a file says.
    pub pool_size: Option<u32>,
    /// Why so many, for the log: `database.conf:4`, or the rule.
    pub pool_size_from: String,
    /// How long connecting may take.
    pub connection_timeout: Duration,
}

impl Database {
    /// SQLite in a folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self::at(format!("sqlite:{}", folder.join("carrel.db").display()))
    }

    /// The database with this URL.
    pub fn at(url: impl Into<String>) -> Self {
        let url: String = url.into();
        let (pool_size, pool_size_from) = if url.starts_with("sqlite:") { (None, String::new()) } else { by_cpus() };
        Self { url: url.into(), password: None, pool_size, pool_size_from, connection_timeout: PATIENCE }
    }

    /// Whether a password stands in the URL.
    pub fn url_holds_password(&self) -> bool {
        address::read(self.url.expose_secret()).is_ok_and(|read| read.has_password)
    }

    /// Takes over what `database.conf` sets, and answers what there is to tell about it.
    pub fn apply(&mut self, files: &Configuration) -> Vec<Diagnostic> {
        let mut file = Reading { files, told: Vec::new() };
        if file.get("provider").text() == Some("postgresql") {
            file.postgresql(self);
        } else {
            file.sqlite(self);
        }
        if let Some((size, at)) = set(&file.get("pool-size"), Held::whole)
            && size > 0
        {
            self.pool_size = Some(u32::try_from(size).unwrap_or(u32::MAX));
            self.pool_size_from = at.to_string();
        }
        if let Some((seconds, _)) = set(&file.get("connection-timeout-seconds"), Held::whole)
            && seconds > 0
        {
            self.connection_timeout = Duration::from_secs(seconds);
        }
        file.told
    }

    /// Takes the password that the environment holds (`WORKBENCH_POSTGRES_PASSWORD`), sealed or plain. It counts more than
    /// the files'.
    pub fn password_of_environment(&mut self, text: &str, files: &Configuration) -> Result<(), SealError> {
        self.password = Some(opened(text, files)?);
        Ok(())
    }
}

/// Takes over what the file sets.
pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    settings.database.apply(files)
}

fn by_cpus() -> (Option<u32>, String) {
    let cpus = std::thread::available_parallelism().map_or(1, |cpus| u32::try_from(cpus.get()).unwrap_or(u32::MAX));
    let (fewest, most) = CONNECTIONS;
    let rule = format!("two for each of {cpus} CPUs, at least {fewest} and at most {most}");
    (Some(cpus.saturating_mul(2).clamp(fewest, most)), rule)
}

fn opened(text: &str, files: &Configuration) -> Result<SecretString, SealError> {
    if sealed::is_sealed(text) { SealKey::of(files)?.open(text) } else { Ok(text.into()) }
}

/// A value that the file sets, and where.
fn set<'h, T>(held: &'h Held, value: impl Fn(&'h Held) -> Option<T>) -> Option<(T, &'h At)> {
    Some((value(held)?, held.at.as_ref()?))
}

/// A text that the file sets to something, and where.
fn set_text(held: &Held) -> Option<(&str, &At)> {
    set(held, Held::text).filter(|(text, _)| !text.is_empty())
}

struct Reading<'f> {
    files: &'f Configuration,
    told: Vec<Diagnostic>,
}

impl Reading<'_> {
    fn get(&self, key: &str) -> Held {
        self.files.get(FILE, key)
    }

    fn tell(&mut self, at: &At, level: Level, code: &'static str, text: impl Into<String>) {
        self.told.push(Diagnostic::new(at.clone(), level, code, text));
    }

    /// Tells of options that are set and not used.
    fn not_used(&mut self, keys: &[&str], why: &str) {
        for key in keys {
            if let Some(at) = self.get(key).at {
                self.tell(&at, Level::Warning, "not-used", format!("{key} is not used: {why}"));
            }
        }
    }

    fn sqlite(&mut self, database: &mut Database) {
        self.not_used(
            &["connection-uri", "password", "host", "port", "database", "username"],
            "the provider is sqlite; for PostgreSQL write provider=postgresql",
        );
        if let Some((folder, _)) = set_text(&self.get("directory")) {
            *database = Database::in_folder(Path::new(folder));
        }
    }

    fn postgresql(&mut self, database: &mut Database) {
        self.not_used(&["directory"], "the provider is postgresql");
        let password = self.get("password");
        let uri = self.get("connection-uri");
        *database = match set_text(&uri) {
            Some((uri, at)) => self.by_uri(uri, at, set_text(&password).is_some()),
            None => self.by_parts(),
        };
        if let Some((text, at)) = set_text(&password) {
            database.password = self.password(text, at);
        }
    }

    fn by_uri(&mut self, uri: &str, at: &At, password_apart: bool) -> Database {
        self.not_used(
            &["host", "port", "database", "username"],
            &format!("connection-uri in line {} says it", at.line),
        );
        let read = match address::read(uri) {
            Ok(read) => read,
            Err(wrong) => {
                let told = Diagnostic::new(at.clone(), Level::Error, "wrong-value", wrong.text);
                self.told.push(told.allowed(wrong.allowed).meant(wrong.meant));
                return Database::at(uri);
            }
        };
        if read.has_password {
            let what = "the password stands in connection-uri in plain text";
            let instead = if password_apart {
                "and is not used, since the option password is set: take it out of the address"
            } else {
                "take it out, and set password= to what `carrel config encrypt-password` prints"
            };
            self.tell(at, Level::Warning, "plain-password", format!("{what}: {instead}"));
        }
        let mut database = Database::at(read.url);
        if let Some(seconds) = read.connect_timeout {
            database.connection_timeout = Duration::from_secs(seconds);
        }
        database
    }

    fn by_parts(&mut self) -> Database {
        let text = |key: &str| self.get(key).text().unwrap_or_default().to_owned();
        let (host, database, username) = (text("host"), text("database"), text("username"));
        let port = self.get("port").whole().and_then(|port| u16::try_from(port).ok()).unwrap_or(5432);
        for (key, text) in [("database", &database), ("username", &username)] {
            if text.is_empty() {
                let at = self.get("provider").at;
                let note = format!("{key} is not set: the name of the server's account is taken");
                self.told.extend(at.map(|at| Diagnostic::new(at, Level::Note, "guessed", note)));
            }
        }
        Database::at(address::of_parts(&host, port, &database, &username))
    }

    fn password(&mut self, text: &str, at: &At) -> Option<SecretString> {
        match opened(text, self.files) {
            Ok(password) => {
                if sealed::looks_encrypted(text) {
                    let what = "the password looks like one that another program encrypted, and is used as it stands";
                    let instead = "Carrel cannot decrypt those: if it is one, encrypt the password again with `carrel \
                                   config encrypt-password`";
                    self.tell(at, Level::Warning, "foreign-password", format!("{what}; {instead}"));
                } else if !sealed::is_sealed(text) {
                    let what = "the password stands here in plain text: replace it by what `carrel config \
                                encrypt-password` prints";
                    self.tell(at, Level::Warning, "plain-password", what);
                }
                Some(password)
            }
            Err(error) => {
                let text = format!("the password cannot be decrypted: {error}");
                self.tell(at, Level::Error, "cannot-decrypt", text);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
