//! Connections to upstreams: kept, not mixed up, and replaced when they went stale.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use carrel_proxy::{Dial, PoolSettings, Target, Upstream, connect_unix};
use futures::future::BoxFuture;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UnixListener, UnixStream},
};

use crate::rig::{OK, Rig, Script, Wire, edits, soon, until};

const GET: &str = "GET /s/01J/ HTTP/1.1\r\nHost: h\r\n\r\n";

async fn get(client: &mut Wire) -> String {
    ask(client, GET).await
}

/// Sends this and reads an answer with a length.
async fn ask(client: &mut Wire, request: &str) -> String {
    client.write(request).await;
    let head = client.head().await;
    let length = head.to_lowercase().split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse();
    let body = client.exactly(length.unwrap()).await;
    head + std::str::from_utf8(&body).unwrap()
}

#[tokio::test]
async fn requests_one_after_the_other_share_a_connection() {
    let script = Script::answering(OK).await;
    let rig = Rig::new(script.addr);
    for _ in 0..2 {
        let mut client = rig.client().await;
        for _ in 0..3 {
            assert!(get(&mut client).await.ends_with("ok"));
        }
    }
    assert_eq!((script.connections(), rig.upstream().requests()), (1, 6));
}

#[tokio::test]
async fn a_connection_is_never_used_for_another_upstream_on_the_same_address() {
    let script = Script::answering(OK).await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    get(&mut client).await;
    *rig.house.upstream.lock().unwrap() = Upstream::new(Target::Tcp(script.addr), PoolSettings::default());
    get(&mut client).await;
    assert_eq!(script.connections(), 2);
}

#[tokio::test]
async fn nothing_is_kept_when_nothing_should_be() {
    let script = Script::answering(OK).await;
    let pool = PoolSettings { idle: 0, ..PoolSettings::default() };
    let rig = Rig::with(Upstream::new(Target::Tcp(script.addr), pool), edits());
    let mut client = rig.client().await;
    for expected in 1..=3 {
        get(&mut client).await;
        assert_eq!(script.connections(), expected);
    }
}

#[tokio::test]
async fn what_is_idle_for_too_long_is_closed() {
    let (closed, mut wait) = tokio::sync::mpsc::unbounded_channel();
    let script = Script::play(move |mut wire, _| {
        let closed = closed.clone();
        async move {
            while wire.try_head().await.is_some() {
                wire.write(OK).await;
            }
            closed.send(()).unwrap();
        }
    })
    .await;
    let pool = PoolSettings { age: Duration::from_millis(50), ..PoolSettings::default() };
    let rig = Rig::with(Upstream::new(Target::Tcp(script.addr), pool), edits());
    get(&mut rig.client().await).await;
    soon("the idle connection to be closed", wait.recv()).await;
}

/// Answers `together` requests at once, when all of them are there; tells of each connection that was closed.
async fn answers_together(together: usize) -> (Script, tokio::sync::mpsc::UnboundedReceiver<()>) {
    let (closed, wait) = tokio::sync::mpsc::unbounded_channel();
    let all = Arc::new(tokio::sync::Barrier::new(together));
    let script = Script::play(move |mut wire, _| {
        let (closed, all) = (closed.clone(), Arc::clone(&all));
        async move {
            while wire.try_head().await.is_some() {
                all.wait().await;
                wire.write(OK).await;
            }
            closed.send(()).unwrap();
        }
    });
    (script.await, wait)
}

#[tokio::test]
async fn a_burst_of_requests_leaves_its_connections_to_the_next_burst_and_not_for_long() {
    const TOGETHER: usize = 12;
    let (script, mut closed) = answers_together(TOGETHER).await;
    let pool = PoolSettings { idle: 4, age: Duration::from_hours(1), ..PoolSettings::default() };
    let rig = Rig::with(Upstream::new(Target::Tcp(script.addr), pool), edits());
    let mut clients = Vec::new();
    for _ in 0..TOGETHER {
        clients.push(rig.client().await);
    }
    for _ in 0..5 {
        futures::future::join_all(clients.iter_mut().map(get)).await;
    }
    assert_eq!(script.connections(), TOGETHER);
    for _ in 4..TOGETHER {
        soon("what was only kept for a burst to be closed", closed.recv()).await;
    }
}

