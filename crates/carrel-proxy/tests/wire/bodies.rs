//! Bodies flow both ways at once, as they come, and no further than the reader reads.

use std::time::Duration;

use tokio::{sync::mpsc, time::timeout};

use crate::rig::{OK, Rig, Script, soon};

#[tokio::test]
async fn events_are_not_held_back() {
    let (say, listen) = mpsc::unbounded_channel::<&str>();
    let listen = std::sync::Arc::new(tokio::sync::Mutex::new(listen));
    let script = Script::play(move |mut wire, _| {
        let listen = listen.clone();
        async move {
            wire.head().await;
            wire.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n").await;
            while let Some(event) = listen.lock().await.recv().await {
                wire.write(event).await;
            }
        }
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    client.write("GET /s/01J/events HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert!(client.head().await.contains("text/event-stream"), "the head comes before any event");
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        say.send(event).unwrap();
        client.expect(&format!("9\r\n{event}\r\n")).await;
    }
    drop(say);
    client.expect("0\r\n\r\n").await;
}

#[tokio::test]
async fn an_answer_streams_while_the_request_is_still_sent() {
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        wire.write("HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n").await;
        for _ in 0..20 {
            let piece = wire.exactly(1000).await;
            wire.write(piece).await;
        }
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    client.write("POST /s/01J/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n").await;
    for number in 0..20u8 {
        client.write([number; 1000]).await;
        if number == 0 {
            client.head().await;
        }
        assert_eq!(client.exactly(1000).await, [number; 1000], "answered before the next is sent");
    }
    assert_eq!((rig.upstream().bytes_up(), rig.upstream().bytes_down()), (20_000, 20_000));
}

#[tokio::test]
async fn a_get_may_have_a_body() {
    let script = Script::play(|mut wire, _| async move {
        let head = wire.head().await;
        let body = if head.contains("chunked") {
            wire.chunked().await
        } else {
            String::from_utf8(wire.exactly(5).await).unwrap()
        };
        wire.write(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())).await;
    })
    .await;
    let rig = Rig::new(script.addr);
    for body in ["Transfer-Encoding: chunked\r\n\r\n5\r\nquery\r\n0\r\n\r\n", "Content-Length: 5\r\n\r\nquery"] {
        let answer = rig.exchange(format!("GET /s/01J/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{body}")).await;
        assert!(answer.ends_with("query"), "{answer}");
    }
}

#[tokio::test]
async fn trailers_do_not_pass_and_the_body_does() {
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        let body = wire.chunked().await;
        let chunks = format!("{:x}\r\n{body}\r\n0\r\nX-Sum: 1\r\n\r\n", body.len());
        wire.write(format!("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}")).await;
    })
    .await;
    let rig = Rig::new(script.addr);
    let request = "POST / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nTrailer: X-Carrel-User\r\nConnection: close\r\n\
                   Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Carrel-User: root\r\n\r\n";
    let answer = rig.exchange(request).await;
    assert!(answer.ends_with("5\r\nhello\r\n0\r\n\r\n"), "{answer}");
    assert!(!script.heads()[0].contains("trailer"));
}

#[tokio::test]
async fn a_client_that_waits_for_leave_to_send_its_body_gets_it() {
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        wire.expect("hello").await;
        wire.write(OK).await;
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    client.write("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").await;
    client.expect("HTTP/1.1 100 Continue\r\n\r\n").await;
    client.write("hello").await;
    assert!(client.head().await.starts_with("HTTP/1.1 200 "));
    assert!(!script.heads()[0].contains("expect"));
}

#[tokio::test]
async fn an_early_refusal_of_an_upload_arrives() {
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        wire.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno").await;
        wire.rest().await;
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    client.write("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nbegin").await;
    assert!(client.head().await.starts_with("HTTP/1.1 413 "));
    client.expect("no").await;
}

#[tokio::test]
async fn answers_without_a_body_have_none() {
    for (request, answer) in [
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"),
        ("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n"),
    ] {
        let script = Script::answering(answer).await;
        let rig = Rig::new(script.addr);
        let got = rig.exchange(format!("{request} / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")).await;
        assert!(got.ends_with("\r\n\r\n") && got.matches("\r\n\r\n").count() == 1, "{got}");
        assert_eq!(got.contains("content-length"), answer.contains("1234"), "{answer} became {got}");
    }
}

#[tokio::test]
async fn an_old_client_gets_a_body_that_ends_with_the_connection() {
    let script =
        Script::answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n").await;
    let rig = Rig::new(script.addr);
    let answer = rig.exchange("GET / HTTP/1.0\r\n\r\n").await;
    assert!(answer.ends_with("\r\n\r\nhello") && !answer.contains("chunked"), "{answer}");
}

