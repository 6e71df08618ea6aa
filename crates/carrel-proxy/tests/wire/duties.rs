//! The rest: who answers what, what is set and stripped on the wire, who may connect, and how it ends.

use std::{
    os::unix::net::UnixListener as StdUnixListener,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use carrel_proxy::{Edits, Listen, PoolSettings, Proxy, ProxySettings, Target, Upstream};
use futures::StreamExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    runtime::Handle,
    sync::{Notify, mpsc},
};
use tokio_tungstenite::tungstenite::Message;

use crate::rig::{OK, Rig, Script, edits, soon};

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn the_house_answers_what_is_its_own() {
    let script = Script::answering(OK).await;
    let rig = Rig::new(script.addr);
    let answer = rig.exchange(get("/house/a%2Fb?c")).await;
    assert!(answer.ends_with("house /house/a%2Fb?c"), "{answer}");
    assert_eq!(script.connections(), 0);
}

#[tokio::test]
async fn a_panic_of_the_house_is_an_answer_too() {
    let rig = Rig::new("127.0.0.1:1".parse().unwrap());
    let mut client = rig.client().await;
    client.write("GET /house/panic HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 500 "));
}

#[tokio::test]
async fn what_is_not_known_is_learned_once_and_asked_again() {
    let script = Script::answering(OK).await;
    let rig = Rig::new(script.addr);
    assert!(rig.exchange(get("/learn")).await.ends_with("ok"));
    assert_eq!(rig.house.learned.load(Ordering::Relaxed), 1);
    assert_eq!(rig.house.peers.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn the_upstream_learns_where_the_request_came_from() {
    let script = Script::answering(OK).await;
    let rig = Rig::new(script.addr);
    let forged = "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Port: 1\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\n";
    rig.exchange(format!("GET / HTTP/1.1\r\nHost: Work.Example:8443\r\nConnection: close\r\n{forged}\r\n")).await;
    let head = script.heads()[0].clone();
    for line in [
        "host: Work.Example:8443",
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-host: Work.Example:8443",
        "x-forwarded-proto: http",
        "x-carrel-user: ada",
    ] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{line} is not in {head}");
    }
    assert!(!head.contains("6.6.6.6") && !head.contains("port"), "{head}");
}

#[tokio::test]
async fn connection_cannot_name_away_what_the_proxy_sets() {
    let script = Script::answering(OK).await;
    let rig = Rig::new(script.addr);
    let abuse = "Connection: close, x-carrel-user, x-forwarded-for, host, content-length, cookie\r\nCookie: a=1\r\n";
    rig.exchange(format!("POST / HTTP/1.1\r\nHost: h\r\n{abuse}Content-Length: 2\r\n\r\nhi")).await;
    let head = script.heads()[0].clone();
    for line in ["host: h", "x-carrel-user: ada", "x-forwarded-for: 127.0.0.1", "content-length: 2"] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{line} is not in {head}");
    }
    assert!(!head.contains("cookie"), "{head}");
}

#[tokio::test]
async fn answers_keep_to_the_session() {
    let script = Script::answering(
        "HTTP/1.1 302 Found\r\nLocation: /s/01J/lab\r\nSet-Cookie: a=1; Path=/s/01J/\r\nSet-Cookie: b=1; Path=/\r\n\
         Service-Worker-Allowed: /\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nContent-Length: 0\r\n\r\n",
    )
    .await;
    let rig = Rig::new(script.addr);
    let answer = rig.exchange(get("/s/01J/")).await;
    assert!(answer.contains("\r\nlocation: /s/01J/lab\r\n"), "{answer}");
    assert!(answer.contains("\r\nset-cookie: a=1; Path=/s/01J/\r\n") && !answer.contains("b=1"), "{answer}");
    assert!(answer.contains("\r\nservice-worker-allowed: /s/01J/\r\n") && !answer.contains("x-hop"), "{answer}");
}

#[tokio::test]
async fn a_prefix_the_upstream_does_not_know_is_taken_off() {
    let script = Script::answering("HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nContent-Length: 0\r\n\r\n").await;
    let edits = Edits { strip_prefix: Some("/s/01J".into()), ..edits() };
    let rig = Rig::with(Upstream::new(Target::Tcp(script.addr), PoolSettings::default()), edits);
    let answer = rig.exchange(get("/s/01J/a%2F?b")).await;
    assert!(script.heads()[0].starts_with("GET /a%2F?b HTTP/1.1\r\n"));
    assert!(answer.contains("\r\nset-cookie: a=1; Path=/s/01J/\r\n"), "{answer}");
}

