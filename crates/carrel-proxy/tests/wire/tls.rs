//! TLS on either side: one proxy speaks it with another, which speaks it with its clients.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use carrel_proxy::{PoolSettings, Target, Tls, Upstream};
use futures::{SinkExt, StreamExt};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{PrivatePkcs8KeyDer, ServerName},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message;

use crate::rig::{OK, Rig, Script, edits, soon};

const PROTOCOL: &[u8] = b"carrel-test/1";

/// What a server shows, and what a client has to know to believe it.
fn sides(protocols: &[&[u8]]) -> (Arc<ServerConfig>, ClientConfig) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (cert, key) = (made.cert.der().clone(), PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let mut roots = RootCertStore::empty();
    roots.add(cert.clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let client = client.unwrap().with_root_certificates(roots).with_no_client_auth();
    let server = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut server = server.with_no_client_auth().with_single_cert(vec![cert], key.into()).unwrap();
    server.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    (Arc::new(server), client)
}

/// A proxy with TLS before an upstream, and a plain one that reaches it so.
fn chain(target: SocketAddr) -> (Rig, Rig) {
    let (config, mut client) = sides(&[PROTOCOL]);
    client.alpn_protocols = vec![PROTOCOL.to_vec()];
    let upstream = Upstream::new(Target::Tcp(target), PoolSettings::default());
    let back = Rig::secured(upstream, edits(), Some(Tls { config, needs_protocol: true }));
    let front = Upstream::new(Target::Tls(back.addr, Arc::new(client)), PoolSettings::default());
    (Rig::with(front, edits()), back)
}

#[tokio::test]
async fn requests_go_over_one_connection_of_tls_and_the_house_hears_what_was_agreed_on() {
    let script = Script::answering(OK).await;
    let (front, back) = chain(script.addr);
    let mut client = front.client().await;
    for _ in 0..3 {
        client.write("GET /s/01J/ HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert!(client.head().await.starts_with("HTTP/1.1 200 "), "{:?}", front.failures());
        client.expect("ok").await;
    }
    let peers = back.house.peers.lock().unwrap().clone();
    let from: Vec<_> = peers.iter().map(carrel_proxy::Peer::address).collect();
    assert_eq!(from, [from[0]; 3], "all on one connection");
    assert!(peers.iter().all(|peer| peer.protocol() == Some(PROTOCOL)), "{peers:?}");
    assert!(front.house.peers.lock().unwrap().iter().all(|peer| peer.protocol().is_none()));
}

#[tokio::test]
async fn large_bodies_pass_both_ways_at_once_however_slowly_they_are_read() {
    const PIECE: usize = 64 << 10;
    const BYTES: usize = 96 * PIECE;
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        wire.write(format!("HTTP/1.1 200 OK\r\nContent-Length: {BYTES}\r\n\r\n")).await;
        for _ in 0..BYTES / PIECE {
            let piece = wire.exactly(PIECE).await;
            wire.write(piece).await;
        }
    })
    .await;
    let (front, _back) = chain(script.addr);
    let mut client = front.client().await;
    client.write(format!("POST /s/01J/ HTTP/1.1\r\nHost: h\r\nContent-Length: {BYTES}\r\n\r\n")).await;
    let (mut read, mut write) = client.stream.split();
    let body: Vec<u8> = (0..BYTES).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let mut got = Vec::new();
    let (sent, received) = soon("the echo", async {
        tokio::join!(write.write_all(&body), async {
            while !got.windows(4).any(|w| w == b"\r\n\r\n") {
                read.read_buf(&mut got).await?;
            }
            let head = got.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
            got.drain(..head);
            while got.len() < BYTES {
                assert!(read.read_buf(&mut got).await? > 0);
            }
            Ok::<_, std::io::Error>(())
        })
    })
    .await;
    sent.unwrap();
    received.unwrap();
    assert!(got == body);
}

