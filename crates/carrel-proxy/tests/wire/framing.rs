//! Each row of the table of what two parsers could read in two ways.

use crate::rig::{OK, Rig, Script};

async fn rig() -> (Script, Rig) {
    let script = Script::answering(OK).await;
    let rig = Rig::new(script.addr);
    (script, rig)
}

/// Sends this and expects this status and that the upstream heard nothing.
async fn refused(request: impl AsRef<[u8]>, status: &str) {
    let (script, rig) = rig().await;
    let answer = rig.exchange(request.as_ref()).await;
    let shown = String::from_utf8_lossy(&request.as_ref()[..request.as_ref().len().min(200)]).into_owned();
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown:?} got {answer:?}");
    assert!(!answer[9..].contains("HTTP/1.1"), "{shown:?} was taken for two requests: {answer:?}");
    assert_eq!(script.connections(), 0, "{shown:?} reached the upstream");
}

const TE: &str = "Transfer-Encoding: chunked\r\n";
const CL: &str = "Content-Length: 5\r\n";
const SMUGGLED: &str = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

fn post(headers: &str, body: &str) -> String {
    format!("POST /s/01J/ HTTP/1.1\r\nHost: h\r\n{headers}\r\n{body}")
}

#[tokio::test]
async fn a_length_and_an_encoding_are_refused_in_either_order() {
    refused(post(&format!("{CL}{TE}"), SMUGGLED), "400").await;
    refused(post(&format!("{TE}{CL}"), SMUGGLED), "400").await;
    refused(post(&format!("{TE}X: y\r\nCONTENT-LENGTH:5\r\n"), SMUGGLED), "400").await;
}

#[tokio::test]
async fn they_are_refused_when_they_come_in_pieces() {
    let (script, rig) = rig().await;
    let mut client = rig.client().await;
    let request = post(&format!("{TE}{CL}"), SMUGGLED);
    for piece in request.as_bytes().chunks(7) {
        client.write(piece).await;
        tokio::task::yield_now().await;
    }
    assert!(client.rest().await.starts_with("HTTP/1.1 400 "));
    assert_eq!(script.connections(), 0);
}

#[tokio::test]
async fn they_are_refused_on_a_connection_that_was_used_before() {
    let (script, rig) = rig().await;
    let mut client = rig.client().await;
    client.write(post(CL, "hello")).await;
    client.head().await;
    client.expect("ok").await;
    client.write(post(&format!("{TE}{CL}"), SMUGGLED)).await;
    assert!(client.rest().await.starts_with("HTTP/1.1 400 "));
    assert_eq!(script.heads().len(), 1);
}

#[tokio::test]
async fn one_of_each_on_one_connection_is_fine() {
    let (_script, rig) = rig().await;
    let mut client = rig.client().await;
    for request in [post(CL, "hello"), post(TE, "1\r\na\r\n0\r\n\r\n"), post(CL, "again"), post(TE, "0\r\n\r\n")] {
        client.write(request).await;
        assert!(client.head().await.starts_with("HTTP/1.1 200 "));
        client.expect("ok").await;
    }
}

#[tokio::test]
async fn lengths_that_differ_or_are_none_are_refused() {
    for length in ["Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: +5\r\n", "Content-Length: 5, 6\r\n"] {
        refused(post(length, "hello"), "400").await;
    }
    refused(post("Content-Length: -1\r\n", ""), "400").await;
    refused(post("Content-Length: 0x5\r\n", "hello"), "400").await;
}

#[tokio::test]
async fn two_equal_lengths_arrive_as_one() {
    let (script, rig) = rig().await;
    let answer = rig.exchange(post(&format!("{CL}{CL}Connection: close\r\n"), "hello")).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(script.heads()[0].matches("content-length").count(), 1);
}

#[tokio::test]
async fn any_encoding_but_chunked_once_is_refused() {
    refused(post("Transfer-Encoding: gzip, chunked\r\n", SMUGGLED), "501").await;
    refused(post("Transfer-Encoding: chunked, chunked\r\n", SMUGGLED), "501").await;
    refused(post(&format!("{TE}{TE}"), SMUGGLED), "400").await;
    refused(post("Transfer-Encoding: chunked, identity\r\n", SMUGGLED), "400").await;
    refused(post("Transfer-Encoding: xchunked\r\n", SMUGGLED), "400").await;
    refused(post("Transfer-Encoding: \x0bchunked\r\n", SMUGGLED), "400").await;
    refused(format!("POST / HTTP/1.0\r\n{TE}\r\n{SMUGGLED}"), "400").await;
}

