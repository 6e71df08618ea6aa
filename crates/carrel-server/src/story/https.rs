//! A server that speaks HTTPS itself.

use super::{
    Person, TestCarrel,
    carrel::PASSWORD,
    tunnels::{echoes, open},
};
use carrel_config::{Configuration, Settings, options::file_named};
use carrel_model::Role;
use http::StatusCode;
use rcgen::KeyPair;
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, ServerName},
    version::{TLS12, TLS13},
};
use std::{fs, path::Path, sync::Arc};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The files of a certificate for 127.0.0.1.
struct Files {
    folder: TempDir,
    certificate: CertificateDer<'static>,
}

impl Files {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2100, 1, 1);
        let made = params.self_signed(&key).unwrap();
        let files = Self { folder: carrel_testkit::scratch(), certificate: made.der().clone() };
        fs::write(files.path("c"), made.pem()).unwrap();
        fs::write(files.path("k"), key.serialize_pem()).unwrap();
        files
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Has a server show it.
    fn apply(&self, settings: &mut Settings, more: &str) {
        let (certificate, key) = (self.path("c"), self.path("k"));
        let text = format!("ssl-enabled=1\nssl-certificate={certificate}\nssl-certificate-key={key}\n{more}");
        let mut files = Configuration::default();
        files.read(file_named("rserver.conf").unwrap(), Path::new("rserver.conf"), text.as_bytes());
        settings.apply(&files);
        assert!(settings.https().is_some());
    }

    /// Believes nothing else, and speaks this alone.
    fn client(&self, version: &'static SupportedProtocolVersion) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let client = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let client = client.with_protocol_versions(&[version]).unwrap();
        let mut client = client.with_root_certificates(roots).with_no_client_auth();
        client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(client)
    }

    /// Somebody who believes it.
    fn person(&self, carrel: &TestCarrel) -> Person {
        Person { tls: Some(self.client(&TLS13)), ..carrel.stranger() }
    }

    async fn shakes(&self, carrel: &TestCarrel, version: &'static SupportedProtocolVersion) -> bool {
        let stream = TcpStream::connect(carrel.address).await.unwrap();
        let name = ServerName::from(carrel.address.ip());
        TlsConnector::from(self.client(version)).connect(name, stream).await.is_ok()
    }
}

#[tokio::test]
async fn pages_sessions_and_websockets_go_through_tls_and_the_cookie_is_for_https_alone() {
    let files = Files::new();
    let carrel = TestCarrel::with(|settings| files.apply(settings, "")).await;
    carrel.add("ada", Role::User).await;
    let mut ada = files.person(&carrel);
    let answer = ada.sign_in("ada", PASSWORD).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-carrel=") && cookie.contains("Secure"), "{cookie}");
    let me = ada.get("/api/v1/me").await;
    assert_eq!((me.status, me.header("strict-transport-security")), (StatusCode::OK, "max-age=31536000"));

    let id = carrel.running(&ada).await;
    assert_eq!(ada.get(&format!("/s/{id}/")).await.status, StatusCode::OK);
    let (_, seen) = carrel.backend.heads().pop().unwrap();
    assert_eq!(seen["x-forwarded-proto"], "https");
    echoes(&mut open(&ada, &id).await).await;
    assert!(carrel.server.as_ref().unwrap().place().starts_with("https://127.0.0.1:"));
}

#[tokio::test]
async fn the_next_connection_gets_a_renewed_certificate_and_open_ones_go_on() {
    let (old, new) = (Files::new(), Files::new());
    let carrel = TestCarrel::with(|settings| old.apply(settings, "")).await;
    carrel.add("ada", Role::User).await;
    let mut ada = old.person(&carrel);
    ada.sign_in("ada", PASSWORD).await;
    let id = carrel.running(&ada).await;
    let mut socket = open(&ada, &id).await;

    let mut settings = (*carrel.settings.now()).clone();
    new.apply(&mut settings, "");
    carrel.settings.replace(settings);
    echoes(&mut socket).await;
    assert!(new.shakes(&carrel, &TLS13).await && !old.shakes(&carrel, &TLS13).await);
    let ada = Person { tls: Some(new.client(&TLS13)), ..ada };
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_the_versions_that_are_named_are_spoken() {
    let files = Files::new();
    let both = TestCarrel::with(|settings| files.apply(settings, "")).await;
    assert!(files.shakes(&both, &TLS12).await && files.shakes(&both, &TLS13).await);
    let one = TestCarrel::with(|settings| files.apply(settings, "ssl-protocols=TLSv1.3\n")).await;
    assert!(!files.shakes(&one, &TLS12).await && files.shakes(&one, &TLS13).await);
}

#[tokio::test]
async fn a_trusted_proxy_that_speaks_https_with_us_may_speak_http_with_browsers() {
    let files = Files::new();
    let carrel = TestCarrel::with(|settings| {
        files.apply(settings, "");
        settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let proxy = files.person(&carrel);
    let said = async |proto: &str| {
        let request = proxy.request(&http::Method::GET, "/sign-in").header("x-forwarded-proto", proto);
        proxy.send(request, "").await.header("strict-transport-security").to_owned()
    };
    assert_eq!(said("http").await, "");
    assert_eq!(said("https").await, "max-age=31536000");
    assert_eq!(proxy.get("/sign-in").await.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test]
async fn administrators_are_told_of_a_certificate_that_ends_soon() {
    let files = Files::new();
    let carrel = TestCarrel::with(|settings| files.apply(settings, "")).await;
    carrel.add("root", Role::Administrator).await;
    let mut root = files.person(&carrel);
    let mut told_on = async |day: &str| {
        carrel.clock.set(format!("{day}T00:00:00Z").parse().unwrap());
        root.sign_in("root", PASSWORD).await;
        root.get("/api/v1/me").await.json()["warnings"][0].clone()
    };
    assert_ne!(told_on("2099-12-01").await["code"], "certificate");
    let told = told_on("2099-12-30").await;
    let text = "HTTPS: the certificate runs out on 2100-01-01. Renew it, and read the configuration again.";
    assert_eq!((&told["code"], &told["text"]), (&"certificate".into(), &text.into()));
}
