//! What is said of bad input.

use super::TestCarrel;
use http::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn a_body_that_is_not_json_is_refused_with_what_and_where() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let told = async |body: &str| {
        let request = ada.request(&Method::POST, "/api/v1/sessions").header("content-type", "application/json");
        let answer = ada.send(request, body.to_owned()).await;
        let problem = answer.json();
        assert_eq!(
            (problem["type"].as_str(), problem["request_id"].as_str()),
            (Some("about:blank"), Some(answer.header("x-request-id")))
        );
        format!("{} {}: {}", answer.status.as_u16(), answer.code(), problem["detail"].as_str().unwrap())
    };
    let mut all = Vec::new();
    for body in ["", "launch it", "{\"ide\":\n  jupyterlab}", "{\"ide\": 7}", "{\"idee\": \"shell\"}", "{}", "[]"] {
        all.push(told(body).await);
    }
    insta::assert_snapshot!(all.join("\n"), @r"
    400 not-json: The body is empty, and JSON is needed.
    400 not-json: The body is not JSON: expected value, at line 1, column 1.
    400 not-json: The body is not JSON: expected value, at line 2, column 3.
    422 body-does-not-fit: The body does not fit: invalid type: integer `7`, expected a string, at line 1, column 9.
    422 body-does-not-fit: The body does not fit: unknown field `idee`, expected one of `ide`, `name`, `folder`, `cluster`, `resource_profile`, `cpus`, `memory_mb`, `r_version`, `image`, `gpus`, `placement`, `env`, at line 1, column 7.
    422 body-does-not-fit: The body does not fit: missing field `ide`, at line 1, column 2.
    422 body-does-not-fit: The body does not fit: invalid length 0, expected an object, at line 1, column 2.
    ");
}

#[tokio::test]
async fn a_name_of_a_megabyte_is_refused_by_name() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let long = "x".repeat(1 << 20);
    let answer = ada.post("/api/v1/sessions", json!({ "ide": "shell", "name": long })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, "bad-name".into()));
    assert_eq!(answer.json()["detail"], "The name is too long: 1048576 characters, at most 64.");
    let id = ada.launch().await;
    let answer = ada.call(Method::PATCH, &format!("/api/v1/sessions/{id}"), &json!({ "name": long })).await;
    assert_eq!(answer.code(), "bad-name");
    let answer = ada.post("/api/v1/sessions", json!({ "ide": "shell", "name": "x".repeat(3 << 20) })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::PAYLOAD_TOO_LARGE, "body-too-long".into()));
}

#[tokio::test]
async fn names_of_emoji_and_html_are_shown_as_they_are_and_escaped() {
    let carrel = TestCarrel::new().await;
    carrel.launcher.script(carrel_sessions::fake::Script::Silent);
    let ada = carrel.user("ada").await;
    for name in ["🚀🚀", "<img src=x onerror=alert(1)>", "\"><script>alert(1)</script>"] {
        let answer = ada.post("/api/v1/sessions", json!({ "ide": "shell", "name": name })).await;
        let view = answer.json();
        assert_eq!(view["name"], name);
        let page = ada.page(view["url"].as_str().unwrap()).await.text();
        assert!(!page.contains("<img src=x") && !page.contains("<script>alert"), "{page}");
        assert!(page.contains(&minijinja::HtmlEscape(name).to_string()), "{page}");
    }
}

#[tokio::test]
async fn what_cannot_be_launched_is_refused_with_the_reason() {
    let carrel = TestCarrel::with(|settings| settings.max_sessions = Some(1)).await;
    let ada = carrel.user("ada").await;
    let mut told = Vec::new();
    for body in [
        json!({ "ide": "no-such" }),
        json!({ "ide": "absent" }),
        json!({ "ide": "shell", "resource_profile": "huge" }),
        json!({ "ide": "shell", "cpus": 99.0 }),
        json!({ "ide": "shell", "env": { "LD_PRELOAD": "x" } }),
        json!({ "ide": "shell", "cluster": "moon" }),
        json!({ "ide": "shell", "name": " \t" , "folder": "a\u{0}b" }),
        json!({ "ide": "shell" }),
        json!({ "ide": "shell" }),
    ] {
        let answer = ada.post("/api/v1/sessions", body).await;
        let said = answer.json();
        told.push(format!(
            "{} {} {}",
            answer.status.as_u16(),
            said["code"],
            said["detail"].as_str().unwrap_or("accepted")
        ));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    422 "no-such-ide" There is no IDE called “no-such”.
    409 "ide-not-installed" Shell is not installed on this host: the program no-such-program was not found.
    422 "no-such-size" No size is called “huge”; small, medium, large are offered.
    422 "out-of-bounds" The value of cpus must be between 0.1 and 4, not 99; the most is set by the settings of this server.
    422 "bad-env" The variable “LD_PRELOAD” is reserved and cannot be set.
    422 "no-such-cluster" There is no cluster called “moon”; sessions run on “local”.
    422 "bad-folder" The folder may not hold control characters.
    202 null accepted
    409 "too-many-sessions" You may have 1 session running at once, by the settings of this server; suspend or quit one first.
    "#);
}

#[tokio::test]
async fn what_the_api_does_not_have_is_a_problem_too() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    assert_eq!(ada.get("/api/v2/sessions").await.code(), "no-such-endpoint");
    let answer = ada.call(Method::PUT, "/api/v1/me", &Value::Null).await;
    assert_eq!((answer.code().as_str(), answer.header("allow")), ("method-not-allowed", "GET,HEAD"));
    assert_eq!(ada.get("/api/v1/sessions?state=all").await.code(), "bad-query");
    assert_eq!(ada.get("/no/such/page").await.code(), "no-such-page");
    let page = ada.page("/no/such/page").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text().contains("Nothing is here") && page.text().contains(page.header("x-request-id")));
}
