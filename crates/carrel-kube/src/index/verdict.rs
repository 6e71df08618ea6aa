//! What a Job and its pod mean for the run, at one moment.

use super::{At, ended_by_carrel};
use crate::{
    names::{INSTALL_CONTAINER, SESSION_CONTAINER},
    reasons::{On, Outlook, Reason, reason},
};
use carrel_agent::{pod::read_termination, trust::Pin};
use carrel_model::{Cause, Ending, Step, Who};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{ContainerState, ContainerStateTerminated, ContainerStatus, Pod, PodStatus},
};

/// Where a run is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its start is at this step, and held up by that.
    Begins(Step, Option<Reason>),
    /// Its agent runs.
    Up(At),
    /// It is over.
    Ended(Ending),
}

impl Verdict {
    /// Judges by the Job, its pod, and the last event.
    pub(super) fn of(job: &Job, pod: Option<&Pod>, said: Option<&Reason>) -> Self {
        if let Some(end) = ended_by_carrel(job) {
            return Self::Ended(end.ending);
        }
        let status = pod.and_then(|pod| pod.status.as_ref());
        if let Some(ending) = pod.zip(status).and_then(|(pod, status)| ending(pod, status, job, said)) {
            return Self::Ended(ending);
        }
        let Some((pod, status)) = pod.zip(status) else {
            // While there is a pod, it says more than its Job.
            return match failed(job) {
                Some(cause) => Self::Ended(Ending::Failed { cause }),
                None => Self::Begins(Step::RoomFound, said.cloned()),
            };
        };
        if session(status).is_some_and(|state| state.running.is_some()) {
            return at(pod).map_or_else(|| Self::Begins(Step::StorageAttached, Some(unannounced())), Self::Up);
        }
        let (step, held_up) = begins(status, said);
        Self::Begins(step, held_up)
    }
}

/// Whether the session's container runs, or did.
pub(super) fn has_begun(pod: &Pod) -> bool {
    let state = pod.status.as_ref().and_then(session);
    state.is_some_and(|state| state.running.is_some() || state.terminated.is_some())
}

/// The state of the session's container.
pub(crate) fn session(status: &PodStatus) -> Option<&ContainerState> {
    state_of(SESSION_CONTAINER, status.container_statuses.as_deref())
}

fn state_of<'a>(name: &str, statuses: Option<&'a [ContainerStatus]>) -> Option<&'a ContainerState> {
    statuses.into_iter().flatten().find(|one| one.name == name)?.state.as_ref()
}

/// Where the agent of a pod is or will be: known as soon as its init container has ended, up to a second before the
/// kubelet says that the session's container runs.
pub(super) fn at(pod: &Pod) -> Option<At> {
    let status = pod.status.as_ref()?;
    let installed = terminated(state_of(INSTALL_CONTAINER, status.init_container_statuses.as_deref())?)?;
    Some(At {
        pod: pod.metadata.name.clone()?,
        ip: status.pod_ip.as_ref()?.parse().ok()?,
        pin: Pin::announced(installed.message.as_deref()?)?,
    })
}

/// A pod that runs and cannot be spoken with.
fn unannounced() -> Reason {
    let text = "Its pod runs, but the init container announced no certificate of its agent: the image that brings the agent \
                is of another version than this server.";
    Reason { cause: Cause::new("agent-version", text, Who::Administrator), outlook: Outlook::Waits }
}

/// How far a start is, and what it waits for.
fn begins(status: &PodStatus, said: Option<&Reason>) -> (Step, Option<Reason>) {
    let said = || said.cloned();
    let conditions = status.conditions.iter().flatten();
    let scheduled = conditions.clone().find(|condition| condition.type_ == "PodScheduled");
    if scheduled.is_none_or(|condition| condition.status != "True") {
        let text = scheduled.map(|one| (one.reason.as_deref().unwrap_or_default(), one.message.as_deref()));
        let condition = text.and_then(|(word, message)| reason(On::Unscheduled, word, message.unwrap_or_default()));
        // What the autoscaler does says more than that it had to.
        return (Step::RoomFound, said().filter(|said| said.cause.code != "scheduled").or(condition));
    }
    let mut waiting = statuses(status).filter_map(|one| one.state.as_ref()?.waiting.as_ref());
    let held_up = waiting.find_map(|waiting| {
        reason(On::Waiting, waiting.reason.as_deref()?, waiting.message.as_deref().unwrap_or_default())
    });
    let is_installed = status
        .init_container_statuses
        .iter()
        .flatten()
        .any(|one| one.state.as_ref().is_some_and(|state| state.running.is_some() || state.terminated.is_some()));
    let step = if is_installed && held_up.is_none() { Step::StorageAttached } else { Step::ImagePresent };
    (step, held_up.or_else(said))
}

/// All containers, ours first among equals.
fn statuses(status: &PodStatus) -> impl Iterator<Item = &ContainerStatus> {
    status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten())
}

