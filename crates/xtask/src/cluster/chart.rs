//! What the API server of a cluster says of the chart's objects. Nothing is changed but for a namespace, which is taken away.

use super::{Place, client};
use crate::{
    install::Kubernetes,
    places::Places,
    screen::{Done, Screen},
};
use anyhow::{Context, bail};
use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

/// A namespace whose API server warns of pods that would not pass Pod Security *restricted*.
const NAMESPACE: &str = "carrel-chart-check";

/// Values that make objects of all kinds, besides those of the guide.
const VALUES: [(&str, &str); 3] = [
    ("the chart's own values", ""),
    (
        "the exporter, an Ingress and a budget",
        "{prometheus: {legacy: true}, podDisruptionBudget: {maxUnavailable: 1}, \
      ingress: {enabled: true, hosts: [{host: a.example, paths: [/, {path: /x, pathType: Exact}]}], tls: [{secretName: t}]}, \
      networkPolicy: {podCIDRs: [10.0.0.0/8, 'fd00::/8']}, userCreate: true, license: {file: {contents: x}}}",
    ),
    (
        "several servers, and files of all kinds",
        "{replicas: 3, rbac: {clusterRoleCreate: true}, launcher: {useTemplates: false}, \
      config: {database: {conf: {value: {provider: postgresql, host: db}}}, session: {pip.conf: x}, sessionSecret: {odbc.ini: x}, \
      pam: {rstudio: x}, startupCustom: {a.conf: x}}, sharedStorage: {create: true}, homeStorage: {create: true}, \
      resources: {requests: {enabled: true}, limits: {enabled: true}}, service: {type: NodePort}}",
    ),
];

/// Has the API server check everything that the chart makes. With how many sets of values.
pub(crate) fn validate(
    screen: &Screen,
    places: &Places,
    place: &Place,
    kubernetes: &Kubernetes,
) -> anyhow::Result<usize> {
    let kubectl = |arguments: &[&str], input: &str| run(client(place, kubernetes, "kubectl").args(arguments), input);
    let namespace = format!(
        "{{apiVersion: v1, kind: Namespace, metadata: {{name: {NAMESPACE}, labels: \
         {{pod-security.kubernetes.io/warn: restricted}}}}}}"
    );
    kubectl(&["apply", "--filename", "-"], &namespace)?;
    let guide = places.root.join("crates/carrel-config/fixtures/guide/values.yaml");
    let guide = std::fs::read_to_string(&guide).with_context(|| format!("{} cannot be read", guide.display()))?;
    let checked = VALUES.iter().copied().chain([("the guide", guide.as_str())]).try_for_each(|(what, values)| {
        screen.step(what, |_| {
            let mut helm = Command::new(kubernetes.programs.join("helm"));
            let chart: PathBuf = places.root.join("chart");
            helm.args(["template", "carrel", "--namespace", NAMESPACE, "--values", "-"]).arg(chart);
            let objects = String::from_utf8(run(&mut helm, values)?.stdout)?;
            let said = kubectl(&["apply", "--dry-run=server", "--namespace", NAMESPACE, "--filename", "-"], &objects)?;
            let warnings = String::from_utf8_lossy(&said.stderr).into_owned();
            if !warnings.trim().is_empty() {
                bail!("the API server warns: {warnings}");
            }
            Ok(Done::did(format!("{} objects", String::from_utf8_lossy(&said.stdout).lines().count())))
        })
    });
    kubectl(&["delete", "namespace", NAMESPACE, "--wait=false"], "")?;
    checked.map(|()| VALUES.len() + 1)
}

/// Runs a program to its end with this input. An error says what the program said.
fn run(command: &mut Command, input: &str) -> anyhow::Result<Output> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    // Both read all of their input before they print anything.
    child.stdin.take().context("it has an input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("{} failed: {}", command.get_program().display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output)
}
