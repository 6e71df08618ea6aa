//! `cargo xtask gen`: files that are made from other files, and committed.

use crate::{
    install::{self, Node, debian, npm},
    places::Places,
    programs,
    screen::{Done, Screen, Step},
};
use anyhow::{Context, bail};
use std::{fs, path::Path, process::Command};

/// The description of the API, from the server's code.
const OPENAPI: &str = "crates/carrel-server/openapi.json";
/// The types of the pages' client, from the description.
const CLIENT: &str = "web/src/api/schema.d.ts";

/// What can be chosen.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Writes nothing, and fails when a file is not what it would be made anew
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(screen: &Screen, options: &Options) -> anyhow::Result<()> {
    let places = Places::find()?;
    debian::packages(screen, &places, &[debian::TO_RUN])?;
    files(screen, &places, &install::node(screen, &places)?, options.check)
}

/// Makes the files anew. With `check` they stay as they were, and a difference is an error.
pub(crate) fn files(screen: &Screen, places: &Places, node: &Node, check: bool) -> anyhow::Result<()> {
    screen.step("Generated files", |step| {
        let known: Vec<_> = [OPENAPI, CLIENT].map(|file| (file, fs::read(places.root.join(file)).ok())).into();
        let made = make(step, places, node);
        let mut changed = Vec::new();
        for (file, before) in known {
            let path = places.root.join(file);
            if fs::read(&path).ok() == before {
                continue;
            }
            changed.push(file);
            if let Some(before) = before.filter(|_| check) {
                fs::write(path, before)?;
            }
        }
        made?;
        match (changed.is_empty(), check) {
            (true, _) => Ok(Done::Nothing),
            (false, false) => Ok(Done::did(format!("wrote {}", changed.join(", ")))),
            (false, true) => {
                bail!("not current: {}. Run `cargo xtask gen` and commit what it writes", changed.join(", "))
            }
        }
    })
}

fn make(step: &Step, places: &Places, node: &Node) -> anyhow::Result<()> {
    let web = places.root.join("web");
    npm::packages(step, places, node, &web)?;
    write_output(&mut Command::new(programs::openapi(step, places)?), &places.root.join(OPENAPI))?;
    step.run(node.npm(&web).args(["run", "gen"]))
}

/// Writes what a program says to a file.
fn write_output(command: &mut Command, path: &Path) -> anyhow::Result<()> {
    let out = command.output()?;
    if !out.status.success() {
        bail!("{} could not be made:\n{}", path.display(), String::from_utf8_lossy(&out.stderr).trim());
    }
    fs::write(path, out.stdout).with_context(|| format!("{} cannot be written", path.display()))
}