/// How the pod ended, when it did.
fn ending(pod: &Pod, status: &PodStatus, job: &Job, heard: Option<&Reason>) -> Option<Ending> {
    let session = session(status).and_then(terminated);
    let install = status.init_container_statuses.iter().flatten().filter_map(|one| Some((one, one.state.as_ref()?)));
    let mut install = install.filter_map(|(one, state)| Some((one, terminated(state)?)));
    let install = install.find(|(_, ended)| ended.exit_code != 0);
    let is_over = matches!(status.phase.as_deref(), Some("Failed" | "Succeeded"));
    if session.is_none() && install.is_none() && !is_over {
        return None;
    }
    let said = session.and_then(|ended| read_termination(ended.message.as_deref()?)).map(|end| end.ending);
    // Whoever ended the pod knows better why than the agent, which heard a signal only.
    let by_cluster = || of_pod(status).or_else(|| taken_away(Some(status), job, heard));
    match (said, by_cluster()) {
        (Some(Ending::Asked | Ending::Signalled) | None, Some(cause)) => return Some(Ending::Failed { cause }),
        // The kubelet says why it sent the signal when all containers have ended.
        (Some(Ending::Signalled), None) if !is_over => return None,
        (Some(said), _) => return Some(said),
        (None, None) => {}
    }
    if let Some(ended) = session {
        return Some(Ending::Failed { cause: of_container(ended) });
    }
    let cause = install.map_or_else(
        || deleted(pod).unwrap_or_else(vanished),
        |(container, ended)| install_failed(&container.name, ended),
    );
    Some(Ending::Failed { cause })
}

fn terminated(state: &ContainerState) -> Option<&ContainerStateTerminated> {
    state.terminated.as_ref()
}

/// Why Kubernetes takes the pod away, when it does. An eviction may stand in an event only: the kubelet forgets it in the pod
/// when the container ends well.
pub(super) fn taken_away(status: Option<&PodStatus>, job: &Job, heard: Option<&Reason>) -> Option<Cause> {
    let heard = || Some(heard.filter(|heard| heard.outlook == Outlook::Over)?.cause.clone());
    status.and_then(disruption).or_else(|| failed(job).filter(|cause| cause.code == "deadline")).or_else(heard)
}

fn disruption(status: &PodStatus) -> Option<Cause> {
    let mut conditions = status.conditions.iter().flatten();
    let one = conditions.find(|one| one.type_ == "DisruptionTarget" && one.status == "True")?;
    let message = one.message.as_deref().unwrap_or_default();
    Some(reason(On::Disruption, one.reason.as_deref()?, message)?.cause)
}

fn of_pod(status: &PodStatus) -> Option<Cause> {
    Some(reason(On::Pod, status.reason.as_deref()?, status.message.as_deref().unwrap_or_default())?.cause)
}

fn of_container(ended: &ContainerStateTerminated) -> Cause {
    let (word, message) = (ended.reason.as_deref().unwrap_or("Error"), ended.message.as_deref().unwrap_or_default());
    let message = if message.is_empty() { format!("exit code {}", ended.exit_code) } else { message.to_owned() };
    reason(On::Terminated, word, &message).map_or_else(vanished, |reason| reason.cause)
}

/// Why the init container failed: by the agent's own words, when it had any.
fn install_failed(name: &str, ended: &ContainerStateTerminated) -> Cause {
    let said = ended.message.as_deref().and_then(read_termination).map(|end| end.ending);
    if let Some(Ending::Failed { cause }) = said {
        return cause;
    }
    let cause = of_container(ended);
    if cause.code != "pod-failed" {
        return cause;
    }
    let said = ended.message.as_deref().unwrap_or_default().trim();
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let text = format!("The init container {name} of the session ended with code {}{said}.", ended.exit_code);
    Cause::new("install-failed", text, Who::Administrator)
}

/// A pod that never had a container and is over was deleted.
fn deleted(pod: &Pod) -> Option<Cause> {
    pod.metadata.deletion_timestamp.as_ref()?;
    Some(reason(On::Job, "", "")?.cause)
}

fn vanished() -> Cause {
    let text = "The pod of the session ended, and nothing says why. Saved files are safe.";
    Cause::new("pod-failed", text, Who::Administrator)
}

/// Why the Job failed, when it did, or is about to (`FailureTarget`, since Kubernetes 1.31: its pods end next).
fn failed(job: &Job) -> Option<Cause> {
    let mut conditions = job.status.as_ref()?.conditions.iter().flatten();
    let one =
        conditions.find(|one| ["FailureTarget", "Failed"].contains(&one.type_.as_str()) && one.status == "True")?;
    let message = one.message.as_deref().unwrap_or_default();
    Some(reason(On::Job, one.reason.as_deref().unwrap_or_default(), message)?.cause)
}
