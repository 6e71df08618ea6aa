//! `cargo xtask images`: the images of the server and of sessions, built without a registry, as archives to load.

mod base;
mod build;

use crate::{
    install::debian,
    places::Places,
    programs::{self, Profile, Programs},
    screen::{Done, Screen, say},
    stamp::{Inputs, Stamp},
    workspace::cargo,
};
use anyhow::{Context, bail};
use build::Build;
pub(crate) use build::Builder;
use nix::unistd::Uid;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What the server's image is called: the chart's default.
pub(crate) const SERVER: &str = concat!("localhost/carrel/server:", env!("CARGO_PKG_VERSION"));
/// What the image of sessions is called.
pub(crate) const SESSION: &str = concat!("localhost/carrel/session:", env!("CARGO_PKG_VERSION"));

/// What can be chosen.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only one of the images
    #[arg(long, value_enum)]
    only: Option<Which>,
    /// Compiles the server as it is shipped: slower to build, faster to run
    #[arg(long)]
    release: bool,
    /// A Debian package of RStudio Server to put into the image of sessions
    #[arg(long, value_name = "FILE")]
    rstudio: Option<PathBuf>,
}

/// An image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Which {
    Server,
    Session,
}

pub(crate) fn run(screen: &Screen, options: &Options) -> anyhow::Result<()> {
    let places = Places::find()?;
    let builder = builder(screen, &places)?;
    if options.only != Some(Which::Server) {
        say(&session(screen, &places, &builder, options.rstudio.as_deref())?.display().to_string());
    }
    if options.only != Some(Which::Session) {
        let profile = if options.release { Profile::Release } else { Profile::Quick };
        let node = crate::install::node(screen, &places)?;
        let programs = programs::build(screen, &places, &node, profile)?;
        say(&server(screen, &places, &builder, &programs)?.display().to_string());
    }
    Ok(())
}

/// What builds images.
pub(crate) fn builder(screen: &Screen, places: &Places) -> anyhow::Result<Builder> {
    if !Uid::effective().is_root() {
        bail!("only root can build the images: their files belong to other accounts. Run this with sudo");
    }
    debian::packages(screen, places, &[debian::IMAGES])?;
    let builder = Builder::new(places)?;
    base::image(screen, places, &builder)?;
    Ok(builder)
}

/// The image of sessions, perhaps with a package of RStudio Server in it; where its archive is.
pub(crate) fn session(
    screen: &Screen,
    places: &Places,
    builder: &Builder,
    rstudio: Option<&Path>,
) -> anyhow::Result<PathBuf> {
    screen.step_with("Session image", |step| {
        let _lock = places.lock("images", || step.now("another xtask builds images: waiting for its end"))?;
        let context = builder.context("session")?;
        let mut files: Vec<_> = rstudio.map(Path::to_owned).into_iter().collect();
        for entry in fs::read_dir(places.root.join("images/session"))? {
            files.push(entry?.path());
        }
        fs::create_dir(context.join("session"))?;
        copy_all(&files, &context.join("session"))?;
        copy_all(&[places.root.join("images/sbom.sh")], &context)?;
        let mut build = Build { name: SESSION, context, file: "session/Containerfile", arguments: Vec::new() };
        if let Some(name) = rstudio.and_then(Path::file_name) {
            build.arguments.push(format!("RSTUDIO={}", name.to_string_lossy()));
        }
        let about = "takes five to ten minutes the first time: R, Python and code-server are installed";
        archive(builder, step, &build, about)
    })
}

/// The image of the server, with programs that were built before; where its archive is.
pub(crate) fn server(
    screen: &Screen,
    places: &Places,
    builder: &Builder,
    programs: &Programs,
) -> anyhow::Result<PathBuf> {
    screen.step_with("Server image", |step| {
        let _lock = places.lock("images", || step.now("another xtask builds images: waiting for its end"))?;
        let context = builder.context("server")?;
        let ours = ["images/sbom.sh", "images/server/Containerfile"].map(|file| places.root.join(file));
        copy_all(&[ours.as_slice(), &[programs.carrel.clone(), programs.agent.clone()]].concat(), &context)?;
        fs::write(context.join("crates"), crates(places)?)?;
        let build = Build { name: SERVER, context, file: "Containerfile", arguments: Vec::new() };
        archive(builder, step, &build, "putting the programs into it")
    })
}

/// Builds an image and writes its archive, unless both were made from the same files before.
fn archive(
    builder: &Builder,
    step: &crate::screen::Step,
    build: &Build<'_>,
    about: &str,
) -> anyhow::Result<(Done, PathBuf)> {
    let kind = build.context.file_name().context("a context without a name")?.to_string_lossy();
    let out = builder.folder.join(format!("{kind}.tar"));
    let inputs = Inputs::new().text(&builder.base).text(&build.arguments.join(" ")).files(&build.context, &[])?;
    let stamp = Stamp::new(builder.folder.join(format!("{kind}.stamp")), inputs);
    if stamp.is_current() && out.exists() {
        return Ok((Done::Nothing, out));
    }
    step.now(about);
    stamp.unset()?;
    builder.build(step, build)?;
    step.now("writing the archive");
    builder.archive(step, build.name, &out)?;
    stamp.set()?;
    let size = fs::metadata(&out)?.len() / (1 << 20);
    Ok((Done::did(format!("built, {size} MiB")), out))
}

/// The crates that the programs are made of, one a line.
fn crates(places: &Places) -> anyhow::Result<Vec<u8>> {
    let mut tree = cargo(&places.root);
    tree.args(["tree", "--locked", "--package", "carrel", "--package", "carrel-agent"]);
    let out = tree.args(["--edges", "normal", "--prefix", "none", "--no-dedupe", "--format", "{p}"]).output()?;
    if !out.status.success() {
        bail!("cargo tree failed: {}", String::from_utf8_lossy(&out.stderr).trim());
    }
    let text = String::from_utf8_lossy(&out.stdout);
    // Without the folders that ours lie in.
    let name_and_version = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let mut lines: Vec<_> = text.lines().filter(|line| !line.is_empty()).map(name_and_version).collect();
    lines.sort();
    lines.dedup();
    Ok((lines.join("\n") + "\n").into_bytes())
}

fn copy_all(files: &[PathBuf], folder: &Path) -> anyhow::Result<()> {
    for file in files {
        let name = file.file_name().context("a file without a name")?;
        fs::copy(file, folder.join(name)).with_context(|| format!("{} cannot be copied", file.display()))?;
    }
    Ok(())
}
