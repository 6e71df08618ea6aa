//! What the profiles files say, as people meet it: in the dialog's options, in refusals, in sessions.

use super::{Person, TestCarrel};
use carrel_config::{Configuration, Settings, options::file_named};
use carrel_model::{Bounds, Capacity, Cause, Role, Who};
use carrel_sessions::fake::{Call, Script};
use carrel_store::{Actor, Groups};
use http::StatusCode;
use serde_json::{Value, json};
use std::path::Path;

const RULES: &str = "[*]\ndefault-cpus=1\ndefault-mem-mb=2048\nmax-cpus=2\nmax-mem-mb=4096\n\
                     [@ml]\nmax-cpus=4\nmax-mem-mb=16384\nallow-custom-resources=0\n";
const USERS: &str =
    "[*]\nsession-limit=3\n[@ml]\nsession-timeout-minutes=30\nmax-open-files=512\n[ada]\nsession-limit=2\n";

fn take_over(settings: &mut Settings) {
    let mut files = Configuration::default();
    for (name, text) in [("launcher.kubernetes.profiles.conf", RULES), ("profiles", USERS)] {
        files.read(file_named(name).unwrap(), Path::new(name), text.as_bytes());
    }
    assert_eq!(settings.apply(&files), []);
    settings.capacity = Some(Capacity { cpus: 8.0, memory_mb: 32_000 });
    settings.home = Some("/home/one".into());
}

async fn join(carrel: &TestCarrel, name: &str, group: &str) {
    let user = carrel.store.user_by_name(&name.parse().unwrap()).await.unwrap().unwrap();
    let groups = Groups::Add(vec![group.parse().unwrap()]);
    carrel.store.change_groups(&user.id, &groups, &Actor::system("test"), carrel.clock.now()).await.unwrap();
}

async fn launch(person: &Person, body: Value) -> (u16, String, String) {
    let answer = person.post("/api/v1/sessions", body).await;
    let said = answer.json();
    let word = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), word("code"), word("detail"))
}

#[tokio::test]
async fn the_dialog_offers_what_the_rules_of_the_person_allow_and_says_why_not() {
    let carrel = TestCarrel::with(take_over).await;
    let ada = carrel.user("ada").await;
    let options = ada.get("/api/v1/launch-options").await.json();
    let sizes = |options: &Value| -> Vec<String> {
        let line =
            |s: &Value| format!("{} {}", s["id"].as_str().unwrap(), s["cause"]["text"].as_str().unwrap_or("yes"));
        options["sizes"].as_array().unwrap().iter().map(line).collect()
    };
    let large = "large It has 4 CPUs, and the profile of everybody allows at most 2.";
    assert_eq!(sizes(&options), ["small yes", "medium yes", large]);
    assert_eq!((&options["min_cpus"], &options["max_cpus"]), (&json!(0.1), &json!(2.0)));
    assert_eq!((&options["min_memory_mb"], &options["max_memory_mb"]), (&json!(256), &json!(4096)));
    assert_eq!(options["bounds"], "The most CPUs and memory are set by the profile of everybody.");
    assert_eq!((&options["custom"]["available"], &options["home"]), (&json!(true), &json!("/home/one")));
    let me = ada.get("/api/v1/me").await.json();
    assert_eq!(me["limits"], json!({ "sessions": 2, "cpus": 4.0, "memory_mb": 8192 }));

    join(&carrel, "ada", "ml").await;
    let options = ada.get("/api/v1/launch-options").await.json();
    assert_eq!(sizes(&options), ["small yes", "medium yes", "large yes"]);
    assert_eq!((&options["max_cpus"], &options["custom"]["available"]), (&json!(4.0), &json!(false)));
    let why = &options["custom"]["cause"]["text"];
    assert_eq!(why, "Only the named sizes are allowed by the profile of the group “ml”.");
}

