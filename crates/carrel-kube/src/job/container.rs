//! The two containers of a session that are Carrel's.

use super::{JobSettings, mount_at, own_mounts, resources::without_devices, storage::Storage};
use crate::{
    agent,
    names::{INSTALL_CONTAINER, SESSION_CONTAINER},
};
use carrel_agent::{
    pod::{INSTALL_DIR, PORT, RUN_DIR, SERVER_KEY_VARIABLE},
    process::RUN_VARIABLE,
};
use carrel_model::{Account, Plan, RunId};
use k8s_openapi::api::core::v1::{
    Capabilities, Container, ContainerPort, EnvVar, ResourceRequirements, SecurityContext,
};

/// The container of the IDE, with the agent as its first process.
pub(super) fn session_container(
    run: &RunId,
    container: &carrel_model::Container,
    storage: &Storage,
    resources: ResourceRequirements,
    settings: &JobSettings<'_>,
) -> Container {
    let mut volume_mounts = own_mounts();
    volume_mounts.extend(storage.mounts.iter().cloned());
    Container {
        name: SESSION_CONTAINER.into(),
        image: Some(container.image.clone()),
        command: Some(agent::run(settings.stop_grace)),
        env: Some(vec![variable(RUN_VARIABLE, &run.to_string()), variable(SERVER_KEY_VARIABLE, settings.server_key)]),
        ports: Some(vec![ContainerPort {
            name: Some("agent".into()),
            container_port: PORT.into(),
            ..ContainerPort::default()
        }]),
        resources: Some(resources),
        security_context: Some(security()),
        volume_mounts: Some(volume_mounts),
        ..Container::default()
    }
}

/// The one init container: brings the agent and its key, writes passwd and group, makes the home folder. As the user.
pub(super) fn install_container(
    plan: &Plan,
    account: &Account,
    storage: &Storage,
    resources: &ResourceRequirements,
    settings: &JobSettings<'_>,
) -> Container {
    let carrel = mount_at("carrel", INSTALL_DIR, None);
    let run = mount_at("run", RUN_DIR, None);
    let (homes, home) = storage.homes.clone().unzip();
    Container {
        name: INSTALL_CONTAINER.into(),
        image: Some(settings.agent_image.into()),
        command: Some(agent::install(&plan.user, account, home.as_deref())),
        // The pod's size is the larger of the two: no more is asked for, and a quota that wants a size has one.
        resources: Some(without_devices(resources)),
        security_context: Some(security()),
        volume_mounts: Some([carrel, run].into_iter().chain(homes).collect()),
        ..Container::default()
    }
}

/// What Pod Security *restricted* asks of a container, and a root file system that nobody writes to.
fn security() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".into()]), add: None }),
        read_only_root_filesystem: Some(true),
        ..SecurityContext::default()
    }
}

fn variable(name: &str, value: &str) -> EnvVar {
    EnvVar { name: name.into(), value: Some(value.into()), value_from: None }
}
