//! PostgreSQL's address as a URL.

use crate::nearest::nearest;
use std::{fmt::Write, net::IpAddr};

/// The values of `sslmode`.
const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// A URL that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// The URL, without what is said here.
    pub(super) url: String,
    /// Whether a password stands in it.
    pub(super) has_password: bool,
    /// The seconds of `connect_timeout`.
    pub(super) connect_timeout: Option<u64>,
}

/// What is wrong with a URL; without the URL, which may hold a password.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) text: &'static str,
    pub(super) allowed: String,
    pub(super) meant: Option<&'static str>,
}

/// Looks at what people write wrong, and takes out what the driver does not know.
pub(super) fn read(uri: &str) -> Result<Read, Wrong> {
    let wrong = |text| Wrong { text, allowed: "postgresql://user@host:port/database?sslmode=…".into(), meant: None };
    let rest = uri.strip_prefix("postgresql://").or_else(|| uri.strip_prefix("postgres://"));
    let rest = rest.ok_or_else(|| wrong("connection-uri does not begin with postgresql://"))?;
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = before.split('/').next().unwrap_or_default();
    let (who, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    if host.contains(',') {
        return Err(wrong("connection-uri names several hosts, which Carrel cannot choose from: name one"));
    }
    let mut read = Read { url: String::new(), has_password: who.contains(':'), connect_timeout: None };
    let mut kept = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=').unwrap_or((parameter, "")) {
            ("sslmode", mode) if !MODES.contains(&mode) => {
                let text = "sslmode of connection-uri cannot be this";
                return Err(Wrong { text, allowed: MODES.join(", "), meant: nearest(mode, MODES) });
            }
            ("connect_timeout", seconds) => read.connect_timeout = seconds.parse().ok().filter(|seconds| *seconds > 0),
            (key, _) => {
                read.has_password |= key == "password";
                kept.push(parameter);
            }
        }
    }
    read.url = format!("postgresql://{before}");
    if !kept.is_empty() {
        read.url += "?";
        read.url += &kept.join("&");
    }
    Ok(read)
}

/// The URL of what is said in parts. A host that begins with a slash is the folder of a socket, as libpq has it.
pub(super) fn of_parts(host: &str, port: u16, database: &str, username: &str) -> String {
    let host = match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ if host.starts_with('[') => host.to_owned(),
        _ => encoded(host),
    };
    let at = if username.is_empty() { "" } else { "@" };
    format!("postgresql://{}{at}{host}:{port}/{}", encoded(username), encoded(database))
}

/// A text as a part of a URL.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_together_whatever_stands_in_them() {
        let cases = [
            (("db.example", "carrel", "ada"), "postgresql://ada@db.example:5432/carrel"),
            (("::1", "a b", "o'b@d"), "postgresql://o%27b%40d@[::1]:5432/a%20b"),
            (("/run/postgresql", "carrel", ""), "postgresql://%2Frun%2Fpostgresql:5432/carrel"),
        ];
        for ((host, database, username), expected) in cases {
            assert_eq!(of_parts(host, 5432, database, username), expected);
        }
    }

    #[test]
    fn what_libpq_calls_connect_timeout_is_taken_out() {
        let uri = "postgres://ada:x@db/carrel?connect_timeout=3&sslmode=verify-full&sslrootcert=/etc/ca.crt";
        let url = "postgresql://ada:x@db/carrel?sslmode=verify-full&sslrootcert=/etc/ca.crt".to_owned();
        assert_eq!(read(uri), Ok(Read { url, has_password: true, connect_timeout: Some(3) }));
    }

    #[test]
    fn wrong_addresses_are_told_with_the_right_form() {
        assert!(read("db.example/carrel").unwrap_err().text.contains("does not begin with"));
        assert!(read("postgresql://a,b/carrel").unwrap_err().text.contains("several hosts"));
        let mode = read("postgresql://a/b?sslmode=verify_full").unwrap_err();
        assert_eq!(mode.meant, Some("verify-full"));
    }
}