#[tokio::test]
async fn a_launch_obeys_the_rules_and_a_refusal_names_them() {
    let carrel = TestCarrel::with(take_over).await;
    let (grace, ada) = (carrel.user("grace").await, carrel.user("ada").await);
    join(&carrel, "ada", "ml").await;
    let refused = launch(&grace, json!({ "ide": "shell", "cpus": 3 })).await;
    let why = "The value of cpus must be between 0.1 and 2, not 3; the most is set by the profile of everybody \
               (launcher.kubernetes.profiles.conf:4).";
    assert_eq!(refused, (422, "out-of-bounds".into(), why.into()));
    let refused = launch(&grace, json!({ "ide": "shell", "resource_profile": "large" })).await;
    let why = "The size “large” cannot be had: It has 4 CPUs, and the profile of everybody allows at most 2.";
    assert_eq!(refused, (422, "size-not-allowed".into(), why.into()));
    let refused = launch(&ada, json!({ "ide": "shell", "cpus": 1 })).await;
    let why = "CPUs, memory and GPUs of your own are not allowed by the profile of the group “ml” \
               (launcher.kubernetes.profiles.conf:9); small, medium, large are offered.";
    assert_eq!(refused, (422, "no-custom-size".into(), why.into()));
    let accepted = ada.post("/api/v1/sessions", json!({ "ide": "shell", "resource_profile": "large" })).await.json();
    let session = carrel.store.session(&accepted["id"].as_str().unwrap().parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((session.spec.cpus, session.spec.memory_mb), (4.0, 16384));
    assert_eq!(session.spec.idle.ends_after_s, Some(1800));
    let run = carrel.starting(session.id.as_str()).await;
    let plan = carrel.launcher.calls().into_iter().find_map(|call| match call {
        Call::Start(asked, plan) if asked == run => Some(plan),
        _ => None,
    });
    assert_eq!(plan.unwrap().bounds, Bounds { open_files: Some(512), ..Bounds::default() });
    let graces = carrel.store.session(&grace.launch().await.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((graces.spec.cpus, graces.spec.idle.ends_after_s), (1.0, Some(7200)));
}

#[tokio::test]
async fn of_launches_at_once_only_as_many_are_accepted_as_the_rules_allow() {
    let carrel = TestCarrel::with(take_over).await;
    let ada = carrel.user("ada").await;
    let suspended = carrel.running(&ada).await;
    let here = format!("/api/v1/sessions/{suspended}");
    assert_eq!(ada.post(&format!("{here}/suspend"), Value::Null).await.status, StatusCode::ACCEPTED);
    carrel.wait(&suspended, "Suspended").await;
    let launches = (0..6).map(|_| launch(&ada, json!({ "ide": "shell" })));
    let answers = futures::future::join_all(launches).await;
    assert_eq!(answers.iter().filter(|(status, ..)| *status == 202).count(), 2, "{answers:?}");
    let why = "You may have 2 sessions running at once, by your profile; suspend or quit one first.";
    let refused = (409, "too-many-sessions".to_owned(), why.to_owned());
    assert_eq!(answers.iter().filter(|answer| **answer == refused).count(), 4, "{answers:?}");
    let resumed = ada.post(&format!("{here}/resume"), Value::Null).await;
    assert_eq!((resumed.status, resumed.code()), (StatusCode::CONFLICT, "too-many-sessions".into()));
    let options = ada.get("/api/v1/launch-options").await.json();
    let why = "You have 2 sessions running, the most that your profile allows. Suspend or quit one first.";
    assert_eq!(options["sizes"][0]["cause"]["text"], why);
}

#[tokio::test]
async fn a_session_that_ran_out_of_memory_starts_again_with_more_within_the_rules() {
    let carrel = TestCarrel::with(take_over).await;
    carrel.launcher.script(Script::Fails(Cause::new("out-of-memory", "Out of memory (1.0 of 1 GB).", Who::You)));
    let ada = carrel.user("ada").await;
    let asked = json!({ "ide": "shell", "cpus": 1, "memory_mb": 1024, "env": { "SEED": "1" } });
    let id = ada.post("/api/v1/sessions", asked).await.json()["id"].as_str().unwrap().to_owned();
    carrel.wait(&id, "Failed").await;
    let here = format!("/api/v1/sessions/{id}");
    let resume = async |size: Value| ada.post(&format!("{here}/resume"), size).await;
    let refused = resume(json!({ "memory_mb": 9000 })).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "out-of-bounds".into()));
    assert!(refused.text().contains("The value of memory_mb must be between 256 and 4096, not 9000"), "{refused:?}");
    assert_eq!(resume(json!({ "resource_profile": "vast" })).await.code(), "no-such-size");
    assert_eq!(resume(json!({ "memory": 2048 })).await.status.as_u16(), 422);
    let as_before = ada.get(&here).await.json();
    assert_eq!((&as_before["state"], &as_before["memory_mb"]), (&json!("Failed"), &json!(1024)));

    carrel.launcher.script(Script::Ready);
    let accepted = resume(json!({ "memory_mb": 2048 })).await;
    assert_eq!((accepted.status, accepted.json()["memory_mb"].clone()), (StatusCode::ACCEPTED, json!(2048)));
    carrel.wait(&id, "Active").await;
    let session = carrel.store.session(&id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((session.spec.cpus, session.spec.memory_mb, session.generation), (1.0, 2048, 2));
    assert_eq!(session.spec.env["SEED"], "1", "what else was asked stays");
}

#[tokio::test]
async fn administrators_see_what_somebody_would_get_and_which_line_decides() {
    let carrel = TestCarrel::with(take_over).await;
    let ada = carrel.user("ada").await;
    join(&carrel, "ada", "ml").await;
    assert_eq!(ada.get("/api/v1/admin/what-if?user=ada").await.status, StatusCode::FORBIDDEN);
    carrel.add("root", Role::Administrator).await;
    let mut admin = carrel.stranger();
    assert_eq!(admin.sign_in("root", super::carrel::PASSWORD).await.status, 204);
    let answer = admin.get("/api/v1/admin/what-if?user=ada&resource_profile=large").await.json();
    assert_eq!((&answer["groups"], &answer["refused"]), (&json!(["ml"]), &Value::Null));
    let field = |list: &str, name: &str| {
        let found = answer[list].as_array().unwrap().iter().find(|field| field["name"] == name).cloned();
        found.map(|field| format!("{} {}", field["value"], field["from"].as_str().unwrap()))
    };
    let rules = "launcher.kubernetes.profiles.conf";
    assert_eq!(field("rights", "max-cpus"), Some(format!("4.0 {rules}:7 [@ml]")));
    assert_eq!(field("spec", "session_limit"), Some("2 profiles:7 [ada]".into()));
    assert_eq!(field("spec", "max_open_files"), Some("512 profiles:5 [@ml]".into()));
    assert_eq!(field("spec", "ends_after_s"), Some("1800 profiles:4 [@ml]".into()));
    let others = admin.get("/api/v1/admin/what-if?user=ada&groups=&cpus=9").await.json();
    let why = "cpus must be between 0.1 and 2, not 9; the most is set by the profile of everybody \
               (launcher.kubernetes.profiles.conf:4)";
    assert_eq!((&others["refused"], &others["spec"]), (&json!(why), &json!([])));
}
