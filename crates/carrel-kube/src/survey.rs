//! What there is in a namespace, for whoever helps from afar. No log and no variable is in it, and so no secret.

use crate::{errors::explain, reasons::one_line};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{ContainerState, ContainerStatus, Pod},
};
use kube::{Api, Client, ResourceExt, api::ListParams};
use std::fmt::Write;

/// Asks the cluster for its version, and for the Jobs and pods of a namespace with the state of each container. An error is
/// one line.
pub async fn survey(client: &Client, namespace: &str) -> Result<String, String> {
    let wrong = |error: kube::Error| explain(&error, namespace).0.text;
    let version = client.apiserver_version().await.map_err(wrong)?;
    let jobs = Api::<Job>::namespaced(client.clone(), namespace).list(&ListParams::default()).await.map_err(wrong)?;
    let pods = Api::<Pod>::namespaced(client.clone(), namespace).list(&ListParams::default()).await.map_err(wrong)?;
    let mut text = format!("version {}\nnamespace {namespace}\n", version.git_version);
    text.extend(jobs.items.iter().map(job));
    text.extend(pods.items.iter().map(pod));
    Ok(text)
}

fn job(job: &Job) -> String {
    let status = job.status.clone().unwrap_or_default();
    let count = |count: Option<i32>| count.unwrap_or_default();
    format!(
        "job {}: {} active, {} succeeded, {} failed\n",
        job.name_any(),
        count(status.active),
        count(status.succeeded),
        count(status.failed)
    )
}

fn pod(pod: &Pod) -> String {
    let status = pod.status.clone().unwrap_or_default();
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or("no node");
    let mut text = format!("pod {}: {}, on {node}\n", pod.name_any(), status.phase.as_deref().unwrap_or("Unknown"));
    for condition in status.conditions.iter().flatten().filter(|condition| condition.status == "False") {
        let said = [&condition.reason, &condition.message].map(|said| said.as_deref().unwrap_or_default()).join(" ");
        // Writing into a String cannot fail.
        let _ = writeln!(text, "    not {}: {}", condition.type_, one_line(&said));
    }
    let containers = status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    text.extend(containers.map(container));
    text
}

fn container(container: &ContainerStatus) -> String {
    let now = container.state.as_ref().map(state).unwrap_or_default();
    let last = container.last_state.as_ref().map(state).filter(|last| !last.is_empty());
    let before = last.map(|last| format!(", before that {last}")).unwrap_or_default();
    format!("    {}: {now}{before}; {} restarts; {}\n", container.name, container.restart_count, container.image)
}

fn state(state: &ContainerState) -> String {
    let text = match (&state.running, &state.waiting, &state.terminated) {
        (Some(_), ..) => "running".to_owned(),
        (_, Some(waiting), _) => {
            let said = [&waiting.reason, &waiting.message].map(|said| said.as_deref().unwrap_or_default());
            format!("waiting: {}", said.join(" "))
        }
        (.., Some(ended)) => {
            let why = ended.reason.as_deref().unwrap_or_default();
            format!("ended with {} {why} {}", ended.exit_code, ended.message.as_deref().unwrap_or_default())
        }
        (None, None, None) => String::new(),
    };
    one_line(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pod_is_told_with_what_it_waits_for_and_how_it_ended_before() {
        let waits = json!({
            "metadata": {"name": "server-1"}, "spec": {"nodeName": "node-1", "containers": []},
            "status": {
                "phase": "Running",
                "conditions": [
                    {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "containers with\nunready status"},
                    {"type": "Initialized", "status": "True"},
                ],
                "containerStatuses": [{
                    "name": "rstudio", "image": "i:1", "imageID": "", "ready": false, "restartCount": 3,
                    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
                    "lastState": {"terminated": {"exitCode": 69, "reason": "Error", "message": "no such\nhost"}},
                }],
            },
        });
        let told = "pod server-1: Running, on node-1\n    not Ready: ContainersNotReady containers with unready status\n    \
                    rstudio: waiting: CrashLoopBackOff back-off 40s, before that ended with 69 Error no such host; 3 \
                    restarts; i:1\n";
        assert_eq!(pod(&serde_json::from_value(waits).unwrap()), told);
        let fresh = json!({"metadata": {"name": "p"}, "status": {"phase": "Pending"}});
        assert_eq!(pod(&serde_json::from_value(fresh).unwrap()), "pod p: Pending, on no node\n");
    }

    #[test]
    fn a_job_is_told_by_its_counts() {
        let one = json!({"metadata": {"name": "j"}, "status": {"active": 1}});
        assert_eq!(job(&serde_json::from_value(one).unwrap()), "job j: 1 active, 0 succeeded, 0 failed\n");
    }
}
