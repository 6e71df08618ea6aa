//! Websockets into a session, and their end.

use super::{Person, TestCarrel};
use bytes::Bytes;
use carrel_store::Actor;
use futures::{SinkExt, StreamExt};
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::time::Duration;
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};

/// Asks for a websocket.
pub(super) async fn upgrade(person: &Person, path: &str, origin: Option<&str>) -> Response<Incoming> {
    let mut request = person
        .request(&Method::GET, path)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    let (mut send, connection) = hyper::client::conn::http1::handshake(person.connect().await).await.unwrap();
    tokio::spawn(connection.with_upgrades());
    send.send_request(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap()
}

pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

pub(super) async fn open(person: &Person, id: &str) -> Socket {
    let answer = upgrade(person, &format!("/s/{id}/ws"), Some(&person.origin())).await;
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    let io = TokioIo::new(hyper::upgrade::on(answer).await.unwrap());
    WebSocketStream::from_raw_socket(io, Role::Client, None).await
}

pub(super) async fn echoes(socket: &mut Socket) {
    socket.send("hello".into()).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap(), "hello");
}

/// Waits for the end; five seconds are promised.
async fn ends(mut socket: Socket) {
    let end = async {
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), end).await.expect("closed within five seconds");
}

#[tokio::test]
async fn signing_out_everywhere_closes_what_is_open_on_every_replica() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let other = ada.again("ada").await;
    let replica = carrel.replica().await;
    let id = carrel.running(&ada).await;
    let mut kept = open(&ada, &id).await;
    let mut here = open(&other, &id).await;
    let mut there = open(&other.before(replica.local_addr()), &id).await;
    for socket in [&mut kept, &mut here, &mut there] {
        echoes(socket).await;
    }
    assert_eq!(ada.delete("/api/v1/sign-ins?keep=this").await.status, StatusCode::NO_CONTENT);
    ends(here).await;
    ends(there).await;
    echoes(&mut kept).await;
    assert_eq!(ada.delete("/api/v1/sign-ins").await.status, StatusCode::NO_CONTENT);
    ends(kept).await;
}

#[tokio::test]
async fn what_a_locked_user_has_open_closes() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let mut socket = open(&ada, &id).await;
    echoes(&mut socket).await;
    let user = carrel.store.user_by_name(&"ada".parse().unwrap()).await.unwrap().unwrap().id;
    carrel.store.set_locked(&user, true, &Actor::system("test"), carrel.clock.now()).await.unwrap();
    ends(socket).await;
    assert_eq!(upgrade(&ada, &format!("/s/{id}/ws"), Some(&ada.origin())).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_open_closes_when_the_sign_in_reaches_its_limit() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let mut socket = open(&ada, &id).await;
    echoes(&mut socket).await;
    let limit = carrel.settings.now().sign_in_limit;
    carrel.clock.set(carrel.clock.now().checked_add(limit).unwrap());
    ends(socket).await;
}

#[tokio::test]
async fn a_resumed_session_is_reached_anew() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    echoes(&mut open(&ada, &id).await).await;
    ada.post(&format!("/api/v1/sessions/{id}/suspend"), Value::Null).await;
    carrel.wait(&id, "Suspended").await;
    carrel.not_routed(&ada, &id).await;
    let answer = upgrade(&ada, &format!("/s/{id}/ws"), Some(&ada.origin())).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    ada.post(&format!("/api/v1/sessions/{id}/resume"), Value::Null).await;
    carrel.wait(&id, "Active").await;
    echoes(&mut open(&ada, &id).await).await;
}
