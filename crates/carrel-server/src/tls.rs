//! HTTPS at the server itself.

use carrel_config::{
    Current,
    tls::{Tls, Versions},
};
use rustls::{
    ServerConfig, SupportedProtocolVersion,
    crypto::ring::default_provider,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use std::{fmt, sync::Arc};

/// What both sides of a connection speak: the proxy does no HTTP/2.
const HTTP_1_1: &[u8] = b"http/1.1";

/// How the proxy speaks TLS with browsers, where it does.
pub(crate) fn of(settings: &Current) -> Result<Option<carrel_proxy::Tls>, rustls::Error> {
    let now = settings.now();
    let Some(tls) = now.https() else { return Ok(None) };
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_protocol_versions(&versions(tls.versions))?.with_no_client_auth();
    let mut config = builder.with_cert_resolver(Arc::new(InForce(settings.clone())));
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Ok(Some(carrel_proxy::Tls { config: Arc::new(config), needs_protocol: false }))
}

fn versions(versions: Versions) -> Vec<&'static SupportedProtocolVersion> {
    [(versions.v1_2, &TLS12), (versions.v1_3, &TLS13)].into_iter().filter_map(|(on, one)| on.then_some(one)).collect()
}

/// Shows the certificate of the settings in force: after a reload the next connection gets the one that was read then, and
/// those that are open go on.
struct InForce(Current);

impl fmt::Debug for InForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InForce")
    }
}

impl ResolvesServerCert for InForce {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.now().tls.as_ref().map(|Tls { shown, .. }| shown.clone())
    }
}