#[tokio::test]
async fn malformed_lines_are_refused() {
    for line in ["X: a\r\n folded\r\n", "X : a\r\n", "X: a\0b\r\n", "X: a\rb\r\n", "no colon\r\n", ": no name\r\n"] {
        refused(post(line, ""), "400").await;
    }
}

#[tokio::test]
async fn lines_that_end_in_a_line_feed_alone_mean_the_same_upstream() {
    let (script, rig) = rig().await;
    let answer = rig.exchange("GET /s/01J/ HTTP/1.1\nHost: h\nX-One: 1\nConnection: close\n\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(script.heads()[0].contains("\r\nx-one: 1\r\n"));
}

#[tokio::test]
async fn one_host_no_more_no_less() {
    refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400").await;
    refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400").await;
    refused("GET / HTTP/1.1\r\n\r\n", "400").await;
    refused("GET http://evil.example/ HTTP/1.1\r\nHost: h\r\n\r\n", "421").await;
}

#[tokio::test]
async fn connect_and_http2_are_refused() {
    refused("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", "405").await;
    refused("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade, http2-settings\r\nUpgrade: h2c\r\n\r\n", "400").await;
    let (script, rig) = rig().await;
    assert_eq!(rig.exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await, "");
    assert_eq!(script.connections(), 0);
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    refused(post(&format!("X: {}\r\n", "a".repeat(64 * 1024)), ""), "431").await;
    refused(post(&"X: a\r\n".repeat(101), ""), "431").await;
}

#[tokio::test]
async fn a_malformed_chunk_is_the_clients_fault() {
    let (_script, rig) = rig().await;
    let mut client = rig.client().await;
    client.write(post(TE, "zz\r\nhello\r\n")).await;
    let answer = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(rig.failures().is_empty());
}

#[tokio::test]
async fn pipelined_requests_get_their_answers_in_order() {
    let script = Script::play(|mut wire, _| async move {
        while let Some(head) = wire.try_head().await {
            let path = head.split(' ').nth(1).unwrap();
            wire.write(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{path}", path.len())).await;
        }
    })
    .await;
    let rig = Rig::new(script.addr);
    let one = |path: &str, more: &str| format!("GET {path} HTTP/1.1\r\nHost: h\r\n{more}\r\n");
    let answer = rig.exchange([one("/a", ""), one("/b", ""), one("/c", "Connection: close\r\n")].concat()).await;
    let bodies: Vec<&str> = answer.split("\r\n\r\n").skip(1).map(|part| &part[..2]).collect();
    assert_eq!(bodies, ["/a", "/b", "/c"]);
}

#[tokio::test]
async fn a_request_behind_a_refused_upgrade_is_a_request_of_its_own() {
    let (script, rig) = rig().await;
    let upgrade = "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    let next = "GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let answer = rig.exchange(format!("{upgrade}{next}")).await;
    assert_eq!(answer.matches("HTTP/1.1 200 ").count(), 2, "{answer}");
    let heads = script.heads();
    assert!(heads[0].starts_with("GET /ws ") && heads[1].starts_with("GET /next "), "{heads:?}");
}

#[tokio::test]
async fn encoded_paths_arrive_byte_by_byte() {
    let (script, rig) = rig().await;
    let paths = [
        "/s/01J/%2e%2e/%2e%2e/admin",
        "/s/01J/a%2Fb%5Cc%00d",
        "/s/01J/%252e%252e/",
        "/s/01J/a;b=c//d/./../e",
        "/s/01J/x?next=//evil&y=%0d%0aX:1",
        "/s/01J/\u{2025}/\u{ff0e}",
        "/s/01J/\\..\\x|y",
    ];
    for path in paths {
        rig.exchange(format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")).await;
    }
    let arrived: Vec<String> = script.heads().iter().map(|head| head.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(arrived, paths);
}
