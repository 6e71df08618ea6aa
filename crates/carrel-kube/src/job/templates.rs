//! `launcher.templateValues`: what the administrator sets in every session's Job and Pod, with the meaning that the chart's
//! `job.tpl` gives it.
//!
//! Lists are added to what is there, names replace what has the same name, and what Carrel sets itself (account, labels,
//! restrictions) stays.

use super::overrides::lost;
use crate::names::SESSION_CONTAINER;
use carrel_config::kubernetes::Templates;
use carrel_model::{Cause, Who};
use k8s_openapi::{
    api::{
        batch::v1::Job,
        core::v1::{
            Affinity, Container, EnvVar, HostAlias, LocalObjectReference, PodSecurityContext, PodSpec, SecurityContext,
            Toleration, Volume, VolumeMount,
        },
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

type Texts = BTreeMap<String, String>;

/// Adds the values to a Job of Carrel's own.
pub(super) fn lay_over(job: &mut Job, templates: &Templates) -> Result<(), Cause> {
    let read = Reading(templates);
    read.metadata("job", &mut job.metadata)?;
    let Some(spec) = &mut job.spec else { return Ok(()) };
    if let Some(seconds) = read.part("job", "ttlSecondsAfterFinished")? {
        spec.ttl_seconds_after_finished = Some(seconds);
    }
    read.metadata("pod", spec.template.metadata.get_or_insert_default())?;
    let Some(pod) = &mut spec.template.spec else { return Ok(()) };
    read.pod(pod)?;
    read.place(pod)?;
    for container in pod.init_containers.iter_mut().flatten() {
        set(&mut container.image_pull_policy, read.part("pod", "imagePullPolicy")?);
    }
    if let Some(session) = pod.containers.iter_mut().find(|container| container.name == SESSION_CONTAINER) {
        read.session(session)?;
    }
    add(pod.init_containers.get_or_insert_default(), read.part("pod", "initContainers")?);
    add(&mut pod.containers, read.part("pod", "extraContainers")?);
    Ok(())
}

struct Reading<'t>(&'t Templates);

impl Reading<'_> {
    /// What stands at a key, as Kubernetes understands it.
    fn part<T: DeserializeOwned + Serialize>(&self, section: &str, key: &str) -> Result<Option<T>, Cause> {
        let Some(value) = self.0.get(section, key) else { return Ok(None) };
        let wrong = |why: String| {
            let at = self.0.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
            let text = format!("launcher.templateValues.{section}.{key}{at} cannot be used: {why}.");
            Cause::new("template-wrong", text, Who::Administrator)
        };
        let part: T = serde_json::from_value(value.clone()).map_err(|error| wrong(error.to_string()))?;
        match lost(value, &serde_json::to_value(&part).unwrap_or_default()) {
            None => Ok(Some(part)),
            Some(field) => Err(wrong(format!("Kubernetes knows no field {field} in it"))),
        }
    }

    /// Texts by name; numbers and truth values are taken as they are written.
    fn texts(&self, section: &str, key: &str) -> Result<Texts, Cause> {
        let values: Option<BTreeMap<String, Value>> = self.part(section, key)?;
        let text = |value: Value| if let Value::String(text) = value { text } else { value.to_string() };
        Ok(values.unwrap_or_default().into_iter().map(|(name, value)| (name, text(value))).collect())
    }

    fn metadata(&self, section: &str, meta: &mut ObjectMeta) -> Result<(), Cause> {
        let annotations = self.texts(section, "annotations")?;
        if !annotations.is_empty() {
            meta.annotations.get_or_insert_default().extend(annotations);
        }
        // Ours stay: without them the session would not be found again.
        let mut labels = self.texts(section, "labels")?;
        labels.extend(meta.labels.take().unwrap_or_default());
        meta.labels = Some(labels);
        Ok(())
    }

    fn pod(&self, pod: &mut PodSpec) -> Result<(), Cause> {
        set(&mut pod.service_account_name, self.part("pod", "serviceAccountName")?);
        set(&mut pod.enable_service_links, self.part("pod", "enableServiceLinks")?);
        let secrets: Option<Vec<LocalObjectReference>> = self.part("pod", "imagePullSecrets")?;
        set(&mut pod.image_pull_secrets, secrets);
        let aliases: Option<Vec<HostAlias>> = self.part("pod", "hostAliases")?;
        set(&mut pod.host_aliases, aliases);
        let volumes: Option<Vec<Volume>> = self.part("pod", "volumes")?;
        add(pod.volumes.get_or_insert_default(), volumes);
        for key in ["defaultSecurityContext", "securityContext"] {
            if let Some(theirs) = self.part("pod", key)? {
                restrict(pod.security_context.get_or_insert_default(), theirs);
            }
        }
        Ok(())
    }

    /// Where it is to run.
    fn place(&self, pod: &mut PodSpec) -> Result<(), Cause> {
        let tolerations: Option<Vec<Toleration>> = self.part("pod", "tolerations")?;
        set(&mut pod.tolerations, tolerations);
        let affinity: Option<Affinity> = self.part("pod", "affinity")?;
        set(&mut pod.affinity, affinity);
        set(&mut pod.priority_class_name, self.part("pod", "priorityClassName")?);
        let selector = self.texts("pod", "nodeSelector")?;
        if !selector.is_empty() {
            pod.node_selector.get_or_insert_default().extend(selector);
        }
        Ok(())
    }

    fn session(&self, session: &mut Container) -> Result<(), Cause> {
        set(&mut session.image_pull_policy, self.part("pod", "imagePullPolicy")?);
        let env: Option<Vec<EnvVar>> = self.part("pod", "env")?;
        add(session.env.get_or_insert_default(), env);
        let mounts: Option<Vec<VolumeMount>> = self.part("pod", "volumeMounts")?;
        add(session.volume_mounts.get_or_insert_default(), mounts);
        if let Some(theirs) = self.part::<SecurityContext>("pod", "containerSecurityContext")? {
            merge(session.security_context.get_or_insert_default(), theirs);
        }
        let storage: BTreeMap<String, String> = self.texts("pod", "ephemeralStorage")?;
        let resources = session.resources.get_or_insert_default();
        for (key, all) in [("request", &mut resources.requests), ("limit", &mut resources.limits)] {
            if let Some(size) = storage.get(key).filter(|size| !size.is_empty()) {
                all.get_or_insert_default().insert("ephemeral-storage".into(), Quantity(size.clone()));
            }
        }
        if let Some(command) = self.part::<Vec<String>>("pod", "command")? {
            let ours = session.command.take().unwrap_or_default();
            session.args = Some(arguments(&command, ours));
            session.command = Some(command);
        }
        Ok(())
    }
}

