//! The certificate as a browser looks at it: for which names, how long, and who vouches for it.

use super::Finding;
use carrel_config::{
    Settings,
    tls::{Tls, date},
};
use carrel_model::Clock;
use jiff::{SignedDuration, Timestamp};
use rustls::{
    CertificateError, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier, verify_server_name},
    crypto::ring::default_provider,
    pki_types::{ServerName, UnixTime},
    server::ParsedCertificate,
};
use std::{sync::Arc, time::Duration};

const CERTIFICATE: &str = "certificate";
const CHAIN: &str = "TLS chain";

pub(super) fn check(settings: &Settings) -> Vec<Finding> {
    let Some(tls) = settings.https() else {
        return vec![Finding::not_checked(CHAIN, "this server does not speak HTTPS itself")];
    };
    let now = Clock::System.now();
    let own = Finding::of(CERTIFICATE, certificate(tls, settings.public_url.as_deref(), now));
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    let vouched = if roots.is_empty() {
        Finding::not_checked(CHAIN, "this host has no list of authorities (Debian: ca-certificates)")
    } else {
        Finding::of(CHAIN, chain(tls, roots, now))
    };
    vec![own, vouched]
}

/// Names and dates.
fn certificate(tls: &Tls, public: Option<&str>, now: Timestamp) -> Result<String, String> {
    let own = tls.own().ok_or("there is none")?;
    if own.names.is_empty() {
        return Err(format!("{} names no host (subjectAltName): browsers refuse it", own.subject));
    }
    let names = own.names.join(", ");
    if let Some(dated) = tls.at_date(now).filter(|told| told.code != "expires-soon") {
        return Err(dated.text);
    }
    if let Some(host) = public.and_then(host)
        && !is_for(tls, &host)
    {
        return Err(format!("it is for {names}, and public-url is {host}: browsers refuse it there"));
    }
    let days = own.until.duration_since(now).as_secs() / SignedDuration::from_hours(24).as_secs();
    Ok(format!("for {names}; it holds for {days} days, until {}", date(own.until)))
}

/// The host of an address.
fn host(url: &str) -> Option<String> {
    reqwest::Url::parse(url).ok()?.host_str().map(|host| host.trim_matches(['[', ']']).to_owned())
}

fn is_for(tls: &Tls, host: &str) -> bool {
    let certificate = tls.shown.cert.first().and_then(|own| ParsedCertificate::try_from(own).ok());
    let name = ServerName::try_from(host).ok();
    certificate.zip(name).is_some_and(|(certificate, name)| verify_server_name(&certificate, &name).is_ok())
}

/// Whether the certificates of the file lead to an authority of this host.
fn chain(tls: &Tls, roots: RootCertStore, now: Timestamp) -> Result<String, String> {
    let own = tls.own().ok_or("there is none")?;
    if own.is_self_signed() {
        return Err(
            "self-signed: every browser warns of it, and with HSTS lets nobody pass; ssl-hsts=0 and a list of \
                    exceptions, or a certificate of an authority, helps"
                .to_owned(),
        );
    }
    let provider = Arc::new(default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let verifier = verifier.map_err(|error| error.to_string())?;
    let name = own.names.first().map(|name| name.replacen("*.", "any.", 1)).unwrap_or_default();
    let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
    let since_epoch = Duration::try_from(now.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
    let (first, more) = tls.shown.cert.split_first().ok_or("there is none")?;
    match verifier.verify_server_cert(first, more, &name, &[], UnixTime::since_unix_epoch(since_epoch)) {
        Ok(_) => Ok(format!("{} certificates lead to an authority that this host trusts", tls.certificates.len())),
        Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => Err(unknown(tls)),
        Err(error) => Err(error.to_string()),
    }
}

/// Nobody known vouches for the last certificate of the file.
fn unknown(tls: &Tls) -> String {
    match tls.certificates.last() {
        Some(last) if last.is_self_signed() => {
            format!("“{}” is no authority that this host trusts, nor will browsers that were not told to", last.subject)
        }
        Some(last) => format!(
            "nobody knows “{}”, who vouches for “{}”: append the certificate of it to the file of ssl-certificate",
            last.issuer, last.subject
        ),
        None => "there is none".to_owned(),
    }
}

#[cfg(test)]
mod tests;
