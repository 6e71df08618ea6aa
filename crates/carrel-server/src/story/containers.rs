//! What people may ask for where sessions run in pods: images, GPUs, placement, and the account that they run as.

use super::{Person, TestCarrel};
use carrel_config::{Configuration, Settings, options::file_named};
use carrel_model::{Cause, Container, Role, Who};
use carrel_sessions::fake::Script;
use serde_json::{Value, json};
use std::path::Path;

const RULES: &str = "[*]\ncontainer-images=team/r:4.5,team/python:3.14\ndefault-container-image=team/python:3.14\n\
                     max-cpus=4\nmax-nvidia-gpus=1\nplacement-constraints=pool:high,pool:low\ncpu-request-ratio=0.5\n\
                     [ada]\nallow-unknown-images=1\n";
const SIZES: &str = "[small]\ncpus=1\nmem-mb=2048\n[gpu]\ncpus=2\nmem-mb=4096\nnvidia-gpus=1\nplacement-constraints=pool:high\n\
                     [many]\ncpus=2\nmem-mb=4096\nnvidia-gpus=4\n";

fn in_pods(settings: &mut Settings) {
    let mut files = Configuration::default();
    let texts = [
        ("launcher.conf", "[cluster]\nname=K8s\ntype=Kubernetes\n"),
        ("rserver.conf", "user-provisioning-start-uid=20000\nuser-homedir-path=/homes\n"),
        ("launcher.kubernetes.profiles.conf", RULES),
        ("launcher.kubernetes.resources.conf", SIZES),
    ];
    for (name, text) in texts {
        files.read(file_named(name).unwrap(), Path::new(name), text.as_bytes());
    }
    assert_eq!(settings.apply(&files), []);
}

async fn refused(person: &Person, body: Value) -> String {
    let answer = person.post("/api/v1/sessions", body).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    format!("{}: {}", answer.code(), answer.json()["detail"].as_str().unwrap())
}

#[tokio::test]
async fn the_dialog_offers_images_gpus_and_nodes_where_sessions_run_in_pods() {
    let carrel = TestCarrel::with(in_pods).await;
    let (ada, grace) = (carrel.user("ada").await, carrel.user("grace").await);
    let options = grace.get("/api/v1/launch-options").await.json();
    let shell = options["ides"].as_array().unwrap().iter().find(|ide| ide["id"] == "shell").unwrap();
    let images = json!({
        "offered": [{ "id": "team/r:4.5", "name": "r:4.5" }, { "id": "team/python:3.14", "name": "python:3.14" }],
        "usual": "team/python:3.14",
    });
    assert_eq!(shell["images"], images);
    let gpu = json!({ "id": "nvidia", "name": "NVIDIA", "usual": 0, "max": 1, "bounds": "At most 1, by the profile of everybody." });
    let container = json!({
        "other_images": false, "images_by": "Only these images are allowed by the profile of everybody.", "gpus": [gpu],
        "placement": [{ "label": "pool", "values": ["high", "low"], "free": false }],
    });
    assert_eq!(options["container"], container);
    assert_eq!((&options["max_cpus"], &options["max_memory_mb"]), (&json!(4.0), &Value::Null));
    assert_eq!(options["bounds"], "The most CPUs are set by the profile of everybody; memory has no bound.");
    assert_eq!((&options["clusters"][0]["name"], &options["home"]), (&json!("K8s"), &json!("/homes/grace")));
    let sizes = options["sizes"].as_array().unwrap();
    assert_eq!((&sizes[1]["gpus"], &sizes[1]["placement"]), (&json!({ "nvidia": 1 }), &json!({ "pool": "high" })));
    let why = "It has 4 NVIDIA GPUs, and the profile of everybody allows at most 1.";
    assert_eq!((&sizes[2]["available"], &sizes[2]["cause"]["text"]), (&json!(false), &json!(why)));
    let hers = ada.get("/api/v1/launch-options").await.json();
    assert_eq!(hers["container"]["images_by"], "Other images may be named, by your profile.");
}

