//! The part on a real Kubernetes: the chart's objects, the installation guide to its end, and the launcher's contract.

use super::{Bench, Count, cargo_test, counted};
use crate::{
    cluster,
    guide::{self, Ground},
};
use anyhow::{Context, ensure};
use serde_json::Value;
use std::{path::PathBuf, process::Command};

/// The cluster of this part. Another than that of `cargo xtask guide`, which somebody may be looking at.
const CLUSTER: &str = "test";
/// The tests of `carrel-kube` that are run only where they are named.
const CONTRACT: &str = "cluster";
/// How many of its tests go on at once. They wait for pods: processors are not what they are short of.
const AT_ONCE: &str = "6";

/// Builds the contract; where it lies.
pub(super) fn build(bench: &Bench<'_>) -> anyhow::Result<PathBuf> {
    let mut build = cargo_test(bench);
    let out = build.args(["--quiet", "--test", CONTRACT, "--no-run", "--message-format", "json"]).output()?;
    ensure!(out.status.success(), "cargo failed: {}", String::from_utf8_lossy(&out.stderr).trim());
    let said = String::from_utf8_lossy(&out.stdout);
    said.lines().find_map(executable).context("cargo does not say where the tests on a cluster are")
}

/// The contract's program, if this line of cargo's is about it (`compiler-artifact`).
fn executable(line: &str) -> Option<PathBuf> {
    let artifact: Value = serde_json::from_str(line).ok()?;
    let executable = artifact["executable"].as_str().filter(|_| artifact["target"]["name"] == CONTRACT);
    executable.map(PathBuf::from)
}

pub(super) fn part(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let programs = || Ok(bench.built()?.programs);
    Ground::with(bench.screen, &bench.places, programs, CLUSTER, |ground| {
        let count = on(bench, ground)?;
        if count.failed > 0 {
            ground.diagnose();
        }
        Ok(count)
    })
}

fn on(bench: &Bench<'_>, ground: &Ground<'_>) -> anyhow::Result<Count> {
    let (screen, places) = (bench.screen, &bench.places);
    let checked = cluster::validate(screen, places, &ground.place, &ground.kubernetes)?;
    let followed = guide::on(screen, places, &bench.node, ground)?;
    let mut sum = Count { passed: checked + followed, failed: 0 };
    let mut contract = Command::new(bench.built()?.contract);
    contract.args(["--test-threads", AT_ONCE]).current_dir(places.root.join("crates/carrel-kube"));
    contract.env("KUBECONFIG", ground.place.kubeconfig());
    contract.env("CARREL_CLUSTER_KUBECTL", ground.kubernetes.programs.join("kubectl"));
    sum += counted(&mut contract)?;
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_all_that_cargo_says_the_contract_is_found() {
        let of = |name: &str, program: &str| {
            format!(r#"{{"reason":"compiler-artifact","target":{{"name":"{name}"}},"executable":{program}}}"#)
        };
        assert_eq!(executable(&of("cluster", r#""/t/cluster-1""#)), Some("/t/cluster-1".into()));
        assert_eq!(executable(&of("cluster", "null")), None);
        assert_eq!(executable(&of("other", r#""/t/other-1""#)), None);
        assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(executable("warning: none"), None);
    }
}
