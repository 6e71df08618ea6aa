//! Tokens for programs.

use super::TestCarrel;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

#[tokio::test]
async fn a_token_is_shown_once_used_listed_and_revoked() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let made = ada.post("/api/v1/tokens", json!({ "name": "nightly", "scope": "full", "expires_in_days": 7 })).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("carrel_"));
    let list = ada.get("/api/v1/tokens").await;
    assert!(!list.text().contains(&secret), "kept nowhere");
    let program = ada.with_token(&secret);
    assert_eq!(program.get("/api/v1/me").await.json()["name"], "ada");
    let id = list.json()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(ada.delete(&format!("/api/v1/tokens/{id}")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(program.get("/api/v1/me").await.code(), "not-signed-in");
    assert_eq!(ada.get("/api/v1/tokens").await.json(), json!([]));
}

#[tokio::test]
async fn a_token_to_read_changes_nothing_and_one_with_an_end_ends() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let made =
        ada.post("/api/v1/tokens", json!({ "name": "look", "scope": "read", "expires_in_days": 1 })).await.json();
    let program = ada.with_token(made["secret"].as_str().unwrap());
    assert_eq!(program.get("/api/v1/sessions").await.status, StatusCode::OK);
    let answer = program.post("/api/v1/sessions", json!({ "ide": "shell" })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "token-may-only-read".into()));
    carrel.clock.set(carrel.clock.now() + SignedDuration::from_hours(23));
    assert_eq!(program.get("/api/v1/me").await.status, StatusCode::OK);
    carrel.clock.set(carrel.clock.now() + SignedDuration::from_hours(1));
    assert_eq!(program.get("/api/v1/me").await.code(), "not-signed-in");
}

#[tokio::test]
async fn a_token_does_not_open_by_cookie_nor_a_cookie_by_header() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let made = ada.post("/api/v1/tokens", json!({ "name": "t", "scope": "full" })).await.json();
    let mut by_cookie = carrel.stranger();
    by_cookie.cookie = Some(format!("carrel={}", made["secret"].as_str().unwrap()));
    assert_eq!(by_cookie.get("/api/v1/me").await.code(), "not-signed-in");
    let cookie = ada.cookie.as_deref().unwrap().trim_start_matches("carrel=").to_owned();
    assert_eq!(ada.with_token(&cookie).get("/api/v1/me").await.code(), "not-signed-in");
    let bad = ada.post("/api/v1/tokens", json!({ "name": "t", "scope": "full", "expires_in_days": 0 })).await;
    assert_eq!(bad.code(), "out-of-bounds");
    assert_eq!(ada.post("/api/v1/sign-out", Value::Null).await.status, StatusCode::NO_CONTENT);
}
