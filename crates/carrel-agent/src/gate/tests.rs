use super::*;
use std::collections::BTreeMap;

fn rules(headers: &[(&str, &str)]) -> Rules {
    let headers: BTreeMap<_, _> = headers.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    let http = Http { prefix: "/s/x/".into(), strip_prefix: true, headers, ready_path: "/".into(), keep_alive: 1 };
    Rules { user: "ada".parse().unwrap(), http, probe: Probe::default() }
}

fn gate(rules: &Rules, edits: Edits) -> Result<Gate, http::Error> {
    Gate::new(rules, Target::Unix("/r/ide.sock".into()), edits, Clock::System, Box::new(|| ()))
}

fn value<'p>(pass: &'p Pass, name: &str) -> Option<&'p str> {
    pass.set.iter().find(|(known, _)| known == name).map(|(_, value)| value.to_str().unwrap())
}

#[test]
fn a_request_carries_the_headers_of_the_rules_and_who_asks() {
    let gate = gate(&rules(&[("x-secret", "s3cret"), ("X-User", "{user}"), ("x-none", "")]), Edits::default()).unwrap();
    for (caller, named) in [(None, "ada"), (Some("ada"), "ada"), (Some("grace"), "grace")] {
        let pass = gate.pass(caller);
        assert_eq!((value(&pass, "x-secret"), value(&pass, "x-user")), (Some("s3cret"), Some(named)), "{caller:?}");
        assert!(pass.set.iter().all(|(_, value)| value.is_sensitive()));
        assert_eq!(value(&pass, "x-none"), None, "an empty header is taken away and not set");
    }
    let mut taken: Vec<_> = gate.pass(None).edits.strip_request.iter().map(ToString::to_string).collect();
    taken.sort();
    assert_eq!(taken, ["x-none", "x-secret", "x-user"]);
    assert_eq!(gate.own_headers()["x-user"], "ada");
}

#[test]
fn the_edits_of_the_rules_come_to_those_of_whoever_speaks() {
    let edits = Edits {
        strip_request: vec![http::header::AUTHORIZATION],
        strip_request_prefixes: vec!["x-carrel-"],
        strip_cookies: vec!["carrel".into()],
        forwarded: true,
        ..Edits::default()
    };
    let pass = gate(&rules(&[("x-secret", "s3cret")]), edits).unwrap().pass(None);
    let edits = &pass.edits;
    assert_eq!(edits.strip_request, ["authorization", "x-secret"]);
    assert_eq!((&edits.strip_request_prefixes, &edits.strip_cookies), (&vec!["x-carrel-"], &vec!["carrel".into()]));
    assert_eq!(edits.strip_prefix.as_deref(), Some("/s/x"));
    assert_eq!((edits.cookie_path.as_deref(), edits.service_worker_scope.as_deref()), (Some("/s/x/"), Some("/s/x/")));
    assert!(edits.forwarded && edits.watch.is_some());
}

#[test]
fn a_header_that_is_none_is_an_error() {
    assert!(gate(&rules(&[("x secret", "s")]), Edits::default()).is_err());
}

#[test]
fn the_secret_is_not_told_where_rules_and_gates_are_shown() {
    let rules = rules(&[("x-secret", "s3cret")]);
    let shown = format!("{rules:?} {:?}", gate(&rules, Edits::default()).unwrap());
    assert!(shown.contains("ada") && !shown.contains("s3cret"), "{shown}");
}

#[test]
fn rules_are_told_as_they_are() {
    let rules = rules(&[("x-secret", "s3cret")]);
    let told: Rules = serde_json::from_slice(&serde_json::to_vec(&rules).unwrap()).unwrap();
    assert!(told == rules);
}
