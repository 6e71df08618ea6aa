use super::*;
use carrel_model::{Bounds, IdleRule, plan::Http, plan::Probe};
use carrel_proxy::frames::Frames;
use jiff::SignedDuration;
use std::collections::BTreeMap;

fn plan(strip_prefix: bool) -> Plan {
    Plan {
        user: "ada".parse().unwrap(),
        ide: None,
        command: Vec::new(),
        env: BTreeMap::new(),
        folder: None,
        files: Vec::new(),
        http: Http {
            prefix: "/s/x/".into(),
            strip_prefix,
            headers: BTreeMap::new(),
            ready_path: "/".into(),
            keep_alive: 1,
        },
        probe: Probe {
            ignore: vec!["GET api/kernels*".into(), "PUT /lab/api/workspaces/*".into(), "* healthz".into()],
            quiet_bytes: 10,
            ..Probe::default()
        },
        cpus: 1.0,
        memory_mb: 64,
        idle: IdleRule::default(),
        start_limit_s: 10,
        bounds: Bounds::default(),
        container: None,
    }
}

fn head(method: &str, uri: &str) -> Parts {
    Request::builder().method(method).uri(uri).body(()).unwrap().into_parts().0
}

fn counts(used: &Use, method: &str, uri: &str) -> bool {
    used.last.store(0, Ordering::Relaxed);
    used.request(&head(method, uri));
    used.last().is_some()
}

#[test]
fn requests_that_happen_with_nobody_there_are_no_use() {
    let used = Use::new(&plan(false), Clock::System);
    for (method, uri) in [
        ("GET", "/s/x/api/kernels?1"),
        ("GET", "/s/x/api/kernels/abc"),
        ("PUT", "/s/x/lab/api/workspaces/default"),
        ("POST", "/s/x/healthz"),
    ] {
        assert!(!counts(&used, method, uri), "{method} {uri}");
    }
    for (method, uri) in [("POST", "/s/x/api/kernels"), ("GET", "/s/x/lab"), ("GET", "/s/x/api/kernel")] {
        assert!(counts(&used, method, uri), "{method} {uri}");
    }
}

#[test]
fn rules_are_the_same_where_the_prefix_is_stripped() {
    let used = Use::new(&plan(true), Clock::System);
    assert!(!counts(&used, "GET", "/healthz"));
    assert!(counts(&used, "GET", "/?folder=/home/ada"));
}

/// A masked frame of `len` zeros.
fn frame(first: u8, len: u8) -> Vec<u8> {
    [vec![first, 0x80 | len, 1, 2, 3, 4], vec![0; len.into()]].concat()
}

#[test]
fn a_websocket_that_opens_is_no_use_but_what_a_person_sends_through_it_is() {
    let used = Use::new(&plan(false), Clock::System);
    let mut opening = head("GET", "/s/x/api/events/subscribe");
    opening.headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    used.request(&opening);
    assert_eq!(used.last(), None);
    let mut tunnel = Frames::new();
    used.up(&mut tunnel, &[frame(0x89, 30), frame(0x82, 10), frame(0x88, 20)].concat());
    assert_eq!(used.last(), None, "a ping, a keep-alive, a close");
    used.up(&mut tunnel, &frame(0x81, 11)[..3]);
    used.up(&mut tunnel, &frame(0x81, 11)[3..]);
    assert!(used.last().is_some());
}

#[test]
fn a_message_that_comes_alone_is_no_use_where_the_ide_sends_such_by_itself() {
    let begin = Timestamp::from_second(1_800_000_000).unwrap();
    let clock = Clock::held(begin);
    let mut plan = plan(false);
    plan.probe.lone_is_quiet = true;
    let used = Use::new(&plan, clock.clone());
    let (mut one, mut other) = (Frames::new(), Frames::new());
    for minutes in [0, 5, 10] {
        clock.set(begin + SignedDuration::from_mins(minutes));
        used.up(&mut one, &[frame(0x82, 63), frame(0x82, 10), frame(0x82, 10)].concat());
        assert_eq!(used.last(), None, "after {minutes} minutes");
    }
    clock.set(begin + SignedDuration::from_mins(10) + SignedDuration::from_secs(9));
    used.up(&mut other, &frame(0x82, 51));
    assert_eq!(used.last(), Some(clock.now()), "a second one, on whichever websocket");
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

#[test]
fn a_request_carries_the_agents_headers_and_who_asks() {
    let secret = (HeaderName::from_static("x-secret"), "s3cret".to_owned());
    let named = (HeaderName::from_static("x-user"), "{user}".to_owned());
    let used = Arc::new(Use::new(&plan(false), Clock::System));
    let none = (HeaderName::from_static("x-none"), String::new());
    let gate = Gate::new(&plan(false), &RunFolder::new("/r"), vec![secret, named, none], used);
    let mut asked = head("GET", "/s/x/");
    asked.headers.insert(CALLER, HeaderValue::from_static("grace"));
    let Verdict::Forward(pass) = gate.admit(&asked, &Peer::unix(0)) else { panic!("everything is forwarded") };
    let value = |name: &str| pass.set.iter().find(|(known, _)| known == name).unwrap().1.to_str().unwrap().to_owned();
    assert_eq!((value("x-secret").as_str(), value("x-user").as_str()), ("s3cret", "grace"));
    assert!(pass.set.iter().all(|(_, value)| value.is_sensitive()));
    assert_eq!(pass.edits.strip_request, ["x-secret", "x-user", "x-none"]);
    assert!(pass.set.iter().all(|(name, _)| name != "x-none"), "an empty header is taken away and not set");
    assert_eq!(pass.edits.strip_request_prefixes, ["x-carrel-"]);
    assert_eq!(gate.own_headers()["x-user"], "ada");
}
