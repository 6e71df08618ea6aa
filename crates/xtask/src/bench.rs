//! `cargo xtask bench`: Carrel beside its peers, in one run. What is measured, and how, is in `bench/`.

use crate::{
    guide::{self, Ground},
    install::{self, Node, debian, npm},
    places::{ACCOUNT, Places},
    programs::{self, Profile},
    screen::{Done, Screen, say},
    test::e2e,
    up,
};
use anyhow::{Context, bail};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What can be chosen.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Rounds of load; each measures everything once
    #[arg(long, value_name = "N")]
    rounds: Option<u32>,
    /// Seconds that each measurement takes
    #[arg(long, value_name = "S")]
    seconds: Option<f64>,
    /// One short round: shows that everything works, its numbers say little
    #[arg(long)]
    quick: bool,
    /// Writes the figures into docs/bench.md
    #[arg(long)]
    write: bool,
    /// Only these subjects, by commas: direct, nginx, nginx-auth, haproxy, chp, proxy-alone, carrel
    #[arg(long, value_name = "SUBJECTS")]
    only: Option<String>,
    /// Measures how long a session in a pod takes from the click to the IDE, on a cluster of its own, and nothing else
    #[arg(long, conflicts_with_all = ["rounds", "seconds", "quick", "write", "only"])]
    cluster: bool,
}

pub(crate) fn run(screen: &Screen, options: &Options) -> anyhow::Result<()> {
    let places = Places::find()?;
    if options.cluster {
        return on_cluster(screen, &places);
    }
    debian::packages(screen, &places, &[debian::TO_RUN, debian::TO_BENCH])?;
    up::account(screen, &places)?;
    let node = install::node(screen, &places)?;
    let ide_path = install::ides(screen, &places, &node)?;
    let chp = peers_from_npm(screen, &places, &node)?;
    let programs = programs::build(screen, &places, &node, Profile::Release)?;
    let bench = programs::build_bench(screen, &places)?;

    let mut command = Command::new(bench);
    command.arg("run").arg("--carrel").arg(programs.carrel).arg("--agent").arg(programs.agent);
    command.arg("--ide-path").arg(ide_path).arg("--node").arg(node.program()).arg("--chp").arg(chp);
    for name in ["nginx", "haproxy"] {
        command.arg(format!("--{name}")).arg(program_of_system(name)?);
    }
    if places.as_account {
        command.args(["--account", ACCOUNT]);
    }
    choices(&mut command, options, &places.root);
    let status = command.status().context("the bench could not be started")?;
    if !status.success() {
        bail!("the bench ended with {status}");
    }
    Ok(())
}

/// Launches on a cluster that was made for it, with what the guide installs.
fn on_cluster(screen: &Screen, places: &Places) -> anyhow::Result<()> {
    debian::packages(screen, places, &[debian::TO_RUN, debian::TO_TEST])?;
    up::account(screen, places)?;
    let node = install::node(screen, places)?;
    let table = e2e::times(places);
    // What an earlier run measured is not shown as this one's.
    if table.exists() {
        fs::remove_file(&table)?;
    }
    let programs = || programs::build(screen, places, &node, Profile::Dev);
    let measured = Ground::with(screen, places, programs, "bench", |ground| {
        guide::until_sign_in(screen, places, &node, ground, e2e::TIMES)
    });
    // Also when they are worse than they should be.
    if let Ok(table) = fs::read_to_string(table) {
        say(&table);
    }
    measured
}

/// Hands on what was chosen; what was not has its default there.
fn choices(command: &mut Command, options: &Options, root: &Path) {
    if let Some(rounds) = options.rounds {
        command.arg("--rounds").arg(rounds.to_string());
    }
    if let Some(seconds) = options.seconds {
        command.arg("--seconds").arg(seconds.to_string());
    }
    if options.quick {
        command.arg("--quick");
    }
    if let Some(only) = &options.only {
        command.arg("--only").arg(only);
    }
    if options.write {
        command.arg("--write").arg(root.join("docs/bench.md"));
    }
}

/// Installs configurable-http-proxy with the versions of `bench/peers`; says where it is.
fn peers_from_npm(screen: &Screen, places: &Places, node: &Node) -> anyhow::Result<PathBuf> {
    let folder = places.root.join("bench/peers");
    screen.step("Peers from npm", |step| {
        let installed = npm::packages(step, places, node, &folder)?;
        Ok(if installed { Done::did("installed") } else { Done::Nothing })
    })?;
    // The account that runs it may not be able to follow a link in a home folder.
    let packages = fs::canonicalize(folder.join("node_modules")).context("npm has installed nothing")?;
    Ok(packages.join("configurable-http-proxy"))
}

/// Where a server of the system is: often not in the `PATH` of people.
fn program_of_system(name: &str) -> anyhow::Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    found.with_context(|| format!("{name} is not installed"))
}
