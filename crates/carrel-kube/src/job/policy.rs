//! What no setting can change: asked of a Job after each setting that was laid over it, so that the refusal names it.

use super::JobSettings;
use crate::names::{INSTALL_CONTAINER, SESSION_CONTAINER};
use carrel_model::{Cause, Who};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Container, PodSecurityContext, PodSpec, SecurityContext},
};
use std::collections::BTreeSet;

/// The one capability that Pod Security *restricted* lets a container add.
const HARMLESS: &str = "NET_BIND_SERVICE";

/// What is compared with: the Job as Carrel made it.
#[derive(Debug)]
pub(super) struct Guard {
    ours: Job,
    /// Folders of hosts that the administrator's mounts name.
    host_paths: BTreeSet<String>,
}

/// What a Job must not have, as the end of a sentence that begins with the setting.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Forbidden(String);

impl Forbidden {
    /// The cause that names the setting.
    pub(super) fn by(self, setting: &str) -> Cause {
        let text = format!("{setting} is refused: {}.", self.0);
        Cause::new("policy", text, Who::Administrator)
    }
}

type Checked = Result<(), Forbidden>;

fn allowed_if(fine: bool, why: impl FnOnce() -> String) -> Checked {
    if fine { Ok(()) } else { Err(Forbidden(why())) }
}

impl Guard {
    pub(super) fn of(ours: &Job, settings: &JobSettings<'_>) -> Self {
        let hosts = settings.mounts.iter().filter(|mount| mount.kind.eq_ignore_ascii_case("host"));
        let mut host_paths: BTreeSet<String> = hosts.map(|mount| mount.path.clone()).collect();
        let volumes = settings.kubernetes.templates.get("pod", "volumes").and_then(|volumes| volumes.as_array());
        let paths = volumes.into_iter().flatten().filter_map(|volume| volume.pointer("/hostPath/path")?.as_str());
        host_paths.extend(paths.map(str::to_owned));
        host_paths.extend(pod(ours).into_iter().flat_map(host_paths_of));
        Self { ours: ours.clone(), host_paths }
    }

    /// Whether the Job is still one that may be made.
    pub(super) fn check(&self, job: &Job) -> Checked {
        self.is_ours(job)?;
        let Some(pod) = pod(job) else { return Err(Forbidden("it takes the pod away".into())) };
        for (shared, name) in [(pod.host_network, "network"), (pod.host_pid, "processes"), (pod.host_ipc, "IPC")] {
            allowed_if(shared != Some(true), || format!("a session does not share the {name} of its host"))?;
        }
        if let Some(path) = host_paths_of(pod).find(|path| !self.host_paths.contains(path)) {
            let why =
                format!("the folder {path} of the host is named by no mount of launcher-mounts or templateValues");
            return Err(Forbidden(why));
        }
        self.account(pod.security_context.as_ref())?;
        let containers = pod.init_containers.iter().flatten().chain(&pod.containers);
        containers.clone().try_for_each(container)?;
        allowed_if(pod.ephemeral_containers.is_none(), || "ephemeral containers belong to no Job".into())?;
        [INSTALL_CONTAINER, SESSION_CONTAINER].into_iter().try_for_each(|name| self.intact(name, pod))
    }

    /// What the session is found by, and that it is one pod that ends once.
    fn is_ours(&self, job: &Job) -> Checked {
        let same =
            job.metadata.name == self.ours.metadata.name && job.metadata.namespace == self.ours.metadata.namespace;
        allowed_if(same, || "name and namespace of the Job are Carrel's".into())?;
        let template =
            |job: &Job| job.spec.as_ref().and_then(|spec| spec.template.metadata.clone()).unwrap_or_default();
        for (meta, ours) in [(&job.metadata, &self.ours.metadata), (&template(job), &template(&self.ours))] {
            let labels = meta.labels.clone().unwrap_or_default();
            let lost = ours.labels.iter().flatten().find(|(name, value)| labels.get(*name) != Some(value));
            if let Some((name, _)) = lost {
                return Err(Forbidden(format!("the label {name} is Carrel's")));
            }
        }
        let spec = job.spec.clone().unwrap_or_default();
        let once = spec.backoff_limit == Some(0)
            && [spec.completions, spec.parallelism].iter().all(|count| count.is_none_or(|count| count == 1))
            && spec.suspend != Some(true)
            && pod(job).is_some_and(|pod| pod.restart_policy.as_deref() == Some("Never"));
        allowed_if(once, || "a session is one pod that is started once".into())
    }