#[tokio::test]
async fn a_launch_settles_the_container_and_the_session_shows_it() {
    let carrel = TestCarrel::with(in_pods).await;
    let grace = carrel.user("grace").await;
    let me = grace.get("/api/v1/me").await.json();
    let account = json!({ "uid": 20000, "gid": 20000, "groups": [], "home": "/homes/grace", "shell": "/bin/bash" });
    assert_eq!(me["account"], account);
    let asked =
        json!({ "ide": "shell", "resource_profile": "gpu", "image": "team/r:4.5", "placement": { "pool": "high" } });
    let accepted = grace.post("/api/v1/sessions", asked).await;
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    let shown = accepted.json();
    assert_eq!((&shown["image"], &shown["gpus"]), (&json!("team/r:4.5"), &json!({ "nvidia": 1 })));
    assert_eq!((&shown["placement"], &shown["cpu_request"]), (&json!({ "pool": "high" }), &json!(1.0)));
    assert_eq!((&shown["memory_request_mb"], &shown["cluster"]), (&Value::Null, &json!("K8s")));
    let session = carrel.store.session(&shown["id"].as_str().unwrap().parse().unwrap()).await.unwrap().unwrap();
    let container = session.spec.container.unwrap();
    assert_eq!((container.account.uid, container.gpus["nvidia.com/gpu"]), (20000, 1));
    // Asked for nothing, it is the usual image on any node.
    let usual = grace.post("/api/v1/sessions", json!({ "ide": "shell" })).await.json();
    assert_eq!((&usual["image"], &usual["placement"]), (&json!("team/python:3.14"), &json!({})));
    assert_eq!((&usual["gpus"], &usual["resource_profile"]), (&json!({}), &json!("small")));
}

#[tokio::test]
async fn started_again_with_more_memory_a_pod_keeps_image_account_gpus_and_node_and_requests_follow() {
    let carrel = TestCarrel::with(in_pods).await;
    let grace = carrel.user("grace").await;
    carrel.launcher.script(Script::Fails(Cause::new("out-of-memory", "Out of memory (4.0 of 4 GB).", Who::You)));
    let asked = json!({ "ide": "shell", "resource_profile": "gpu", "image": "team/r:4.5" });
    let id = grace.post("/api/v1/sessions", asked).await.json()["id"].as_str().unwrap().to_owned();
    carrel.wait(&id, "Failed").await;
    let spec = async || carrel.store.session(&id.parse().unwrap()).await.unwrap().unwrap().spec;
    let was = spec().await.container.unwrap();
    let resume = async |size: Value| {
        let answer = grace.post(&format!("/api/v1/sessions/{id}/resume"), size).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        carrel.wait(&id, "Failed").await;
    };
    resume(json!({ "cpus": 4, "memory_mb": 8192 })).await;
    let (more, container) = (spec().await, spec().await.container.unwrap());
    assert_eq!((more.resource_profile, more.memory_mb, container.cpu_request), (None, 8192, Some(2.0)));
    assert_eq!(container, Container { cpu_request: Some(2.0), ..was.clone() });
    // A named size has GPUs and nodes of its own.
    resume(json!({ "resource_profile": "small" })).await;
    let container = spec().await.container.unwrap();
    assert_eq!((&container.image, &container.account), (&was.image, &was.account));
    assert!(container.gpus.is_empty() && container.placement.is_empty(), "{container:?}");
}

