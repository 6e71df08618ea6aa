use super::*;
use carrel_agent::pod::termination_message;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

const RUN: &str = "abcdefghjkmnpqrs-1";

fn run() -> RunId {
    RUN.parse().unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn meta(name: &str, uid: &str) -> Value {
    json!({"name": name, "uid": uid, "creationTimestamp": "2026-11-27T09:00:00Z", "labels": {"carrel.dev/run": RUN}})
}

fn job(status: &Value) -> Job {
    serde_json::from_value(json!({"metadata": meta("carrel-abcdefghjkmnpqrs-1", "j1"), "status": status})).unwrap()
}

fn pod(status: &Value) -> Pod {
    serde_json::from_value(json!({"metadata": meta("carrel-abcdefghjkmnpqrs-1-x7k2p", "p1"), "status": status}))
        .unwrap()
}

fn event(kind: &str, reason: &str, message: &str) -> Event {
    let name = if kind == "Job" { "carrel-abcdefghjkmnpqrs-1" } else { "carrel-abcdefghjkmnpqrs-1-x7k2p" };
    serde_json::from_value(json!({
        "metadata": {"name": "e"}, "involvedObject": {"kind": kind, "name": name}, "reason": reason, "message": message,
    }))
    .unwrap()
}

fn container(name: &str, state: &Value) -> Value {
    json!({"name": name, "state": state, "image": "i", "imageID": "", "ready": false, "restartCount": 0})
}

/// The status of a pod that was given to a node, with the states of its two containers.
fn placed(phase: &str, install: &Value, session: &Value) -> Value {
    json!({
        "phase": phase, "podIP": "10.1.2.3",
        "conditions": [{"type": "PodScheduled", "status": "True"}],
        "initContainerStatuses": [container("carrel-install", install)],
        "containerStatuses": [container("session", session)],
    })
}

fn waiting(reason: &str, message: &str) -> Value {
    json!({"waiting": {"reason": reason, "message": message}})
}

fn running() -> Value {
    json!({"running": {"startedAt": "2026-11-27T09:00:05Z"}})
}

fn terminated(code: i32, reason: &str, message: &str) -> Value {
    json!({"terminated": {"exitCode": code, "reason": reason, "message": message}})
}

fn pin() -> Pin {
    "ab".repeat(32).parse().unwrap()
}

fn done() -> Value {
    terminated(0, "Completed", &pin().announcement())
}

fn place() -> At {
    At { pod: "carrel-abcdefghjkmnpqrs-1-x7k2p".into(), ip: [10, 1, 2, 3].into(), pin: pin() }
}

fn said(ending: Ending) -> String {
    termination_message(&End { at: at(1), ending, last_output: String::new() })
}

/// An index in which the run's Job was seen.
fn begun() -> Index {
    let mut index = Index::default();
    let news = index.apply_job(job(&json!({})), at(0));
    assert_eq!(news, [News::Listed, News::Step(run(), Step::RoomFound, None)]);
    index
}

fn step(step: Step, text: &str) -> News {
    News::Step(run(), step, Some(text.into()))
}

/// The cause that a pod's status ends the run with.
fn cause_of(status: &Value) -> Cause {
    let news = begun().apply_pod(pod(status), at(1));
    let [News::Ended(_, Ending::Failed { cause })] = news.as_slice() else { panic!("{news:?}") };
    cause.clone()
}

#[test]
fn a_start_is_told_step_by_step_until_the_agent_runs() {
    let mut index = begun();
    let unscheduled = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
        "reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient cpu."}]});
    let news = index.apply_pod(pod(&unscheduled), at(1));
    let text = "No node has as many CPUs free. The session starts when one has; or choose a smaller size. Kubernetes says: \
                0/1 nodes are available: 1 Insufficient cpu.";
    assert_eq!(news, [step(Step::RoomFound, text)]);
    let news =
        index.apply_event(&event("Pod", "TriggeredScaleUp", "pod triggered scale-up: [{g 1->2 (max: 3)}]"), at(2));
    assert_eq!(news, [step(Step::RoomFound, "A new node is on its way for the session.")]);
    let again = event("Pod", "FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.");
    assert_eq!(index.apply_event(&again, at(3)), []);
    let (creating, initializing) = (waiting("ContainerCreating", ""), waiting("PodInitializing", ""));
    index.apply_event(&event("Pod", "Scheduled", "Successfully assigned"), at(4));
    index.apply_pod(pod(&placed("Pending", &creating, &initializing)), at(4));
    let news = index.apply_event(&event("Pod", "Pulling", "Pulling image \"r/s:1\""), at(5));
    assert_eq!(news, [step(Step::ImagePresent, "Pulling the image r/s:1.")]);
    let pulled = "Successfully pulled image \"r/s:1\" in 3s (3s including waiting). Image size: 1000000 bytes.";
    let news = index.apply_event(&event("Pod", "Pulled", pulled), at(6));
    assert_eq!(news, [step(Step::ImagePresent, "The image r/s:1 was pulled in 3s, 1 MB.")]);
    let news = index.apply_pod(pod(&placed("Pending", &running(), &initializing)), at(7));
    assert!(matches!(news.as_slice(), [News::Step(_, Step::StorageAttached, _)]), "{news:?}");
    let news = index.apply_pod(pod(&placed("Running", &done(), &running())), at(8));
    assert_eq!(news, [News::At(run(), place())]);
    assert_eq!(index.look(&run()), Some(Known::Up));
    assert_eq!(index.apply_pod(pod(&placed("Running", &done(), &running())), at(9)), []);
}

