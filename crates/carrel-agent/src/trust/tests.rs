use super::*;
use rustls::{ClientConnection, ServerConnection, version::TLS12};

fn server() -> ServerKey {
    ServerKey::derive(b"0f5a1c1e-6f0e-4c6c-9a39-6f8a2f3b9d11").unwrap()
}

fn agent() -> AgentKey {
    AgentKey::new(&[7; 32]).unwrap()
}

/// Who broke a handshake off, and why.
type Refused = (&'static str, String);

/// What ALPN settled.
type Agreed = Option<Vec<u8>>;

/// Lets the two speak until both are done, or one refuses the other.
fn shake(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Result<Agreed, Refused> {
    let name = std::net::IpAddr::from([127, 0, 0, 1]);
    let mut client = ClientConnection::new(client, name.into()).unwrap();
    let mut server = ServerConnection::new(server).unwrap();
    while client.wants_write() || server.wants_write() {
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        server.read_tls(&mut bytes.as_slice()).unwrap();
        server.process_new_packets().map_err(|error| ("agent", error.to_string()))?;
        let mut bytes = Vec::new();
        server.write_tls(&mut bytes).unwrap();
        client.read_tls(&mut bytes.as_slice()).unwrap();
        client.process_new_packets().map_err(|error| ("server", error.to_string()))?;
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok(server.alpn_protocol().map(<[u8]>::to_vec))
}

/// A client that believes anybody, to see what the agent refuses by itself.
fn anybody() -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
    client(&[&TLS13])
}

fn client(
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
    let builder = ClientConfig::builder_with_provider(PROVIDER.clone()).with_protocol_versions(versions).unwrap();
    builder.dangerous().with_custom_certificate_verifier(Arc::new(HasPin(Some(agent().pin()))))
}

/// A client with this key, and the certificate of whoever it may be.
fn with_key(certified: CertifiedKey) -> ClientConfig {
    let mut config = anybody().with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    config.alpn_protocols = vec![Channel::Data.alpn().to_vec()];
    config
}

/// What an agent answers to this client.
fn asked_by(client: ClientConfig) -> Result<Agreed, Refused> {
    shake(Arc::new(client), agent().server_config(&server().public()).unwrap())
}

#[test]
fn the_server_and_its_agent_understand_each_other_on_either_channel() {
    for channel in [Channel::Control, Channel::Data] {
        let config = server().client_config(agent().pin(), channel);
        let agreed = shake(config, agent().server_config(&server().public()).unwrap());
        assert_eq!(agreed, Ok(Some(channel.alpn().to_vec())));
    }
}

#[test]
fn an_agent_with_another_certificate_is_refused_by_the_server() {
    let config = server().client_config(AgentKey::new(&[8; 32]).unwrap().pin(), Channel::Control);
    let refused = shake(config, agent().server_config(&server().public()).unwrap()).unwrap_err();
    assert_eq!(refused.0, "server");
    assert!(refused.1.contains("the certificate is not the one that the agent announced"), "{}", refused.1);
}

#[test]
fn who_shows_the_certificate_of_an_agent_without_its_key_is_refused_by_the_server() {
    let (stolen, _) = certify(&[7; 32], "carrel agent").unwrap();
    let (own, _) = certify(&[8; 32], "carrel agent").unwrap();
    let pin = agent().pin();
    let thief = AgentKey { certified: CertifiedKey::new(stolen.cert, own.key), pin };
    let config = server().client_config(pin, Channel::Data);
    let refused = shake(config, thief.server_config(&server().public()).unwrap()).unwrap_err();
    assert_eq!(refused, ("server", "invalid peer certificate: BadSignature".into()));
}

#[test]
fn another_server_is_refused_by_the_agent() {
    let other = ServerKey::derive(b"another installation").unwrap();
    let config = other.client_config(agent().pin(), Channel::Control);
    let refused = shake(config, agent().server_config(&server().public()).unwrap()).unwrap_err();
    assert_eq!(refused.0, "agent");
    assert!(refused.1.contains("the key is not the server's"), "{}", refused.1);
}

#[test]
fn who_shows_the_certificate_of_the_server_without_its_key_is_refused_by_the_agent() {
    let mut seed = [0; 32];
    let secret = Salt::new(HKDF_SHA256, LABEL).extract(b"0f5a1c1e-6f0e-4c6c-9a39-6f8a2f3b9d11");
    secret.expand(&[b"ed25519"], HKDF_SHA256).unwrap().fill(&mut seed).unwrap();
    let (right, public) = certify(&seed, "carrel server").unwrap();
    assert_eq!(public, server().public());
    let (own, _) = certify(&[9; 32], "carrel server").unwrap();
    let agreed = asked_by(with_key(CertifiedKey::new(right.cert.clone(), right.key)));
    assert_eq!(agreed, Ok(Some(Channel::Data.alpn().to_vec())), "with its key it is the server");
    let refused = asked_by(with_key(CertifiedKey::new(right.cert, own.key))).unwrap_err();
    assert_eq!(refused, ("agent", "invalid peer certificate: BadSignature".into()));
}

#[test]
fn who_shows_no_certificate_is_refused_by_the_agent() {
    let mut config = anybody().with_no_client_auth();
    config.alpn_protocols = vec![Channel::Control.alpn().to_vec()];
    assert_eq!(asked_by(config).unwrap_err(), ("agent", "peer sent no certificates".into()));
}

#[test]
fn who_names_a_channel_that_there_is_not_is_refused_by_the_agent() {
    let mut config = ClientConfig::clone(&server().client_config(agent().pin(), Channel::Data));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec(), b"carrel-data/2".to_vec()];
    let refused = asked_by(config).unwrap_err();
    assert!(refused.0 == "agent" && refused.1.contains("any known protocol"), "{}", refused.1);
}

#[test]
fn an_older_tls_is_refused_by_the_agent() {
    let (right, _) = certify(&[9; 32], "carrel server").unwrap();
    let mut config = client(&[&TLS12]).with_client_cert_resolver(Arc::new(SingleCertAndKey::from(right)));
    config.alpn_protocols = vec![Channel::Control.alpn().to_vec()];
    let refused = asked_by(config).unwrap_err();
    assert!(refused.0 == "agent" && refused.1.contains("Tls12NotOffered"), "{}", refused.1);
}

#[test]
fn all_replicas_and_later_releases_have_the_same_key() {
    // As HMAC-SHA256 and OpenSSL work it out from the secret.
    assert_eq!(server().public().to_string(), "QEIbHxwgemPXFZ1QVXnZjQsEhABLTGY7d_1-WOQCZ0s");
    assert_eq!(server().public().to_string().parse(), Ok(server().public()));
    assert_eq!(ServerKey::derive(b"").unwrap_err(), TrustError::NoSecret);
    assert!(!format!("{:?}", server()).contains("config"));
}

#[test]
fn what_is_no_public_key_is_refused() {
    let good = server().public().to_string();
    for text in ["", "abc", &good[1..], &format!("{good}="), &good.replace(|_| true, "?")] {
        assert_eq!(text.parse::<PublicKey>(), Err(TrustError::NoKey), "{text}");
    }
}

#[test]
fn a_certificate_is_announced_in_words_that_are_read_again() {
    let pin = agent().pin();
    assert_eq!(pin.announcement(), format!("carrel-agent certificate sha256:{pin}\n"));
    assert_eq!(Pin::announced(&pin.announcement()), Some(pin));
    let twice = pin.announcement().repeat(2);
    for message in
        ["", "carrel-agent certificate sha256:", "carrel-agent certificate sha256:abc\n", &pin.to_string(), &twice]
    {
        assert_eq!(Pin::announced(message), None, "{message}");
    }
    let text = pin.to_string();
    assert_eq!((text.len(), text.parse()), (64, Ok(pin)));
    assert_eq!(text.to_uppercase().parse::<Pin>(), Err(TrustError::NoPin));
}

#[test]
fn what_the_init_container_announces_is_what_the_agent_makes_of_the_same_bytes() {
    assert_eq!(AgentKey::new(&[7; 32]).unwrap().pin(), agent().pin());
    assert_ne!(AgentKey::new(&[8; 32]).unwrap().pin(), agent().pin());
}