/// What a command of the administrator's is given to start the agent: a shell takes a line, anything else the words.
fn arguments(command: &[String], ours: Vec<String>) -> Vec<String> {
    let is_shell = command.len() == 1 && command[0].ends_with("sh");
    // No word of ours holds anything that a shell would read.
    if is_shell { vec!["-c".into(), format!("exec {}", ours.join(" "))] } else { ours }
}

fn set<T>(here: &mut Option<T>, theirs: Option<T>) {
    if theirs.is_some() {
        *here = theirs;
    }
}

fn add<T>(here: &mut Vec<T>, theirs: Option<Vec<T>>) {
    here.extend(theirs.into_iter().flatten());
}

/// Adds what a pod's security context of the administrator's has to ours, which holds the account.
fn restrict(ours: &mut PodSecurityContext, theirs: PodSecurityContext) {
    for group in theirs.supplemental_groups.into_iter().flatten() {
        let groups = ours.supplemental_groups.get_or_insert_default();
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    set(&mut ours.fs_group, theirs.fs_group);
    set(&mut ours.fs_group_change_policy, theirs.fs_group_change_policy);
    set(&mut ours.se_linux_options, theirs.se_linux_options);
    set(&mut ours.se_linux_change_policy, theirs.se_linux_change_policy);
    set(&mut ours.seccomp_profile, theirs.seccomp_profile);
    set(&mut ours.app_armor_profile, theirs.app_armor_profile);
    set(&mut ours.supplemental_groups_policy, theirs.supplemental_groups_policy);
    set(&mut ours.sysctls, theirs.sysctls);
    // What is left would be another account: the policy names it.
    set(&mut ours.windows_options, theirs.windows_options);
}

fn merge(ours: &mut SecurityContext, theirs: SecurityContext) {
    set(&mut ours.allow_privilege_escalation, theirs.allow_privilege_escalation);
    set(&mut ours.app_armor_profile, theirs.app_armor_profile);
    set(&mut ours.privileged, theirs.privileged);
    set(&mut ours.proc_mount, theirs.proc_mount);
    set(&mut ours.read_only_root_filesystem, theirs.read_only_root_filesystem);
    set(&mut ours.run_as_group, theirs.run_as_group);
    set(&mut ours.run_as_non_root, theirs.run_as_non_root);
    set(&mut ours.run_as_user, theirs.run_as_user);
    set(&mut ours.se_linux_options, theirs.se_linux_options);
    set(&mut ours.seccomp_profile, theirs.seccomp_profile);
    if let Some(theirs) = theirs.capabilities {
        let ours = ours.capabilities.get_or_insert_default();
        add(ours.add.get_or_insert_default(), theirs.add);
        add(ours.drop.get_or_insert_default(), theirs.drop);
        ours.drop.get_or_insert_default().dedup();
        ours.add = ours.add.take().filter(|all| !all.is_empty());
    }
}
