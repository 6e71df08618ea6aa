//! The life of a session over the API.

use super::TestCarrel;
use carrel_model::{Cause, RunId, Usage, Who};
use carrel_sessions::fake::Script;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

#[tokio::test]
async fn a_session_is_launched_opened_suspended_resumed_renamed_and_quit() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let launched =
        ada.post("/api/v1/sessions", json!({ "ide": "shell", "name": "churn", "resource_profile": "medium" })).await;
    assert_eq!(launched.status, StatusCode::ACCEPTED);
    let view = launched.json();
    let id = view["id"].as_str().unwrap();
    let here = format!("/api/v1/sessions/{id}");
    assert_eq!(launched.header("location"), here);
    assert_eq!((&view["name"], &view["cpus"], &view["memory_mb"]), (&json!("churn"), &json!(2.0), &json!(4096)));
    carrel.wait(id, "Active").await;
    let opened = ada.get(&format!("/s/{id}/lab?x=1")).await;
    assert_eq!((opened.status, opened.text()), (StatusCode::OK, format!("IDE at /s/{id}/lab?x=1")));

    assert_eq!(ada.post(&format!("{here}/suspend"), Value::Null).await.status, StatusCode::ACCEPTED);
    carrel.wait(id, "Suspended").await;
    carrel.not_routed(&ada, id).await;
    assert_eq!(ada.get(&format!("/s/{id}/lab")).await.code(), "session-suspended");
    let refused = ada.post(&format!("{here}/suspend"), Value::Null).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "not-possible-now".into()));
    assert_eq!(refused.json()["detail"], "Suspend is not possible while it is Suspended.");

    assert_eq!(ada.post(&format!("{here}/resume"), Value::Null).await.status, StatusCode::ACCEPTED);
    carrel.wait(id, "Active").await;
    assert_eq!(ada.get(&format!("/s/{id}/")).await.status, StatusCode::OK);
    assert_eq!(ada.get(&here).await.json()["generation"], 2);
    assert_eq!(ada.call(Method::PATCH, &here, &json!({ "name": "churn 🚀" })).await.json()["name"], "churn 🚀");

    assert_eq!(ada.delete(&here).await.status, StatusCode::ACCEPTED);
    carrel.wait(id, "Stopped").await;
    carrel.not_routed(&ada, id).await;
    assert_eq!(ada.get(&format!("/s/{id}/")).await.code(), "session-gone");
    assert_eq!(ada.get("/api/v1/sessions").await.json(), json!([]));
    assert_eq!(ada.get("/api/v1/sessions?state=stopped").await.json()[0]["id"], id);
    let codes: Vec<String> = ada
        .get(&format!("{here}/events"))
        .await
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["code"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        ["accepted", "ready", "suspend", "resume", "quit"].iter().all(|c| codes.iter().any(|known| known == c)),
        "{codes:?}"
    );
}

