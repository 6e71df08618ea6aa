//! The agent as a program, with a stand-in for an IDE (`stand_in_ide.py`).

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod ends;
#[cfg(test)]
mod front;
#[cfg(test)]
mod idle;
#[cfg(test)]
mod place;
#[cfg(test)]
mod pod;

use carrel_agent::protocol::{Keep, Phase, Status, Stop};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use place::{Place, body, eventually, get, lives, plan, send};
use std::fs;

#[tokio::test]
async fn requests_reach_the_ide_with_its_secret_and_without_what_is_carrels() {
    let place = Place::new().await;
    place.ready(&plan(&[])).await;
    let request = Request::get("/s/x/lab?a=b%2Fc")
        .header("host", "carrel.test")
        .header("x-carrel-user", "grace")
        .header("x-carrel-token", "t0ken")
        .header("x-secret", "guessed")
        .body(Full::default())
        .unwrap();
    let answer = send(&place.front(), request).await;
    let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().cloned().collect();
    assert_eq!(cookies, ["in=1; Path=/s/x/"]);
    assert_eq!(answer.headers()["service-worker-allowed"], "/s/x/");
    let seen: serde_json::Value = serde_json::from_slice(&body(answer).await).unwrap();
    let secret = fs::read_to_string(place.folder.secret()).unwrap();
    assert_eq!((secret.len(), seen["headers"]["x-secret"].as_str()), (64, Some(secret.as_str())));
    assert_eq!(seen["headers"]["x-workbench-user"], "grace");
    assert_eq!(
        (&seen["headers"]["x-carrel-user"], &seen["headers"]["x-carrel-token"]),
        (&None::<u8>.into(), &None::<u8>.into())
    );
    assert_eq!(
        (seen["path"].as_str(), seen["headers"]["host"].as_str()),
        (Some("/s/x/lab?a=b%2Fc"), Some("carrel.test"))
    );
}

#[tokio::test]
async fn a_prefix_is_stripped_where_the_ide_knows_none() {
    let place = Place::new().await;
    let mut plan = plan(&[]);
    plan.http.strip_prefix = true;
    plan.http.ready_path = "/healthz".into();
    place.ready(&plan).await;
    assert_eq!(place.ide("/s/x/a/b?c").await["path"], "/a/b?c");
}

#[tokio::test]
async fn the_secret_stands_in_no_argument_and_no_environment_and_those_of_the_server_do_not_either() {
    let place = Place::new().await;
    place.ready(&plan(&[])).await;
    let seen = place.ide("/s/x/").await;
    let secret = fs::read_to_string(place.folder.secret()).unwrap();
    for pid in [seen["pid"].as_i64().unwrap(), place.agent_pid().into()] {
        for file in ["cmdline", "environ"] {
            let text = fs::read(format!("/proc/{pid}/{file}")).unwrap();
            assert!(!String::from_utf8_lossy(&text).contains(&secret), "{pid} {file}");
        }
    }
    let environment = seen["env"].as_object().unwrap();
    let names: Vec<&str> = environment.keys().map(String::as_str).filter(|name| *name != "LC_CTYPE").collect();
    assert_eq!(names, ["CARREL_RUN", "HOME", "LANG", "LOGNAME", "PATH", "SECRET_FILE", "SHELL", "USER"]);
    assert_eq!(environment["USER"], "account");
}

#[tokio::test]
async fn a_second_agent_for_the_folder_ends_quietly() {
    let place = Place::new().await;
    place.ready(&plan(&[])).await;
    let first = place.agent_pid();
    let mut second = place.spawn();
    let code = eventually("the second agent ends", || {
        let ended = second.try_wait().unwrap();
        async move { ended }
    });
    assert_eq!(code.await.code(), Some(0));
    assert_eq!(place.agent_pid(), first);
    assert_eq!(place.status().await.phase, Phase::Ready);
}

#[tokio::test]
async fn the_same_plan_again_changes_nothing_and_another_is_refused() {
    let place = Place::new().await;
    place.ready(&plan(&[])).await;
    let before = place.ide("/s/x/").await["pid"].clone();
    assert_eq!(place.start(&plan(&[])).await, StatusCode::NO_CONTENT);
    assert_eq!(place.start(&plan(&["--never"])).await, StatusCode::CONFLICT);
    assert_eq!(place.ide("/s/x/").await["pid"], before);
}

