use super::*;
use bytes::Bytes;
use futures::stream;
use http::{Method, Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use kube::client::Body;
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

const IMAGE: &str = "registry.example.org/team/session:4.5";

fn settings(templates: Value) -> Settings {
    let mut settings = Settings::local("/d".into(), "/a".into(), Vec::new());
    settings.kubernetes.namespace = "lab".into();
    settings.kubernetes.templates.values = templates;
    settings
}

fn pod(status: &Value) -> Value {
    json!({"metadata": {"name": "p"}, "spec": {"containers": []}, "status": status})
}

fn container(state: &Value) -> Value {
    let container = json!({
        "name": "session", "image": IMAGE, "imageID": "", "ready": false, "restartCount": 0, "state": state,
    });
    pod(&json!({"phase": "Pending", "containerStatuses": [container]}))
}

fn waiting(reason: &str, message: &str) -> Value {
    container(&json!({"waiting": {"reason": reason, "message": message}}))
}

/// `done`, the code of a cause, `not tried`, `waits`, or nothing.
fn said(pod: Value) -> String {
    match of_pod(&serde_json::from_value(pod).unwrap()) {
        None => String::new(),
        Some(Told::HeldUp(reason)) => format!("waits {}", reason.cause.code),
        Some(Told::Pull(Pull::Done)) => "done".into(),
        Some(Told::Pull(Pull::Refused(cause))) => cause.code,
        Some(Told::Pull(Pull::NotTried(why))) => format!("not tried: {why}"),
    }
}

#[test]
fn an_image_is_there_when_its_container_could_be_begun_whatever_comes_of_that() {
    assert_eq!(said(container(&json!({"running": {"startedAt": "2026-11-27T12:00:00Z"}}))), "done");
    let ended = |reason: &str, message: &str| {
        said(container(&json!({"terminated": {"exitCode": 128, "reason": reason, "message": message}})))
    };
    assert_eq!([ended("Completed", ""), ended("StartError", "exec: \"/bin/true\": no such file")], ["done", "done"]);
    assert_eq!(said(waiting("CreateContainerError", "no command specified")), "done");
    assert_eq!(ended("StartError", "exec /bin/true: exec format error"), "image-platform");
}

#[test]
fn an_image_that_cannot_be_had_has_the_code_of_the_table() {
    for (reason, message, code) in [
        ("ErrImagePull", "registry.example.org/x:1: not found", "image-not-found"),
        (
            "ErrImagePull",
            "pull access denied, repository does not exist or may require authorization",
            "image-not-found",
        ),
        ("ImagePullBackOff", "Back-off pulling image: 401 Unauthorized", "image-denied"),
        ("ErrImagePull", "dial tcp: lookup registry.invalid: no such host", "registry-unreachable"),
        ("InvalidImageName", "couldn't parse image reference", "image-name"),
        ("ErrImageNeverPull", "", "image-not-there"),
        ("ContainerCreating", "", ""),
    ] {
        assert_eq!(said(waiting(reason, message)), code, "{reason} {message}");
    }
}

#[test]
fn what_has_nothing_to_do_with_the_image_is_no_word_about_it() {
    let condition = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": "0/1 nodes are available: 1 node(s) had untolerated taint."});
    assert_eq!(said(pod(&json!({"phase": "Pending", "conditions": [condition]}))), "waits nodes-tainted");
    let evicted =
        pod(&json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}));
    assert!(said(evicted).starts_with("not tried: The node ran out of memory"));
    let event = |reason: &str, message: &str| {
        let event = json!({"metadata": {}, "involvedObject": {}, "reason": reason, "message": message});
        of_event(&serde_json::from_value(event).unwrap())
    };
    let quota = event("FailedCreate", "pods \"x\" is forbidden: exceeded quota: q");
    assert!(matches!(quota, Some(Told::HeldUp(reason)) if reason.cause.code == "quota"));
    let refused = event("FailedCreate", "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\"");
    assert!(matches!(refused, Some(Told::Pull(Pull::NotTried(why))) if why.contains("PodSecurity")));
    assert_eq!(event("SuccessfulCreate", "Created pod: x"), None);
}

