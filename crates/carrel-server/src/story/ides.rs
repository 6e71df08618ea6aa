//! What configuration files say of IDEs, as people see it.

use super::TestCarrel;
use carrel_config::{Configuration, Settings, options::file_named};
use carrel_model::RunId;
use carrel_sessions::fake::Call;
use http::StatusCode;
use serde_json::{Value, json};
use std::path::Path;

/// Files that name a program which is on every host: only what is offered is looked at here.
const VSCODE: (&str, &str) = ("vscode.conf", "exe=/bin/sh\nsession-timeout-kill-hours=8\n");

fn apply(settings: &mut Settings, files: &[(&str, &str)]) {
    let mut read = Configuration::default();
    for (name, text) in files {
        read.read(file_named(name).unwrap(), Path::new("/etc/rstudio").join(name), text.as_bytes());
    }
    assert_eq!(settings.apply(&read), []);
}

async fn carrel(files: &[(&str, &str)]) -> TestCarrel {
    TestCarrel::with(|settings| apply(settings, files)).await
}

fn ide<'a>(options: &'a Value, id: &str) -> &'a Value {
    options["ides"].as_array().unwrap().iter().find(|ide| ide["id"] == id).unwrap()
}

#[tokio::test]
async fn an_ide_that_a_file_switches_off_is_greyed_with_the_line_and_comes_back_by_a_reload() {
    let carrel = carrel(&[("vscode.conf", "# not now\nenabled=0\nexe=/bin/sh\n")]).await;
    let ada = carrel.user("ada").await;
    let options = ada.get("/api/v1/launch-options").await.json();
    let cause = &ide(&options, "vscode")["cause"];
    let text = "VS Code is switched off here: enabled of /etc/rstudio/vscode.conf:2 says so.";
    assert_eq!(
        (&cause["code"], &cause["text"], &cause["who"]),
        (&json!("ide-disabled"), &json!(text), &json!("administrator"))
    );
    let refused = ada.post("/api/v1/sessions", json!({ "ide": "vscode" })).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "ide-disabled".into()));

    let mut settings = (*carrel.settings.now()).clone();
    apply(&mut settings, &[VSCODE]);
    carrel.settings.replace(settings);
    let options = ada.get("/api/v1/launch-options").await.json();
    assert_eq!(ide(&options, "vscode")["available"], true, "{options}");
    assert_eq!(ada.post("/api/v1/sessions", json!({ "ide": "vscode" })).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn people_choose_an_r_of_their_profile_and_keep_it_and_learn_when_it_is_gone() {
    let versions = ("r-versions", "Path: /opt/R/4.4.1\nLabel: Newest\n\nPath: /opt/R/4.3.1\n\nPath: /opt/R/4.2.0\n");
    let profile = ("profiles", "[*]\nr-versions=/opt/R/4.2.0, /opt/R/4.4.1\n[grace]\nr-versions=/opt/R/4.3.1\n");
    let carrel = carrel(&[versions, profile]).await;
    let (ada, grace) = (carrel.user("ada").await, carrel.user("grace").await);
    let offered = ada.get("/api/v1/launch-options").await.json()["r_versions"].clone();
    let (newest, old) = (json!({ "id": "/opt/R/4.4.1", "name": "Newest" }), "/opt/R/4.2.0");
    assert_eq!(offered, json!([newest, { "id": old, "name": old }]));
    let one = grace.get("/api/v1/launch-options").await.json()["r_versions"].clone();
    assert_eq!(one, json!([]), "where there is one there is nothing to choose");

    let refused = ada.post("/api/v1/sessions", json!({ "ide": "shell", "r_version": "/opt/R/4.3.1" })).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "r-not-offered".into()));
    let why = "The R “/opt/R/4.3.1” is not offered by the profile of everybody (profiles:2); /opt/R/4.4.1, /opt/R/4.2.0 may \
               be had.";
    assert_eq!(refused.json()["detail"], why);

    let launched = |session: Value| (session["r_version"].clone(), session["id"].as_str().unwrap().to_owned());
    let asked = json!({ "ide": "shell", "r_version": old });
    let (r, id) = launched(ada.post("/api/v1/sessions", asked).await.json());
    assert_eq!(r, old);
    assert_eq!(launched(ada.post("/api/v1/sessions", json!({ "ide": "shell" })).await.json()).0, Value::Null);
    let graces = launched(grace.post("/api/v1/sessions", json!({ "ide": "shell" })).await.json()).0;
    assert_eq!(graces, "/opt/R/4.3.1", "the only one of the profile");
    let run = carrel.starting(&id).await;
    let path = |run: &RunId| {
        carrel.launcher.calls().into_iter().find_map(|call| match call {
            Call::Start(asked, plan) if asked == *run => plan.env.get("PATH").cloned(),
            _ => None,
        })
    };
    assert_eq!(path(&run).as_deref(), Some("/opt/R/4.2.0/bin:{path}"));
    carrel.wait(&id, "Active").await;

    let here = format!("/api/v1/sessions/{id}");
    ada.post(&format!("{here}/suspend"), Value::Null).await;
    carrel.wait(&id, "Suspended").await;
    let mut settings = (*carrel.settings.now()).clone();
    apply(&mut settings, &[("r-versions", "/opt/R/4.4.1\n")]);
    carrel.settings.replace(settings);
    ada.post(&format!("{here}/resume"), Value::Null).await;
    carrel.wait(&id, "Failed").await;
    let cause = ada.get(&here).await.json()["cause"].clone();
    let text = "Its R, /opt/R/4.2.0, is no longer among those of this server: start a new session.";
    assert_eq!(cause, json!({ "code": "r-gone", "text": text, "who": "you" }));
}

#[tokio::test]
async fn each_ide_has_the_times_of_its_own_file_and_the_others_those_of_rsession_conf() {
    let carrel = carrel(&[VSCODE, ("rsession.conf", "session-timeout-minutes=30\n")]).await;
    let ada = carrel.user("ada").await;
    for (asked, seconds, action) in [("vscode", 8 * 3600, "quit"), ("shell", 1800, "suspend")] {
        let launched = ada.post("/api/v1/sessions", json!({ "ide": asked })).await.json();
        let id = launched["id"].as_str().unwrap();
        carrel.wait(id, "Active").await;
        assert_eq!(ada.get(&format!("/api/v1/sessions/{id}")).await.json()["idle"]["action"], action);
        let session = carrel.store.session(&id.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(session.spec.idle.ends_after_s, Some(seconds));
    }
}

#[tokio::test]
async fn the_cluster_of_this_host_is_called_as_launcher_conf_calls_it() {
    let carrel = carrel(&[("launcher.conf", "[cluster]\nname=Big Host\ntype=Local\n")]).await;
    let ada = carrel.user("ada").await;
    let options = ada.get("/api/v1/launch-options").await.json();
    assert_eq!(options["clusters"], json!([{ "id": "Big Host", "name": "Big Host" }]));
    for cluster in [json!("Big Host"), Value::Null] {
        let launched = ada.post("/api/v1/sessions", json!({ "ide": "shell", "cluster": cluster })).await;
        assert_eq!(launched.json()["cluster"], "Big Host", "{}", launched.text());
    }
    let refused = ada.post("/api/v1/sessions", json!({ "ide": "shell", "cluster": "Kubernetes" })).await;
    assert!(
        refused.text().contains("There is no cluster called “Kubernetes”; sessions run on “Big Host”"),
        "{}",
        refused.text()
    );
}
