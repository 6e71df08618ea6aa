//! A node: containerd, the kubelet and the proxy in namespaces of their own.

use super::{
    cgroups,
    control::kubectl,
    place::Place,
    space::{self, Kind, Space},
    template::filled,
    wait,
};
use crate::install::Kubernetes;
use anyhow::{Context, bail};
use std::{
    fs::{self, File},
    net::Ipv4Addr,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

const START: &str = include_str!("../../../../e2e/cluster/node/start.sh");
/// What lies in /var/lib/node of a node.
const FILES: &[(&str, &str)] = &[
    ("containerd.toml", include_str!("../../../../e2e/cluster/node/containerd.toml")),
    ("cni/pods.conflist", include_str!("../../../../e2e/cluster/node/pods.conflist")),
    ("kubelet.yaml", include_str!("../../../../e2e/cluster/node/kubelet.yaml")),
    ("kube-proxy.yaml", include_str!("../../../../e2e/cluster/node/kube-proxy.yaml")),
    ("resolv.conf", ""),
];
/// The space of programs that use the cluster.
pub(super) const CLIENT: &str = "client";
/// How long one of its programs may take to answer.
const READY: Duration = Duration::from_mins(1);

/// Makes the namespaces of a node, joins it to the others, and starts containerd with the images of the system.
pub(super) fn start(place: &Place, kubernetes: &Kubernetes, number: u8) -> anyhow::Result<()> {
    cgroups::make(place, number)?;
    files(place, number)?;
    let name = place.node(number);
    space::make(place, kubernetes, &name, Kind::Node, &filled(START, &place.words_of_node(number))?)?;
    let space = space(place, number)?;
    join(place, number, &space)?;
    let config = ["--config".to_owned(), "/var/lib/node/containerd.toml".into(), "--log-level=warn".into()];
    let containerd = format!("containerd{number}");
    space.start(place, &containerd, Path::new("containerd"), &config)?;
    let answers = || Ok(containers(place, number)?.arg("version").output().is_ok_and(|out| out.status.success()));
    space::until(place, &containerd, READY, answers)?;
    for image in kubernetes.images() {
        import(place, number, &image)?;
    }
    Ok(())
}

/// Starts the kubelet and the proxy, when the API server is ready.
pub(super) fn register(place: &Place, kubernetes: &Kubernetes, number: u8) -> anyhow::Result<()> {
    let (space, name) = (space(place, number)?, place.node(number));
    let kubelet = [
        "--config=/var/lib/node/kubelet.yaml".into(),
        "--kubeconfig=/var/lib/node/node.conf".into(),
        format!("--hostname-override={name}"),
        format!("--node-ip={}", place.node_address(number)),
        format!("--node-labels=topology.kubernetes.io/zone=zone-{number}"),
    ];
    space.start(place, &format!("kubelet{number}"), &kubernetes.programs.join("kubelet"), &kubelet)?;
    let proxy = ["--config=/var/lib/node/kube-proxy.yaml".into()];
    space.start(place, &format!("kube-proxy{number}"), &kubernetes.programs.join("kube-proxy"), &proxy)
}

/// Waits for a node, and tells it and the others which addresses its pods have.
pub(super) fn finish(place: &Place, kubernetes: &Kubernetes, number: u8) -> anyhow::Result<()> {
    let (name, range) = (place.node(number), place.node_pods(number));
    let known = || Ok(kubectl(place, kubernetes, &["get", "node", &name]).is_ok());
    space::until(place, &format!("kubelet{number}"), READY, known)?;
    let ranges = serde_json::json!({"spec": {"podCIDR": range, "podCIDRs": [range]}}).to_string();
    kubectl(place, kubernetes, &["patch", "node", &name, "--patch", &ranges])?;
    kubectl(place, kubernetes, &["wait", "--for=condition=Ready", "node", &name, "--timeout=60s"])?;
    Ok(())
}

/// containerd's client on a node, for what Kubernetes sees.
pub(super) fn containers(place: &Place, number: u8) -> anyhow::Result<Command> {
    let mut command = space(place, number)?.command("ctr");
    command.args(["--namespace", "k8s.io"]);
    Ok(command)
}

fn space(place: &Place, number: u8) -> anyhow::Result<Space> {
    space::find(place, &place.node(number), Kind::Node)
}

fn import(place: &Place, number: u8, archive: &Path) -> anyhow::Result<()> {
    let file = File::open(archive).with_context(|| format!("{} cannot be read", archive.display()))?;
    let out = containers(place, number)?.args(["images", "import", "-"]).stdin(file).output()?;
    if !out.status.success() {
        bail!("{} cannot be loaded: {}", archive.display(), String::from_utf8_lossy(&out.stderr).trim());
    }
    Ok(())
}

fn files(place: &Place, number: u8) -> anyhow::Result<()> {
    let folder = place.folder.join(place.node(number));
    fs::create_dir_all(folder.join("log"))?;
    let node = folder.join("lib/node");
    fs::create_dir_all(node.join("cni"))?;
    for (name, text) in FILES {
        fs::write(node.join(name), filled(text, &place.words_of_node(number))?)?;
    }
    let own = ["crt", "key", "conf"].map(|kind| (format!("node{number}.{kind}"), format!("node.{kind}")));
    let shared = ["ca.crt", "proxy.conf"].map(|name| (name.to_owned(), name.to_owned()));
    for (from, to) in own.into_iter().chain(shared) {
        fs::copy(place.pki().join(&from), node.join(to)).with_context(|| format!("{from} cannot be copied"))?;
    }
    Ok(())
}

/// Puts the node on the bridge, with ways to and from the pods of all nodes.
fn join(place: &Place, number: u8, space: &Space) -> anyhow::Result<()> {
    let address = place.node_address(number);
    plug(place, &format!("{}-n{number}", place.name), address, space)?;
    ip(&format!("route replace {} via {address}", place.node_pods(number)))?;
    for other in (1..=place.nodes).filter(|other| *other != number) {
        inside(space, &format!("route replace {} via {}", place.node_pods(other), place.node_address(other)))?;
    }
    Ok(())
}

/// Makes the namespace of programs that use the cluster: its ports are theirs alone.
pub(super) fn client(place: &Place, kubernetes: &Kubernetes) -> anyhow::Result<()> {
    space::make(place, kubernetes, CLIENT, Kind::Client, "ip link set lo up")?;
    let space = space::find(place, CLIENT, Kind::Client)?;
    plug(place, &format!("{}-c", place.name), place.client(), &space)?;
    let pods = (1..=place.nodes).map(|number| (place.node_pods(number), place.node_address(number)));
    for (range, node) in pods.chain([(place.services(), place.node_address(1))]) {
        inside(&space, &format!("route replace {range} via {node}"))?;
    }
    Ok(())
}

/// Plugs a cable in: one end into the bridge, the other into a namespace, with an address.
fn plug(place: &Place, link: &str, address: Ipv4Addr, space: &Space) -> anyhow::Result<()> {
    ip(&format!("link add {link} type veth peer name eth0 netns {}", space.pid))?;
    ip(&format!("link set {link} master {} up", place.bridge()))?;
    inside(space, &format!("address add {address}/24 dev eth0"))?;
    inside(space, "link set eth0 up")
}

fn inside(space: &Space, words: &str) -> anyhow::Result<()> {
    ran(space.command("ip").args(words.split(' ')))
}

/// Makes the bridge, and this machine's way to Services: by the first node.
pub(super) fn bridge(place: &Place) -> anyhow::Result<()> {
    let bridge = place.bridge();
    ip(&format!("link add {bridge} type bridge"))?;
    ip(&format!("address add {}/24 dev {bridge}", place.host()))?;
    ip(&format!("link set {bridge} up"))?;
    ip(&format!("route replace {} via {}", place.services(), place.node_address(1)))
}

/// Removes the links of a cluster; routes go with them.
pub(super) fn unlink(place: &Place) -> anyhow::Result<()> {
    let name = &place.name;
    let links = (1..=9).map(|number| format!("{name}-n{number}")).chain([format!("{name}-c"), place.bridge()]);
    for link in links.filter(|link| Path::new("/sys/class/net").join(link).exists()) {
        // The kernel takes away those of a namespace that has just ended: it may have been faster.
        let _ = ip(&format!("link delete {link}"));
        let gone = || Ok(!Path::new("/sys/class/net").join(&link).exists());
        wait::until(READY, &format!("the end of the link {link}"), gone)?;
    }
    Ok(())
}

fn ip(words: &str) -> anyhow::Result<()> {
    ran(Command::new("ip").args(words.split(' ')))
}

fn ran(command: &mut Command) -> anyhow::Result<()> {
    let out = command.stdin(Stdio::null()).output().context("ip could not be started (Debian package: iproute2)")?;
    if !out.status.success() {
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        bail!("ip {} failed: {}", words.join(" "), String::from_utf8_lossy(&out.stderr).trim());
    }
    Ok(())
}