#[tokio::test]
async fn a_unix_socket_is_served_and_its_peers_are_known_by_their_account() {
    let script = Script::answering(OK).await;
    let rig = Rig::new(script.addr);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.sock");
    let listener = StdUnixListener::bind(&path).unwrap();
    let settings = ProxySettings::new(Handle::current());
    let _running = Proxy::start(Listen::Unix(listener), Arc::clone(&rig.house), settings).unwrap();
    let mut stream = UnixStream::connect(&path).await.unwrap();
    let mut answer = String::new();
    stream.write_all(get("/").as_bytes()).await.unwrap();
    soon("the end of the connection", stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.ends_with("ok"), "{answer}");
    let peers = rig.house.peers.lock().unwrap();
    assert!(peers.iter().all(|peer| peer.uid().is_some() && peer.address().is_none()), "{peers:?}");
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let rig = Rig::new("127.0.0.1:1".parse().unwrap());
    let settings = ProxySettings {
        threads: Some(1.try_into().unwrap()),
        head_timeout: Some(Duration::from_millis(50)),
        ..ProxySettings::new(Handle::current())
    };
    let listen = Listen::Tcp("127.0.0.1:0".parse().unwrap());
    let running = Proxy::start(listen, Arc::clone(&rig.house), settings).unwrap();
    for start in ["", "GET /house HTTP/1.1\r\nHost: h\r\n"] {
        let mut stream = tokio::net::TcpStream::connect(running.local_addr().unwrap()).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let _ = soon("the connection to be closed", stream.read_to_string(&mut answer)).await;
        assert!(!answer.contains("house"), "{answer}");
    }
}

#[tokio::test]
async fn an_address_in_use_is_an_error() {
    let rig = Rig::new("127.0.0.1:1".parse().unwrap());
    let again = Proxy::start(Listen::Tcp(rig.addr), Arc::clone(&rig.house), ProxySettings::new(Handle::current()));
    assert_eq!(again.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn several_threads_share_one_address() {
    let script = Script::answering(OK).await;
    let rig = Rig::new(script.addr);
    let settings = ProxySettings { threads: Some(3.try_into().unwrap()), ..ProxySettings::new(Handle::current()) };
    let listen = Listen::Tcp("127.0.0.1:0".parse().unwrap());
    let running = Proxy::start(listen, Arc::clone(&rig.house), settings).unwrap();
    for _ in 0..20 {
        let mut stream = tokio::net::TcpStream::connect(running.local_addr().unwrap()).await.unwrap();
        stream.write_all(get("/").as_bytes()).await.unwrap();
        let mut answer = String::new();
        soon("the answer", stream.read_to_string(&mut answer)).await.unwrap();
        assert!(answer.ends_with("ok"));
    }
    soon("the end", running.drain(Duration::from_secs(5))).await;
}

#[tokio::test]
async fn draining_finishes_what_was_begun_and_takes_nothing_new() {
    let (asked, mut wait) = mpsc::unbounded_channel();
    let go = Arc::new(Notify::new());
    let may = Arc::clone(&go);
    let script = Script::play(move |mut wire, _| {
        let (asked, may) = (asked.clone(), Arc::clone(&may));
        async move {
            wire.head().await;
            asked.send(()).unwrap();
            may.notified().await;
            wire.write(OK).await;
        }
    })
    .await;
    let Rig { house: _house, running, addr } = Rig::new(script.addr);
    let mut busy = crate::rig::Wire::new(tokio::net::TcpStream::connect(addr).await.unwrap());
    let mut idle = crate::rig::Wire::new(tokio::net::TcpStream::connect(addr).await.unwrap());
    idle.write("GET /house HTTP/1.1\r\nHost: h\r\n\r\n").await;
    idle.head().await;
    idle.expect("house /house").await;
    busy.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    soon("the request", wait.recv()).await;
    let draining = tokio::spawn(running.drain(Duration::from_mins(1)));
    assert_eq!(idle.rest().await, "", "idle connections are closed at once");
    soon("the listener to be closed", async {
        while tokio::net::TcpStream::connect(addr).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
    go.notify_one();
    let answer = busy.rest().await;
    assert!(answer.contains("connection: close\r\n") && answer.ends_with("ok"), "{answer}");
    soon("the end, well before the grace time", draining).await.unwrap();
}

#[tokio::test]
async fn draining_closes_websockets_and_cuts_off_what_does_not_end() {
    let script = Script::play(|mut wire, _| async move {
        let mut head = [0; 4];
        wire.stream.peek(&mut head).await.unwrap();
        // `GET /ws` and `GET /stream`: told apart by what is said back.
        if tokio_tungstenite::accept_async(&mut wire.stream).await.is_err() {
            wire.write("HTTP/1.1 200 OK\r\n\r\nforever").await;
        }
        wire.rest().await;
    })
    .await;
    let Rig { house: _house, running, addr } = Rig::new(script.addr);
    let stream = tokio::net::TcpStream::connect(addr).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(format!("ws://{addr}/ws"), stream).await.unwrap();
    let mut endless = crate::rig::Wire::new(tokio::net::TcpStream::connect(addr).await.unwrap());
    endless.write("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let draining = tokio::spawn(running.drain(Duration::from_millis(300)));
    match soon("the close", socket.next()).await {
        Some(Ok(Message::Close(Some(close)))) => assert_eq!(u16::from(close.code), 1012),
        other => panic!("{other:?}"),
    }
    soon("the end of the proxy", draining).await.unwrap();
    endless.rest().await;
}
