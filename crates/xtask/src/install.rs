//! Installs what Carrel runs and is built with, once for all clones of this user.
//!
//! Each part lies in a folder named after its version, with a stamp written last: a part without it was cut off in
//! the middle and is made anew. (A virtual environment can't be made elsewhere and moved: it holds its own path.)

mod code_server;
pub(crate) mod debian;
mod go;
mod jupyter;
mod kubernetes;
pub(crate) mod node;
pub(crate) mod npm;
pub(crate) mod traefik;

use crate::{
    places::Places,
    screen::{Done, Screen, Step},
};
use anyhow::Context;
pub(crate) use kubernetes::{Kubernetes, kubernetes};
pub(crate) use node::Node;
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

/// Node with npm, for building the pages and for code-server. It comes from `PyPI` with the environment that Jupyter lies in.
pub(crate) fn node(screen: &Screen, places: &Places) -> anyhow::Result<Node> {
    let ides = ides_folder(places)?;
    let jupyter = part(screen, places, &jupyter::part(&ides))?;
    Ok(Node::in_folder(&part(screen, places, &node::part(&ides, &jupyter))?))
}

/// Installs whatever is missing of the IDEs. The folder with their programs.
pub(crate) fn ides(screen: &Screen, places: &Places, node: &Node) -> anyhow::Result<PathBuf> {
    let ides = ides_folder(places)?;
    // Node came with it.
    let jupyter = jupyter::part(&ides).folder;
    let code_server = part(screen, places, &code_server::part(&ides, node))?;
    let ide_path = ides.join("bin");
    screen.step("IDE programs", |_| {
        let _lock = places.lock("ides-bin", || {})?;
        let mut changed = false;
        for name in ["jupyter-lab", "jupyter-notebook"] {
            changed |= place_script(&ide_path, name, &calls(&jupyter.join("bin").join(name), &[]))?;
        }
        changed |= place_script(&ide_path, "code-server", &code_server::script(&code_server, node))?;
        Ok(if changed { Done::did(format!("linked in {}", ide_path.display())) } else { Done::Nothing })
    })?;
    Ok(ide_path)
}

fn ides_folder(places: &Places) -> anyhow::Result<PathBuf> {
    let ides = places.cache.join("ides");
    fs::create_dir_all(&ides).with_context(|| format!("{} cannot be made", ides.display()))?;
    Ok(ides)
}

/// Fills the empty folder of a part.
type Make<'a> = Box<dyn Fn(&Step, &Path) -> anyhow::Result<()> + 'a>;

/// Something to install.
struct Part<'a> {
    /// What the person calls it.
    name: &'static str,
    /// What to say when it is done: its version.
    version: &'static str,
    /// Where it lies; the version is in the name.
    folder: PathBuf,
    /// How it is made, in the empty folder.
    make: Make<'a>,
}

fn part(screen: &Screen, places: &Places, part: &Part<'_>) -> anyhow::Result<PathBuf> {
    screen.step(part.name, |step| fill(step, places, part))?;
    Ok(part.folder.clone())
}

/// Makes a part unless it is there, whole.
fn fill(step: &Step, places: &Places, part: &Part<'_>) -> anyhow::Result<Done> {
    let stamp = part.folder.join(".complete");
    if stamp.exists() {
        return Ok(Done::Nothing);
    }
    let wait = || step.now("it is being installed already: waiting for that");
    let _lock = places.lock(part.name, wait)?;
    if stamp.exists() {
        return Ok(Done::did("installed in the meantime"));
    }
    if part.folder.exists() {
        step.now("removing what an interrupted installation left");
        fs::remove_dir_all(&part.folder)?;
    }
    fs::create_dir_all(&part.folder)?;
    (part.make)(step, &part.folder)?;
    fs::write(stamp, part.version)?;
    Ok(Done::did(format!("installed {}", part.version)))
}

/// A program with its temporary files beside what it installs: /tmp may be small, or cleaned in between.
fn with_temp(command: &mut Command, folder: &Path) -> anyhow::Result<PathBuf> {
    let temp = folder.join(".tmp");
    fs::create_dir_all(&temp)?;
    command.env("TMPDIR", &temp);
    Ok(temp)
}

/// A script that only calls a program.
fn calls(program: &Path, first: &[&Path]) -> String {
    let words = std::iter::once(program).chain(first.iter().copied()).map(quoted).collect::<Vec<_>>().join(" ");
    format!("#!/bin/sh\nexec {words} \"$@\"\n")
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// Puts a script into a folder, at once and whole. True when it was not there like this.
fn place_script(folder: &Path, name: &str, text: &str) -> anyhow::Result<bool> {
    let path = folder.join(name);
    if fs::read_to_string(&path).is_ok_and(|known| known == text) {
        return Ok(false);
    }
    fs::create_dir_all(folder)?;
    let new = folder.join(format!(".{name}.new"));
    fs::write(&new, text)?;
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755))?;
    fs::rename(&new, &path)?;
    Ok(true)
}

/// A link that replaces whatever stands there.
fn link(target: &str, path: &Path) -> anyhow::Result<()> {
    if path.symlink_metadata().is_ok() {
        fs::remove_file(path)?;
    }
    symlink(target, path).with_context(|| format!("{} cannot be made", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_placed_once_and_runs_what_it_names() {
        let folder = tempfile::tempdir().unwrap();
        let text = calls(Path::new("/bin/echo"), &[Path::new("it's here")]);
        assert!(place_script(folder.path(), "hello", &text).unwrap());
        assert!(!place_script(folder.path(), "hello", &text).unwrap());
        let out = Command::new(folder.path().join("hello")).arg("now").output().unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stdout), "it's here now\n");
    }
}
