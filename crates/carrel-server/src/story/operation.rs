//! What those who run the server see of it, and what they tell people.

use super::{Person, TestCarrel};
use carrel_config::settings::operation::{Metrics, Notice, Operation, Piece};
use carrel_model::Role;
use carrel_testkit::eventually;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::time::Duration;

async fn administrator(carrel: &TestCarrel) -> Person {
    carrel.add("root", Role::Administrator).await;
    let mut person = carrel.stranger();
    assert_eq!(person.sign_in("root", super::carrel::PASSWORD).await.status, StatusCode::NO_CONTENT);
    person
}

#[tokio::test]
async fn the_configuration_is_for_administrators() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let stranger = carrel.stranger();
    let path = "/api/v1/admin/configuration";
    assert_eq!(ada.get(path).await.code(), "not-an-administrator");
    assert_eq!(ada.post(&format!("{path}/reload"), json!({})).await.code(), "not-an-administrator");
    assert_eq!(stranger.get(path).await.code(), "not-signed-in");
    let root = administrator(&carrel).await;
    assert_eq!(root.get(path).await.json()["settings"], json!([]));
    let all = root.get(&format!("{path}?all=true")).await.json();
    let port = all["settings"].as_array().unwrap().iter().find(|s| s["key"] == "www-port").unwrap().clone();
    assert_eq!(
        (&port["file"], &port["default"], &port["source"]),
        (&json!("rserver.conf"), &json!("8787"), &Value::Null)
    );
    assert_eq!(port["needs_restart"], true);
}

#[tokio::test]
async fn a_reload_is_in_the_audit_with_its_administrator() {
    let carrel = TestCarrel::new().await;
    let root = administrator(&carrel).await;
    let answer = root.post("/api/v1/admin/configuration/reload", Value::Null).await.json();
    assert_eq!((&answer["applied"], &answer["changes"]), (&json!(true), &json!([])));
    let entry = carrel.store.audit_page(None, 1).await.unwrap().remove(0);
    assert_eq!((entry.action.as_str(), entry.actor.as_str()), ("configuration-reload", "root"));
    assert_eq!(entry.detail, "nothing changed");
}

#[tokio::test]
async fn a_notice_is_told_between_its_times() {
    let carrel = TestCarrel::with(|settings| {
        let now = carrel_model::Clock::System.now();
        let (starts_at, ends_at) = (now + SignedDuration::from_hours(1), now + SignedDuration::from_hours(2));
        let notice = Notice { starts_at: Some(starts_at), ends_at: Some(ends_at), message: "Down at nine".into() };
        settings.operation.notices = vec![notice];
    })
    .await;
    let ada = carrel.user("ada").await;
    assert_eq!(ada.get("/api/v1/me").await.json()["notices"], json!([]));
    carrel.clock.set(carrel.clock.now() + SignedDuration::from_mins(90));
    assert_eq!(ada.get("/api/v1/me").await.json()["notices"][0]["message"], "Down at nine");
    assert!(carrel.stranger().page("/sign-in").await.text().contains("Down at nine"));
    carrel.clock.set(carrel.clock.now() + SignedDuration::from_mins(31));
    assert_eq!(ada.get("/api/v1/me").await.json()["notices"], json!([]));
}

#[tokio::test]
async fn the_health_check_fills_the_template_without_a_sign_in() {
    let names = ["active-sessions", "cpu-percent", "memory-percent", "load-average", "license-days-left", "colour"];
    let carrel = TestCarrel::with(|settings| {
        let line = |name: &&str| [Piece::Figure((*name).into()), Piece::Text("\n".into())];
        settings.operation.health_check = Some(names.iter().flat_map(line).collect());
    })
    .await;
    let ada = carrel.user("ada").await;
    carrel.running(&ada).await;
    let answer = carrel.stranger().get("/health-check").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/plain; charset=utf-8"));
    let text = answer.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines[4], lines[5]), ("1", "36500", "#colour#"));
    let memory: f64 = lines[2].parse().unwrap();
    assert!(memory > 0.0 && memory <= 100.0, "{text}");
    assert!(lines[1].parse::<f64>().is_ok() && lines[3].parse::<f64>().is_ok(), "{text}");
}

#[tokio::test]
async fn metrics_count_launches_starts_and_requests() {
    let carrel = TestCarrel::with(|settings| {
        let metrics = Some(Metrics { address: None, port: 0 });
        settings.operation = Operation { metrics, ..Operation::default() };
    })
    .await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let answer = ada.get(&format!("/s/{id}/")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let body = answer.body.len();
    assert!(body > 0);
    let prometheus = Person::at(carrel.server.as_ref().unwrap().metrics_addr().unwrap());
    let answer = prometheus.get("/metrics").await;
    let text = answer.text();
    let version = env!("CARGO_PKG_VERSION");
    for line in [
        format!("carrel_build_info{{version=\"{version}\"}} 1"),
        "carrel_sessions{state=\"Active\"} 1".into(),
        "carrel_sessions{state=\"Failed\"} 0".into(),
        "carrel_sessions_launched_total{ide=\"shell\"} 1".into(),
        "carrel_session_start_seconds_count 1".into(),
        "carrel_requests_to_sessions_total 1".into(),
        "carrel_bytes_to_sessions_total 0".into(),
        format!("carrel_bytes_from_sessions_total {body}"),
        "carrel_tunnels 0".into(),
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let to_carrel = |text: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix("carrel_requests_to_carrel_total "));
        line.unwrap_or_else(|| panic!("{text}")).parse().unwrap()
    };
    ada.get("/api/v1/me").await;
    let later = prometheus.get("/metrics").await.text();
    assert_eq!(to_carrel(&later), to_carrel(&text) + 1, "metrics themselves are no request to Carrel");
    assert_eq!(prometheus.get("/api/v1/me").await.status, StatusCode::NOT_FOUND, "nothing else is there");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_those_who_only_listen() {
    let mut carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let request = ada.request(&http::Method::GET, "/api/v1/events").body(http_body_util::Full::default()).unwrap();
    let stream = ada.begin(request).await;
    assert_eq!(stream.status(), StatusCode::OK);
    let server = carrel.server.take().unwrap();
    // Of an hour's grace nothing is needed: `eventually` fails long before.
    let stopped = tokio::spawn(server.stop(Duration::from_hours(1)));
    eventually("the server to stop", async || stopped.is_finished().then_some(())).await;
    drop(stream);
}
