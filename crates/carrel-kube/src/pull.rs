//! Whether the nodes can pull an image: a Job has it pulled where sessions run, and is taken away at once.
//!
//! Its pod is placed, and signs in to registries, as those of sessions. Where it can be run at all the image has been pulled:
//! what it does then is no matter.

#[cfg(test)]
mod tests;

use crate::{
    errors::explain,
    index::verdict::session,
    job::{JobSettings, session_job},
    names::{INSTANCE, RUN, SESSION, SESSION_CONTAINER},
    reasons::{On, Outlook, Reason, reason},
};
use carrel_config::Settings;
use carrel_model::{
    Account, AccountRules, Bounds, Cause, Container as Contained, IdleRule, NameError, Plan, RunId, SessionId,
    UserName, Who,
    plan::{Http, Probe},
};
use futures::{StreamExt, TryStreamExt, stream::select};
use k8s_openapi::{
    api::{
        batch::v1::Job,
        core::v1::{Container, ContainerState, Event, Pod},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::{
    Api, Client, Error, ResourceExt,
    api::{DeleteParams, PostParams, WatchEvent, WatchParams},
};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

/// What names of these Jobs begin with.
const PREFIX: &str = "carrel-check-";
/// For whom they are.
const NOBODY: &str = "nobody";
/// How long it may take to take a Job away, and one that was not goes on after its time.
const MORE: Duration = Duration::from_secs(30);
/// How long such a Job then stays.
const EXPIRY_S: i32 = 60;
/// What a container waits for that has its image.
const HAS_IMAGE: [&str; 4] =
    ["CreateContainerConfigError", "CreateContainerError", "RunContainerError", "CrashLoopBackOff"];
/// Why an image that was pulled is still of no use.
const OF_NO_USE: &str = "image-platform";

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pull {
    /// It is on a node now.
    Done,
    /// It cannot be had, and why.
    Refused(Cause),
    /// It came to no pull, or to no end of it, and why.
    NotTried(String),
}

/// Has `image` pulled, with the rights that a server has, and waits for it as long as `limit`.
pub async fn pull(client: &Client, image: &str, settings: &Settings, limit: Duration) -> Pull {
    let namespace = &settings.kubernetes.namespace;
    let job = match job(image, settings, limit) {
        Ok(job) => job,
        Err(cause) => return Pull::NotTried(cause.text),
    };
    let jobs: Api<Job> = Api::namespaced(client.clone(), namespace);
    let name = match timeout(limit, jobs.create(&PostParams::default(), &job)).await {
        Ok(Ok(job)) => job.name_any(),
        Ok(Err(error)) => return Pull::NotTried(explain(&error, namespace).0.text),
        Err(_) => return Pull::NotTried(format!("the API server does not answer within {} s", limit.as_secs())),
    };
    let mut held_up = None;
    let came_of = timeout(limit, follow(client, namespace, &name, &mut held_up)).await;
    // One that stays is ended by its deadline, and then expires.
    let _ = timeout(MORE, jobs.delete(&name, &DeleteParams::background())).await;
    match came_of {
        Ok(Ok(Some(pull))) => pull,
        Ok(Ok(None)) => Pull::NotTried("the API server tells no more of the pod".into()),
        Ok(Err(error)) => Pull::NotTried(explain(&error, namespace).0.text),
        Err(_) => Pull::NotTried(match held_up {
            Some(reason) => reason.cause.text,
            None => format!("it is not there after {} s, and nothing says why: it may be large", limit.as_secs()),
        }),
    }
}

/// What is told of the Job and of its pod, until it says what comes of the image. `held_up` is the last that it waited for.
async fn follow(
    client: &Client,
    namespace: &str,
    job: &str,
    held_up: &mut Option<Reason>,
) -> Result<Option<Pull>, Error> {
    let (pods, events) =
        (Api::<Pod>::namespaced(client.clone(), namespace), Api::<Event>::namespaced(client.clone(), namespace));
    let of_job = WatchParams::default().labels(&format!("job-name={job}"));
    let about_job = WatchParams::default().fields(&format!("involvedObject.name={job}"));
    // From whatever is known: the name is new.
    let pods = pods.watch(&of_job, "0").await?.map_ok(|seen| object(seen).and_then(|pod| of_pod(&pod)));
    let events = events.watch(&about_job, "0").await?.map_ok(|seen| object(seen).and_then(|event| of_event(&event)));
    let mut seen = select(pods.boxed(), events.boxed());
    while let Some(told) = seen.try_next().await? {
        match told {
            Some(Told::Pull(pull)) => return Ok(Some(pull)),
            Some(Told::HeldUp(reason)) => *held_up = Some(reason),
            None => {}
        }
    }
    Ok(None)
}

fn object<K: Clone>(seen: WatchEvent<K>) -> Option<K> {
    match seen {
        WatchEvent::Added(object) | WatchEvent::Modified(object) => Some(object),
        _ => None,
    }
}

/// What an object says.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Pull(Pull),
    /// Something else than the image has to come about first.
    HeldUp(Reason),
}

fn of_pod(pod: &Pod) -> Option<Told> {
    let status = pod.status.as_ref()?;
    if let Some(pull) = session(status).and_then(of_container) {
        return Some(Told::Pull(pull));
    }
    if status.phase.as_deref() == Some("Failed") {
        let why = status.reason.as_deref().unwrap_or_default();
        let ended = reason(On::Pod, why, status.message.as_deref().unwrap_or_default());
        return Some(Told::Pull(not_tried(ended.as_ref(), "the pod ended, and nothing says why")));
    }
    let scheduled =
        status.conditions.iter().flatten().find(|one| one.type_ == "PodScheduled" && one.status != "True")?;
    let why = scheduled.reason.as_deref().unwrap_or_default();
    reason(On::Unscheduled, why, scheduled.message.as_deref().unwrap_or_default()).map(Told::HeldUp)
}

fn of_container(state: &ContainerState) -> Option<Pull> {
    let (on, why, message) = match (&state.waiting, &state.terminated) {
        (Some(waiting), _) => (On::Waiting, waiting.reason.as_deref()?, &waiting.message),
        (None, Some(ended)) => (On::Terminated, ended.reason.as_deref().unwrap_or_default(), &ended.message),
        (None, None) => return state.running.as_ref().map(|_| Pull::Done),
    };
    let said = reason(on, why, message.as_deref().unwrap_or_default());
    match said {
        Some(said) if said.cause.code == OF_NO_USE => Some(Pull::Refused(said.cause)),
        _ if on == On::Terminated || HAS_IMAGE.contains(&why) => Some(Pull::Done),
        said => said.map(|said| Pull::Refused(said.cause)),
    }
}

/// An event of the Job itself: most often that it cannot make its pod.
fn of_event(event: &Event) -> Option<Told> {
    let said = reason(On::Event, event.reason.as_deref()?, event.message.as_deref().unwrap_or_default())?;
    match said.outlook {
        Outlook::Over => Some(Told::Pull(not_tried(Some(&said), ""))),
        Outlook::Stalls | Outlook::Waits => Some(Told::HeldUp(said)),
        Outlook::Progresses => None,
    }
}

fn not_tried(why: Option<&Reason>, otherwise: &str) -> Pull {
    Pull::NotTried(why.map_or_else(|| otherwise.to_owned(), |reason| reason.cause.text.clone()))
}

/// The Job: of a session's what says where it runs and who it is to registries, and one container that needs nothing.
fn job(image: &str, settings: &Settings, limit: Duration) -> Result<Job, Cause> {
    let run = RunId { session: SessionId::from_random([0; 16]), generation: 1 };
    let of_session = JobSettings {
        cluster: settings.cluster.name(),
        kubernetes: &settings.kubernetes,
        agent_image: image,
        mounts: &[],
        server_key: "",
        stop_grace: Duration::ZERO,
        instance: "",
    };
    let mut job = session_job(&run, &plan(image, &settings.accounts)?, &of_session)?;
    let Some(spec) = &mut job.spec else { return Ok(job) };
    spec.ttl_seconds_after_finished = Some(EXPIRY_S);
    spec.active_deadline_seconds = i64::try_from((limit + MORE).as_secs()).ok();
    spec.template.metadata.iter_mut().for_each(unlabel);
    if let Some(pod) = &mut spec.template.spec {
        (pod.init_containers, pod.volumes) = (None, None);
        pod.termination_grace_period_seconds = Some(0);
        pod.containers.retain(|container| container.name == SESSION_CONTAINER);
        for container in &mut pod.containers {
            *container = bare(std::mem::take(container));
        }
    }
    unlabel(&mut job.metadata);
    (job.metadata.name, job.metadata.generate_name) = (None, Some(PREFIX.into()));
    Ok(job)
}

/// No launcher takes it for a session's.
fn unlabel(meta: &mut ObjectMeta) {
    let labels = meta.labels.get_or_insert_default();
    for name in [RUN, SESSION, INSTANCE] {
        labels.remove(name);
    }
}

fn bare(container: Container) -> Container {
    let Container { name, image, image_pull_policy, resources, security_context, .. } = container;
    let command = Some(vec!["/bin/true".into()]);
    Container { name, image, image_pull_policy, resources, security_context, command, ..Container::default() }
}

/// The smallest session.
fn plan(image: &str, accounts: &AccountRules) -> Result<Plan, Cause> {
    let user: UserName = NOBODY.parse().map_err(|error: NameError| no_user(&error))?;
    let account = Account {
        uid: accounts.first_uid,
        gid: accounts.first_gid,
        groups: Vec::new(),
        home: accounts.homes.join(user.as_str()),
        shell: accounts.shell.clone(),
    };
    Ok(Plan {
        user,
        ide: None,
        command: Vec::new(),
        env: BTreeMap::new(),
        folder: None,
        files: Vec::new(),
        http: Http {
            prefix: "/".into(),
            strip_prefix: false,
            headers: BTreeMap::new(),
            ready_path: "/".into(),
            keep_alive: 0,
        },
        probe: Probe::default(),
        cpus: 0.1,
        memory_mb: 64,
        bounds: Bounds::default(),
        idle: IdleRule::default(),
        start_limit_s: 0,
        container: Some(Contained {
            image: image.to_owned(),
            account,
            cpu_request: None,
            memory_request_mb: None,
            gpus: BTreeMap::new(),
            placement: BTreeMap::new(),
            overrides: Vec::new(),
        }),
    })
}

fn no_user(error: &NameError) -> Cause {
    Cause::new("bad-name", format!("{NOBODY} is no name of a user: {error}."), Who::Administrator)
}