#[tokio::test]
async fn a_body_that_breaks_off_upstream_breaks_off_for_the_client() {
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        wire.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart").await;
    })
    .await;
    let rig = Rig::new(script.addr);
    let answer = rig.exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert!(answer.ends_with("part"), "{answer}");
}

/// Does with a client what it likes after the upstream has the request, and expects the upstream to notice.
async fn upstream_notices_a_client_that_leaves(answer: &'static str) {
    let (noticed, mut wait) = mpsc::unbounded_channel();
    let script = Script::play(move |mut wire, _| {
        let noticed = noticed.clone();
        async move {
            wire.head().await;
            wire.write(answer).await;
            noticed.send("asked").unwrap();
            wire.rest().await;
            noticed.send("left").unwrap();
        }
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(soon("the request", wait.recv()).await, Some("asked"));
    if !answer.is_empty() {
        client.head().await;
    }
    drop(client);
    assert_eq!(soon("the upstream to notice", wait.recv()).await, Some("left"));
}

#[tokio::test]
async fn a_client_that_leaves_while_waiting_ends_the_upstreams_work() {
    upstream_notices_a_client_that_leaves("").await;
}

#[tokio::test]
async fn a_client_that_leaves_a_silent_stream_ends_it_upstream() {
    upstream_notices_a_client_that_leaves("HTTP/1.1 200 OK\r\n\r\n").await;
}

#[tokio::test]
async fn a_slow_reader_slows_the_upstream_down() {
    const PLENTY: usize = 256 << 20;
    let (wrote, mut wait) = mpsc::unbounded_channel();
    let script = Script::play(move |mut wire, _| {
        let wrote = wrote.clone();
        async move {
            use tokio::io::AsyncWriteExt;
            wire.head().await;
            wire.write("HTTP/1.1 200 OK\r\n\r\n").await;
            let mut written = 0;
            let piece = vec![b'x'; 1 << 20];
            // Stuck for this long means: nobody takes any more.
            while let Ok(Ok(())) = timeout(Duration::from_millis(300), wire.stream.write_all(&piece)).await {
                written += piece.len();
                if written > PLENTY {
                    break;
                }
            }
            wrote.send(written).unwrap();
        }
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let written = soon("the upstream to get stuck", wait.recv()).await.unwrap();
    assert!(written < 64 << 20, "{written} bytes were taken from the upstream and not read by the client");
    drop(client);
}

#[tokio::test]
async fn a_silent_stream_ends_when_the_right_to_it_does() {
    let script = Script::play(|mut wire, _| async move {
        wire.head().await;
        wire.write("HTTP/1.1 200 OK\r\n\r\ndata").await;
        wire.rest().await;
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await;
    client.expect("4\r\ndata\r\n").await;
    rig.house.alive.end();
    assert_eq!(client.rest().await, "", "cut off without an end of the body");
}

#[tokio::test]
async fn an_upload_ends_when_the_right_to_it_does() {
    let (got, mut wait) = mpsc::unbounded_channel();
    let script = Script::play(move |mut wire, _| {
        let got = got.clone();
        async move {
            wire.head().await;
            wire.expect("before").await;
            got.send("begun".to_owned()).unwrap();
            got.send(wire.rest().await).unwrap();
        }
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    client.write("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nbefore").await;
    soon("the upload to begin", wait.recv()).await;
    rig.house.alive.end();
    client.write("after").await;
    assert!(client.head().await.starts_with("HTTP/1.1 502 "));
    assert_eq!(soon("the upstream to be left", wait.recv()).await.unwrap(), "");
}

#[tokio::test]
async fn an_answer_that_comes_after_the_right_ended_is_not_given() {
    let (ask, mut asked) = mpsc::unbounded_channel();
    let go = std::sync::Arc::new(tokio::sync::Notify::new());
    let wait = go.clone();
    let script = Script::play(move |mut wire, _| {
        let (ask, wait) = (ask.clone(), wait.clone());
        async move {
            wire.head().await;
            ask.send(()).unwrap();
            wait.notified().await;
            wire.write(OK).await;
        }
    })
    .await;
    let rig = Rig::new(script.addr);
    let mut client = rig.client().await;
    client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    soon("the request", asked.recv()).await;
    rig.house.alive.end();
    go.notify_one();
    assert!(client.head().await.starts_with("HTTP/1.1 502 "));
    assert!(rig.failures()[0].contains("the right to use it ended"));
}