#[test]
fn where_the_agent_will_be_is_told_once_as_soon_as_the_init_container_has_ended() {
    let mut index = begun();
    let initializing = waiting("PodInitializing", "");
    let news = index.apply_pod(pod(&placed("Pending", &running(), &initializing)), at(1));
    assert!(matches!(news.as_slice(), [News::Step(..)]), "{news:?}");
    let installed = placed("Pending", &done(), &initializing);
    assert_eq!(index.apply_pod(pod(&installed), at(2)), [News::At(run(), place())]);
    assert_eq!(index.apply_pod(pod(&installed), at(3)), []);
    assert_eq!(index.look(&run()), Some(Known::Begins), "its image may still be pulled");
    assert!(!index.is_ahead(&run()));
    index.answers(&run());
    assert_eq!(index.look(&run()), Some(Known::Up));
    assert!(index.is_ahead(&run()));
    let late = event("Pod", "Pulling", "Pulling image \"r/s:1\"");
    assert_eq!(index.apply_event(&late, at(4)), [], "what comes late is history");
    assert_eq!(index.apply_pod(pod(&placed("Running", &done(), &running())), at(5)), []);
    assert!(!index.is_ahead(&run()));
}

#[test]
fn an_agent_elsewhere_is_another() {
    let mut index = begun();
    let status = placed("Running", &done(), &running());
    index.apply_pod(pod(&status), at(1));
    let mut moved = status.clone();
    moved["podIP"] = "10.1.2.4".into();
    let elsewhere = At { ip: [10, 1, 2, 4].into(), ..place() };
    assert_eq!(index.apply_pod(pod(&moved), at(2)), [News::At(run(), elsewhere)]);
    index.delete_pod(&pod(&moved), at(3));
    assert_eq!(index.look(&run()), Some(Known::Begins));
    index.answers(&run());
    assert_eq!(index.look(&run()), Some(Known::Begins), "nobody answers in a pod that is gone");
}

#[test]
fn a_pod_whose_agent_announced_no_certificate_is_told_and_left_alone() {
    let mut index = begun();
    let silent = terminated(0, "Completed", "");
    let news = index.apply_pod(pod(&placed("Running", &silent, &running())), at(1));
    let [News::Step(_, Step::StorageAttached, Some(text))] = news.as_slice() else { panic!("{news:?}") };
    assert!(text.ends_with("is of another version than this server."), "{text}");
    assert_eq!(index.overdue(at(100_000), Duration::from_secs(1)), []);
}

#[test]
fn a_pod_that_is_seen_before_its_job_is_not_lost() {
    let mut index = Index::default();
    assert_eq!(index.apply_pod(pod(&placed("Running", &done(), &running())), at(0)), []);
    let news = index.apply_job(job(&json!({})), at(1));
    assert!(matches!(news.as_slice(), [News::Listed, News::At(..)]), "{news:?}");
}

