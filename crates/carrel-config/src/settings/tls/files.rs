//! The files of the certificate and of its key.

use super::Certificate;
use crate::{At, Diagnostic, Level};
use rustls::{
    crypto::ring::sign::any_supported_type,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{Error as PemError, PemObject},
    },
    sign::CertifiedKey,
};
use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::PermissionsExt,
    sync::Arc,
};

/// A file with more was not written for this.
const LONGEST: u64 = 1 << 20;
/// What an encrypted key has in its first line or in the one below it.
const ENCRYPTED: [&[u8]; 2] = [b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"];

type Named = (String, At);
type Shown = (Arc<CertifiedKey>, Arc<[Certificate]>);

/// Reads both, and tells of either what is wrong with it.
pub(super) fn read(certificate: &Named, key: &Named, told: &mut Vec<Diagnostic>) -> Option<Shown> {
    let chain = chain(&certificate.0).map_err(|why| told.push(wrong(certificate, why)));
    let private = bytes(&key.0).and_then(|bytes| private_key(&bytes, &key.0)).map_err(|why| told.push(wrong(key, why)));
    if is_open(&key.0) {
        let text =
            format!("other accounts of this host can read the key in {}: take that from them, `chmod o= {0}`", key.0);
        told.push(Diagnostic::new(key.1.clone(), Level::Warning, "open-key", text));
    }
    let ((chain, certificates), private) = (chain.ok()?, private.ok()?);
    let signing = any_supported_type(&private).map_err(|error| {
        let text = format!("the key in {} is of no kind that TLS knows: {error}", key.0);
        told.push(wrong(key, ("wrong-key", text)));
    });
    let shown = CertifiedKey::new(chain, signing.ok()?);
    if let Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) = shown.keys_match() {
        told.push(wrong(key, ("wrong-key", mismatch(&shown, &certificate.0, &key.0))));
        return None;
    }
    Some((Arc::new(shown), certificates.into()))
}

fn wrong((_, at): &Named, (code, text): Fault) -> Diagnostic {
    Diagnostic::new(at.clone(), Level::Error, code, text)
}

/// A stable word, and a sentence.
type Fault = (&'static str, String);

fn bytes(path: &str) -> Result<Vec<u8>, Fault> {
    let read = || {
        let mut bytes = Vec::new();
        File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LONGEST { Err(io::Error::other("it has more than 1 MiB")) } else { Ok(bytes) }
    };
    read().map_err(|error| ("cannot-read", format!("{path} cannot be read: {error}")))
}

/// The certificates of a file, the server's own first.
fn chain(path: &str) -> Result<(Vec<CertificateDer<'static>>, Vec<Certificate>), Fault> {
    let bytes = bytes(path)?;
    let all = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let all = all.map_err(|error| not_pem(path, &error))?;
    if all.is_empty() {
        let text = "holds no certificate in PEM, which begins with `-----BEGIN CERTIFICATE-----`";
        return Err(("not-pem", format!("{path} {text}")));
    }
    let read = all.iter().map(|one| Certificate::read(one)).collect::<Option<Vec<_>>>();
    let read = read.ok_or_else(|| ("not-pem", format!("a certificate in {path} is not understood")))?;
    Ok((all, read))
}

fn private_key(bytes: &[u8], path: &str) -> Result<PrivateKeyDer<'static>, Fault> {
    let is_encrypted = ENCRYPTED.iter().any(|mark| bytes.windows(mark.len()).any(|here| here == *mark));
    PrivateKeyDer::from_pem_slice(bytes).map_err(|error| match error {
        _ if is_encrypted => {
            let text = format!("the key in {path} has a passphrase, and nobody is there to type it: take it away");
            ("wrong-key", format!("{text}, `openssl pkey -in {path} -out FILE`"))
        }
        PemError::NoItemsFound => {
            let text = "holds no key in PEM, which begins with `-----BEGIN PRIVATE KEY-----`";
            ("not-pem", format!("{path} {text}"))
        }
        error => not_pem(path, &error),
    })
}

/// The words of the library show bytes as numbers, and might show some of a key.
fn not_pem(path: &str, error: &PemError) -> Fault {
    let why = match error {
        PemError::MissingSectionEnd { .. } => "the line that ends a block is missing",
        PemError::IllegalSectionStart { .. } => "a line that begins a block is broken",
        PemError::Base64Decode(_) => "what stands in a block is not base64",
        _ => "it cannot be understood",
    };
    ("not-pem", format!("{path} is no PEM file: {why}"))
}

fn mismatch(shown: &CertifiedKey, certificate: &str, key: &str) -> String {
    let belongs = |one: &CertificateDer<'static>| CertifiedKey::new(vec![one.clone()], shown.key.clone()).keys_match();
    let later = shown.cert.iter().skip(1).any(|one| belongs(one).is_ok());
    if later {
        return format!(
            "the key in {key} belongs to a later certificate in {certificate}: the server's own comes first"
        );
    }
    format!("the key in {key} does not belong to the certificate in {certificate}")
}

/// Whether accounts that are neither its owner nor in its group can read it.
fn is_open(path: &str) -> bool {
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o004 != 0)
}
