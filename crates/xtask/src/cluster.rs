//! `cargo xtask cluster`: a real Kubernetes on this machine, for the tests.
//!
//! Its programs are built from source, once. The control plane lives in a pid and a mount namespace, each node in
//! namespaces of its own, network too; a bridge joins them. Nothing listens elsewhere than on that bridge and in those
//! namespaces, the host forwards nothing and has no rules for it, and all of it ends with a few processes.

pub(crate) mod archive;
mod authority;
mod cgroups;
mod chart;
mod control;
mod down;
mod node;
mod place;
mod space;
mod status;
mod template;
mod up;
pub(crate) mod wait;

use crate::{
    install::{self, Kubernetes, debian},
    places::Places,
    screen::{Done, Screen, say},
};
use anyhow::{Context, bail};
pub(crate) use chart::validate;
use clap::Subcommand;
use nix::unistd::Uid;
pub(crate) use place::Place;
use space::Kind;
use std::{
    ffi::{OsStr, OsString},
    fs::File,
    path::PathBuf,
    process::Command,
};

/// What can be chosen.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
    /// Which cluster: several may run side by side. At most eight letters and digits
    #[arg(long, global = true, default_value = "carrel", value_parser = place::name)]
    name: String,
}

#[derive(Subcommand)]
enum Action {
    /// Install what it takes, and build its programs: five minutes of two cores the first time
    Install,
    /// Start a fresh cluster; ends when its nodes and its DNS are ready
    Up {
        /// How many nodes
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=9))]
        nodes: u8,
    },
    /// Put images on each node: archives as `docker save` and `cargo xtask images` write them
    Load {
        /// The archives
        #[arg(required = true)]
        archives: Vec<PathBuf>,
    },
    /// Show its processes and nodes
    Status,
    /// Print shell lines that make `kubectl` and `helm` speak with it: eval "$(cargo xtask cluster env)"
    Env,
    /// Have its API server check all objects of the Helm chart, and change nothing
    Validate,
    /// Stop it, and take away all that it left: processes, links, mounts, cgroups, data
    Down,
}

pub(crate) fn run(screen: &Screen, options: &Options) -> anyhow::Result<()> {
    let places = Places::find()?;
    let name = options.name.as_str();
    match &options.action {
        Action::Install => install(screen, &places).map(drop),
        Action::Up { nodes } => {
            let place = up(screen, &places, name, *nodes)?;
            say(&format!("\n    KUBECONFIG={}\n    eval \"$(cargo xtask cluster env)\"", place.kubeconfig().display()));
            Ok(())
        }
        Action::Load { archives } => load(screen, &running(&places, name)?, archives),
        Action::Status => status::show(&running(&places, name)?, &Kubernetes::of(&places)?),
        Action::Env => {
            let (place, kubernetes) = (running(&places, name)?, Kubernetes::of(&places)?);
            let quoted = |path: PathBuf| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
            say(&format!("export KUBECONFIG={}", quoted(place.kubeconfig())));
            say(&format!("export PATH={}:\"$PATH\"", quoted(kubernetes.programs)));
            Ok(())
        }
        Action::Validate => validate(screen, &places, &running(&places, name)?, &Kubernetes::of(&places)?).map(drop),
        Action::Down => down(screen, &places, name),
    }
}

/// Installs what a cluster takes.
fn install(screen: &Screen, places: &Places) -> anyhow::Result<Kubernetes> {
    debian::packages(screen, places, &[debian::CLUSTER])?;
    install::kubernetes(screen, places)
}

/// Starts a cluster, or finds it running.
pub(crate) fn up(screen: &Screen, places: &Places, name: &str, nodes: u8) -> anyhow::Result<Place> {
    root("start a cluster")?;
    let kubernetes = install(screen, places)?;
    let _lock = lock(places, name)?;
    if let Ok(place) = Place::find(places, name) {
        if place.nodes == nodes && up::is_up(&place, &kubernetes) {
            screen.step("Cluster", |_| Ok(Done::Nothing))?;
            return Ok(place);
        }
        // Another number of nodes, or what an interrupted start left.
        down::all(screen, &place)?;
    }
    let place = Place::choose(places, name, nodes)?;
    up::all(screen, &place, &kubernetes)?;
    Ok(place)
}

