//! Opening a connection to a server.

mod tls;

use super::{OpenError, Place, Store, open_error};
use crate::{Database, db::On};
use secrecy::ExposeSecret;
use sqlx::{
    ConnectOptions, Connection,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};
use std::{io, str::FromStr, time::Duration};
use tokio::time::timeout;

/// How long a call waits for a connection before it says that the database is away.
const PATIENCE_LATER: Duration = Duration::from_secs(5);
/// Where the settings don't say.
const CONNECTIONS: u32 = 10;
/// One of them listens for other replicas.
const FEWEST: u32 = 2;

pub(super) async fn open(database: &Database) -> Result<Store, OpenError> {
    let (options, patience) = (options(database)?, database.patience);
    let (socket, modes) = (socket(&options), tls::modes(&options));
    let at = socket.clone().unwrap_or_else(|| format!("{}:{}", options.get_host(), options.get_port()));
    let user = options.get_username().to_owned();
    let name = options.get_database().unwrap_or(&user).to_owned();
    let no_answer = || OpenError::NoAnswer { at: at.clone(), seconds: patience.as_secs() };
    if socket.is_none() {
        let found = timeout(patience, tokio::net::lookup_host((options.get_host(), options.get_port())));
        if !matches!(found.await, Ok(Ok(_))) {
            return Err(OpenError::HostNotFound { host: options.get_host().to_owned() });
        }
    }
    let place = Place::Server { at: at.clone(), user, database: name };
    let options = match timeout(patience, reach(options, modes)).await {
        Ok(Ok(options)) => options,
        Ok(Err(error)) => return Err(open_error(&place, &error)),
        Err(_) => return Err(no_answer()),
    };
    let pool = PgPoolOptions::new()
        .max_connections(database.connections.unwrap_or(CONNECTIONS).max(FEWEST))
        .acquire_timeout(PATIENCE_LATER)
        .after_connect(|connection, _| {
            Box::pin(async move {
                // A replica that freezes in its turn must not hold up the others for longer. Not a startup option:
                // connection poolers refuse those.
                sqlx::raw_sql("SET idle_in_transaction_session_timeout = '15s'").execute(connection).await.map(drop)
            })
        })
        .connect_lazy_with(options);
    Store::new(On::Pg(pool), place, None)
}

fn options(database: &Database) -> Result<PgConnectOptions, OpenError> {
    let url = database.url();
    // The text of a parse error may hold the password.
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| OpenError::BadUrl(url.rsplit_once('@').map_or("postgres://…", |(_, rest)| rest).to_owned()))?
        .application_name("carrel");
    let options = tls::as_libpq(options)?;
    Ok(match &database.password {
        Some(password) => options.password(password.expose_secret()),
        None => options,
    })
}

/// The folder of the socket, when it is reached by one.
fn socket(options: &PgConnectOptions) -> Option<String> {
    let named = options.get_socket().map(|folder| folder.display().to_string());
    // Without a host the driver looks for a socket in the system's folder, and calls that the host.
    named.or_else(|| options.get_host().starts_with('/').then(|| options.get_host().to_owned()))
}

/// Connects by the first of these modes that leads in, and answers the options with it. A pool would say no more than that
/// it waited too long.
async fn reach(options: PgConnectOptions, modes: &[PgSslMode]) -> sqlx::Result<PgConnectOptions> {
    let mut first = None;
    for mode in modes {
        let options = options.clone().ssl_mode(*mode);
        match probe(&options).await {
            Ok(()) => return Ok(options),
            Err(error) if tls::another_mode_may_help(&error) => first = first.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    Err(first.unwrap_or(sqlx::Error::PoolClosed))
}

async fn probe(options: &PgConnectOptions) -> sqlx::Result<()> {
    options.connect().await?.close().await
}

pub(super) fn known(at: &str, user: &str, database: &str, error: &sqlx::Error) -> Option<OpenError> {
    let (at, user) = (at.to_owned(), user.to_owned());
    let from = match error {
        sqlx::Error::Io(io) => return tls::of_io(&at, io).or_else(|| of_io(at, io)),
        sqlx::Error::Tls(error) => return Some(tls::known(at, error.as_ref())),
        sqlx::Error::PoolTimedOut => {
            let message = format!("it gave no connection within {} s", PATIENCE_LATER.as_secs());
            return Some(OpenError::NotReady { at, message });
        }
        other => other.as_database_error()?,
    };
    let message = from.message().to_owned();
    match from.code()?.as_ref() {
        "28P01" => Some(OpenError::PasswordRefused { at, user }),
        "28000" if tls::wanted(&message) => Some(OpenError::TlsWanted { at, message }),
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
    use io::ErrorKind as Kind;
    let message = error.to_string();
    match error.kind() {
        // A socket that is not there is nobody listening, too.
        Kind::ConnectionRefused | Kind::NotFound => Some(OpenError::Refused { at }),
        Kind::TimedOut | Kind::HostUnreachable | Kind::NetworkUnreachable => {
            Some(OpenError::NotReached { at, message })
        }
        // A server that starts or stops, or a proxy before one that does.
        Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => {
            Some(OpenError::NotReady { at, message: format!("it hung up ({message})") })
        }
        _ => None,
    }
}
