//! After a 101: bytes both ways, watched, and ended when they must be.

use std::sync::{Arc, Mutex};

use carrel_proxy::{
    Edits, PoolSettings, Target, Upstream, Watch,
    frames::{Frames, opcode},
};
use futures::{SinkExt, StreamExt};
use http::request::Parts;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::rig::{Rig, Script, Wire, edits, soon, until};

const UPGRADE: &str = "GET /s/01J/ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                       Cookie: carrel=secret; _xsrf=1\r\nAuthorization: Bearer x\r\nX-Carrel-User: root\r\n\r\n";
const SWITCHED: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

/// An upstream that switches and then sends back what it gets.
async fn echo() -> Script {
    Script::play(|mut wire, _| async move {
        wire.head().await;
        wire.write(SWITCHED).await;
        let (mut read, mut write) = wire.stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
        let _ = write.shutdown().await;
    })
    .await
}

async fn switched(rig: &Rig) -> Wire {
    let mut client = rig.client().await;
    client.write(UPGRADE).await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    client
}

/// A websocket whose handshake was done by hand; both ends of the echo are the client's, so it is masked only one way.
async fn websocket(rig: &Rig) -> WebSocketStream<tokio::net::TcpStream> {
    let request = format!("ws://{}/s/01J/ws", rig.addr);
    let stream = tokio::net::TcpStream::connect(rig.addr).await.unwrap();
    tokio_tungstenite::client_async(request, stream).await.unwrap().0
}

