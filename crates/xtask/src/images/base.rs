//! The Debian that both images begin with, of the release that this machine runs: programs built here run there.

use super::build::{Build, Builder};
use crate::{
    places::Places,
    screen::{Done, Screen},
};
use anyhow::{Context, ensure};
use std::{fs, path::Path, process::Command};

const SYSTEM: &str = "/etc/os-release";
/// Where a Debian keeps the addresses of its packages.
const SOURCES: &[&str] = &["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"];
/// Neither documents nor translations.
const LEFT_OUT: &[&str] = &["doc", "man", "locale", "info"];

/// What the base is called: it has the name of the release.
pub(super) fn name() -> anyhow::Result<String> {
    Ok(format!("localhost/carrel/base:{}", release(&fs::read_to_string(SYSTEM).unwrap_or_default())?))
}

fn release(text: &str) -> anyhow::Result<&str> {
    let value =
        |name: &str| Some(text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?.trim_matches('"'));
    ensure!(
        value("ID") == Some("debian"),
        "the images are built on Debian, and of it; {SYSTEM} says that this is another system"
    );
    value("VERSION_CODENAME").with_context(|| format!("{SYSTEM} does not name the release"))
}

/// Makes the base unless the store has it.
pub(super) fn image(screen: &Screen, places: &Places, builder: &Builder) -> anyhow::Result<()> {
    screen.step("Base image", |step| {
        let _lock = places.lock("images", || step.now("another xtask builds images: waiting for its end"))?;
        let there = builder.buildah().args(["inspect", "--type", "image", &builder.base]).output()?;
        if there.status.success() {
            return Ok(Done::Nothing);
        }
        let context = builder.context("base")?;
        fs::copy(places.root.join("images/base/Containerfile"), context.join("Containerfile"))?;
        let release = builder.base.rsplit(':').next().unwrap_or_default();
        step.run(&mut debootstrap(release, &context.join("base.tar"))?)?;
        builder.build(
            step,
            &Build { name: &builder.base, context: context.clone(), file: "Containerfile", arguments: Vec::new() },
        )?;
        fs::remove_dir_all(context)?;
        Ok(Done::did("made of Debian's packages"))
    })
}

fn debootstrap(release: &str, out: &Path) -> anyhow::Result<Command> {
    let sources = SOURCES.iter().find(|file| Path::new(file).exists());
    let sources = sources.with_context(|| format!("none of {} is there", SOURCES.join(", ")))?;
    let mut command = Command::new("mmdebstrap");
    command.args(["--variant=minbase", "--include=ca-certificates"]);
    command.args(LEFT_OUT.iter().map(|name| format!("--dpkgopt=path-exclude=/usr/share/{name}/*")));
    command.arg("--dpkgopt=path-include=/usr/share/doc/*/copyright");
    command.arg(release).arg(out).arg(sources);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_that_of_this_debian() {
        let text = "PRETTY_NAME=\"Debian GNU/Linux 12\"\nVERSION_CODENAME=bookworm\nID=debian\n";
        assert_eq!(release(text).unwrap(), "bookworm");
        assert!(release("ID=fedora\nVERSION_CODENAME=x\n").is_err());
        assert!(release("ID=debian\n").unwrap_err().to_string().contains("os-release"));
    }
}
