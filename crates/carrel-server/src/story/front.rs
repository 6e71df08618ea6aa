//! What stands in front: a root path, frames, headers, other origins, networks, names and trusted proxies.

use super::{Person, TestCarrel, person::Answer, tunnels::upgrade};
use crate::client::SECURE_PATH_COOKIE;
use carrel_config::web::{Frames, Root, Rule};
use carrel_model::Role;
use http::{Method, StatusCode, header, request::Builder};
use serde_json::{Value, json};

fn below_carrel() -> Root {
    Root::parse("/carrel").unwrap()
}

/// A request as a proxy or another page sends it: with exactly these headers, and the person's cookie.
fn bare(person: &Person, method: &Method, path: &str, headers: &[(&str, &str)]) -> Builder {
    let mut request = http::Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", person.address.to_string());
    }
    if let Some(cookie) = &person.cookie {
        request = request.header(header::COOKIE, cookie);
    }
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

async fn ask(person: &Person, path: &str, headers: &[(&str, &str)]) -> Answer {
    person.send(bare(person, &Method::GET, path, headers), "").await
}

#[tokio::test]
async fn below_a_root_path_every_address_begins_with_it_whether_the_proxy_takes_it_away_or_not() {
    let carrel = TestCarrel::with(|settings| settings.web.root = below_carrel()).await;
    carrel.add("ada", Role::User).await;
    let mut ada = carrel.stranger();
    for path in ["/carrel/settings", "/settings"] {
        let sent = ada.page(path).await;
        assert_eq!(sent.header("location"), "/carrel/sign-in?next=/settings", "{path}");
    }
    let form = ada.page("/carrel/sign-in").await.text();
    for address in ["action=\"&#x2f;carrel/sign-in\"", "href=\"&#x2f;carrel/static/carrel.css\""] {
        assert!(form.contains(address), "{form}");
    }
    for next in ["/settings", "/carrel/settings"] {
        let answer = ada.form("/carrel/sign-in", &format!("user=ada&password=correct+horse&next={next}")).await;
        assert_eq!(answer.header("location"), "/carrel/settings");
        assert!(answer.header("set-cookie").contains("; Path=/carrel;"), "{}", answer.header("set-cookie"));
        ada.keep_cookie(&answer);
    }
    for path in ["/carrel/api/v1/me", "/api/v1/me"] {
        assert_eq!(ada.get(path).await.json()["name"], "ada", "{path}");
    }
    let home = ada.page("/carrel/").await;
    if home.status == StatusCode::OK {
        assert!(home.text().contains("data-root=\"/carrel\"") && home.text().contains("=\"/carrel/assets/"));
    }
    assert_eq!(ada.page("/carrels/").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn below_a_root_path_a_session_is_asked_by_its_whole_path_and_keeps_its_cookies_there() {
    let carrel = TestCarrel::with(|settings| settings.web.root = below_carrel()).await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let url = format!("/carrel/s/{id}/");
    assert_eq!(ada.get(&format!("/api/v1/sessions/{id}")).await.json()["url"], url);
    for path in [format!("{url}a%2Fb?x=1"), format!("/s/{id}/a%2Fb?x=1")] {
        let answer = ada.get(&path).await;
        // The backend's entry strips nothing: it sees what an IDE with a base address sees.
        assert_eq!(answer.text(), format!("IDE at {url}a%2Fb?x=1"), "{path}");
        assert_eq!(answer.header("set-cookie"), "", "none of them is for this address");
    }
    let bare = ada.page(&format!("/carrel/s/{id}")).await;
    assert_eq!((bare.status, bare.header("location")), (StatusCode::PERMANENT_REDIRECT, url.as_str()));
    let socket = upgrade(&ada, &format!("{url}ws"), Some(&ada.origin())).await;
    assert_eq!(socket.status(), StatusCode::SWITCHING_PROTOCOLS);
    ada.post(&format!("/api/v1/sessions/{id}/suspend"), Value::Null).await;
    carrel.wait(&id, "Suspended").await;
    carrel.not_routed(&ada, &id).await;
    let resumed = ada.form(&format!("/carrel/sessions/{id}/resume"), "").await;
    assert_eq!((resumed.status, resumed.header("location")), (StatusCode::SEE_OTHER, url.as_str()));
}

#[tokio::test]
async fn below_a_root_path_the_cookie_of_https_is_for_that_path_alone() {
    let carrel = TestCarrel::with(|settings| {
        settings.web.root = below_carrel();
        settings.web.force_secure = true;
    })
    .await;
    let ada = carrel.user("ada").await;
    let cookie = ada.again("ada").await.sign_in("ada", "correct horse").await.header("set-cookie").to_owned();
    let words = [SECURE_PATH_COOKIE, "; Path=/carrel;", "; Secure"];
    assert!(words.iter().all(|word| cookie.contains(word)), "{cookie}");
    let id = carrel.running(&ada).await;
    ada.get(&format!("/s/{id}/")).await;
    let (_, seen) = carrel.backend.heads().pop().unwrap();
    assert!(!seen.contains_key("cookie"), "the session never sees it: {seen:?}");
    assert_eq!(seen["x-forwarded-proto"], "https");
}

#[tokio::test]
async fn who_may_show_pages_in_a_frame_is_what_the_option_says() {
    let told = async |frames: Frames| {
        let carrel = TestCarrel::with(|settings| settings.web.frames = frames).await;
        let answer = carrel.stranger().page("/sign-in").await;
        let policy = answer.header("content-security-policy").to_owned();
        let ancestors = policy.split("frame-ancestors ").nth(1).map(str::to_owned);
        (ancestors, answer.header("x-frame-options").to_owned())
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(told(Frames::Nobody).await, (some("'none'"), "DENY".into()));
    assert_eq!(told(Frames::Same).await, (some("'self'"), "SAMEORIGIN".into()));
    assert_eq!(told(Frames::Anybody).await, (None, String::new()));
    assert_eq!(told(Frames::These("https://a.example".into())).await, (some("https://a.example"), String::new()));
}

#[tokio::test]
async fn added_headers_stand_on_answers_of_the_servers_own_and_not_on_those_of_sessions() {
    let added = [("x-team", "data"), ("link", "<a>"), ("link", "<b>"), ("referrer-policy", "no-referrer")];
    let added: Vec<_> = added.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let carrel = TestCarrel::with(|settings| settings.web.headers = added).await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    for path in ["/api/v1/me", "/sign-in", "/no/such/page", "/static/carrel.css"] {
        let answer = ada.page(path).await;
        assert_eq!((answer.header("x-team"), answer.header("referrer-policy")), ("data", "no-referrer"), "{path}");
        assert_eq!(answer.headers.get_all("link").iter().collect::<Vec<_>>(), ["<a>", "<b>"], "{path}");
    }
    assert_eq!(ada.get(&format!("/s/{id}/")).await.header("x-team"), "");
}

#[tokio::test]
async fn the_cookie_is_for_requests_of_other_sites_only_where_that_is_wanted_and_over_https() {
    let cookie = async |everywhere: bool, secure: bool| {
        let carrel = TestCarrel::with(|settings| {
            settings.web.cookie_everywhere = everywhere;
            settings.web.force_secure = secure;
        })
        .await;
        carrel.add("ada", Role::User).await;
        carrel.stranger().sign_in("ada", "correct horse").await.header("set-cookie").to_owned()
    };
    assert!(cookie(true, true).await.contains("SameSite=None; Secure"));
    assert!(cookie(true, false).await.contains("SameSite=Lax"));
    assert!(cookie(false, true).await.contains("SameSite=Lax; Secure"));
}

#[tokio::test]
async fn pages_of_an_allowed_origin_may_send_requests_and_no_others() {
    let portal = "https://portal.example";
    let carrel = TestCarrel::with(|settings| settings.web.origins = vec![portal.into()]).await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let rename = async |origin: &str| {
        let headers = [("origin", origin), ("sec-fetch-site", "cross-site"), ("content-type", "application/json")];
        let request = bare(&ada, &Method::PATCH, &format!("/api/v1/sessions/{id}"), &headers);
        ada.send(request, json!({ "name": "new" }).to_string()).await.status
    };
    assert_eq!(rename(portal).await, StatusCode::OK);
    for other in ["https://portal.example.evil.example", "http://portal.example", "https://portal.example:444", "null"]
    {
        assert_eq!(rename(other).await, StatusCode::FORBIDDEN, "{other}");
        let socket = upgrade(&ada, &format!("/s/{id}/ws"), Some(other)).await;
        assert_eq!(socket.status(), StatusCode::FORBIDDEN, "{other}");
    }
    let socket = upgrade(&ada, &format!("/s/{id}/ws"), Some(portal)).await;
    assert_eq!(socket.status(), StatusCode::SWITCHING_PROTOCOLS);
}

#[tokio::test]
async fn rules_for_addresses_hold_for_the_browsers_address_as_a_trusted_proxy_tells_it() {
    let carrel = TestCarrel::with(|settings| {
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        let rule = |allow, network: &str| Rule { allow, network: network.parse().ok() };
        settings.web.rules = vec![rule(false, "192.0.2.66"), rule(true, "192.0.2.0/24"), rule(false, "all")];
    })
    .await;
    carrel.add("ada", Role::User).await;
    let mut ada = carrel.stranger();
    let inside = [("x-forwarded-for", "192.0.2.1"), ("accept", "text/html"), ("content-type", "application/json")];
    let sign_in = json!({ "user": "ada", "password": "correct horse" }).to_string();
    let answer = ada.send(bare(&ada, &Method::POST, "/api/v1/sign-in", &inside), sign_in.clone()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    ada.keep_cookie(&answer);
    let launch = json!({ "ide": "shell" }).to_string();
    let headers =
        [("x-forwarded-for", "192.0.2.1"), ("content-type", "application/json"), ("sec-fetch-site", "same-origin")];
    let launched = ada.send(bare(&ada, &Method::POST, "/api/v1/sessions", &headers), launch).await.json();
    let id = launched["id"].as_str().unwrap();
    carrel.wait(id, "Active").await;
    let session = format!("/s/{id}/");
    carrel_testkit::eventually("the session to answer", async || {
        (ask(&ada, &session, &inside).await.status == StatusCode::OK).then_some(())
    })
    .await;
    let seen = carrel.backend.heads().len();
    for from in ["192.0.2.66", "203.0.113.9", "192.0.2.1, 203.0.113.9"] {
        for path in [session.as_str(), "/api/v1/me", "/sign-in", "/static/carrel.css"] {
            let answer = ask(&ada, path, &[("x-forwarded-for", from)]).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::FORBIDDEN, "address-refused".into()),
                "{from} {path}"
            );
        }
        let page = ask(&ada, "/sign-in", &[("x-forwarded-for", from), ("accept", "text/html")]).await;
        assert!(page.status == StatusCode::FORBIDDEN && page.text().contains("Not from here"), "{}", page.text());
        assert_eq!(ask(&ada, "/livez", &[("x-forwarded-for", from)]).await.status, StatusCode::OK);
        assert_eq!(ask(&ada, "/health-check", &[("x-forwarded-for", from)]).await.code(), "address-refused");
    }
    assert_eq!(carrel.backend.heads().len(), seen, "the session saw none of them");
}

#[tokio::test]
async fn with_a_public_address_other_names_are_refused_before_anything_is_done() {
    let carrel = TestCarrel::with(|settings| settings.public_url = Some("http://carrel.example/".into())).await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let session = format!("/s/{id}/");
    for ours in ["carrel.example", "Carrel.Example:80", "carrel.example.", "localhost:8787"] {
        assert_eq!(ask(&ada, &session, &[("host", ours)]).await.status, StatusCode::OK, "{ours}");
    }
    let seen = carrel.backend.heads().len();
    for other in ["evil.example", "carrel.example.evil.example", "carrel.example@evil.example", "10.0.0.1"] {
        for path in [session.as_str(), "/api/v1/me", "/sign-in"] {
            let answer = ask(&ada, path, &[("host", other), ("x-forwarded-host", "carrel.example")]).await;
            let expected = (StatusCode::MISDIRECTED_REQUEST, "unknown-host".into());
            assert_eq!((answer.status, answer.code()), expected, "{other} {path}");
        }
        for probe in ["/readyz", "/health-check"] {
            assert_ne!(ask(&ada, probe, &[("host", other)]).await.status, 421, "probes come by any name");
        }
    }
    assert_eq!(carrel.backend.heads().len(), seen, "the session saw none of them");
}

#[tokio::test]
async fn a_session_learns_of_the_browser_what_a_trusted_proxy_says_and_nobody_else() {
    let said = [
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "carrel.example"),
        ("origin", "https://carrel.example"),
        ("host", "upstream.internal"),
    ];
    let learnt = async |trusted: bool| {
        let carrel = TestCarrel::with(|settings| {
            if trusted {
                settings.trusted_proxies.push("127.0.0.1".parse().unwrap());
            }
            // So that the cookie is the same with and without the proxy's word.
            settings.web.force_secure = true;
        })
        .await;
        let ada = carrel.user("ada").await;
        let id = carrel.running(&ada).await;
        let answer = ada.send(bare(&ada, &Method::POST, &format!("/s/{id}/"), &said), "").await;
        (answer.status, carrel.backend.heads().pop().map(|(_, headers)| headers))
    };
    let (status, headers) = learnt(true).await;
    assert_eq!(status, StatusCode::OK, "the page is of the host that the browser asked");
    let headers = headers.unwrap();
    let value = |name: &str| headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(value("x-forwarded-for"), ["203.0.113.9"]);
    assert_eq!(value("x-forwarded-proto"), ["https"]);
    assert_eq!((value("x-forwarded-host"), value("host")), (vec!["carrel.example"], vec!["carrel.example"]));
    let (status, headers) = learnt(false).await;
    assert_eq!((status, headers), (StatusCode::FORBIDDEN, None), "a stranger's word counts nothing");
}

#[tokio::test]
async fn the_sign_in_page_shows_the_administrators_words_under_the_same_policy() {
    let html = "<p class=\"notice\">For <b>staff</b> only. <a href=\"https://it.example/\">Help</a></p>";
    let carrel = TestCarrel::with(|settings| settings.web.login_html = Some(html.into())).await;
    let page = carrel.stranger().page("/sign-in").await;
    assert!(page.text().contains(html), "{}", page.text());
    assert!(page.header("content-security-policy").starts_with(crate::headers::POLICY));
    assert!(!crate::headers::POLICY.contains("unsafe-inline"));
}
