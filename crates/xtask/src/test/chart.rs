//! The Helm chart: what helm says of it, its own tests, and its files beside those that `carrel-config` makes.

use super::{Bench, Count, cargo_test, counted};
use crate::install;
use std::process::Command;

pub(super) fn part(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let programs = install::kubernetes(bench.screen, &bench.places)?.programs;
    let chart = bench.places.root.join("chart");
    let mut sum = counted(Command::new(programs.join("helm")).args(["lint", "--strict"]).arg(&chart))?;
    sum += counted(Command::new(programs.join("helm-unittest")).arg(&chart))?;
    let mut files = cargo_test(bench);
    sum += counted(files.args(["--lib", "chart::tests::helm"]).env("CARREL_TEST_HELM", programs.join("helm")))?;
    Ok(sum)
}
