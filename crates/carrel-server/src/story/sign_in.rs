//! Signing in and out.

use super::{TestCarrel, carrel::PASSWORD};
use crate::client::SECURE_COOKIE;
use carrel_model::Role;
use carrel_store::Actor;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

#[tokio::test]
async fn somebody_signs_in_by_the_form_and_lands_where_they_wanted() {
    let carrel = TestCarrel::new().await;
    carrel.add("ada", Role::User).await;
    let mut ada = carrel.stranger();
    let home = ada.page("/settings?tab=tokens").await;
    assert_eq!(
        (home.status, home.header("location")),
        (StatusCode::SEE_OTHER, "/sign-in?next=/settings%3Ftab%3Dtokens")
    );
    let form = ada.page(home.header("location")).await;
    assert!(form.text().contains("name=\"next\" value=\"&#x2f;settings?tab=tokens\""), "{}", form.text());
    let answer = ada.form("/sign-in", "user=ada&password=correct+horse&next=%2Fsettings%3Ftab%3Dtokens").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/settings?tab=tokens"));
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("carrel=") && !cookie.contains("Secure"), "{cookie}");
    assert!(["HttpOnly", "SameSite=Lax", "Path=/"].iter().all(|word| cookie.contains(word)), "{cookie}");
    ada.keep_cookie(&answer);
    assert_eq!(ada.get("/api/v1/me").await.json()["name"], "ada");
    assert_eq!(ada.page("/sign-in").await.header("location"), "/", "who is signed in goes on");
}

#[tokio::test]
async fn no_next_leaves_the_origin() {
    let carrel = TestCarrel::new().await;
    carrel.add("ada", Role::User).await;
    for next in
        ["//evil.example", "/\\evil.example", "https:evil.example", "/%2f/evil.example", "/\t/evil", "javascript:1"]
    {
        let next = next.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
        let body = format!("user=ada&password=correct+horse&next={next}");
        let answer = carrel.stranger().form("/sign-in", &body).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"), "{next}");
    }
}

#[tokio::test]
async fn a_refusal_does_not_tell_whether_there_is_such_a_user() {
    let carrel = TestCarrel::new().await;
    let id = carrel.add("ada", Role::User).await;
    carrel.add("bea", Role::User).await;
    carrel.store.set_locked(&id, true, &Actor::system("test"), carrel.clock.now()).await.unwrap();
    let mut answers = Vec::new();
    for (user, password) in [("ada", PASSWORD), ("bea", "wrong"), ("nobody", "wrong"), ("Not A Name", "wrong")] {
        let answer = carrel.stranger().post("/api/v1/sign-in", json!({ "user": user, "password": password })).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::UNAUTHORIZED, ""));
        answers.push((answer.code(), answer.json()["detail"].clone()));
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
}

#[tokio::test]
async fn the_form_says_that_it_was_refused_and_shows_the_name_escaped() {
    let carrel = TestCarrel::new().await;
    let answer = carrel.stranger().form("/sign-in", "user=%22%3E%3Cscript%3E&password=x&next=/settings").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let text = answer.text();
    assert!(text.contains("User name or password is wrong") && !text.contains("\"><script>"), "{text}");
}

