//! Nobody reaches another's session: not by its address, the API, a websocket or the event stream.

use super::{TestCarrel, tunnels::upgrade};
use http::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn anothers_session_is_answered_like_one_that_never_was() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let bea = carrel.user("bea").await;
    let theirs = carrel.running(&ada).await;
    // The way to it is open, for her.
    assert_eq!(ada.get(&format!("/s/{theirs}/")).await.status, StatusCode::OK);
    let never = "zzzzzzzzzzzzzzzz";
    let before = (carrel.dump().await, carrel.backend.heads().len());
    let tries = [
        (Method::GET, "/api/v1/sessions/{id}", Value::Null),
        (Method::PATCH, "/api/v1/sessions/{id}", json!({ "name": "mine" })),
        (Method::DELETE, "/api/v1/sessions/{id}?force=true", Value::Null),
        (Method::POST, "/api/v1/sessions/{id}/suspend", Value::Null),
        (Method::POST, "/api/v1/sessions/{id}/resume", Value::Null),
        (Method::POST, "/api/v1/sessions/{id}/keep", json!({ "until": null })),
        (Method::GET, "/api/v1/sessions/{id}/events", Value::Null),
        (Method::GET, "/api/v1/sessions/{id}/logs", Value::Null),
        (Method::GET, "/api/v1/sessions/{id}/usage", Value::Null),
        (Method::POST, "/sessions/{id}/resume", Value::Null),
        (Method::POST, "/sessions/{id}/quit", Value::Null),
        (Method::GET, "/s/{id}/", Value::Null),
        (Method::POST, "/s/{id}/api/kernels", json!({})),
    ];
    for (method, path, body) in tries {
        let answers = [&theirs, never].map(|id| path.replace("{id}", id));
        let answers =
            [bea.call(method.clone(), &answers[0], &body).await, bea.call(method.clone(), &answers[1], &body).await];
        let told = answers.map(|answer| {
            let mut problem = answer.json();
            problem["request_id"] = Value::Null;
            (answer.status, problem)
        });
        assert_eq!(told[0].0, StatusCode::NOT_FOUND, "{method} {path}");
        assert_eq!(told[0], told[1], "{method} {path}");
    }
    let page = bea.page(&format!("/s/{theirs}/")).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text().contains("No such session"));
    assert_eq!((carrel.dump().await, carrel.backend.heads().len()), before);
    assert_eq!(bea.get("/api/v1/sessions").await.json(), json!([]));
}

#[tokio::test]
async fn a_websocket_is_refused_before_the_session_sees_it() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let bea = carrel.user("bea").await;
    let id = carrel.running(&ada).await;
    let path = format!("/s/{id}/ws");
    assert_eq!(ada.get(&format!("/s/{id}/")).await.status, StatusCode::OK, "the way to it is open, for her");
    let origin = ada.origin();
    let before = carrel.backend.heads().len();
    let refused = [
        (carrel.stranger(), Some(origin.clone()), 401),
        (bea, Some(origin.clone()), 404),
        (ada.clone(), None, 403),
        (ada.clone(), Some("null".into()), 403),
        (ada.clone(), Some("http://evil.example".into()), 403),
        (ada.clone(), Some(format!("{origin}.evil.example")), 403),
        (ada.clone(), Some(format!("http://x{}", ada.address)), 403),
        (ada.clone(), Some(origin.replace("http:", "ftp:")), 403),
    ];
    for (person, origin, status) in refused {
        let answer = upgrade(&person, &path, origin.as_deref()).await;
        assert_eq!(answer.status().as_u16(), status, "{origin:?}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
    assert_eq!(carrel.backend.heads().len(), before, "the session saw one of them");
    assert_eq!(upgrade(&ada, &path, Some(&origin)).await.status(), StatusCode::SWITCHING_PROTOCOLS);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_post_into_a_session() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let before = carrel.backend.heads().len();
    for (name, value) in [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site"), ("origin", "null")] {
        let request = http::Request::post(format!("/s/{id}/api/kernels"))
            .header("host", ada.address.to_string())
            .header("cookie", ada.cookie.as_deref().unwrap())
            .header(name, value);
        assert_eq!(ada.send(request, "{}").await.code(), "other-origin");
    }
    assert_eq!(carrel.backend.heads().len(), before);
}

#[tokio::test]
async fn the_platforms_credentials_never_reach_a_session() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let made = ada.post("/api/v1/tokens", json!({ "name": "t", "scope": "full" })).await.json();
    let secrets = [ada.cookie.clone().unwrap().replace("carrel=", ""), made["secret"].as_str().unwrap().to_owned()];
    let own = format!("_xsrf=2; {}; __Host-carrel=x; theme=dark", ada.cookie.as_deref().unwrap());
    let mut browser = ada.clone();
    browser.cookie = Some(own);
    let request = browser
        .request(&Method::GET, &format!("/s/{id}/a%2Fb/%2e%2e/c"))
        .header("x-carrel-user", "root")
        .header("x-carrel-anything", "x")
        .header("x-caller", "root")
        .header("x-secret", "guessed")
        .header("x-forwarded-for", "6.6.6.6")
        .header("connection", "cookie");
    let answer = browser.send(request, "").await;
    assert_eq!(answer.status, StatusCode::OK);
    ada.with_token(&secrets[1]).get(&format!("/s/{id}/by-token")).await;
    upgrade(&browser, &format!("/s/{id}/ws"), Some(&ada.origin())).await;
    let heads = carrel.backend.heads();
    assert_eq!(heads.len(), 3);
    for (path, headers) in &heads {
        let all = format!("{headers:?}");
        assert!(secrets.iter().all(|secret| !all.contains(secret)), "{path}: {all}");
        assert!(!all.contains("__Host-carrel") && !all.contains("authorization") && !all.contains("6.6.6.6"), "{all}");
        assert!(headers.keys().all(|name| !name.as_str().starts_with("x-carrel-")), "{all}");
        assert_eq!((&headers["x-caller"], &headers["x-secret"]), (&"ada".parse().unwrap(), &"s3cret".parse().unwrap()));
    }
    assert_eq!(heads[0].0, format!("/s/{id}/a%2Fb/%2e%2e/c"), "the path as it was sent");
    assert_eq!(heads[2].1["cookie"], "_xsrf=2; theme=dark", "its own cookies arrive");
}

#[tokio::test]
async fn an_answer_of_a_session_is_its_own_and_sets_no_cookie_of_ours() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let answer = ada.get(&format!("/s/{id}/")).await;
    let ours =
        ["content-security-policy", "x-frame-options", "x-request-id", "cross-origin-opener-policy", "cache-control"];
    assert!(ours.iter().all(|name| !answer.headers.contains_key(*name)), "{:?}", answer.headers);
    assert_eq!(answer.header("x-ide"), "yes");
    assert!(!answer.headers.contains_key("set-cookie"), "{:?}", answer.headers);
}
