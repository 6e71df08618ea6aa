//! Opening a connection to a server.

use super::{OpenError, Place, Store, open_error};
use crate::db::On;
use sqlx::{
    ConnectOptions, Connection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{io, str::FromStr, time::Duration};

/// How long the server may take to answer at the start.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a call waits for a connection before it says that the database is away.
const PATIENCE_LATER: Duration = Duration::from_secs(5);
/// One of them listens for other replicas.
const CONNECTIONS: u32 = 10;

pub(super) async fn open(url: &str) -> Result<Store, OpenError> {
    // The text of a parse error may hold the password.
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| OpenError::BadUrl(url.rsplit_once('@').map_or("postgres://…", |(_, rest)| rest).to_owned()))?
        .application_name("carrel");
    let at = match options.get_socket() {
        Some(folder) => format!("{}", folder.display()),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let user = options.get_username().to_owned();
    let database = options.get_database().unwrap_or(&user).to_owned();
    if options.get_socket().is_none() {
        let host = options.get_host().to_owned();
        if tokio::net::lookup_host((host.as_str(), options.get_port())).await.is_err() {
            return Err(OpenError::HostNotFound { host });
        }
    }
    let no_answer = OpenError::NoAnswer { at: at.clone(), seconds: PATIENCE.as_secs() };
    let place = Place::Server { at, user, database };
    match tokio::time::timeout(PATIENCE, probe(&options)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(open_error(&place, &error)),
        Err(_) => return Err(no_answer),
    }
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE_LATER)
        .after_connect(|connection, _| {
            Box::pin(async move {
                // A replica that freezes in its turn must not hold up the others for longer. Not a startup option:
                // connection poolers refuse those.
                sqlx::raw_sql("SET idle_in_transaction_session_timeout = '15s'").execute(connection).await.map(drop)
            })
        })
        .connect_lazy_with(options);
    Store::new(On::Pg(pool), place)
}

/// A pool would say no more than that it waited too long.
async fn probe(options: &PgConnectOptions) -> sqlx::Result<()> {
    options.connect().await?.close().await
}

pub(super) fn known(at: &str, user: &str, database: &str, error: &sqlx::Error) -> Option<OpenError> {
    let (at, user) = (at.to_owned(), user.to_owned());
    let from = match error {
        sqlx::Error::Io(io) => return of_io(at, io),
        sqlx::Error::Tls(tls) => return Some(OpenError::NotSecure { at, message: tls.to_string() }),
        other => other.as_database_error()?,
    };
    let message = from.message().to_owned();
    match from.code()?.as_ref() {
        "28P01" => Some(OpenError::PasswordRefused { at, user }),
        "28000" => Some(OpenError::UserRefused { at, user, message }),
        "3D000" => Some(OpenError::NoSuchDatabase { at, database: database.to_owned() }),
        "42501" => Some(OpenError::NoRights { user, place: format!("“{database}” at {at}"), message }),
        "53300" => Some(OpenError::TooManyConnections { at, message }),
        "53100" => Some(OpenError::DiskFull { place: at }),
        "57P01" | "57P02" | "57P03" => Some(OpenError::NotReady { at, message }),
        _ => None,
    }
}

fn of_io(at: String, error: &io::Error) -> Option<OpenError> {
    match error.kind() {
        // A socket that is not there is nobody listening, too.
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => Some(OpenError::Refused { at }),
        io::ErrorKind::TimedOut => Some(OpenError::NoAnswer { at, seconds: PATIENCE.as_secs() }),
        _ => None,
    }
}