#[tokio::test]
async fn connections_of_an_upstream_that_is_gone_are_closed() {
    let (closed, mut wait) = tokio::sync::mpsc::unbounded_channel();
    let script = Script::play(move |mut wire, _| {
        let closed = closed.clone();
        async move {
            while wire.try_head().await.is_some() {
                wire.write(OK).await;
            }
            closed.send(()).unwrap();
        }
    })
    .await;
    let pool = PoolSettings { age: Duration::from_hours(1), ..PoolSettings::default() };
    let rig = Rig::with(Upstream::new(Target::Tcp(script.addr), pool), edits());
    get(&mut rig.client().await).await;
    *rig.house.upstream.lock().unwrap() = Upstream::new(Target::Tcp(script.addr), PoolSettings::default());
    soon("the connection of the old upstream to be closed", wait.recv()).await;
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_replaced() {
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        wire.write(OK).await;
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    for _ in 0..5 {
        assert!(get(&mut client).await.ends_with("ok"));
    }
    assert!(rig.failures().is_empty());
}

/// The first connection takes a second request and closes without an answer; others answer everything.
async fn closes_on_taking_the_second() -> Script {
    Script::play(|mut wire, number| async move {
        wire.head().await;
        wire.write(OK).await;
        while wire.try_head().await.is_some() && number > 0 {
            wire.write(OK).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_get_that_met_a_closing_connection_is_sent_again() {
    let script = closes_on_taking_the_second().await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    get(&mut client).await;
    assert!(get(&mut client).await.ends_with("ok"));
    assert_eq!(script.heads().len(), 3, "first, lost, and sent again");
    assert_eq!(script.heads()[1], script.heads()[2]);
}

#[tokio::test]
async fn a_post_that_may_have_been_read_is_not_sent_again() {
    let script = closes_on_taking_the_second().await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    get(&mut client).await;
    let answer = ask(&mut client, "POST /s/01J/ HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    assert_eq!(script.heads().len(), 2);
}

#[tokio::test]
async fn what_is_sent_again_goes_over_a_new_connection() {
    let both = Arc::new(tokio::sync::Barrier::new(2));
    let script = Script::play(move |mut wire, number| {
        let both = Arc::clone(&both);
        async move {
            wire.head().await;
            if number < 2 {
                both.wait().await;
                wire.write(OK).await;
                wire.head().await;
            } else {
                wire.write(OK).await;
            }
        }
    })
    .await;
    let rig = Rig::new(script.addr);
    let (mut one, mut two) = (rig.client().await, rig.client().await);
    tokio::join!(get(&mut one), get(&mut two));
    assert!(get(&mut one).await.ends_with("ok"), "two connections are kept, both about to close");
    assert_eq!(script.heads().len(), 4);
}

#[tokio::test]
async fn an_answer_without_a_body_leaves_the_connection_to_the_next() {
    let script = Script::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    for _ in 0..3 {
        client.write(GET).await;
        client.head().await;
    }
    assert_eq!(script.connections(), 1);
}

#[tokio::test]
async fn a_get_is_sent_again_once_and_no_more() {
    let script = Script::play(|mut wire, number| async move {
        wire.head().await;
        if number == 0 {
            wire.write(OK).await;
            wire.head().await;
        }
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    get(&mut client).await;
    assert!(get(&mut client).await.starts_with("HTTP/1.1 502 "));
    assert_eq!(script.heads().len(), 3);
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_not_asked_for_again() {
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        wire.write(OK).await;
        wire.head().await;
        wire.write("220 smtp.example.org\r\n\r\n").await;
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    get(&mut client).await;
    assert!(get(&mut client).await.starts_with("HTTP/1.1 502 "));
    assert_eq!((script.heads().len(), rig.failures().len()), (2, 1));
}

#[tokio::test]
async fn a_connection_on_which_a_body_is_still_sent_is_not_taken() {
    let script = Script::play(|mut wire, _| async move {
        while wire.try_head().await.is_some() {
            wire.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno").await;
        }
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut uploading = rig.client().await;
    uploading.write("PUT /s/01J/ HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nbegin").await;
    assert!(uploading.head().await.starts_with("HTTP/1.1 413 "));
    uploading.expect("no").await;
    assert!(get(&mut rig.client().await).await.starts_with("HTTP/1.1 413 "));
    assert_eq!(script.connections(), 2);
}

#[tokio::test]
async fn when_nobody_listens_the_house_says_so() {
    let addr = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let rig = Rig::new(addr);
    assert!(get(&mut rig.client().await).await.ends_with("failed"));
    let failures = rig.failures();
    assert!(failures[0].starts_with("GET /s/01J/: cannot connect: "), "{failures:?}");
}

/// Answers all that one connection asks.
async fn answers(listener: UnixListener) {
    let (mut stream, _) = listener.accept().await.unwrap();
    while stream.read(&mut [0; 1024]).await.unwrap() > 0 {
        stream.write_all(OK.as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn an_upstream_may_listen_on_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ide.sock");
    let rig = Rig::with(Upstream::new(Target::Unix(path.clone()), PoolSettings::default()), edits());
    let mut client = rig.client().await;
    assert!(get(&mut client).await.starts_with("HTTP/1.1 502 "));
    let listener = UnixListener::bind(&path).unwrap();
    let serving = tokio::spawn(answers(listener));
    assert!(get(&mut client).await.ends_with("ok"));
    assert!(get(&mut client).await.ends_with("ok"), "kept");
    drop(rig);
    soon("the connection to end with the proxy", serving).await.unwrap();
}

/// Connects for the proxy, or says why not.
#[derive(Debug)]
struct Hand {
    path: PathBuf,
    dialled: AtomicU32,
}

impl Dial for Hand {
    fn dial(&self) -> BoxFuture<'_, io::Result<UnixStream>> {
        self.dialled.fetch_add(1, Ordering::Relaxed);
        Box::pin(connect_unix(&self.path))
    }
}

#[tokio::test]
async fn connections_that_somebody_else_makes_are_kept_like_others() {
    let folder = tempfile::tempdir().unwrap();
    let hand = Arc::new(Hand { path: folder.path().join("ide.sock"), dialled: AtomicU32::new(0) });
    let rig = Rig::with(Upstream::new(Target::Handed(hand.clone()), PoolSettings::default()), edits());
    let mut client = rig.client().await;
    assert!(get(&mut client).await.starts_with("HTTP/1.1 502 "), "its error is that of connecting");
    let failures = rig.failures();
    assert!(failures[0].starts_with("GET /s/01J/: cannot connect: No such file"), "{failures:?}");
    let serving = tokio::spawn(answers(UnixListener::bind(&hand.path).unwrap()));
    assert!(get(&mut client).await.ends_with("ok"));
    assert!(get(&mut client).await.ends_with("ok"));
    assert_eq!(hand.dialled.load(Ordering::Relaxed), 2, "one that failed and one that is kept");
    drop(rig);
    soon("the connection to end with the proxy", serving).await.unwrap();
}

#[tokio::test]
async fn many_at_once_each_have_a_connection_and_few_are_kept() {
    let script = Script::play(|mut wire, _| async move {
        while wire.try_head().await.is_some() {
            tokio::task::yield_now().await;
            wire.write(OK).await;
        }
    })
    .await;
    let rig = Arc::new(Rig::new(script.addr));
    let clients: Vec<_> = (0..50)
        .map(|_| {
            let rig = Arc::clone(&rig);
            tokio::spawn(async move { get(&mut rig.client().await).await })
        })
        .collect();
    for client in clients {
        assert!(client.await.unwrap().ends_with("ok"));
    }
    until("all to be counted", || rig.upstream().requests() == 50).await;
    assert_eq!(rig.upstream().bytes_down(), 100);
}