#[tokio::test]
async fn each_change_is_told_to_those_who_watch() {
    let mut place = Place::new().await;
    let mut watched = get(&place.folder.control(), "/watch").await.into_body();
    place.ready(&plan(&[])).await;
    assert_eq!(place.post("/stop", &Stop { grace_ms: 5000 }).await, StatusCode::ACCEPTED);
    let mut lines = Vec::new();
    while let Some(frame) = watched.frame().await {
        lines.extend(frame.unwrap().into_data().unwrap());
    }
    let told: Vec<Status> =
        lines.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect();
    let mut phases: Vec<Phase> = told.iter().map(|status| status.phase.clone()).collect();
    phases.dedup();
    assert_eq!(phases, [Phase::Waiting, Phase::Starting, Phase::Ready, Phase::Stopping, Phase::Ended]);
    assert_eq!(told.last().unwrap().end, Some(place.end().await));
    assert!(told.last().unwrap().limits.as_ref().unwrap().starts_with("watched: ") || cfg!(not(debug_assertions)));
}

#[tokio::test]
async fn output_is_kept_and_followed() {
    let mut place = Place::new().await;
    place.ready(&plan(&["--say", "hello from the start"])).await;
    let kept = body(get(&place.folder.control(), "/output?follow=false").await).await;
    assert_eq!(kept, "hello from the start\n");
    let mut following = get(&place.folder.control(), "/output?follow=true").await.into_body();
    place.ide("/s/x/say?text=and+later").await;
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text).contains("and later") {
        text.extend(following.frame().await.unwrap().unwrap().into_data().unwrap());
    }
    place.post("/stop", &Stop { grace_ms: 5000 }).await;
    assert!(following.frame().await.is_none(), "it ends with the run");
    place.end().await;
    assert_eq!(place.folder.last_output(), "hello from the start\nand later\n");
}

#[tokio::test]
async fn use_is_measured() {
    let place = Place::new().await;
    place.ready(&plan(&[])).await;
    place.ide("/s/x/eat?mb=50").await;
    place.ide("/s/x/burn?seconds=60").await;
    let enough = |status: &Status| status.usage.is_some_and(|usage| usage.memory_bytes > 50 << 20 && usage.cpus > 0.02);
    let usage = place.until("its memory and CPU are seen", enough).await.usage.unwrap();
    assert_eq!(usage.processes, 1);
    assert!(usage.cpus < 2.0, "{usage:?}");
}

#[tokio::test]
async fn a_folder_and_files_of_the_plan_are_used() {
    let place = Place::new().await;
    let mut plan = plan(&[]);
    plan.files = vec![carrel_model::plan::PlanFile {
        path: "{home}/.config/ide/settings.json".into(),
        text: r#"{"for": "{user}", "as": "{account}"}"#.into(),
        keep: false,
    }];
    plan.folder = Some("work".into());
    fs::create_dir(place.home().join("work")).unwrap();
    place.ready(&plan).await;
    let ide = place.ide("/s/x/").await["pid"].clone();
    assert_eq!(fs::read_link(format!("/proc/{ide}/cwd")).unwrap(), place.home().join("work"));
    let written = fs::read_to_string(place.home().join(".config/ide/settings.json")).unwrap();
    assert_eq!(written, r#"{"for": "ada", "as": "account"}"#);
}

#[tokio::test]
async fn nonsense_on_the_control_socket_is_answered_and_changes_nothing() {
    let place = Place::new().await;
    for (path, text) in [("/start", "not JSON"), ("/stop", "{}"), ("/keep", "{\"until\":\"never\"}")] {
        let request = Request::post(path).body(text.into()).unwrap();
        assert_eq!(send(&place.folder.control(), request).await.status(), StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(get(&place.folder.control(), "/nothing").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(place.status().await.phase, Phase::Waiting);
    assert_eq!(place.post("/keep", &Keep { until: None }).await, StatusCode::NO_CONTENT);
    assert!(lives(place.agent_pid()));
}
