//! Starting a cluster, step by step.

use super::{
    authority,
    control::{self, CONTROL, kubectl},
    node,
    place::Place,
    space::{self, Kind},
    wait,
};
use crate::{
    install::Kubernetes,
    screen::{Done, Screen},
};
use anyhow::Context;
use std::{fs, os::unix::fs::PermissionsExt, process::Command, time::Duration};

/// How long the controllers may take to make the first account.
const ACCOUNT: Duration = Duration::from_mins(1);

/// Whether the cluster runs and answers.
pub(super) fn is_up(place: &Place, kubernetes: &Kubernetes) -> bool {
    let nodes = || (1..=place.nodes).all(|number| space::find(place, &place.node(number), Kind::Node).is_ok());
    space::find(place, CONTROL, Kind::Control).is_ok() && nodes() && control::is_ready(place, kubernetes)
}

/// Starts everything. When this ends, pods can be made.
pub(super) fn all(screen: &Screen, place: &Place, kubernetes: &Kubernetes) -> anyhow::Result<()> {
    started(screen, place, kubernetes).with_context(|| {
        format!("the cluster {} was not started; its logs stay in {}", place.name, place.logs().display())
    })
}

fn started(screen: &Screen, place: &Place, kubernetes: &Kubernetes) -> anyhow::Result<()> {
    screen.step("Certificates", |_| {
        fs::create_dir_all(place.logs())?;
        fs::set_permissions(&place.folder, fs::Permissions::from_mode(0o700))?;
        authority::make(place)?;
        Ok(Done::did("made"))
    })?;
    screen.step("Nodes", |step| {
        modules();
        node::bridge(place)?;
        // The API server takes its time: meanwhile the nodes get ready.
        control::start(place, kubernetes)?;
        for number in 1..=place.nodes {
            step.now(&place.node(number));
            node::start(place, kubernetes, number)?;
        }
        node::client(place, kubernetes)?;
        Ok(Done::did(format!("made {}", place.nodes)))
    })?;
    screen.step("Control plane", |_| {
        control::finish(place, kubernetes)?;
        Ok(Done::did("the API server is ready"))
    })?;
    screen.step("Kubelets", |step| {
        (1..=place.nodes).try_for_each(|number| node::register(place, kubernetes, number))?;
        for number in 1..=place.nodes {
            step.now(&place.node(number));
            node::finish(place, kubernetes, number)?;
        }
        Ok(Done::did("the nodes are ready"))
    })?;
    screen.step("Cluster", |step| {
        step.now("waiting for DNS");
        kubectl(
            place,
            kubernetes,
            &["--namespace=kube-system", "rollout", "status", "deployment/coredns", "--timeout=90s"],
        )?;
        let account = || Ok(kubectl(place, kubernetes, &["get", "serviceaccount", "default"]).is_ok());
        wait::until(ACCOUNT, "the default service account", account)?;
        Ok(Done::did("is up"))
    })
}

/// Asks for the kernel's modules. They may be built in, or loaded: what is missing shows where it is used.
fn modules() {
    let _ = Command::new("modprobe").args(["--all", "--quiet", "br_netfilter", "overlay", "nf_conntrack"]).output();
}
