use super::*;

fn edits() -> Edits {
    Edits {
        strip_answer: vec![HeaderName::from_static("clear-site-data")],
        strip_cookies: vec!["carrel".into()],
        cookie_path: Some("/s/01J/".into()),
        service_worker_scope: Some("/s/01J/".into()),
        ..Edits::default()
    }
}

fn passed(edits: &Edits, sent: &[(&'static str, &'static str)]) -> Vec<String> {
    let mut headers = HeaderMap::new();
    for (name, value) in sent {
        headers.append(*name, HeaderValue::from_static(value));
    }
    strip(&mut headers, edits);
    rewrite(&mut headers, edits);
    headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
}

#[test]
fn what_concerns_the_other_connection_does_not_pass() {
    let sent = [
        ("connection", "close, x-hop"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("transfer-encoding", "chunked"),
        ("trailer", "x-sum"),
        ("proxy-authenticate", "Basic"),
        ("clear-site-data", "\"cookies\""),
        ("content-type", "text/html"),
    ];
    assert_eq!(passed(&edits(), &sent), ["content-type: text/html"]);
}

#[test]
fn a_length_that_did_not_frame_the_body_does_not_pass() {
    assert!(passed(&edits(), &[("transfer-encoding", "chunked"), ("content-length", "5")]).is_empty());
    assert_eq!(passed(&edits(), &[("content-length", "5")]), ["content-length: 5"]);
}

#[test]
fn cookies_stay_within_the_session() {
    let sent = [
        ("set-cookie", "_xsrf=1; Path=/s/01J/"),
        ("set-cookie", "evil=1; Path=/"),
        ("set-cookie", "carrel=1; Path=/s/01J/"),
        ("set-cookie", "plain=1"),
    ];
    assert_eq!(passed(&edits(), &sent), ["set-cookie: _xsrf=1; Path=/s/01J/", "set-cookie: plain=1"]);
}

#[test]
fn cookies_of_an_upstream_that_does_not_know_its_prefix_get_it() {
    let edits = Edits { strip_prefix: Some("/s/01J".into()), ..edits() };
    assert_eq!(passed(&edits, &[("set-cookie", "a=1; Path=/")]), ["set-cookie: a=1; Path=/s/01J/"]);
}

#[test]
fn a_service_worker_gets_the_session_and_no_more() {
    for wanted in ["/", "/s/01J/../", "https://evil.example/", "/s/01J/"] {
        assert_eq!(passed(&edits(), &[("service-worker-allowed", wanted)]), ["service-worker-allowed: /s/01J/"]);
    }
    assert!(passed(&edits(), &[]).is_empty());
}

#[test]
fn a_location_is_kept() {
    assert_eq!(passed(&edits(), &[("location", "/s/01J/lab?x=%2F")]), ["location: /s/01J/lab?x=%2F"]);
}
