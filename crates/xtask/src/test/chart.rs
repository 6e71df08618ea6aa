//! The Helm chart: what helm says of it, its own tests, and its files beside those that `carrel-config` makes.

use super::{Bench, counted};
use crate::{install, test::count::Count, workspace::cargo};
use std::process::Command;

pub(super) fn part(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let programs = install::kubernetes(bench.screen, &bench.places)?.programs;
    let chart = bench.places.root.join("chart");
    let mut sum = counted(Command::new(programs.join("helm")).args(["lint", "--strict"]).arg(&chart))?;
    sum += counted(Command::new(programs.join("helm-unittest")).arg(&chart))?;
    let mut files = cargo(&bench.places.root);
    // Built as the tests are, so that nothing is compiled a second time.
    files.args(["test", "--locked", "--workspace", "--all-features", "--lib", "chart::tests::helm"]);
    sum += counted(files.env("CARREL_TEST_HELM", programs.join("helm")))?;
    Ok(sum)
}