    /// Everything in the pod runs as the user, and with the filters that the kernel has.
    fn account(&self, theirs: Option<&PodSecurityContext>) -> Checked {
        let ours = pod(&self.ours).and_then(|pod| pod.security_context.clone()).unwrap_or_default();
        let theirs = theirs.cloned().unwrap_or_default();
        let same = theirs.run_as_user == ours.run_as_user
            && theirs.run_as_group == ours.run_as_group
            && theirs.run_as_non_root == Some(true);
        allowed_if(same, || "a session runs as its user, and never as root".into())?;
        let groups = theirs.supplemental_groups.into_iter().flatten().chain(theirs.fs_group);
        allowed_if(groups.min() != Some(0), || "a session is not in the group of root".into())?;
        let seccomp = theirs.seccomp_profile.map(|profile| profile.type_);
        allowed_if(seccomp.as_deref().is_some_and(|of| of != "Unconfined"), || "the seccomp profile stays on".into())?;
        allowed_if(theirs.windows_options.is_none() && theirs.sysctls.is_none(), || {
            "neither sysctls nor options of Windows are set".into()
        })
    }

    /// A container of ours still does what it is there for.
    fn intact(&self, name: &str, theirs: &PodSpec) -> Checked {
        let find = |pod: &PodSpec| {
            let mut all = pod.init_containers.iter().flatten().chain(&pod.containers);
            all.find(|container| container.name == name).cloned()
        };
        let (Some(ours), Some(theirs)) = (pod(&self.ours).and_then(find), find(theirs)) else {
            return Err(Forbidden(format!("the container {name} is gone")));
        };
        let words = |container: &Container| -> String {
            let all = container.command.iter().chain(&container.args).flatten();
            all.map(String::as_str).collect::<Vec<_>>().join(" ")
        };
        allowed_if(words(&theirs).ends_with(&words(&ours)), || format!("the container {name} starts the agent"))?;
        let told = theirs.termination_message_path == ours.termination_message_path;
        allowed_if(told, || format!("the container {name} tells Carrel by its terminationMessagePath"))?;
        let mounts = theirs.volume_mounts.unwrap_or_default();
        let lost = ours.volume_mounts.iter().flatten().find(|mount| !mounts.contains(mount));
        if let Some(lost) = lost {
            return Err(Forbidden(format!("the mount {} of the container {name} is Carrel's", lost.mount_path)));
        }
        let security = theirs.security_context.unwrap_or_default();
        let drops = security.capabilities.and_then(|all| all.drop).unwrap_or_default();
        let restricted = security.allow_privilege_escalation == Some(false) && drops.iter().any(|one| one == "ALL");
        allowed_if(restricted, || format!("the container {name} keeps its restrictions"))
    }
}

fn pod(job: &Job) -> Option<&PodSpec> {
    job.spec.as_ref()?.template.spec.as_ref()
}

fn host_paths_of(pod: &PodSpec) -> impl Iterator<Item = String> {
    pod.volumes.iter().flatten().filter_map(|volume| Some(volume.host_path.as_ref()?.path.clone()))
}

/// What holds for any container, ours or not.
fn container(container: &Container) -> Checked {
    let name = &container.name;
    let ports = container.ports.iter().flatten();
    allowed_if(ports.filter(|port| port.host_port.is_some()).count() == 0, || {
        format!("the container {name} takes no port of its host")
    })?;
    let devices = container.volume_devices.as_ref().is_none_or(Vec::is_empty);
    allowed_if(devices, || format!("the container {name} has no block device"))?;
    let Some(security) = &container.security_context else { return Ok(()) };
    privileges(name, security)
}

fn privileges(name: &str, security: &SecurityContext) -> Checked {
    let is = |flag: Option<bool>| flag == Some(true);
    allowed_if(!is(security.privileged), || format!("the container {name} would be privileged"))?;
    allowed_if(!is(security.allow_privilege_escalation), || format!("the container {name} could gain privileges"))?;
    let root = security.run_as_user == Some(0) || security.run_as_group == Some(0);
    allowed_if(!root && security.run_as_non_root != Some(false), || format!("the container {name} would run as root"))?;
    let added = security.capabilities.iter().flat_map(|all| all.add.iter().flatten());
    if let Some(one) = added.clone().find(|one| *one != HARMLESS) {
        return Err(Forbidden(format!("the container {name} would have the capability {one}")));
    }
    let seccomp = security.seccomp_profile.as_ref().map(|profile| profile.type_.as_str());
    let proc = security.proc_mount.as_deref().is_none_or(|of| of == "Default");
    allowed_if(seccomp != Some("Unconfined") && proc && security.windows_options.is_none(), || {
        format!("the container {name} keeps the kernel's filters")
    })
}
