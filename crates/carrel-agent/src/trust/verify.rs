//! The two checks of a handshake: nothing but the key counts.

use super::{PROVIDER, Pin};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::verify_tls13_signature,
    pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime, alg_id},
    server::{
        ParsedCertificate,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::public_key_to_spki,
};
use std::{fmt, sync::Arc};

/// What a certificate of the wrong one is refused with.
#[derive(Debug)]
struct Another(&'static str);

impl std::error::Error for Another {}

impl fmt::Display for Another {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

fn another(why: &'static str) -> Error {
    CertificateError::Other(OtherError(Arc::new(Another(why)))).into()
}

/// Only TLS 1.3 is spoken; the traits ask all the same.
fn too_old() -> Error {
    Error::General("TLS 1.2 is not spoken".into())
}

fn is_signed(
    message: &[u8],
    cert: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    verify_tls13_signature(message, cert, signature, &PROVIDER.signature_verification_algorithms)
}

/// Accepts the server certificate that has this hash; without one, none.
#[derive(Debug)]
pub(super) struct HasPin(pub(super) Option<Pin>);

impl ServerCertVerifier for HasPin {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.0 == Some(Pin::of(end_entity)) {
            return Ok(ServerCertVerified::assertion());
        }
        Err(another("the certificate is not the one that the agent announced"))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(too_old())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        is_signed(message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

/// Demands a client certificate for this key, from whomever it may be.
#[derive(Debug)]
pub(super) struct HasKey(SubjectPublicKeyInfoDer<'static>);

impl HasKey {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(public_key_to_spki(&alg_id::ED25519, key))
    }
}

impl ClientCertVerifier for HasKey {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if ParsedCertificate::try_from(end_entity)?.subject_public_key_info() == self.0 {
            return Ok(ClientCertVerified::assertion());
        }
        Err(another("the key is not the server's"))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(too_old())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        is_signed(message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}
