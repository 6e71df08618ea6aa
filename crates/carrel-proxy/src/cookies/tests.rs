use http::Request;
use proptest::prelude::*;

use super::*;

fn head(lines: &[&str]) -> Parts {
    let mut request = Request::get("/");
    for line in lines {
        request = request.header(header::COOKIE, *line);
    }
    request.body(()).unwrap().into_parts().0
}

fn stripped(lines: &[&str], names: &[&str]) -> Vec<String> {
    let mut head = head(lines);
    strip(&mut head.headers, &names.iter().map(ToString::to_string).collect::<Vec<_>>());
    head.headers.get_all(header::COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
}

fn may(line: &str) -> bool {
    may_set(&HeaderValue::from_str(line).unwrap(), "/s/01J/", &["carrel".into(), "__Host-carrel".into()])
}

#[test]
fn a_cookie_is_found_among_others_and_on_any_line() {
    let head = head(&["a=1; carrel=secret", "b=2"]);
    assert_eq!(cookie(&head, "carrel"), Ok(Some("secret")));
    assert_eq!(cookie(&head, "b"), Ok(Some("2")));
    assert_eq!(cookie(&head, "carre"), Ok(None));
}

#[test]
fn a_value_may_have_equals_signs_and_a_name_space_around_it() {
    let head = head(&["_xsrf=2|a|b==;  carrel =x "]);
    assert_eq!(cookie(&head, "_xsrf"), Ok(Some("2|a|b==")));
    assert_eq!(cookie(&head, "carrel"), Ok(Some("x")));
}

#[test]
fn a_cookie_that_came_twice_is_no_cookie() {
    assert_eq!(cookie(&head(&["carrel=a; carrel=b"]), "carrel"), Err(Duplicate));
    assert_eq!(cookie(&head(&["carrel=a", "carrel=a"]), "carrel"), Err(Duplicate));
}

#[test]
fn only_the_named_cookies_are_taken_out() {
    assert_eq!(stripped(&["a=1; carrel=x; b=2"], &["carrel"]), ["a=1; b=2"]);
    assert_eq!(stripped(&["carrel=x", "b=2"], &["carrel"]), ["b=2"]);
    assert_eq!(stripped(&["Carrel =x;carrel; a=1"], &["carrel"]), ["a=1"]);
    assert!(stripped(&["carrel=x; carrel=y"], &["carrel"]).is_empty());
}

#[test]
fn lines_without_a_named_cookie_stay_as_they_are() {
    assert_eq!(
        stripped(&["a=1;b=2 ;; c", "carrelish=1; not=carrel"], &["carrel"]),
        ["a=1;b=2 ;; c", "carrelish=1; not=carrel"]
    );
}

#[test]
fn an_upstream_may_set_cookies_of_its_own_folder() {
    assert!(may("_xsrf=1; Path=/s/01J/; HttpOnly"));
    assert!(may("_xsrf=1; path = /s/01J"));
    assert!(may("_xsrf=1; Path=/s/01J/lab; SameSite=Lax"));
    assert!(may("_xsrf=1"), "no path means the folder of the request");
    assert!(may("_xsrf=; Max-Age=0; Path="), "an empty path means the same");
}

#[test]
fn an_upstream_may_not_set_cookies_for_others() {
    for line in [
        "a=1; Path=/",
        "a=1; Path=/s/01JX/",
        "a=1; Path=/s/01",
        "a=1; Path=/s/01J/; Path=/",
        "a=1; Domain=example.org",
        "a=1; Path=/s/01J/; domain=.example.org",
        "carrel=stolen; Path=/s/01J/",
        "CARREL=stolen",
        "__Host-carrel=stolen; Path=/s/01J/; Secure",
        "=carrel=stolen",
        "carrel",
        " =x",
        "",
    ] {
        assert!(!may(line), "{line:?}");
    }
}

#[test]
fn paths_as_the_upstream_sees_them_become_paths_as_the_browser_does() {
    let prefixed = |line: &'static str| {
        prefix_path(&HeaderValue::from_static(line), "/s/01J").map(|line| line.to_str().unwrap().to_owned())
    };
    assert_eq!(prefixed("a=1; Path=/; HttpOnly").as_deref(), Some("a=1; Path=/s/01J/; HttpOnly"));
    assert_eq!(prefixed("path=/x; path=/lab").as_deref(), Some("path=/x; Path=/s/01J/lab"));
    assert_eq!(prefixed("a=1; HttpOnly"), None);
    assert_eq!(prefixed("a=1; Path=lab"), None);
}

/// A cookie's name as servers read it: trimmed, and in one case where case is ignored.
fn seen(line: &str) -> Vec<String> {
    line.split(';').map(|pair| pair.split('=').next().unwrap().trim().to_ascii_lowercase()).collect()
}

proptest! {
    #[test]
    fn no_platform_cookie_passes_and_every_other_does(
        line in "((carrel|Carrel|__Host-carrel|a|b|carrel2|xcarrel)( ?= ?[a-z=\"]{0,4})?[ \t]{0,2};?[ \t]{0,2}){0,8}",
    ) {
        let Ok(value) = HeaderValue::from_str(&line) else { return Ok(()) };
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, value);
        strip(&mut headers, &["carrel".into(), "__Host-carrel".into()]);
        let platform = |name: &String| name == "carrel" || name == "__host-carrel";
        let passed: Vec<String> =
            headers.get_all(header::COOKIE).iter().flat_map(|line| seen(line.to_str().unwrap())).collect();
        prop_assert!(!passed.iter().any(platform), "{:?}", passed);
        let others = |names: Vec<String>| names.into_iter().filter(|n| !n.is_empty() && !platform(n)).collect::<Vec<_>>();
        prop_assert_eq!(others(passed), others(seen(&line)));
    }

    #[test]
    fn what_an_upstream_may_set_is_never_read_as_ours(line in "[ =;a-zA-Z_/-]{0,40}") {
        let Ok(value) = HeaderValue::from_str(&line) else { return Ok(()) };
        if may_set(&value, "/s/01J/", &["carrel".into()]) {
            // A browser sends `name=value`, or the value alone when there is no name.
            let first = line.split(';').next().unwrap();
            let (name, value) = first.split_once('=').unwrap();
            let sent = format!("{}={}", name.trim(), value.trim());
            let head = head(&[&sent]);
            prop_assert_eq!(cookie(&head, "carrel"), Ok(None));
        }
    }
}