#[test]
fn the_agents_own_words_say_how_it_ended() {
    for ending in [Ending::Asked, Ending::IdleSuspend, Ending::Quit] {
        let mut index = begun();
        let ended = terminated(0, "Completed", &said(ending.clone()));
        let status = placed("Succeeded", &done(), &ended);
        assert_eq!(index.apply_pod(pod(&status), at(1)), [News::Ended(run(), ending.clone())]);
        assert_eq!(index.apply_pod(pod(&status), at(2)), [], "told once");
        assert_eq!(index.apply_job(job(&json!({"conditions": [{"type": "Complete", "status": "True"}]})), at(3)), []);
        assert_eq!(index.look(&run()), Some(Known::Ended(ending)));
    }
}

#[test]
fn whoever_ended_the_pod_knows_better_than_an_agent_that_heard_a_signal() {
    let mut status = placed("Failed", &done(), &terminated(0, "Completed", &said(Ending::Signalled)));
    status["conditions"].as_array_mut().unwrap().push(json!({"type": "DisruptionTarget", "status": "True",
        "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting"}));
    assert_eq!(cause_of(&status).code, "node-drained");
    let mut idle = status.clone();
    idle["containerStatuses"][0]["state"] = terminated(0, "Completed", &said(Ending::IdleQuit));
    assert_eq!(begun().apply_pod(pod(&idle), at(1)), [News::Ended(run(), Ending::IdleQuit)]);
}

#[test]
fn a_job_that_is_past_its_deadline_says_so_before_its_pod_ends_and_for_its_agent() {
    let mut index = begun();
    index.apply_pod(pod(&placed("Running", &done(), &running())), at(1));
    assert_eq!(index.taken_away(&run()), None);
    let about_to = json!({"conditions": [{"type": "FailureTarget", "status": "True", "reason": "DeadlineExceeded",
        "message": "Job was active longer than specified deadline"}]});
    index.apply_job(job(&about_to), at(2));
    assert_eq!(index.taken_away(&run()).unwrap().code, "deadline");
    let ended = placed("Failed", &done(), &terminated(0, "Completed", &said(Ending::Signalled)));
    let news = index.apply_pod(pod(&ended), at(3));
    assert!(matches!(&news[..], [News::Ended(_, Ending::Failed { cause })] if cause.code == "deadline"), "{news:?}");
}

#[test]
fn an_agent_that_heard_a_signal_waits_for_what_the_kubelet_says_of_it() {
    let mut index = begun();
    let ended = terminated(0, "Completed", &said(Ending::Signalled));
    let news = index.apply_pod(pod(&placed("Running", &done(), &ended)), at(1));
    assert!(!news.iter().any(|news| matches!(news, News::Ended(..))), "{news:?}");
    let mut evicted = placed("Failed", &done(), &ended);
    evicted["reason"] = "Evicted".into();
    evicted["message"] = "Container session exceeded its local ephemeral storage limit \"1Mi\".".into();
    let news = index.apply_pod(pod(&evicted), at(2));
    assert!(
        matches!(&news[..], [News::Ended(_, Ending::Failed { cause })] if cause.code == "evicted-disk"),
        "{news:?}"
    );
    let mut forgets = begun();
    forgets.apply_pod(pod(&placed("Running", &done(), &running())), at(1));
    forgets.apply_event(&event("Pod", "Evicted", "Pod ephemeral local storage usage exceeds the limit"), at(2));
    let news = forgets.apply_pod(pod(&placed("Succeeded", &done(), &ended)), at(3));
    assert!(
        matches!(&news[..], [News::Ended(_, Ending::Failed { cause })] if cause.code == "evicted-disk"),
        "{news:?}"
    );
    let mut stopped = begun();
    assert_eq!(
        stopped.apply_pod(pod(&placed("Succeeded", &done(), &ended)), at(1)),
        [News::Ended(run(), Ending::Signalled)]
    );
}

#[test]
fn a_pod_that_is_deleted_before_it_ran_says_that_it_was() {
    let mut gone = pod(&json!({"phase": "Failed"}));
    gone.metadata.deletion_timestamp.clone_from(&gone.metadata.creation_timestamp);
    let news = begun().apply_pod(gone, at(1));
    assert!(matches!(&news[..], [News::Ended(_, Ending::Failed { cause })] if cause.code == "pod-gone"), "{news:?}");
}

