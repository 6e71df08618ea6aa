//! HTTPS at the server itself (`ssl-*` of rserver.conf): certificate, key, versions, and the port that leads there.

mod certificate;
mod files;

pub use certificate::Certificate;

use super::Settings;
use crate::{At, Configuration, Diagnostic, Level, changes::Change};
use jiff::{Timestamp, ToSpan};
use rustls::sign::CertifiedKey;
use std::{fmt, net::SocketAddr, sync::Arc};

const FILE: &str = "rserver.conf";
/// The port of HTTPS that has a port of HTTP beside it.
const HTTPS_PORT: u16 = 443;
const HTTP_PORT: u16 = 80;
/// How long before its end a certificate is told of. Those of the shortest lives are renewed a week before.
const SOON_DAYS: i64 = 7;

/// How the server speaks HTTPS.
#[derive(Clone)]
pub struct Tls {
    /// What is shown to browsers: the certificates of the file, and their key. A reload brings those that the files hold then.
    pub shown: Arc<CertifiedKey>,
    /// What the certificates say, the server's own first.
    pub certificates: Arc<[Certificate]>,
    /// Which versions are spoken. Holds from the start of the server.
    pub versions: Versions,
    /// Where the certificate is named.
    at: At,
}

/// Versions of TLS; at least one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// TLS 1.2.
    pub v1_2: bool,
    /// TLS 1.3.
    pub v1_3: bool,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { certificates, versions, .. } = self;
        f.debug_struct("Tls").field("certificates", certificates).field("versions", versions).finish_non_exhaustive()
    }
}

impl Tls {
    /// The server's own certificate.
    pub fn own(&self) -> Option<&Certificate> {
        self.certificates.first()
    }

    /// What the date has to say about the certificate.
    pub fn at_date(&self, now: Timestamp) -> Option<Diagnostic> {
        let own = self.own()?;
        let tell = |code, text| Some(Diagnostic::new(self.at.clone(), Level::Warning, code, text));
        let (from, until) = (own.from, own.until);
        if until < now {
            return tell("expired", format!("the certificate ran out on {}: browsers refuse it", date(until)));
        }
        if from > now {
            return tell(
                "not-valid-yet",
                format!("the certificate is not valid before {}: browsers refuse it", date(from)),
            );
        }
        let soon = now.checked_add((SOON_DAYS * 24).hours()).is_ok_and(|soon| until < soon);
        if soon { tell("expires-soon", format!("the certificate runs out on {}", date(until))) } else { None }
    }
}

/// `2026-11-27`, in UTC.
pub fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

impl Settings {
    /// How HTTPS is spoken: never on a Unix socket, where a proxy of the same host is the other end.
    pub fn https(&self) -> Option<&Tls> {
        self.tls.as_ref().filter(|_| self.socket.is_none())
    }

    /// The server's own address as a browser writes it: `https://192.0.2.7:8787`. None where it is no address to come to.
    pub fn own_url(&self) -> Option<String> {
        let scheme = if self.https().is_some() { "https" } else { "http" };
        let is_a_place = !self.listen.ip().is_unspecified() && self.listen.port() != 0;
        is_a_place.then(|| format!("{scheme}://{}", self.listen))
    }

    /// The address where browsers that come by HTTP are sent on to HTTPS.
    pub fn redirect_from(&self) -> Option<SocketAddr> {
        let beside = (self.listen.port() == HTTPS_PORT).then_some(HTTP_PORT);
        let port = self.https().and(self.redirect_port.or(beside)).filter(|_| self.redirects)?;
        Some(SocketAddr::new(self.listen.ip(), port))
    }
}

/// The certificate that the files hold now. Whether HTTPS is spoken, and which versions of it, was settled at the start.
pub(super) fn with_fixed_of(now: Option<Tls>, started: Option<&Tls>) -> Option<Tls> {
    let started = started?;
    Some(now.map_or_else(|| started.clone(), |now| Tls { versions: started.versions, ..now }))
}

