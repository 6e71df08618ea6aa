//! How server and agent prove to each other who they are, where they meet over a network.
//!
//! Nothing that a pod's specification says is a secret. It names the server's **public** key. The init container makes a key
//! and a certificate for the agent, leaves the key in the memory of the pod, and tells the hash of the certificate in its
//! termination message, which stands in the status of the pod: the kubelet's word. Both then speak TLS 1.3: the server pins
//! the agent's certificate by that hash ([`Pin`]), and the agent demands a client certificate whose key is exactly the
//! server's ([`PublicKey`]). Neither looks at names, dates or issuers: there is nobody between the two who could vouch for
//! one of them.
//!
//! One port serves both channels of the protocol; ALPN (RFC 7301) says which is meant ([`Channel`]).

mod verify;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ED25519};
use ring::{
    digest,
    hkdf::{HKDF_SHA256, Salt},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use rustls::{
    ClientConfig, ServerConfig,
    client::Resumption,
    crypto::CryptoProvider,
    pki_types::PrivatePkcs8KeyDer,
    server::NoServerSessionStorage,
    sign::{CertifiedKey, SingleCertAndKey},
    version::TLS13,
};
use std::{
    fmt,
    str::FromStr,
    sync::{Arc, LazyLock},
};
use verify::{HasKey, HasPin};

/// Sets this key apart from others that come of the same secret.
const LABEL: &[u8] = b"carrel server key of agents, 1";
/// Begins the message that names an agent's certificate.
const ANNOUNCES: &str = "carrel-agent certificate sha256:";
/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410, 7).
const PKCS8_HEAD: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));

/// What a connection is for, named by ALPN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// The control protocol ([`crate::protocol`]).
    Control,
    /// The browser's requests, for the IDE.
    Data,
}

impl Channel {
    /// Its name in ALPN.
    pub fn alpn(self) -> &'static [u8] {
        match self {
            Self::Control => b"carrel-control/1",
            Self::Data => b"carrel-data/1",
        }
    }
}

/// Why there is no key or no certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustError {
    /// The secret of the installation is empty.
    NoSecret,
    /// The text is no public key.
    NoKey,
    /// The text is no hash of a certificate.
    NoPin,
    /// A library says no.
    Refused(String),
}

impl std::error::Error for TrustError {}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSecret => f.write_str("the secret is empty"),
            Self::NoKey => f.write_str("not a public key: 43 characters of base64url are expected"),
            Self::NoPin => f.write_str("not a SHA-256: 64 lower-case hexadecimal digits are expected"),
            Self::Refused(why) => write!(f, "no certificate can be made: {why}"),
        }
    }
}

impl From<rcgen::Error> for TrustError {
    fn from(error: rcgen::Error) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<rustls::Error> for TrustError {
    fn from(error: rustls::Error) -> Self {
        Self::Refused(error.to_string())
    }
}

/// The public key of a server (Ed25519), as base64url text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for PublicKey {
    type Err = TrustError;

    fn from_str(text: &str) -> Result<Self, TrustError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TrustError::NoKey)?;
        bytes.try_into().map(Self).map_err(|_| TrustError::NoKey)
    }
}

/// The SHA-256 of an agent's certificate, as lower-case hexadecimal text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin([u8; 32]);

impl Pin {
    fn of(certificate: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, certificate).as_ref());
        Self(bytes)
    }

    /// The termination message of the init container that made the certificate.
    pub fn announcement(self) -> String {
        format!("{ANNOUNCES}{self}\n")
    }

    /// Reads such a message.
    pub fn announced(message: &str) -> Option<Self> {
        message.trim_end().strip_prefix(ANNOUNCES)?.parse().ok()
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Pin {
    type Err = TrustError;

    fn from_str(text: &str) -> Result<Self, TrustError> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(TrustError::NoPin),
        };
        let mut bytes = [0; 32];
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(TrustError::NoPin) };
        if pairs.len() != bytes.len() {
            return Err(TrustError::NoPin);
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(bytes))
    }
}

