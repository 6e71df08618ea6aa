//! The event stream.

use super::{Person, TestCarrel};
use http::{Method, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde_json::Value;
use std::time::Duration;

/// An open stream.
struct Stream {
    body: Incoming,
    text: String,
}

/// One event: its id, name and data.
type Event = (Option<i64>, String, Value);

impl Stream {
    async fn open(person: &Person, last: Option<i64>) -> Self {
        let mut request = person.request(&Method::GET, "/api/v1/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let answer = person.begin(request.body(Full::default()).unwrap()).await;
        assert_eq!(
            (answer.status(), &answer.headers()["content-type"]),
            (StatusCode::OK, &"text/event-stream".parse().unwrap())
        );
        Self { body: answer.into_body(), text: String::new() }
    }

    /// The next event, or `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = event.to_owned();
                self.text = rest.to_owned();
                let field = |name: &str| event.lines().find_map(|l| l.strip_prefix(name).map(str::to_owned));
                let Some(data) = field("data: ") else { continue };
                let id = field("id: ").map(|id| id.parse().unwrap());
                return Some((id, field("event: ").unwrap(), serde_json::from_str(&data).unwrap()));
            }
            let frame = carrel_testkit::within("an event", self.body.frame()).await?.ok()?;
            self.text.push_str(str::from_utf8(&frame.into_data().unwrap()).unwrap());
        }
    }

    /// Waits for an event that is wanted.
    async fn until(&mut self, what: &str, mut wanted: impl FnMut(&Event) -> bool) -> Event {
        carrel_testkit::within(what, async {
            loop {
                let event = self.next().await.expect("the stream goes on");
                if wanted(&event) {
                    return event;
                }
            }
        })
        .await
    }

    /// Waits for a session in this state; the id of the event.
    async fn until_session(&mut self, id: &str, state: &str) -> i64 {
        self.until(state, |(_, name, data)| name == "session" && data["id"] == id && data["state"] == state)
            .await
            .0
            .unwrap()
    }
}

#[tokio::test]
async fn a_stream_begins_with_what_is_there_and_goes_on_with_what_changes() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let first = carrel.running(&ada).await;
    let mut stream = Stream::open(&ada, None).await;
    let seen = stream.until_session(&first, "Active").await;
    let second = ada.launch().await;
    let later = stream.until_session(&second, "Active").await;
    assert!(later > seen);
    ada.delete(&format!("/api/v1/sessions/{first}")).await;
    stream.until_session(&first, "Stopped").await;
}

#[tokio::test]
async fn last_event_id_replays_what_changed_since_and_nothing_else() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let quiet = carrel.running(&ada).await;
    let busy = carrel.running(&ada).await;
    let mut stream = Stream::open(&ada, None).await;
    // In no order that is promised.
    let mut missing = vec![quiet.clone(), busy.clone()];
    let mut last = 0;
    while !missing.is_empty() {
        let (number, _, data) = stream.until("both sessions", |(_, name, _)| name == "session").await;
        missing.retain(|id| data["id"] != id.as_str());
        last = last.max(number.unwrap());
    }
    drop(stream);
    ada.post(&format!("/api/v1/sessions/{busy}/suspend"), Value::Null).await;
    carrel.wait(&busy, "Suspended").await;
    let mut stream = Stream::open(&ada, Some(last)).await;
    let (_, _, data) = stream.until("the first event", |_| true).await;
    assert_eq!((&data["id"], &data["state"]), (&busy.clone().into(), &"Suspended".into()));
    ada.delete(&format!("/api/v1/sessions/{busy}")).await;
    stream
        .until("the end", |(_, name, data)| {
            assert_ne!(data["id"], quiet.as_str(), "nothing of it changed");
            name == "session" && data["state"] == "Stopped"
        })
        .await;
}

#[tokio::test]
async fn a_stream_tells_what_sessions_hold_together_and_nothing_of_others() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let bea = carrel.user("bea").await;
    let mut stream = Stream::open(&ada, None).await;
    let theirs = bea.launch().await;
    ada.launch().await;
    let (_, _, me) = stream
        .until("what they hold", |(_, name, data)| {
            assert_ne!(data["id"], theirs.as_str());
            name == "me"
        })
        .await;
    assert_eq!(me["use"]["sessions"], 1);
}

#[tokio::test]
async fn a_stream_ends_with_its_sign_in() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let other = ada.again("ada").await;
    let replica = carrel.replica().await;
    let mut here = Stream::open(&other, None).await;
    let mut there = Stream::open(&other.before(replica.local_addr()), None).await;
    ada.delete("/api/v1/sign-ins?keep=this").await;
    for stream in [&mut here, &mut there] {
        let end = tokio::time::timeout(Duration::from_secs(5), async { while stream.next().await.is_some() {} });
        end.await.expect("ended within five seconds");
    }
}

#[tokio::test]
async fn streams_of_one_user_are_bounded() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let mut open = Vec::new();
    for _ in 0..crate::live::MOST_LISTENERS {
        open.push(Stream::open(&ada, None).await);
    }
    assert_eq!(ada.get("/api/v1/events").await.code(), "too-many-streams");
    Stream::open(&carrel.user("bea").await, None).await;
    drop(open);
    carrel_testkit::eventually("a place", async || {
        let request = ada.request(&Method::GET, "/api/v1/events").body(Full::default()).unwrap();
        (ada.begin(request).await.status() == StatusCode::OK).then_some(())
    })
    .await;
}