async fn real_echo() -> Script {
    Script::play(|wire, _| async move {
        let Ok(mut socket) = tokio_tungstenite::accept_async(wire.stream).await else { return };
        while let Some(Ok(message)) = socket.next().await {
            if (message.is_text() || message.is_binary()) && socket.send(message).await.is_err() {
                return;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_websocket_works_with_messages_of_all_sizes() {
    let script = real_echo().await;
    let rig = Rig::new(script.addr);
    let mut socket = websocket(&rig).await;
    for size in [0, 1, 125, 126, 65_535, 65_536, 3 << 20] {
        let message = Message::binary(vec![7; size]);
        socket.send(message.clone()).await.unwrap();
        assert_eq!(soon("the echo", socket.next()).await.unwrap().unwrap(), message);
    }
    assert_eq!(rig.upstream().tunnels(), 1);
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}
    until("the tunnel to be closed", || rig.upstream().tunnels() == 0).await;
}

#[tokio::test]
async fn an_upgrade_is_stripped_like_any_request_and_agreed_to_in_full() {
    let script = echo().await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    client.write(UPGRADE).await;
    let answer = client.head().await.to_lowercase();
    assert!(answer.contains("connection: upgrade\r\n") && answer.contains("upgrade: websocket\r\n"), "{answer}");
    let head = script.heads()[0].to_lowercase();
    assert!(head.contains("\r\nconnection: upgrade\r\n") && head.contains("\r\nupgrade: websocket\r\n"), "{head}");
    assert!(head.contains("\r\ncookie: _xsrf=1\r\n") && head.contains("\r\nx-carrel-user: ada\r\n"), "{head}");
    assert!(!head.contains("secret") && !head.contains("authorization") && !head.contains("root"), "{head}");
}

#[tokio::test]
async fn what_either_side_sends_early_arrives() {
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        wire.write(format!("{SWITCHED}early from above")).await;
        wire.expect("early from below, then more").await;
        wire.write("done").await;
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    client.write(format!("{UPGRADE}early from below")).await;
    assert!(client.head().await.starts_with("HTTP/1.1 101 "));
    client.write(", then more").await;
    client.expect("early from above").await;
    client.expect("done").await;
    assert_eq!((rig.upstream().bytes_up(), rig.upstream().bytes_down()), (27, 20));
}

#[tokio::test]
async fn one_side_may_end_before_the_other() {
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        wire.write(SWITCHED).await;
        let got = wire.rest().await;
        wire.write(format!("got {got}")).await;
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = switched(&rig).await;
    client.write("all of it").await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.rest().await, "got all of it");
}

#[tokio::test]
async fn a_reader_that_stops_stops_the_writer_and_loses_nothing() {
    const SIZE: usize = 24 << 20;
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        wire.write(SWITCHED).await;
        for number in 0..24u8 {
            wire.write(vec![number; 1 << 20]).await;
        }
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = switched(&rig).await;
    until("the tunnel to be full", || rig.upstream().bytes_down() > 0).await;
    let got = client.exactly(SIZE).await;
    assert!(got.chunks(1 << 20).zip(0u8..).all(|(chunk, number)| chunk.iter().all(|byte| *byte == number)));
}

#[tokio::test]
async fn a_client_that_is_gone_ends_the_tunnel() {
    let script = echo().await;
    let rig = Rig::new(script.addr);
    drop(switched(&rig).await);
    until("the tunnel to be closed", || rig.upstream().tunnels() == 0).await;
}

#[tokio::test]
async fn a_websocket_is_closed_when_the_right_to_it_ends() {
    let script = real_echo().await;
    let rig = Rig::new(script.addr);
    let mut socket = websocket(&rig).await;
    socket.send(Message::text("hello")).await.unwrap();
    soon("the echo", socket.next()).await.unwrap().unwrap();
    rig.house.alive.end();
    match soon("the close", socket.next()).await {
        Some(Ok(Message::Close(Some(close)))) => assert_eq!(u16::from(close.code), 1008),
        other => panic!("{other:?}"),
    }
    until("the tunnel to be closed", || rig.upstream().tunnels() == 0).await;
}

#[tokio::test]
async fn nothing_is_put_into_the_middle_of_a_message() {
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        // A frame of 100 bytes, of which 3 come.
        wire.write(format!("{SWITCHED}\u{2}dabc")).await;
        wire.rest().await;
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = switched(&rig).await;
    client.expect("\u{2}dabc").await;
    rig.house.alive.end();
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn an_upgrade_after_the_right_ended_is_refused() {
    let script = echo().await;
    let rig = Rig::new(script.addr);
    rig.house.alive.end();
    let mut client = rig.client().await;
    client.write(UPGRADE).await;
    assert!(client.head().await.starts_with("HTTP/1.1 502 "));
}

#[tokio::test]
async fn an_upstream_that_switches_unasked_has_failed() {
    let script = Script::answering(SWITCHED).await;
    let rig = Rig::new(script.addr);
    let answer = rig.exchange("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
}

#[derive(Default)]
struct Notes {
    requests: Mutex<Vec<String>>,
    frames: Mutex<Vec<(u8, u64)>>,
}

impl Watch for Notes {
    fn request(&self, head: &Parts) {
        self.requests.lock().unwrap().push(head.uri.to_string());
    }

    fn up(&self, frames: &mut Frames, bytes: &[u8]) {
        frames.feed(bytes, |frame| self.frames.lock().unwrap().push((frame.opcode, frame.payload_len)));
    }
}

#[tokio::test]
async fn a_watcher_sees_requests_and_what_clients_send() {
    let script = real_echo().await;
    let notes = Arc::new(Notes::default());
    let watched =
        Edits { watch: Some(notes.clone()), strip_prefix: Some("/s/01J".into()), forwarded: false, ..edits() };
    let rig = Rig::with(Upstream::new(Target::Tcp(script.addr), PoolSettings::default()), watched);
    let stream = tokio::net::TcpStream::connect(rig.addr).await.unwrap();
    let request = format!("ws://{}/s/01J/ws?x=1", rig.addr);
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    socket.send(Message::Ping(b"??".as_slice().into())).await.unwrap();
    socket.send(Message::binary(vec![0; 70_000])).await.unwrap();
    for _ in 0..3 {
        soon("an echo or a pong", socket.next()).await.unwrap().unwrap();
    }
    assert_eq!(*notes.requests.lock().unwrap(), ["/ws?x=1"]);
    let expected = [(opcode::TEXT, 5), (opcode::PING, 2), (opcode::BINARY, 70_000)];
    assert_eq!(*notes.frames.lock().unwrap(), expected);
}
