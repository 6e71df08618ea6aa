//! A run as a Kubernetes Job. Pure.
//!
//! Built in four steps, each of which may only add to or refuse what the one before made: the session's own Job, the
//! administrator's `launcher.templateValues`, the `job-json-overrides` of the profile, and after each of the latter two
//! the [`policy`].

mod container;
mod overrides;
mod policy;
mod resources;
mod storage;
mod templates;
#[cfg(test)]
mod tests;

use crate::names::{job_name, labels};
use carrel_agent::pod::{GROUP, INSTALL_DIR, PASSWD, RUN_DIR};
use carrel_config::{ides::Mount, kubernetes::Kubernetes};
use carrel_model::{Account, Cause, Plan, RunId, Who};
use container::{install_container, session_container};
use k8s_openapi::{
    api::{
        batch::v1::{Job, JobSpec},
        core::v1::{
            EmptyDirVolumeSource, PodSecurityContext, PodSpec, PodTemplateSpec, SeccompProfile, Volume, VolumeMount,
        },
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};
use std::time::Duration;
use storage::Storage;

/// How much longer than the IDE its pod has between SIGTERM and SIGKILL.
const MORE_GRACE: Duration = Duration::from_secs(5);
/// A folder of the pod's memory is cut at this.
const RUN_FOLDER_SIZE: &str = "64Mi";

/// What a Job is made by, besides the run and its plan.
#[derive(Debug, Clone, Copy)]
pub struct JobSettings<'a> {
    /// What the cluster is called.
    pub cluster: &'a str,
    /// How it is used, with the templates.
    pub kubernetes: &'a Kubernetes,
    /// The image that holds the agent.
    pub agent_image: &'a str,
    /// What launcher-mounts says.
    pub mounts: &'a [Mount],
    /// The server's public key, as the agent takes it.
    pub server_key: &'a str,
    /// How long an IDE has to end by itself.
    pub stop_grace: Duration,
    /// Which Carrel it is, as [`crate::names::INSTANCE`] says.
    pub instance: &'a str,
}

/// The Job of a run, or why there can be none, with the setting that stands in the way.
pub fn session_job(run: &RunId, plan: &Plan, settings: &JobSettings<'_>) -> Result<Job, Cause> {
    let mut job = plain(run, plan, settings)?;
    let guard = policy::Guard::of(&job, settings);
    templates::lay_over(&mut job, &settings.kubernetes.templates)?;
    guard.check(&job).map_err(|wrong| wrong.by("launcher.templateValues"))?;
    for one in plan.container.iter().flat_map(|container| &container.overrides) {
        job = overrides::set(&job, one)?;
        guard.check(&job).map_err(|wrong| wrong.by(&format!("job-json-overrides “{}”", one.target)))?;
    }
    Ok(job)
}

/// The Job with nothing of the administrator's in it but mounts and the profile.
fn plain(run: &RunId, plan: &Plan, settings: &JobSettings<'_>) -> Result<Job, Cause> {
    let container = plan.container.as_ref().ok_or_else(no_container)?;
    let account = &container.account;
    if account.uid == 0 || account.gid == 0 {
        let text =
            format!("{} would run as root, which no session does: the account has uid {}.", plan.user, account.uid);
        return Err(Cause::new("account-root", text, Who::Administrator));
    }
    let storage = Storage::of(plan, account, settings)?;
    let resources = resources::of(plan, container);
    let install = install_container(plan, account, &storage, &resources, settings);
    let session = session_container(run, container, &storage, resources, settings);
    let grace = i64::try_from((settings.stop_grace + MORE_GRACE).as_secs()).unwrap_or(i64::MAX);
    let mut volumes = own_volumes();
    volumes.extend(storage.volumes);
    let spec = PodSpec {
        init_containers: Some(vec![install]),
        containers: vec![session],
        volumes: Some(volumes),
        restart_policy: Some("Never".into()),
        node_selector: (!container.placement.is_empty()).then(|| container.placement.clone()),
        security_context: Some(pod_security(account)),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        termination_grace_period_seconds: Some(grace),
        ..PodSpec::default()
    };
    let metadata = |name| ObjectMeta { name, labels: Some(labels(run, settings.instance)), ..ObjectMeta::default() };
    let ttl = i32::try_from(settings.kubernetes.expiry.as_secs()).unwrap_or(i32::MAX);
    Ok(Job {
        metadata: ObjectMeta {
            namespace: Some(settings.kubernetes.namespace.clone()),
            ..metadata(Some(job_name(run)))
        },
        spec: Some(JobSpec {
            backoff_limit: Some(0),
            ttl_seconds_after_finished: Some(ttl),
            template: PodTemplateSpec { metadata: Some(metadata(None)), spec: Some(spec) },
            ..JobSpec::default()
        }),
        status: None,
    })
}

fn no_container() -> Cause {
    let text = "No image is set for sessions: set default-container-image in launcher.kubernetes.profiles.conf.";
    Cause::new("no-image", text, Who::Administrator)
}

/// As whom everything in the pod runs.
fn pod_security(account: &Account) -> PodSecurityContext {
    let groups: Vec<i64> = account.groups.iter().map(|(_, gid)| i64::from(*gid)).collect();
    PodSecurityContext {
        run_as_user: Some(account.uid.into()),
        run_as_group: Some(account.gid.into()),
        run_as_non_root: Some(true),
        supplemental_groups: (!groups.is_empty()).then_some(groups),
        seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".into(), localhost_profile: None }),
        ..PodSecurityContext::default()
    }
}

/// What every session has: the agent with passwd and group, the folder of the run, and places to write.
fn own_volumes() -> Vec<Volume> {
    let memory = EmptyDirVolumeSource {
        medium: Some("Memory".into()),
        size_limit: Some(Quantity(RUN_FOLDER_SIZE.into())),
        ..EmptyDirVolumeSource::default()
    };
    let empty = |name: &str, from| Volume { name: name.into(), empty_dir: Some(from), ..Volume::default() };
    vec![
        empty("carrel", EmptyDirVolumeSource::default()),
        empty("run", memory),
        empty("tmp", EmptyDirVolumeSource::default()),
        empty("var-tmp", EmptyDirVolumeSource::default()),
    ]
}

/// A volume, or a path in it, seen at another path.
fn mount_at(name: &str, path: &str, sub_path: Option<&str>) -> VolumeMount {
    VolumeMount {
        name: name.into(),
        mount_path: path.into(),
        sub_path: sub_path.map(str::to_owned),
        ..VolumeMount::default()
    }
}

/// Where the session's container sees them.
fn own_mounts() -> Vec<VolumeMount> {
    let fixed = |mount| VolumeMount { read_only: Some(true), ..mount };
    vec![
        fixed(mount_at("carrel", INSTALL_DIR, None)),
        fixed(mount_at("carrel", "/etc/passwd", Some(PASSWD))),
        fixed(mount_at("carrel", "/etc/group", Some(GROUP))),
        mount_at("run", RUN_DIR, None),
        mount_at("tmp", "/tmp", None),
        mount_at("var-tmp", "/var/tmp", None),
    ]
}