/// The key by which all replicas of a server prove themselves to agents.
#[derive(Clone)]
pub struct ServerKey {
    public: PublicKey,
    /// For connections to any agent, until it is told to which.
    config: ClientConfig,
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerKey").field(&self.public).finish()
    }
}

impl ServerKey {
    /// The key of an installation: it comes by HKDF from a secret that all replicas have (the text of the
    /// secure-cookie-key), so nothing new has to be kept.
    pub fn derive(secret: &[u8]) -> Result<Self, TrustError> {
        if secret.is_empty() {
            return Err(TrustError::NoSecret);
        }
        let mut seed = [0; 32];
        let secret = Salt::new(HKDF_SHA256, LABEL).extract(secret);
        let expanded = secret.expand(&[b"ed25519"], HKDF_SHA256).and_then(|expanded| expanded.fill(&mut seed));
        expanded.map_err(|_| TrustError::Refused("HKDF has no key of this length".into()))?;
        let (certified, public) = certify(&seed, "carrel server")?;
        let mut config = ClientConfig::builder_with_provider(PROVIDER.clone())
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(HasPin(None)))
            .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.enable_sni = false;
        // A new handshake proves both sides anew, and costs less than a millisecond.
        config.resumption = Resumption::disabled();
        Ok(Self { public, config })
    }

    /// What agents have to know of it.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// How to speak with the agent that has this certificate, and no other.
    pub fn client_config(&self, pin: Pin, channel: Channel) -> Arc<ClientConfig> {
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(Arc::new(HasPin(Some(pin))));
        config.alpn_protocols = vec![channel.alpn().to_vec()];
        Arc::new(config)
    }
}

/// The key of one agent, which lives no longer than the agent.
#[derive(Debug)]
pub struct AgentKey {
    certified: CertifiedKey,
    pin: Pin,
}

impl AgentKey {
    /// The key, and the certificate, that come of 32 random bytes: the same each time.
    pub fn new(random: &[u8; 32]) -> Result<Self, TrustError> {
        let (certified, _) = certify(random, "carrel agent")?;
        let pin = certified.cert.first().map(|certificate| Pin::of(certificate)).ok_or(TrustError::NoPin)?;
        Ok(Self { certified, pin })
    }

    /// What the server has to know of it.
    pub fn pin(&self) -> Pin {
        self.pin
    }

    /// How to serve the server that has this key, and nobody else. A client has to name a [`Channel`]: who takes the
    /// connection must close those that named none.
    pub fn server_config(self, server: &PublicKey) -> Result<Arc<ServerConfig>, TrustError> {
        let mut config = ServerConfig::builder_with_provider(PROVIDER.clone())
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(Arc::new(HasKey::new(&server.0)))
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(self.certified)));
        config.alpn_protocols = [Channel::Control, Channel::Data].map(|channel| channel.alpn().to_vec()).to_vec();
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }
}

/// A key and a certificate for it, signed by itself.
fn certify(seed: &[u8; 32], name: &str) -> Result<(CertifiedKey, PublicKey), TrustError> {
    let refused = |error: ring::error::KeyRejected| TrustError::Refused(error.to_string());
    let public = Ed25519KeyPair::from_seed_unchecked(seed).map_err(refused)?;
    let public = PublicKey(public.public_key().as_ref().try_into().map_err(|_| TrustError::NoKey)?);
    let pkcs8 = PrivatePkcs8KeyDer::from([PKCS8_HEAD.as_slice(), seed].concat());
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.self_signed(&KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &PKCS_ED25519)?)?;
    let key = rustls::crypto::ring::sign::any_eddsa_type(&pkcs8)?;
    Ok((CertifiedKey::new(vec![certificate.into()], key), public))
}

#[cfg(test)]
mod tests;
