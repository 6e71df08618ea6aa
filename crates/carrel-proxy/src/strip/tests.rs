use http::{HeaderValue, Request};
use proptest::prelude::*;

use super::*;

fn edits() -> Edits {
    Edits {
        strip_request: vec![header::AUTHORIZATION],
        strip_request_prefixes: vec!["x-carrel-"],
        strip_cookies: vec!["carrel".into()],
        forwarded: true,
        ..Edits::default()
    }
}

fn left(sent: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut map = HeaderMap::new();
    for (name, value) in sent {
        map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    headers(&mut map, &edits());
    map.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
}

#[test]
fn credentials_of_the_platform_do_not_pass() {
    let sent = [
        ("Authorization", "Bearer carrel_x"),
        ("Proxy-Authorization", "Basic eA=="),
        ("X-Carrel-User", "root"),
        ("x-CARREL-anything", "1"),
        ("Cookie", "carrel=secret"),
    ];
    assert!(left(&sent).is_empty(), "{:?}", left(&sent));
}

#[test]
fn what_is_the_applications_own_passes() {
    let sent =
        [("cookie", "_xsrf=1"), ("x-xsrftoken", "1"), ("content-type", "a/b"), ("x-carrelish", "1"), ("host", "h")];
    let mut passed = left(&sent);
    passed.sort();
    let mut expected = sent.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    expected.sort();
    assert_eq!(passed, expected);
}

#[test]
fn hop_by_hop_headers_go_and_so_does_what_connection_names() {
    let sent = [
        ("Connection", "keep-alive, X-Mine"),
        ("Connection", "te, , x-also"),
        ("X-Mine", "1"),
        ("X-Also", "1"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"),
        ("TE", "trailers"),
        ("Trailer", "x-carrel-user"),
        ("Upgrade", "websocket"),
        ("Expect", "100-continue"),
        ("HTTP2-Settings", "AAMAAABkAAQAAP__"),
    ];
    assert!(left(&sent).is_empty(), "{:?}", left(&sent));
}

#[test]
fn connection_cannot_remove_what_frames_the_body_or_names_the_host() {
    let sent = [("connection", "host, content-length, transfer-encoding"), ("host", "h"), ("content-length", "3")];
    assert_eq!(left(&sent).len(), 2);
    assert_eq!(left(&[("connection", "transfer-encoding"), ("transfer-encoding", "chunked")]).len(), 1);
}

#[test]
fn a_forged_way_here_is_dropped_only_by_who_sets_it_anew() {
    let sent = [("x-forwarded-for", "6.6.6.6"), ("forwarded", "for=6.6.6.6"), ("x-real-ip", "6.6.6.6")];
    assert!(left(&sent).is_empty());
    let mut map = HeaderMap::new();
    map.insert("x-forwarded-for", HeaderValue::from_static("10.0.0.1"));
    headers(&mut map, &Edits { forwarded: false, ..edits() });
    assert_eq!(map["x-forwarded-for"], "10.0.0.1");
}

fn without_prefix(uri: &str) -> String {
    let mut uri: Uri = uri.parse().unwrap();
    path(&mut uri, "/s/01J");
    uri.to_string()
}

#[test]
fn a_prefix_is_taken_off_and_the_rest_stays_encoded() {
    assert_eq!(without_prefix("/s/01J/lab%2Ftree/a%20b%00?x=%2e&y"), "/lab%2Ftree/a%20b%00?x=%2e&y");
    assert_eq!(without_prefix("/s/01J//double"), "//double");
    assert_eq!(without_prefix("/s/01J/%2e%2e/x"), "/%2e%2e/x");
    assert_eq!(without_prefix("/s/01J"), "/");
    assert_eq!(without_prefix("/s/01J?a=/"), "/?a=/");
}

#[test]
fn what_only_looks_like_the_prefix_stays() {
    assert_eq!(without_prefix("/s/01JX/lab"), "/s/01JX/lab");
    assert_eq!(without_prefix("/s%2F01J/lab"), "/s%2F01J/lab");
    assert_eq!(without_prefix("/other?x=/s/01J/"), "/other?x=/s/01J/");
}

proptest! {
    #[test]
    fn whatever_connection_names_no_platform_header_passes(
        names in prop::collection::vec("(x-carrel-[a-z]{0,5}|authorization|cookie|x-app|te|upgrade|X-Carrel-User)", 0..12),
        connection in "(close|keep-alive|cookie|authorization|x-carrel-user|,| |x-app){0,6}",
    ) {
        let mut request = Request::get("/").header("connection", connection);
        for name in &names {
            request = request.header(name, if name == "cookie" { "carrel=1; mine=2" } else { "v" });
        }
        let Ok(request) = request.body(()) else { return Ok(()) };
        let mut map = request.into_parts().0.headers;
        headers(&mut map, &edits());
        for (name, value) in &map {
            prop_assert!(["cookie", "x-app"].contains(&name.as_str()), "{name}");
            prop_assert!(name != header::COOKIE || value == "mine=2", "{value:?}");
        }
    }

    #[test]
    fn a_stripped_path_is_the_end_of_what_was_sent(rest in "[/!-\"$-.0-;=@-Z_a-z~%]{0,30}") {
        let sent = format!("/s/01J/{rest}");
        let Ok(uri) = sent.parse::<Uri>() else { return Ok(()) };
        let mut stripped = uri.clone();
        path(&mut stripped, "/s/01J");
        prop_assert!(uri.to_string().ends_with(&stripped.to_string()));
        prop_assert_eq!(uri.to_string().len(), stripped.to_string().len() + "/s/01J".len());
    }
}

#[test]
fn a_prefix_comes_back_once_and_the_path_stays_encoded() {
    let put = |text: &str| {
        let mut uri: Uri = text.parse().unwrap();
        back(&mut uri, "/carrel");
        uri.to_string()
    };
    assert_eq!(put("/s/x/a%2Fb?c=/d"), "/carrel/s/x/a%2Fb?c=/d");
    assert_eq!(put("/carrel/s/x/"), "/carrel/s/x/");
    assert_eq!(put("/carrel"), "/carrel");
    assert_eq!(put("/carrels/x"), "/carrel/carrels/x");
}
