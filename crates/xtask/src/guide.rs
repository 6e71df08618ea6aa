//! `cargo xtask guide`: follows `docs/guide/kubernetes.md` as its readers do, so that it stays true.

mod expect;
mod ground;
mod read;
mod run;

use crate::{
    cluster,
    install::{self, Kubernetes, Node, debian},
    places::Places,
    programs::{self, Profile},
    screen::{Screen, say, say_error},
    test::e2e,
    up,
};
use anyhow::Context;
pub(crate) use ground::Ground;
use nix::sys::signal::{SigSet, Signal};
use read::{Deed, Step};
use run::Reader;
use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

/// The guide.
const GUIDE: &str = "docs/guide/kubernetes.md";
/// The cluster that it is followed on.
const CLUSTER: &str = "guide";

/// What the guide installs, and where.
const RELEASE: &str = "rstudio-workbench-prod";
const NAMESPACE: &str = "workbench";

/// What can be chosen.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A cluster that runs elsewhere, with the images on it; what the guide leaves open is then said with --given
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// What stands for `<NAME>` in the guide
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, requires = "kubeconfig")]
    given: Vec<(String, String)>,
    /// Leaves the cluster and all that was installed running until Ctrl-C
    #[arg(long, conflicts_with = "kubeconfig")]
    keep: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(crate) fn run(screen: &Screen, options: &Options) -> anyhow::Result<()> {
    let places = Places::find()?;
    debian::packages(screen, &places, &[debian::TO_RUN, debian::TO_TEST])?;
    up::account(screen, &places)?;
    let node = install::node(screen, &places)?;
    let count = if let Some(file) = &options.kubeconfig {
        let walk = Walk {
            places: &places,
            node: &node,
            kubernetes: &install::kubernetes(screen, &places)?,
            kubeconfig: fs::canonicalize(file).with_context(|| format!("{} is not there", file.display()))?,
            given: options.given.iter().cloned().collect(),
            within: Vec::new(),
        };
        walk.follow(screen, &steps(&places)?)?
    } else {
        let programs = || programs::build(screen, &places, &node, Profile::Dev);
        Ground::with(screen, &places, programs, CLUSTER, |ground| {
            let result = on(screen, &places, &node, ground);
            if options.keep {
                until_ctrl_c(result.as_ref().err())?;
            }
            result
        })?
    };
    say(&format!("\nThe guide was followed to its end: {count} steps."));
    Ok(())
}

/// Leaves the person alone with the cluster.
fn until_ctrl_c(error: Option<&anyhow::Error>) -> anyhow::Result<()> {
    if let Some(error) = error {
        say_error(error);
    }
    say(&format!("\nThe cluster runs on: eval \"$(cargo xtask cluster --name {CLUSTER} env)\"\nCtrl-C ends it."));
    let signals: SigSet = [Signal::SIGINT, Signal::SIGTERM].into_iter().collect();
    signals.thread_block()?;
    signals.wait()?;
    Ok(())
}

/// Follows the guide on a cluster that was made for it. How many steps it has.
pub(crate) fn on(screen: &Screen, places: &Places, node: &Node, ground: &Ground<'_>) -> anyhow::Result<usize> {
    Walk::of(places, node, ground)?.follow(screen, &steps(places)?)
}

/// Follows it until people may sign in, and then runs another suite there than the guide's.
pub(crate) fn until_sign_in(
    screen: &Screen,
    places: &Places,
    node: &Node,
    ground: &Ground<'_>,
    suite: &str,
) -> anyhow::Result<()> {
    let mut steps: Vec<Step> = steps(places)?.into_iter().take_while(|step| step.heading != "Sign in").collect();
    steps.push(Step { heading: suite.into(), line: 0, deed: Deed::Browser { suite: suite.into() } });
    Walk::of(places, node, ground)?.follow(screen, &steps).map(drop)
}

fn steps(places: &Places) -> anyhow::Result<Vec<Step>> {
    let guide = places.root.join(GUIDE);
    let text = fs::read_to_string(&guide).with_context(|| format!("{} cannot be read", guide.display()))?;
    read::steps(&text).context(GUIDE)
}

/// The guide on a cluster.
struct Walk<'a> {
    places: &'a Places,
    node: &'a Node,
    kubernetes: &'a Kubernetes,
    kubeconfig: PathBuf,
    given: BTreeMap<String, String>,
    /// What programs are started by.
    within: Vec<OsString>,
}

impl<'a> Walk<'a> {
    /// On a cluster that was made for it.
    fn of(places: &'a Places, node: &'a Node, ground: &'a Ground<'_>) -> anyhow::Result<Self> {
        Ok(Self {
            places,
            node,
            kubernetes: &ground.kubernetes,
            kubeconfig: ground.place.kubeconfig(),
            given: ground.given(),
            within: cluster::among_clients(&ground.place)?,
        })
    }

    fn follow(self, screen: &Screen, steps: &[Step]) -> anyhow::Result<usize> {
        let (places, node) = (self.places, self.node);
        e2e::packages(screen, places, node)?;
        let folder = empty(&places.cache.join("guide"))?;
        symlink(&places.root, folder.join("carrel"))?;
        // The guide chooses a namespace in it, which is no business of others.
        fs::copy(&self.kubeconfig, folder.join("kubeconfig"))?;
        let mut reader = Reader {
            screen,
            environment: environment(&folder, self.kubernetes, &self.given),
            given: self.given,
            folder,
            within: self.within,
            browser: &|suite| e2e::on_cluster(places, node, suite),
            background: Vec::new(),
        };
        for step in steps {
            reader.follow(step).with_context(|| format!("{GUIDE}, line {}: the guide is not true", step.line))?;
        }
        Ok(steps.len())
    }
}

/// What each program finds: the programs of the cluster before those of the machine, and for the browser's tests what the
/// guide has installed where.
fn environment(folder: &Path, kubernetes: &Kubernetes, given: &BTreeMap<String, String>) -> Vec<(OsString, OsString)> {
    let mut path = OsString::from(&kubernetes.programs);
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    // As it stands in the shell's single quotes.
    let password = given.get("PASSWORD").map(|quoted| quoted.replace(r"'\''", "'"));
    let canaries = serde_json::json!({ "the password of the database": password });
    vec![
        ("PATH".into(), path),
        ("CARREL_CLUSTER_CANARIES".into(), canaries.to_string().into()),
        ("KUBECONFIG".into(), folder.join("kubeconfig").into()),
        ("CARREL_CLUSTER_KUBECTL".into(), kubernetes.programs.join("kubectl").into()),
        ("CARREL_CLUSTER_NAMESPACE".into(), NAMESPACE.into()),
        ("CARREL_CLUSTER_RELEASE".into(), RELEASE.into()),
    ]
}

fn empty(folder: &Path) -> anyhow::Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(folder.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_says_of_each_block_what_it_is() {
        let guide = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join(GUIDE);
        let steps = read::steps(&fs::read_to_string(guide).unwrap()).unwrap();
        assert!(steps.len() > 20, "{} steps", steps.len());
    }
}
