//! The part on a real Kubernetes: the chart's objects, the launcher's contract, and the installation guide to its end.

use super::{Bench, Count, FEATURES, counted};
use crate::{
    cluster,
    guide::{self, Ground},
    workspace::cargo,
};

/// The cluster of this part. Another than that of `cargo xtask guide`, which somebody may be looking at.
const CLUSTER: &str = "test";

pub(super) fn part(bench: &Bench<'_>) -> anyhow::Result<Count> {
    Ground::with(bench.screen, &bench.places, &bench.installed, CLUSTER, |ground| {
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
    let mut sum = Count { passed: checked, failed: 0 };
    let mut contract = cargo(&places.root);
    // Built as the tests are, so that little is compiled a second time.
    contract.args(["test", "--locked", "--workspace", "--test", "cluster"]);
    contract.args(["--features", &format!("{FEATURES},carrel-kube/cluster")]);
    contract.env("KUBECONFIG", ground.place.kubeconfig());
    contract.env("CARREL_CLUSTER_KUBECTL", ground.kubernetes.programs.join("kubectl"));
    sum += counted(&mut contract)?;
    sum.passed += guide::on(screen, places, &bench.installed, ground)?;
    Ok(sum)
}
