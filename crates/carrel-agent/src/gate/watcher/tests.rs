use super::*;
use http::{HeaderValue, Request};
use jiff::{SignedDuration, Timestamp};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// A watcher, and how often it has told of use.
struct Watched {
    watcher: Watcher,
    told: Arc<AtomicU32>,
}

impl Watched {
    fn new(strip_prefix: bool, lone_is_quiet: bool, clock: Clock) -> Self {
        let http =
            Http { prefix: "/s/x/".into(), strip_prefix, headers: [].into(), ready_path: "/".into(), keep_alive: 1 };
        let probe = Probe {
            ignore: vec!["GET api/kernels*".into(), "PUT /lab/api/workspaces/*".into(), "* healthz".into()],
            quiet_bytes: 10,
            lone_is_quiet,
            ..Probe::default()
        };
        let told = Arc::new(AtomicU32::new(0));
        let on_use: OnUse = {
            let told = told.clone();
            Box::new(move || {
                told.fetch_add(1, Ordering::Relaxed);
            })
        };
        Self { watcher: Watcher::new(&http, &probe, clock, on_use), told }
    }

    /// How often it told of use since this was asked last.
    fn told(&self) -> u32 {
        self.told.swap(0, Ordering::Relaxed)
    }

    fn counts(&self, method: &str, uri: &str) -> bool {
        self.watcher.request(&head(method, uri));
        self.told() == 1
    }
}

fn head(method: &str, uri: &str) -> Parts {
    Request::builder().method(method).uri(uri).body(()).unwrap().into_parts().0
}

#[test]
fn requests_that_happen_with_nobody_there_are_no_use() {
    let watched = Watched::new(false, false, Clock::System);
    for (method, uri) in [
        ("GET", "/s/x/api/kernels?1"),
        ("GET", "/s/x/api/kernels/abc"),
        ("PUT", "/s/x/lab/api/workspaces/default"),
        ("POST", "/s/x/healthz"),
    ] {
        assert!(!watched.counts(method, uri), "{method} {uri}");
    }
    for (method, uri) in [("POST", "/s/x/api/kernels"), ("GET", "/s/x/lab"), ("GET", "/s/x/api/kernel")] {
        assert!(watched.counts(method, uri), "{method} {uri}");
    }
}

#[test]
fn rules_are_the_same_where_the_prefix_is_stripped() {
    let watched = Watched::new(true, false, Clock::System);
    assert!(!watched.counts("GET", "/healthz"));
    assert!(watched.counts("GET", "/?folder=/home/ada"));
}

/// A masked frame of `len` zeros.
fn frame(first: u8, len: u8) -> Vec<u8> {
    [vec![first, 0x80 | len, 1, 2, 3, 4], vec![0; len.into()]].concat()
}

#[test]
fn a_websocket_that_opens_is_no_use_but_what_a_person_sends_through_it_is() {
    let watched = Watched::new(false, false, Clock::System);
    let mut opening = head("GET", "/s/x/api/events/subscribe");
    opening.headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    watched.watcher.request(&opening);
    assert_eq!(watched.told(), 0);
    let mut tunnel = Frames::new();
    watched.watcher.up(&mut tunnel, &[frame(0x89, 30), frame(0x82, 10), frame(0x88, 20)].concat());
    assert_eq!(watched.told(), 0, "a ping, a keep-alive, a close");
    watched.watcher.up(&mut tunnel, &frame(0x81, 11)[..3]);
    watched.watcher.up(&mut tunnel, &frame(0x81, 11)[3..]);
    assert_eq!(watched.told(), 1);
}

#[test]
fn a_message_that_comes_alone_is_no_use_where_the_ide_sends_such_by_itself() {
    let begin = Timestamp::from_second(1_800_000_000).unwrap();
    let clock = Clock::held(begin);
    let watched = Watched::new(false, true, clock.clone());
    let (mut one, mut other) = (Frames::new(), Frames::new());
    for minutes in [0, 5, 10] {
        clock.set(begin + SignedDuration::from_mins(minutes));
        watched.watcher.up(&mut one, &[frame(0x82, 63), frame(0x82, 10), frame(0x82, 10)].concat());
        assert_eq!(watched.told(), 0, "after {minutes} minutes");
    }
    clock.set(begin + SignedDuration::from_mins(10) + SignedDuration::from_secs(9));
    watched.watcher.up(&mut other, &frame(0x82, 51));
    assert_eq!(watched.told(), 1, "a second one, on whichever websocket");
}

#[test]
fn stars_stand_for_any_text() {
    for (pattern, text) in [("a*", "a"), ("a*c", "abc"), ("*", ""), ("a*b*c", "a-b-b-c"), ("a**c", "ac")] {
        assert!(glob(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in [("a", "ab"), ("a*a", "a"), ("a*c", "ab"), ("a*b*c", "ac"), ("", "a")] {
        assert!(!glob(pattern, text), "{pattern} {text}");
    }
}
