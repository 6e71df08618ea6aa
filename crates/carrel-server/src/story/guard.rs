//! Requests that other sites make, and methods that may change nothing. Every address is taken from the route table.

use super::{Person, TestCarrel};
use crate::router::PAGE_POSTS;
use http::Method;
use serde_json::Value;

/// Every address with each of its methods: the API's from its document, the pages' from the router.
fn all() -> Vec<(Method, String)> {
    let document: Value = serde_json::from_str(&crate::openapi()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            if let Ok(method) = method.to_uppercase().parse::<Method>()
                && ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str())
            {
                all.push((method, path.clone()));
            }
        }
    }
    all.extend(PAGE_POSTS.map(|path| (Method::POST, path.to_owned())));
    all
}

/// A body that each of them would take.
fn body(path: &str) -> &'static str {
    match path {
        "/api/v1/sessions" => r#"{"ide":"shell"}"#,
        "/api/v1/sign-in" => r#"{"user":"ada","password":"correct horse"}"#,
        "/api/v1/tokens" => r#"{"name":"t","scope":"full"}"#,
        "/api/v1/sessions/{id}" => r#"{"name":"new"}"#,
        "/api/v1/sessions/{id}/keep" => r#"{"until":null}"#,
        _ => "",
    }
}

#[tokio::test]
async fn no_address_changes_anything_for_a_page_of_another_site() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let before = carrel.dump().await;
    let bare = Person { cookie: ada.cookie.clone(), ..Person::at(ada.address) };
    let tricks: [&[(&str, &str)]; 7] = [
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")],
        &[("origin", "null")],
        &[("origin", "http://evil.example")],
        &[("origin", "http://127.0.0.1.evil.example"), ("sec-fetch-site", "cross-site")],
        &[("origin", "http://evil.example"), ("x-http-method-override", "GET")],
    ];
    let mut tried = 0;
    for (method, path) in all().into_iter().filter(|(method, _)| !method.is_safe()) {
        for headers in tricks {
            let kind = if path.starts_with("/api") { "application/json" } else { "application/x-www-form-urlencoded" };
            let mut request = http::Request::builder()
                .method(&method)
                .uri(path.replace("{id}", &id))
                .header("host", ada.address.to_string())
                .header("cookie", ada.cookie.as_deref().unwrap())
                .header("content-type", kind);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = bare.send(request, body(&path)).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (403, "other-origin".into()),
                "{method} {path} {headers:?}"
            );
            tried += 1;
        }
    }
    assert!(tried >= 7 * 15, "the route table was read: {tried}");
    assert_eq!(carrel.dump().await, before);
}

/// Equal, and when not, what differs.
fn similar(before: &str, after: &str) {
    let changed: Vec<&str> = after.lines().filter(|line| !before.contains(line)).collect();
    assert!(before == after, "{changed:#?}");
}

#[tokio::test]
async fn reading_changes_nothing() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let before = carrel.dump().await;
    let reads = all().into_iter().filter(|(method, _)| *method == Method::GET).map(|(_, path)| path);
    let pages = [
        "/",
        "/sign-in",
        "/signed-out",
        "/s/{id}/",
        "/s/{id}",
        "/sessions/{id}/resume",
        "/sign-out",
        "/livez",
        "/readyz",
    ];
    for path in reads.chain(pages.map(str::to_owned)) {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            let request = ada.request(&method, &path.replace("{id}", &id)).header("accept", "text/html");
            let request = request.body(http_body_util::Full::default()).unwrap();
            ada.begin(request).await;
        }
    }
    similar(&before, &carrel.dump().await);
}

#[tokio::test]
async fn a_program_with_a_token_needs_no_origin() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let made = ada.post("/api/v1/tokens", serde_json::json!({ "name": "t", "scope": "full" })).await.json();
    let program = ada.with_token(made["secret"].as_str().unwrap());
    assert_eq!(program.post("/api/v1/sessions", serde_json::json!({ "ide": "shell" })).await.status, 202);
    // But a page of another site that got hold of one is still a page of another site.
    let request = program.request(&Method::POST, "/api/v1/sessions").header("origin", "http://evil.example");
    let answer = program.send(request.header("content-type", "application/json"), r#"{"ide":"shell"}"#).await;
    assert_eq!(answer.code(), "other-origin");
}