#[tokio::test]
async fn any_replica_serves_any_session_and_one_that_comes_later_too() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let first = carrel.replica().await;
    let id = carrel.running(&ada).await;
    let second = carrel.replica().await;
    for address in [carrel.address, first.local_addr(), second.local_addr()] {
        assert_eq!(ada.before(address).get(&format!("/s/{id}/")).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn output_use_and_the_idle_clock_are_told() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let run = RunId { session: id.parse().unwrap(), generation: 1 };
    carrel.launcher.write(&run, "hello from the IDE\n");
    let here = format!("/api/v1/sessions/{id}");
    let logs = ada.get(&format!("{here}/logs")).await;
    assert!(
        logs.text().ends_with(
            "hello from the IDE
"
        ),
        "{}",
        logs.text()
    );
    assert_eq!(logs.header("content-type"), "text/plain; charset=utf-8");
    let usage = Usage { cpus: 0.5, memory_bytes: 512 << 20, processes: 3 };
    carrel.store.usage_add(&[(run.session.clone(), 1, usage)], carrel.clock.now()).await.unwrap();
    let history = ada.get(&format!("{here}/usage?window=24h")).await.json();
    assert_eq!((&history["points"][0]["memory_mb"], &history["memory_mb_limit"]), (&json!(512), &json!(2048)));
    assert_eq!(ada.get(&here).await.json()["usage"]["memory_mb"], 512);
    let until = carrel.clock.now() + SignedDuration::from_hours(2);
    let kept = ada.post(&format!("{here}/keep"), json!({ "until": until })).await;
    assert_eq!((kept.status, &kept.json()["idle"]["keep_until"]), (StatusCode::ACCEPTED, &json!(until)));
    let too_far = carrel.clock.now() + SignedDuration::from_hours(24 * 8);
    assert_eq!(ada.post(&format!("{here}/keep"), json!({ "until": too_far })).await.code(), "out-of-bounds");
}

#[tokio::test]
async fn the_options_say_what_cannot_be_launched_and_why() {
    let carrel = TestCarrel::with(|settings| settings.max_sessions = Some(1)).await;
    let ada = carrel.user("ada").await;
    let options = ada.get("/api/v1/launch-options?ide=shell").await.json();
    let ide = |id: &str| options["ides"].as_array().unwrap().iter().find(|o| o["id"] == id).unwrap().clone();
    assert_eq!((&ide("shell")["available"], &ide("shell")["cause"]), (&json!(true), &Value::Null));
    assert_eq!(ide("absent")["available"], false);
    assert!(!ide("absent")["cause"]["text"].as_str().unwrap().is_empty());
    assert_eq!((&options["suggested_name"], &options["default_size"]), (&json!("shell-1"), &json!("small")));
    assert_eq!(options["sizes"][0]["available"], true);
    ada.launch().await;
    let options = ada.get("/api/v1/launch-options").await.json();
    assert_eq!(options["sizes"][0]["cause"]["code"], "too-many-sessions");
    let me = ada.get("/api/v1/me").await.json();
    assert_eq!(me["use"]["sessions"], 1);
    assert_eq!(me["limits"], json!({ "sessions": 1, "cpus": null, "memory_mb": null }), "no rule says more");
}

#[tokio::test]
async fn a_session_that_failed_says_why_and_starts_again() {
    let carrel = TestCarrel::new().await;
    let cause = Cause::new("ide-exited", "The IDE ended with exit code 3.", Who::Administrator);
    carrel.launcher.script(Script::Fails(cause));
    let ada = carrel.user("ada").await;
    let id = ada.launch().await;
    carrel.wait(&id, "Failed").await;
    let view = ada.get(&format!("/api/v1/sessions/{id}")).await.json();
    assert_eq!(view["sentence"], "The IDE ended with exit code 3.");
    assert_eq!(view["next"], json!({ "action": "start-again", "text": "Start again" }));
    carrel.launcher.script(Script::Ready);
    assert_eq!(ada.post(&format!("/api/v1/sessions/{id}/resume"), Value::Null).await.status, StatusCode::ACCEPTED);
    carrel.wait(&id, "Active").await;
}

#[tokio::test]
async fn while_the_store_is_away_what_is_known_goes_on_for_ten_minutes() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let here = format!("/s/{id}/");
    assert_eq!(ada.get(&here).await.status, StatusCode::OK);
    carrel.store.close().await;
    assert_eq!(ada.get(&here).await.status, StatusCode::OK);
    let away = ada.get("/api/v1/sessions").await;
    assert_eq!((away.status, away.code()), (StatusCode::SERVICE_UNAVAILABLE, "store-away".into()));
    assert_eq!(ada.get("/readyz").await.code(), "not-ready");
    assert_eq!(ada.get("/livez").await.status, StatusCode::OK);
    carrel.clock.set(carrel.clock.now() + SignedDuration::from_mins(9));
    assert_eq!(ada.get(&here).await.status, StatusCode::OK);
    carrel.clock.set(carrel.clock.now() + SignedDuration::from_mins(2));
    assert_eq!(ada.get(&here).await.code(), "store-away");
}
