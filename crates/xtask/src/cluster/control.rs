//! The control plane: etcd, the API server, and what acts on its objects.

use super::{
    client,
    place::Place,
    space::{self, Kind},
    template::{filled, flags},
};
use crate::install::Kubernetes;
use anyhow::{Context, bail};
use std::{fs, process::Command, time::Duration};

const START: &str = include_str!("../../../../e2e/cluster/control/start.sh");
const SYSTEM: &str = include_str!("../../../../e2e/cluster/system.yaml");
/// The space they live in.
pub(super) const CONTROL: &str = "control";
/// How long the API server may take: it makes a hundred objects of its own first.
const READY: Duration = Duration::from_mins(2);

/// The flags of each program, by its name.
const FLAGS: &[(&str, &str)] = &[
    ("etcd", include_str!("../../../../e2e/cluster/control/etcd.flags")),
    ("kube-apiserver", include_str!("../../../../e2e/cluster/control/kube-apiserver.flags")),
    ("kube-controller-manager", include_str!("../../../../e2e/cluster/control/kube-controller-manager.flags")),
    ("kube-scheduler", include_str!("../../../../e2e/cluster/control/kube-scheduler.flags")),
];

/// Starts etcd and the API server. They may not be ready yet.
pub(super) fn start(place: &Place, kubernetes: &Kubernetes) -> anyhow::Result<()> {
    fs::create_dir_all(place.folder.join("volumes"))?;
    space::make(place, kubernetes, CONTROL, Kind::Control, &filled(START, &place.words())?)?;
    start_each(place, kubernetes, &["etcd", "kube-apiserver"])
}

/// Waits for the API server, then starts what acts on its objects.
pub(super) fn finish(place: &Place, kubernetes: &Kubernetes) -> anyhow::Result<()> {
    space::until(place, "kube-apiserver", READY, || Ok(is_ready(place, kubernetes)))?;
    start_each(place, kubernetes, &["kube-controller-manager", "kube-scheduler"])?;
    let file = place.folder.join("system.yaml");
    fs::write(&file, filled(SYSTEM, &place.words())?)?;
    kubectl(place, kubernetes, &["apply", "--filename", &file.display().to_string()])?;
    Ok(())
}

fn start_each(place: &Place, kubernetes: &Kubernetes, names: &[&str]) -> anyhow::Result<()> {
    let space = space::find(place, CONTROL, Kind::Control)?;
    for (name, text) in FLAGS.iter().filter(|(name, _)| names.contains(name)) {
        space.start(place, name, &kubernetes.programs.join(name), &flags(text, &place.words())?)?;
    }
    Ok(())
}

/// Whether the API server is there and says that it is ready.
pub(super) fn is_ready(place: &Place, kubernetes: &Kubernetes) -> bool {
    let mut ask = client(place, kubernetes, "kubectl");
    ask.args(["get", "--raw", "/readyz", "--request-timeout", "2s"]);
    ask.output().is_ok_and(|out| out.status.success())
}

/// Runs kubectl and answers what it printed.
pub(super) fn kubectl(place: &Place, kubernetes: &Kubernetes, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command: Command = client(place, kubernetes, "kubectl");
    let out = command.args(arguments).output().context("kubectl could not be started")?;
    if !out.status.success() {
        bail!("kubectl {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&out.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}