#[tokio::test]
async fn websockets_pass_with_messages_of_all_sizes() {
    let script = Script::play(|wire, _| async move {
        let Ok(mut socket) = tokio_tungstenite::accept_async(wire.stream).await else { return };
        while let Some(Ok(message)) = socket.next().await {
            if message.is_binary() && socket.send(message).await.is_err() {
                return;
            }
        }
    })
    .await;
    let (front, _back) = chain(script.addr);
    let stream = TcpStream::connect(front.addr).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async("ws://h/s/01J/ws", stream).await.unwrap();
    for size in [0, 1, 126, 65_536, 5 << 20] {
        let message = Message::binary(vec![7; size]);
        socket.send(message.clone()).await.unwrap();
        assert_eq!(soon("the echo", socket.next()).await.unwrap().unwrap(), message);
    }
}

#[tokio::test]
async fn what_is_written_while_the_other_end_is_slow_arrives_when_it_reads_again() {
    // More than the buffers of all sockets on the way hold, and nothing after it that would push it on.
    const BYTES: usize = 16 << 20;
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        wire.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n").await;
        wire.write(vec![7; BYTES]).await;
        wire.rest().await;
    })
    .await;
    let (front, _back) = chain(script.addr);
    let mut client = front.client().await;
    client.write("GET /s/01J/ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 101 "));
    // Until nothing moves any more.
    let mut before = u64::MAX;
    while before != front.upstream().bytes_down() {
        before = front.upstream().bytes_down();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(client.exactly(BYTES).await.iter().all(|byte| *byte == 7));
}

#[tokio::test]
async fn a_server_that_is_not_believed_is_sent_nothing() {
    let script = Script::answering(OK).await;
    let (_, back) = chain(script.addr);
    let (_, stranger) = sides(&[]);
    let front = Upstream::new(Target::Tls(back.addr, Arc::new(stranger)), PoolSettings::default());
    let front = Rig::with(front, edits());
    let answer = front.exchange("GET /s/01J/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    let failures = front.failures();
    assert!(failures[0].contains("cannot connect: invalid peer certificate"), "{failures:?}");
    assert_eq!(script.connections(), 0);
}

#[tokio::test]
async fn a_target_that_speaks_no_tls_is_given_up_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_, client) = sides(&[]);
    let target = Target::Tls(silent.local_addr().unwrap(), Arc::new(client));
    let pool = PoolSettings { dial_timeout: Duration::from_millis(200), ..PoolSettings::default() };
    let front = Rig::with(Upstream::new(target, pool), edits());
    let answer = front.exchange("GET /s/01J/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 502 ") && front.failures()[0].contains("timed out"), "{:?}", front.failures());
}

#[tokio::test]
async fn a_client_that_names_no_protocol_is_closed_where_one_is_needed_and_served_where_none_is() {
    for needs_protocol in [true, false] {
        let script = Script::answering(OK).await;
        let (config, client) = sides(&[PROTOCOL]);
        let upstream = Upstream::new(Target::Tcp(script.addr), PoolSettings::default());
        let rig = Rig::secured(upstream, edits(), Some(Tls { config, needs_protocol }));
        let stream = TcpStream::connect(rig.addr).await.unwrap();
        let name = ServerName::IpAddress(rig.addr.ip().into());
        let mut stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
        let mut answer = Vec::new();
        let asked = async {
            stream.write_all(b"GET /s/01J/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await?;
            stream.read_to_end(&mut answer).await
        };
        let _ = soon("the end", asked).await;
        assert_eq!(answer.is_empty(), needs_protocol, "{}", String::from_utf8_lossy(&answer));
        assert_eq!(script.connections(), usize::from(!needs_protocol));
    }
}

#[tokio::test]
async fn whoever_speaks_http_where_https_is_spoken_is_told_so_and_nothing_is_forwarded() {
    let script = Script::answering(OK).await;
    let upstream = Upstream::new(Target::Tcp(script.addr), PoolSettings::default());
    let rig = Rig::secured(upstream, edits(), Some(Tls { config: sides(&[]).0, needs_protocol: false }));
    let mut stream = TcpStream::connect(rig.addr).await.unwrap();
    stream.write_all(b"GET /s/01J/ HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    soon("the answer", stream.read_to_string(&mut answer)).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 400 ") && body.contains("https://"), "{answer}");
    assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{answer}");
    assert!(rig.house.peers.lock().unwrap().is_empty());
}
