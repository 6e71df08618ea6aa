//! Encryption of the connection, with the meaning that libpq gives to `sslmode` where the driver has another.

use super::{OpenError, socket};
use rustls::CertificateError as Wrong;
use sqlx::{
    ConnectOptions,
    error::DatabaseError,
    postgres::{PgConnectOptions, PgSslMode},
};
use std::{error::Error, fs::File, io, path::Path};

/// Where systems keep the authorities that they trust, for `sslrootcert=system`.
const SYSTEM: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// The modes to try one after the other. The driver takes `allow` for `disable`, and gives up with `prefer` when TLS is
/// offered and fails.
pub(super) fn modes(options: &PgConnectOptions) -> &'static [PgSslMode] {
    use PgSslMode::{Allow, Disable, Prefer, Require, VerifyCa, VerifyFull};
    match options.get_ssl_mode() {
        // Nobody reads along on a socket of this host, and servers offer no TLS there.
        _ if socket(options).is_some() => &[Disable],
        Disable => &[Disable],
        Allow => &[Disable, Require],
        Prefer => &[Prefer, Disable],
        Require => &[Require],
        VerifyCa => &[VerifyCa],
        VerifyFull => &[VerifyFull],
    }
}

/// Checks the files of certificates, and does what libpq does with them: `require` with an authority checks like
/// `verify-ca`; `sslrootcert=system` is the system's list, with `verify-full`.
pub(super) fn as_libpq(mut options: PgConnectOptions) -> Result<PgConnectOptions, OpenError> {
    let url = options.to_url_lossy();
    let files: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| ["sslrootcert", "sslcert", "sslkey"].contains(&key.as_ref()))
        // The driver's way to say that it is a file, and not a certificate itself.
        .filter_map(|(key, input)| Some((key.into_owned(), input.strip_prefix("file: ")?.to_owned())))
        .collect();
    for (key, path) in files {
        if key == "sslrootcert" && path == "system" {
            let list = SYSTEM.into_iter().find(|path| Path::new(path).is_file()).unwrap_or(SYSTEM[0]);
            options = options.ssl_root_cert(list).ssl_mode(PgSslMode::VerifyFull);
            readable(&key, list)?;
            continue;
        }
        readable(&key, &path)?;
        if key == "sslrootcert" && matches!(options.get_ssl_mode(), PgSslMode::Require) {
            options = options.ssl_mode(PgSslMode::VerifyCa);
        }
    }
    Ok(options)
}

fn readable(key: &str, path: &str) -> Result<(), OpenError> {
    File::open(path).map(drop).map_err(|error| OpenError::NoSuchFile {
        key: key.to_owned(),
        path: path.into(),
        message: error.to_string(),
    })
}

/// Whether the server may let us in with TLS where it did not without, or the other way round.
pub(super) fn another_mode_may_help(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Tls(_) => true,
        sqlx::Error::Io(io) => cause(io).is_some(),
        other => other.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code == "28000"),
    }
}

/// Whether a server that refused a user did so for want of TLS, by its words.
pub(super) fn wanted(message: &str) -> bool {
    message.contains("no encryption") || message.contains("SSL off")
}

/// What an error of the driver's about TLS means.
pub(super) fn known(at: String, error: &(dyn Error + Send + Sync + 'static)) -> OpenError {
    // The driver has no type for it.
    if error.to_string() == "server does not support TLS" {
        return OpenError::TlsNotOffered { at };
    }
    match error.downcast_ref::<rustls::Error>() {
        Some(error) => of_rustls(at, error),
        None => OpenError::NotSecure { at, message: error.to_string() },
    }
}

/// What an error in the handshake means.
pub(super) fn of_io(at: &str, error: &io::Error) -> Option<OpenError> {
    cause(error).map(|error| of_rustls(at.to_owned(), error))
}

fn cause(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn of_rustls(at: String, error: &rustls::Error) -> OpenError {
    let rustls::Error::InvalidCertificate(wrong) = error else {
        return OpenError::NotSecure { at, message: error.to_string() };
    };
    let why = match wrong {
        Wrong::UnknownIssuer | Wrong::BadSignature => {
            "nobody known has signed it; name its authority's certificate with sslrootcert=FILE".to_owned()
        }
        Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => {
            "it is for another name than the address has; connect by its name, or write sslmode=verify-ca".to_owned()
        }
        Wrong::Expired | Wrong::ExpiredContext { .. } => "it has run out; renew it".to_owned(),
        Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => {
            "it is not valid yet; compare the clocks of both hosts".to_owned()
        }
        Wrong::Revoked => "it was revoked; renew it".to_owned(),
        other => other.to_string(),
    };
    OpenError::NotTrusted { at, why }
}