#[test]
fn the_pod_is_placed_and_signed_in_as_those_of_sessions_and_has_nothing_else_of_them() {
    let pod = json!({
        "imagePullSecrets": [{"name": "regcred"}], "nodeSelector": {"pool": "r"}, "imagePullPolicy": "Always",
        "tolerations": [{"key": "r", "operator": "Exists"}], "labels": {"team": "data"},
        "extraContainers": [{"name": "sidecar", "image": "s:1"}], "volumes": [{"name": "v", "emptyDir": {}}],
    });
    let job = job(IMAGE, &settings(json!({"pod": pod})), Duration::from_mins(2)).unwrap();
    let job = serde_json::to_value(job).unwrap();
    assert_eq!(job["metadata"]["generateName"], "carrel-check-");
    assert_eq!((&job["metadata"]["name"], &job["metadata"]["namespace"]), (&Value::Null, &json!("lab")));
    for labels in [&job["metadata"]["labels"], &job["spec"]["template"]["metadata"]["labels"]] {
        assert_eq!(labels["app.kubernetes.io/managed-by"], "carrel");
        assert!([RUN, SESSION, INSTANCE].iter().all(|label| labels[*label].is_null()), "{labels}");
    }
    assert_eq!(
        (&job["spec"]["activeDeadlineSeconds"], &job["spec"]["ttlSecondsAfterFinished"]),
        (&json!(150), &json!(60))
    );
    assert_eq!(job["spec"]["template"]["metadata"]["labels"]["team"], "data");
    let pod = &job["spec"]["template"]["spec"];
    assert_eq!(pod["imagePullSecrets"], json!([{"name": "regcred"}]));
    assert_eq!(pod["nodeSelector"], json!({"pool": "r"}));
    assert_eq!(pod["tolerations"], json!([{"key": "r", "operator": "Exists"}]));
    assert_eq!((&pod["initContainers"], &pod["volumes"]), (&Value::Null, &Value::Null));
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    let containers = pod["containers"].as_array().unwrap();
    let [one] = containers.as_slice() else { panic!("{containers:?}") };
    let keys: Vec<&str> = one.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["command", "image", "imagePullPolicy", "name", "resources", "securityContext"]);
    assert_eq!((&one["image"], &one["imagePullPolicy"]), (&json!(IMAGE), &json!("Always")));
    assert_eq!(one["resources"]["limits"], json!({"cpu": "100m", "memory": "64M"}));
}

/// What came of a pull in a cluster that says this of the pod, and what it was asked.
async fn pull_where(pods: &[Value], says_more: bool) -> (Pull, Vec<String>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let line = |pod: &Value| Bytes::from(json!({"type": "MODIFIED", "object": pod}).to_string() + "\n");
    let lines: Vec<Bytes> = pods.iter().map(line).collect();
    let heard = asked.clone();
    let answer = move |request: Request<Body>| {
        let path = request.uri().path().rsplit('/').next().unwrap().to_owned();
        heard.lock().unwrap().push(format!("{} {path}", request.method()));
        let (chunks, goes_on) = match (request.method(), path.as_str()) {
            (&Method::POST, _) => (vec![json!({"metadata": {"name": "carrel-check-x"}}).to_string().into()], false),
            (&Method::GET, "pods") => (lines.clone(), says_more),
            (&Method::DELETE, _) => (vec![json!({"kind": "Status", "status": "Success"}).to_string().into()], false),
            _ => (Vec::new(), false),
        };
        let told = stream::iter(chunks).map(|chunk: Bytes| Ok::<_, Infallible>(Frame::data(chunk)));
        let told = if goes_on { told.chain(stream::pending()).boxed() } else { told.boxed() };
        std::future::ready(Ok::<_, Infallible>(Response::new(StreamBody::new(told))))
    };
    let client = Client::new(tower::service_fn(answer), "lab");
    let came_of = pull(&client, IMAGE, &settings(Value::Null), Duration::from_mins(1)).await;
    let asked = asked.lock().unwrap().clone();
    (came_of, asked)
}

const ASKED: [&str; 4] = ["POST jobs", "GET pods", "GET events", "DELETE carrel-check-x"];

#[tokio::test]
async fn the_job_is_taken_away_whatever_comes_of_it() {
    let running = container(&json!({"running": {"startedAt": "2026-11-27T12:00:00Z"}}));
    let (done, asked) = pull_where(&[waiting("ContainerCreating", ""), running], true).await;
    assert_eq!((done, asked.as_slice()), (Pull::Done, ASKED.map(str::to_owned).as_slice()));
    let (refused, asked) = pull_where(&[waiting("ErrImagePull", "x: not found")], true).await;
    assert!(matches!(&refused, Pull::Refused(cause) if cause.code == "image-not-found"), "{refused:?}");
    assert_eq!(asked, ASKED);
    let (none, asked) = pull_where(&[], false).await;
    assert!(matches!(&none, Pull::NotTried(why) if why.contains("tells no more of the pod")), "{none:?}");
    assert_eq!(asked, ASKED);
}

#[tokio::test(start_paused = true)]
async fn a_pull_without_an_end_is_told_with_what_it_waits_for() {
    let condition =
        json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "Insufficient cpu"});
    let held_up = pod(&json!({"phase": "Pending", "conditions": [condition]}));
    let (late, asked) = pull_where(&[held_up], true).await;
    assert!(matches!(&late, Pull::NotTried(why) if why.starts_with("No node has as many CPUs free")), "{late:?}");
    assert_eq!(asked, ASKED);
    let (late, _) = pull_where(&[waiting("ContainerCreating", "")], true).await;
    assert!(matches!(&late, Pull::NotTried(why) if why.starts_with("it is not there after 60 s")), "{late:?}");
}
