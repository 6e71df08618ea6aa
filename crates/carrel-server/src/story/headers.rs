//! The headers of every answer of the server's own, as one table.

use super::TestCarrel;
use serde_json::Value;
use std::collections::BTreeMap;

const TOLD: [&str; 10] = [
    "cache-control",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
    "access-control-allow-origin",
];

#[tokio::test]
async fn every_answer_of_the_servers_own_has_its_security_headers() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    ada.post(&format!("/api/v1/sessions/{id}/suspend"), Value::Null).await;
    carrel.wait(&id, "Suspended").await;
    carrel.not_routed(&ada, &id).await;
    let document: Value = serde_json::from_str(&crate::openapi()).unwrap();
    let api = document["paths"].as_object().unwrap().iter().filter(|(path, item)| {
        // The stream has no end; its headers are tested with it.
        item.get("get").is_some() && *path != "/api/v1/events"
    });
    let mut paths: Vec<String> = api.map(|(path, _)| path.clone()).collect();
    paths.extend(
        [
            "/sign-in",
            "/signed-out",
            "/s/{id}/",
            "/no/such/page",
            "/livez",
            "/readyz",
            "/static/carrel.css",
            "/api/openapi.json",
        ]
        .map(str::to_owned),
    );
    // Answers with the same headers stand together.
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in paths {
        let answer = ada.page(&path.replace("{id}", &id)).await;
        let told: Vec<String> = TOLD
            .iter()
            .filter_map(|name| answer.headers.get(*name).map(|value| format!("  {name}: {}", value.to_str().unwrap())))
            .collect();
        table.entry(told.join("\n")).or_default().push(format!("{} {path}", answer.status.as_u16()));
    }
    let text: Vec<String> =
        table.into_iter().map(|(headers, paths)| format!("{}\n{headers}", paths.join("\n"))).collect();
    insta::assert_snapshot!(text.join("\n\n"));
}