#[test]
fn an_end_without_the_agents_words_is_told_by_the_table() {
    let oom = placed("Failed", &done(), &terminated(137, "OOMKilled", ""));
    assert_eq!(cause_of(&oom).code, "out-of-memory");
    let killed = cause_of(&placed("Failed", &done(), &terminated(137, "Error", "")));
    assert_eq!(killed.code, "pod-failed");
    assert!(killed.text.ends_with("Kubernetes says: exit code 137."), "{killed:?}");
    let evicted = json!({"phase": "Failed", "reason": "Evicted", "message": "The node had condition: [DiskPressure]."});
    assert_eq!(cause_of(&evicted).code, "evicted");
    assert_eq!(cause_of(&json!({"phase": "Failed"})).code, "pod-failed");
}

#[test]
fn an_init_container_that_failed_is_told_with_its_cause() {
    let cause = Cause::new("home-of-another", "The home folder belongs to another account.", Who::Administrator);
    let message = said(Ending::Failed { cause: cause.clone() });
    let initializing = waiting("PodInitializing", "");
    assert_eq!(cause_of(&placed("Failed", &terminated(1, "Error", &message), &initializing)), cause);
    let other = cause_of(&placed("Failed", &terminated(2, "Error", "no such option"), &initializing));
    assert_eq!(other.code, "install-failed");
    assert_eq!(other.text, "The init container carrel-install of the session ended with code 2: no such option.");
    let foreign = terminated(128, "StartError", "exec: \"carrel-agent\": exec format error");
    assert_eq!(cause_of(&placed("Failed", &foreign, &initializing)).code, "image-platform");
}

#[test]
fn what_cannot_come_about_is_hopeless_at_once_and_told_once() {
    let mut index = begun();
    let status =
        placed("Pending", &waiting("InvalidImageName", "invalid reference format"), &waiting("PodInitializing", ""));
    let news = index.apply_pod(pod(&status), at(1));
    assert!(matches!(&news[..], [News::Step(..), News::Hopeless(_, cause)] if cause.code == "image-name"), "{news:?}");
    assert_eq!(index.apply_pod(pod(&status), at(2)), []);
    let mut index = begun();
    let news =
        index.apply_event(&event("Job", "FailedCreate", "Error creating: violates PodSecurity \"restricted\""), at(1));
    assert!(matches!(&news[..], [_, News::Hopeless(_, cause)] if cause.code == "pod-security"), "{news:?}");
}

#[test]
fn what_is_tried_again_has_failed_after_the_limit_and_not_before() {
    const LIMIT: Duration = Duration::from_mins(2);
    let mut index = begun();
    let missing = |reason| placed("Pending", &waiting(reason, "r/none:1: not found"), &waiting("PodInitializing", ""));
    index.apply_pod(pod(&missing("ErrImagePull")), at(10));
    // The two reasons take turns: that is no progress.
    index.apply_pod(pod(&missing("ImagePullBackOff")), at(100));
    assert_eq!(index.overdue(at(129), LIMIT), []);
    let news = index.overdue(at(130), LIMIT);
    assert!(matches!(&news[..], [News::Hopeless(_, cause)] if cause.code == "image-not-found"), "{news:?}");
    assert_eq!(index.overdue(at(999), LIMIT), [], "told once");
}

#[test]
fn waiting_for_room_has_no_limit() {
    let mut index = begun();
    index.apply_event(&event("Job", "FailedCreate", "Error creating: is forbidden: exceeded quota: q"), at(1));
    assert_eq!(index.overdue(at(99_999), Duration::from_secs(1)), []);
}

#[test]
fn a_job_that_was_deleted_by_hand_ends_its_run() {
    let mut index = begun();
    let news = index.delete_job(&job(&json!({})));
    assert!(
        matches!(&news[..], [News::Ended(_, Ending::Failed { cause }), News::Listed] if cause.code == "job-deleted")
    );
    assert_eq!((index.look(&run()), index.runs().len()), (None, 0));
    let mut index = begun();
    let news = index.reset_jobs(Vec::new(), at(1));
    assert!(matches!(&news[..], [News::Ended(..), News::Listed]), "gone while nobody watched: {news:?}");
}