#[tokio::test]
async fn what_is_not_allowed_in_pods_is_refused_with_the_line_that_says_so() {
    let carrel = TestCarrel::with(in_pods).await;
    let (ada, grace) = (carrel.user("ada").await, carrel.user("grace").await);
    let file = "launcher.kubernetes.profiles.conf";
    let said = refused(&grace, json!({ "ide": "shell", "image": "evil:1" })).await;
    let offered = "team/r:4.5, team/python:3.14 may be had.";
    let why = format!("The image “evil:1” is not offered by the profile of everybody ({file}:2); {offered}");
    assert_eq!(said, format!("image-not-offered: {why}"));
    let said = refused(&ada, json!({ "ide": "shell", "image": "a b" })).await;
    assert!(said.starts_with("bad-image: The image “a b” is not of the form"), "{said}");
    assert_eq!(ada.post("/api/v1/sessions", json!({ "ide": "shell", "image": "own:1" })).await.status, 202);
    let said = refused(&grace, json!({ "ide": "shell", "gpus": { "nvidia": 2 } })).await;
    let why = format!("2 NVIDIA GPUs are more than the profile of everybody ({file}:5) allows, which is 1.");
    assert_eq!(said, format!("too-many-gpus: {why}"));
    let said = refused(&grace, json!({ "ide": "shell", "gpus": { "intel": 1 } })).await;
    assert!(said.starts_with("body-does-not-fit: ") && said.contains("expected `nvidia` or `amd`"), "{said}");
    let said = refused(&grace, json!({ "ide": "shell", "placement": { "kubernetes.io/hostname": "n1" } })).await;
    let why = format!("is not offered by the profile of everybody ({file}:6); pool:high, pool:low may be had.");
    assert_eq!(said, format!("placement-not-offered: The placement “kubernetes.io/hostname:n1” {why}"));
    let said = refused(&grace, json!({ "ide": "shell", "cluster": "local" })).await;
    assert_eq!(said, "no-such-cluster: There is no cluster called “local”; sessions run on “K8s”.");
}

#[tokio::test]
async fn on_a_host_images_gpus_and_nodes_cannot_be_asked_for() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let options = ada.get("/api/v1/launch-options").await.json();
    assert_eq!((&options["container"], &options["ides"][0]["images"]), (&Value::Null, &Value::Null));
    assert_eq!(ada.get("/api/v1/me").await.json()["account"], Value::Null);
    let wishes = [("image", json!("a:1"), "images"), ("gpus", json!({ "amd": 1 }), "GPUs to give to one")];
    for (field, wish, what) in wishes {
        let said = refused(&ada, json!({ "ide": "shell", field: wish })).await;
        let why = format!("Sessions run on the server's host, which has no {what}: leave `{field}` out.");
        assert_eq!(said, format!("not-on-this-host: {why}"));
    }
}

#[tokio::test]
async fn what_if_names_the_line_behind_image_gpus_node_and_requests() {
    let carrel = TestCarrel::with(in_pods).await;
    carrel.user("grace").await;
    carrel.add("root", Role::Administrator).await;
    let mut admin = carrel.stranger();
    assert_eq!(admin.sign_in("root", super::carrel::PASSWORD).await.status, 204);
    let ask = async |query: &str| admin.get(&format!("/api/v1/admin/what-if?{query}")).await.json();
    let answer = ask("user=grace&resource_profile=gpu&image=team/r:4.5").await;
    let field = |name: &str| {
        let found = answer["spec"].as_array().unwrap().iter().find(|field| field["name"] == name).cloned();
        found.map(|field| format!("{} {}", field["value"], field["from"].as_str().unwrap()))
    };
    assert_eq!(field("image"), Some("\"team/r:4.5\" asked".into()));
    assert_eq!(field("cpu_request"), Some("1.0 launcher.kubernetes.profiles.conf:7 [*]".into()));
    assert_eq!(field("gpus.nvidia"), Some("1 launcher.kubernetes.resources.conf:5".into()));
    assert_eq!(field("placement.pool"), Some("\"high\" launcher.kubernetes.resources.conf:5".into()));
    assert_eq!(field("home"), Some("\"/homes/grace\" the account".into()));
    let nobody = ask("user=nobody-yet&placement=pool:x").await;
    assert!(nobody["refused"].as_str().unwrap().starts_with("the placement “pool:x” is not offered"), "{nobody}");
    let bad = admin.get("/api/v1/admin/what-if?user=grace&gpus=many").await;
    assert_eq!((bad.status.as_u16(), bad.code()), (422, "bad-gpus".into()));
}
