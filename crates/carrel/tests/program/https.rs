//! A server that speaks HTTPS, as a process of its own.

use crate::{host::Host, server::Server};
use nix::sys::signal::Signal;
use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    sync::Arc,
};

/// Writes a certificate and its key where rserver.conf of [`rserver`] looks for them.
fn certify(host: &Host) {
    let key = KeyPair::generate().unwrap();
    let made = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    host.write("c.pem", &made.pem());
    host.write("k.pem", &key.serialize_pem());
    host.give(&host.path("conf/k.pem"));
    fs::set_permissions(host.path("conf/k.pem"), fs::Permissions::from_mode(0o600)).unwrap();
}

fn rserver(host: &Host) -> String {
    let (certificate, key) = (host.path("conf/c.pem"), host.path("conf/k.pem"));
    format!("ssl-enabled=1\nssl-certificate={certificate}\nssl-certificate-key={key}\n")
}

fn with_https(host: &Host) {
    certify(host);
    host.write("rserver.conf", &rserver(host));
}

/// Asks by TLS, believing the certificate that the file holds now; the whole answer, or why there is none.
fn ask(server: &Server, path: &str) -> Result<String, String> {
    let pem = fs::read(server.path("conf/c.pem")).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let client =
        client.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = TcpStream::connect(server.address()).unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(Arc::new(client), name).unwrap(), stream);
    let asked = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.address());
    stream.write_all(asked.as_bytes()).map_err(|error| error.to_string())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
    Ok(answer)
}

#[test]
fn a_server_with_a_certificate_speaks_https_and_sends_browsers_of_http_there() {
    let server = Server::start_with_flags(&["--redirect-port", "0"], with_https);
    let answer = ask(&server, "/sign-in").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("\r\nstrict-transport-security: max-age=31536000\r\n"), "{answer}");

    let from = server.line();
    let from = from.strip_prefix("Browsers that come to http://").and_then(|rest| rest.split_once(' ')).unwrap().0;
    let mut stream = TcpStream::connect(from).unwrap();
    write!(stream, "GET /s/1/?a=b HTTP/1.1\r\nHost: {from}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let port = server.address().rsplit_once(':').unwrap().1;
    assert!(answer.starts_with("HTTP/1.1 308 "), "{answer}");
    assert!(answer.contains(&format!("\r\nlocation: https://127.0.0.1:{port}/s/1/?a=b\r\n")), "{answer}");
    server.stop();
}

#[test]
fn a_hangup_takes_up_a_renewed_certificate_and_says_so_and_a_wrong_one_changes_nothing() {
    let server = Server::start_with(with_https);
    assert!(ask(&server, "/readyz").unwrap().starts_with("HTTP/1.1 200 "));
    let before = fs::read_to_string(server.path("conf/c.pem")).unwrap();
    certify(&server);
    assert!(ask(&server, "/readyz").is_err(), "it does not look by itself");
    server.signal(Signal::SIGHUP);
    server.log_until("rserver.conf: ssl-certificate: a certificate until ");
    assert!(ask(&server, "/readyz").unwrap().starts_with("HTTP/1.1 200 "));

    let renewed = fs::read_to_string(server.path("conf/c.pem")).unwrap();
    server.write("c.pem", &before);
    server.signal(Signal::SIGHUP);
    server.log_until("what was in force before still is");
    server.write("c.pem", &renewed);
    assert!(ask(&server, "/readyz").unwrap().starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_key_of_another_certificate_keeps_the_server_from_starting_and_check_says_the_same() {
    let host = Host::new();
    with_https(&host);
    host.write("k.pem", &KeyPair::generate().unwrap().serialize_pem());
    let (certificate, key) = (host.path("conf/c.pem"), host.path("conf/k.pem"));
    let wrong = format!("rserver.conf:3: error: the key in {key} does not belong to the certificate in {certificate}");
    for command in [["serve", "--config-dir"], ["check", "--config-dir"]] {
        let output = host.command(&[&command[..], &[&host.path("conf")]].concat()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{said}");
        assert!(said.contains(&wrong), "{said}");
    }
}

#[test]
fn a_live_check_looks_at_names_dates_and_who_vouches_for_the_certificate() {
    let host = Host::new();
    with_https(&host);
    host.write("carrel.conf", "public-url=https://carrel.example.org\n");
    let mut check = host.command(&["check", "--live", "--config-dir", &host.path("conf")]);
    // Any certificate will do for a list of authorities.
    let output = check.env("SSL_CERT_FILE", host.path("conf/c.pem")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let name =
        "certificate: failed: it is for 127.0.0.1, and public-url is carrel.example.org: browsers refuse it there";
    assert!(said.lines().any(|line| line == name), "{said}");
    assert!(said.contains("TLS chain: failed: self-signed"), "{said}");
}