#[test]
fn a_pod_that_was_deleted_by_hand_is_told_when_its_job_says_so() {
    let mut index = begun();
    index.apply_pod(pod(&placed("Running", &done(), &running())), at(1));
    assert_eq!(index.delete_pod(&pod(&placed("Running", &done(), &running())), at(2)), []);
    let failed = json!({"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded",
        "message": "Job has reached the specified backoff limit"}]});
    let news = index.apply_job(job(&failed), at(3));
    assert!(matches!(&news[..], [News::Ended(_, Ending::Failed { cause })] if cause.code == "pod-gone"), "{news:?}");
}

#[test]
fn what_was_forgotten_stays_forgotten_until_it_is_gone() {
    let mut index = begun();
    index.forget(&run());
    assert_eq!(index.apply_job(job(&json!({})), at(1)), []);
    assert_eq!(index.runs().len(), 0);
    assert_eq!(index.delete_job(&job(&json!({}))), []);
    assert!(matches!(index.apply_job(job(&json!({})), at(2))[..], [News::Listed, ..]), "another of the same name");
}

#[test]
fn an_end_that_carrel_made_stands_in_the_job() {
    let mut ended = job(&json!({}));
    let cause = Cause::new("image-not-found", "It is not there.", Who::Administrator);
    let annotations = [(ENDED.to_owned(), said(Ending::Failed { cause: cause.clone() }))];
    ended.metadata.annotations = Some(annotations.into());
    let news = Index::default().apply_job(ended, at(1));
    assert_eq!(news, [News::Listed, News::Ended(run(), Ending::Failed { cause })]);
}

#[test]
fn a_relist_of_pods_takes_back_what_an_earlier_pod_said() {
    let mut index = begun();
    index.apply_pod(pod(&placed("Running", &done(), &running())), at(1));
    index.reset_pods(Vec::new(), at(2));
    assert_eq!(index.pod_of(&run()), None);
    index.apply_pod(pod(&placed("Running", &done(), &running())), at(3));
    assert!(index.pod_of(&run()).is_some());
}

#[test]
fn objects_of_others_and_events_of_other_pods_are_passed_over() {
    let mut index = begun();
    let stranger = Pod { metadata: ObjectMeta { name: Some("x".into()), ..ObjectMeta::default() }, ..Pod::default() };
    assert_eq!(index.apply_pod(stranger, at(1)), []);
    index.apply_pod(pod(&json!({"phase": "Pending"})), at(1));
    let mut of_another = event("Pod", "Pulling", "Pulling image \"x\"");
    of_another.involved_object.uid = Some("p0".into());
    assert_eq!(index.apply_event(&of_another, at(2)), []);
    assert_eq!(index.apply_event(&event("Node", "NodeNotReady", "x"), at(2)), []);
    assert_eq!(index.apply_event(&event("Pod", "Created", "Created container"), at(2)), []);
}

#[test]
fn a_listing_that_was_asked_for_before_a_job_was_made_does_not_end_it() {
    let mut index = Index::default();
    index.list_begins();
    index.made_job(job(&json!({})), at(1));
    assert_eq!(index.reset_jobs(Vec::new(), at(2)), []);
    index.list_begins();
    assert!(matches!(index.reset_jobs(Vec::new(), at(3))[..], [News::Ended(..), News::Listed]));
}

#[test]
fn while_there_is_a_pod_it_says_more_than_its_job() {
    let failed = json!({"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]});
    let mut index = begun();
    index.apply_pod(pod(&placed("Running", &done(), &running())), at(1));
    assert_eq!(index.apply_job(job(&failed), at(2)), []);
    let oom = placed("Failed", &done(), &terminated(137, "OOMKilled", ""));
    let news = index.apply_pod(pod(&oom), at(3));
    assert!(
        matches!(&news[..], [News::Ended(_, Ending::Failed { cause })] if cause.code == "out-of-memory"),
        "{news:?}"
    );
    let mut index = begun();
    index.apply_pod(pod(&placed("Running", &done(), &running())), at(1));
    index.apply_job(job(&failed), at(2));
    let news = index.delete_pod(&pod(&placed("Running", &done(), &running())), at(3));
    assert!(matches!(&news[..], [News::Ended(_, Ending::Failed { cause })] if cause.code == "pod-gone"), "{news:?}");
}