#[tokio::test]
async fn who_tries_too_often_has_to_wait() {
    let carrel = TestCarrel::new().await;
    carrel.add("ada", Role::User).await;
    let mut ada = carrel.stranger();
    let mut last = ada.sign_in("ada", "wrong").await;
    for _ in 0..30 {
        if last.status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        last = ada.sign_in("ada", "wrong").await;
    }
    assert_eq!(last.code(), "too-many-tries");
    let seconds: i64 = last.header("retry-after").parse().unwrap();
    assert_eq!(ada.sign_in("ada", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS, "the right one waits too");
    carrel.clock.set(carrel.clock.now() + SignedDuration::from_secs(seconds));
    assert_eq!(ada.sign_in("ada", PASSWORD).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_sign_in_is_listed_and_ended_from_another_browser() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let other = ada.again("ada").await;
    let list = ada.get("/api/v1/sign-ins").await.json();
    let current: Vec<bool> = list.as_array().unwrap().iter().map(|s| s["current"].as_bool().unwrap()).collect();
    assert_eq!(current.iter().filter(|c| **c).count(), 1);
    let id =
        list.as_array().unwrap().iter().find(|s| s["current"] == false).unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(ada.delete(&format!("/api/v1/sign-ins/{id}")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(other.get("/api/v1/me").await.code(), "not-signed-in");
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::OK);
    assert_eq!(ada.delete(&format!("/api/v1/sign-ins/{id}")).await.code(), "no-such-sign-in");
}

#[tokio::test]
async fn signing_out_ends_this_sign_in_and_takes_the_cookie_away() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let other = ada.again("ada").await;
    let answer = ada.post("/api/v1/sign-out", Value::Null).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(ada.get("/api/v1/me").await.code(), "not-signed-in");
    assert_eq!(other.get("/api/v1/me").await.status, StatusCode::OK);
    let page = ada.page("/sign-in?next=/s/x/").await;
    assert!(page.text().contains("Your sign-in has ended"), "{}", page.text());
}

#[tokio::test]
async fn sign_ins_end_without_use_and_at_their_limit() {
    let carrel = TestCarrel::with(|settings| {
        settings.sign_in_idle = Some(std::time::Duration::from_hours(1));
        settings.sign_in_limit = std::time::Duration::from_hours(3);
    })
    .await;
    let ada = carrel.user("ada").await;
    let used = ada.again("ada").await;
    let half = SignedDuration::from_mins(40);
    for round in 1..=4 {
        carrel.clock.set(carrel.clock.now() + half);
        assert_eq!(used.get("/api/v1/me").await.status, StatusCode::OK, "round {round}");
    }
    assert_eq!(ada.get("/api/v1/me").await.code(), "not-signed-in", "not used for more than an hour");
    carrel.clock.set(carrel.clock.now() + half);
    assert_eq!(used.get("/api/v1/me").await.code(), "not-signed-in", "older than three hours");
}

#[tokio::test]
async fn over_https_the_cookie_is_secure_and_bound_to_the_host() {
    let carrel = TestCarrel::with(|settings| settings.public_url = Some("https://carrel.example".into())).await;
    let mut ada = carrel.stranger();
    carrel.add("ada", Role::User).await;
    let answer = ada.sign_in("ada", PASSWORD).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with(SECURE_COOKIE) && cookie.contains("Secure"), "{cookie}");
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::OK);
    assert_eq!(ada.get("/api/v1/me").await.header("strict-transport-security"), "max-age=31536000");
    // A cookie without the prefix, which a page of plain HTTP could have set, counts nothing.
    ada.cookie = ada.cookie.map(|cookie| cookie.replace(SECURE_COOKIE, "carrel"));
    assert_eq!(ada.get("/api/v1/me").await.code(), "not-signed-in");
}

#[tokio::test]
async fn a_cookie_that_came_twice_is_refused() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let mut tossed = ada.clone();
    tossed.cookie = Some(format!("carrel=tossed; {}", ada.cookie.as_deref().unwrap()));
    assert_eq!(tossed.get("/api/v1/me").await.code(), "cookie-twice");
    let id = carrel.running(&ada).await;
    let before = carrel.backend.heads().len();
    assert_eq!(tossed.get(&format!("/s/{id}/")).await.code(), "cookie-twice");
    assert_eq!(carrel.backend.heads().len(), before, "the session never saw it");
}

#[tokio::test]
async fn a_locked_user_is_out_within_five_seconds_on_every_replica() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let second = carrel.replica().await;
    let there = ada.before(second.local_addr());
    assert_eq!(there.get("/api/v1/me").await.status, StatusCode::OK);
    let id = carrel.store.user_by_name(&"ada".parse().unwrap()).await.unwrap().unwrap().id;
    carrel.store.set_locked(&id, true, &Actor::system("test"), carrel.clock.now()).await.unwrap();
    for person in [&ada, &there] {
        let out = carrel_testkit::eventually("both replicas to know", async || {
            (person.get("/api/v1/me").await.status == StatusCode::UNAUTHORIZED).then_some(())
        });
        tokio::time::timeout(std::time::Duration::from_secs(5), out).await.expect("within five seconds");
    }
}

#[tokio::test]
async fn a_body_for_signing_in_that_is_a_form_is_not_taken_by_the_api() {
    let carrel = TestCarrel::new().await;
    let person = carrel.stranger();
    let request = person.request(&Method::POST, "/api/v1/sign-in").header("content-type", "text/plain");
    assert_eq!(person.send(request, r#"{"user":"ada","password":"x"}"#).await.code(), "not-json");
}