/// Stops a cluster. It is no error that there is none.
pub(crate) fn down(screen: &Screen, places: &Places, name: &str) -> anyhow::Result<()> {
    root("stop a cluster")?;
    let _lock = lock(places, name)?;
    match Place::find(places, name) {
        Ok(place) => down::all(screen, &place),
        Err(_) => screen.step("Cluster down", |_| Ok(Done::Nothing)),
    }
}

/// Puts archives of images on each node.
pub(crate) fn load(screen: &Screen, place: &Place, archives: &[PathBuf]) -> anyhow::Result<()> {
    for archive in archives {
        let name = archive.file_stem().unwrap_or_default().to_string_lossy();
        screen.step(&format!("Load {name}"), |step| {
            for number in 1..=place.nodes {
                let file = File::open(archive).with_context(|| format!("{} cannot be read", archive.display()))?;
                // By its input: a node sees neither /tmp nor /var of this machine.
                step.run_on(node::containers(place, number)?.args(["images", "import", "-"]), file)?;
            }
            Ok(Done::did("loaded"))
        })?;
    }
    Ok(())
}

/// A client of the cluster: `kubectl`, `helm`.
pub(crate) fn client(place: &Place, kubernetes: &Kubernetes, program: &str) -> Command {
    let mut command = Command::new(kubernetes.programs.join(program));
    command.env("KUBECONFIG", place.kubeconfig());
    command
}

/// What starts a program among the users of the cluster: with ports of its own, and the machine's files.
pub(crate) fn among_clients(place: &Place) -> anyhow::Result<Vec<OsString>> {
    let space = space::find(place, node::CLIENT, Kind::Client)?;
    let command = space.command("");
    // Without the program, which comes last.
    let mut words: Vec<_> =
        [command.get_program()].into_iter().chain(command.get_args()).map(OsStr::to_owned).collect();
    words.pop();
    Ok(words)
}

/// Gives an image of the cluster one more name.
pub(crate) fn tag(place: &Place, image: &str, name: &str) -> anyhow::Result<()> {
    for number in 1..=place.nodes {
        let out = node::containers(place, number)?.args(["images", "tag", "--force", image, name]).output()?;
        if !out.status.success() {
            bail!("{image} cannot be called {name}: {}", String::from_utf8_lossy(&out.stderr).trim());
        }
    }
    Ok(())
}

fn running(places: &Places, name: &str) -> anyhow::Result<Place> {
    Place::find(places, name)
        .with_context(|| format!("there is no cluster {name}: start it with `cargo xtask cluster up`"))
}

fn lock(places: &Places, name: &str) -> anyhow::Result<File> {
    places.lock(&format!("cluster-{name}"), || say("another xtask starts or stops this cluster: waiting for its end"))
}

/// What this machine lacks to run a cluster at all.
pub(crate) fn missing() -> anyhow::Result<Option<String>> {
    if !Uid::effective().is_root() {
        return Ok(Some("a cluster needs root: run this with sudo".into()));
    }
    let tried = Command::new("unshare").args(["--mount", "--net", "--pid", "--fork", "true"]).output();
    let tried = tried.context("unshare could not be started (Debian package: util-linux)")?;
    let said = String::from_utf8_lossy(&tried.stderr);
    Ok((!tried.status.success()).then(|| format!("a cluster needs namespaces of its own: {}", said.trim())))
}

fn root(what: &str) -> anyhow::Result<()> {
    if !Uid::effective().is_root() {
        bail!("only root can {what}: its nodes are namespaces and containers of this machine. Run this with sudo");
    }
    Ok(())
}