/// What a reload says of a file that holds another certificate than before.
pub(crate) fn renewed(before: Option<&Tls>, after: Option<&Tls>) -> Option<Change> {
    let (before, after) = (before?, after?);
    let until = |tls: &Tls| tls.own().map(|own| format!("a certificate until {}", date(own.until)));
    (before.shown.cert != after.shown.cert).then(|| Change {
        file: FILE,
        key: Some("ssl-certificate".to_owned()),
        before: until(before),
        after: until(after),
        needs_restart: false,
    })
}

/// Takes over what the file sets, and reads what it names.
pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    settings.redirects = files.get(FILE, "ssl-redirect-http").flag().unwrap_or(settings.redirects);
    let held = files.get(FILE, "ssl-enabled");
    let Some(at) = held.at.clone().filter(|_| held.flag() == Some(true)) else { return Vec::new() };
    let mut told = Vec::new();
    let versions = versions(files, &mut told);
    let set = |key| {
        let held = files.get(FILE, key);
        Some((held.text().filter(|path| !path.is_empty())?.to_owned(), held.at?))
    };
    let (Some(certificate), Some(key)) = (set("ssl-certificate"), set("ssl-certificate-key")) else {
        let text = "ssl-enabled needs the files ssl-certificate and ssl-certificate-key";
        told.push(Diagnostic::new(at, Level::Error, "no-certificate", text));
        return told;
    };
    let read = files::read(&certificate, &key, &mut told);
    if let (Some((shown, certificates)), Some(versions)) = (read, versions) {
        settings.tls = Some(Tls { shown, certificates, versions, at: certificate.1 });
    }
    told
}

/// What files and command line together say and cannot be had.
pub(super) fn contradictions(settings: &Settings, files: &Configuration) -> Vec<Diagnostic> {
    let set = |file, key| files.get(file, key).at;
    let mut told = Vec::new();
    let mut tell = |at, text: &str| told.push(Diagnostic::new(at, Level::Warning, "no-effect", text));
    if let Some(at) = set(FILE, "ssl-enabled").filter(|_| settings.tls.is_some() && settings.socket.is_some()) {
        tell(at, "nobody speaks TLS on the socket of www-socket: the proxy before it does that");
    }
    if let Some(at) = set("carrel.conf", "redirect-port") {
        if settings.https().is_none() {
            tell(at, "redirect-port changes nothing: this server speaks no HTTPS to send browsers to");
        } else if !settings.redirects {
            tell(at, "redirect-port changes nothing with ssl-redirect-http=0");
        }
    }
    told
}

/// The versions that are named; nothing when there is an error in them.
fn versions(files: &Configuration, told: &mut Vec<Diagnostic>) -> Option<Versions> {
    const ALLOWED: &str = "TLSv1.2, TLSv1.3 or both, with a space between them";
    let held = files.get(FILE, "ssl-protocols");
    let text = held.text().unwrap_or_default();
    let at = held.at.clone().unwrap_or_else(|| At::whole(std::path::Path::new(FILE)));
    let mut found = Versions { v1_2: false, v1_3: false };
    for word in text.split([' ', ',', ';']).filter(|word| !word.is_empty()) {
        let told_of =
            |level, text: String| Diagnostic::new(at.clone(), level, "wrong-value", text).found(word).allowed(ALLOWED);
        match word.to_ascii_lowercase().as_str() {
            "tlsv1.2" => found.v1_2 = true,
            "tlsv1.3" => found.v1_3 = true,
            "sslv2" | "sslv3" | "tlsv1" | "tlsv1.0" | "tlsv1.1" => {
                told.push(told_of(
                    Level::Warning,
                    format!("{word} is not spoken: it is broken, and no browser asks for it"),
                ));
            }
            _ => {
                told.push(told_of(Level::Error, "ssl-protocols cannot be this".to_owned()));
                return None;
            }
        }
    }
    if !found.v1_2 && !found.v1_3 {
        let wrong = Diagnostic::new(at, Level::Error, "wrong-value", "ssl-protocols names no version that is spoken");
        told.push(wrong.found(text).allowed(ALLOWED));
        return None;
    }
    Some(found)
}

#[cfg(test)]
mod tests;
