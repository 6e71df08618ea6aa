//! Builds the programs, and puts them where the server's account can run them.

use crate::{
    install::{self, Node, npm},
    places::Places,
    screen::{Done, Screen, Step},
    stamp::{Inputs, Stamp},
    workspace::{Workspace, cargo, host},
};
use anyhow::{Context, bail};
use std::{
    fs::{self, File, FileTimes},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// The example of `carrel-server` that writes the description of the API.
const OPENAPI: &str = "openapi";
/// Says from which files the pages were built.
const STAMP: &str = ".pages";

/// The programs that stand ready to be run.
#[derive(Clone)]
pub(crate) struct Programs {
    /// `carrel`.
    pub(crate) carrel: PathBuf,
    /// `carrel-agent`, in no need of the system's libraries.
    pub(crate) agent: PathBuf,
}

/// How programs are compiled.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Profile {
    /// For use.
    Quick,
    /// For tests, which compile the same crates so.
    Dev,
    /// As it is shipped; for the bench.
    Release,
}

impl Profile {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }

    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// Builds the pages, which the server carries inside, unless nothing changed.
pub(crate) fn pages(screen: &Screen, places: &Places, node: &Node) -> anyhow::Result<()> {
    screen.step("Pages", |step| {
        let web = places.root.join("web");
        let installed = npm::packages(step, places, node, &web)?;
        let made = &["node_modules", "dist", "routeTree.gen.ts", STAMP];
        let inputs = Inputs::new().text(install::node::VERSION).files(&web, made)?;
        let stamp = Stamp::new(web.join(STAMP), inputs);
        if !installed && stamp.is_current() && web.join("dist/index.html").exists() {
            return Ok(Done::Nothing);
        }
        step.run(node.npm(&web).args(["run", "build"]))?;
        stamp.set()?;
        Ok(Done::did("built"))
    })
}

/// Builds `carrel`, with the pages inside, and `carrel-agent`, and copies them into the cache.
pub(crate) fn build(screen: &Screen, places: &Places, node: &Node, profile: Profile) -> anyhow::Result<Programs> {
    pages(screen, places, node)?;
    let target = Workspace::own(&places.root)?.target_directory;
    let triple = host()?;
    let carrel = screen.step_with("Server", |step| {
        let mut build = match profile {
            Profile::Dev => of_tests(places),
            Profile::Quick | Profile::Release => {
                let mut build = cargo(&places.root);
                build.args(["build", "--locked", "--package", "carrel", "--profile", profile.name()]);
                build
            }
        };
        build.args(["--bin", "carrel"]);
        step.run(&mut build)?;
        place(places, &target.join(profile.folder()).join("carrel"))
    })?;
    let agent = screen.step_with("Agent", |step| {
        let program = build_agent(step, places, profile, &target, &triple)?;
        place(places, &program)
    })?;
    Ok(Programs { carrel, agent })
}

/// Builds something with the features that the tests are built with, so that nothing is compiled a second time.
fn of_tests(places: &Places) -> Command {
    let mut build = cargo(&places.root);
    // An example uses what tests use: without one, features that only tests ask for would be left out.
    build.args(["build", "--locked", "--workspace", "--all-features", "--example", OPENAPI]);
    build
}

/// Builds the program that describes the API.
pub(crate) fn openapi(step: &Step, places: &Places) -> anyhow::Result<PathBuf> {
    step.run(&mut of_tests(places))?;
    let target = Workspace::own(&places.root)?.target_directory;
    Ok(target.join(Profile::Dev.folder()).join("examples").join(OPENAPI))
}

/// Builds the bench, and copies it into the cache: it also stands for an IDE, which the server's account runs.
pub(crate) fn build_bench(screen: &Screen, places: &Places) -> anyhow::Result<PathBuf> {
    let target = Workspace::own(&places.root)?.target_directory;
    screen.step_with("Bench", |step| {
        let mut build = cargo(&places.root);
        build.args(["build", "--locked", "--package", "carrel-bench", "--bin", "carrel-bench", "--release"]);
        step.run(&mut build)?;
        place(places, &target.join("release/carrel-bench"))
    })
}

/// Builds the agent as a static program: it runs in any image and on any host.
fn build_agent(step: &Step, places: &Places, profile: Profile, target: &Path, triple: &str) -> anyhow::Result<PathBuf> {
    let mut compile = cargo(&places.root);
    compile.args(["build", "--locked", "--package", "carrel-agent", "--bin", "carrel-agent"]);
    // With the triple named, the flags hold for the program and not for the macros that run while it is built.
    compile.args(["--profile", profile.name(), "--target", triple]);
    compile.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+crt-static");
    step.run(&mut compile)?;
    let built = target.join(triple).join(profile.folder()).join("carrel-agent");
    if !is_static(&fs::read(&built)?)? {
        bail!("{} needs the system's libraries: it was not linked statically", built.display());
    }
    Ok(built)
}

/// Copies a program into the cache, unless the same one is there. Sessions that run the old one keep it.
fn place(places: &Places, built: &Path) -> anyhow::Result<(Done, PathBuf)> {
    let clone = Inputs::new().text(&places.root.to_string_lossy()).text(&built.to_string_lossy()).hash();
    let folder = places.cache.join("programs").join(clone);
    let copy = folder.join(built.file_name().context("a program without a name")?);
    let meta = fs::metadata(built).with_context(|| format!("{} was not built", built.display()))?;
    let same = |known: fs::Metadata| known.len() == meta.len() && known.modified().ok() == meta.modified().ok();
    if fs::metadata(&copy).is_ok_and(same) {
        return Ok((Done::Nothing, copy));
    }
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let new = copy.with_extension("new");
    fs::copy(built, &new)?;
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755))?;
    File::options().write(true).open(&new)?.set_times(FileTimes::new().set_modified(meta.modified()?))?;
    fs::rename(&new, &copy)?;
    Ok((Done::did("built"), copy))
}

/// Whether a 64-bit ELF program runs without a loader, and so without the system's libraries.
fn is_static(program: &[u8]) -> anyhow::Result<bool> {
    const INTERPRETER: u32 = 3;
    let cut = || "the program is cut off";
    let number = |at: usize, size: usize| -> anyhow::Result<usize> {
        let bytes = program.get(at..at + size).with_context(cut)?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    };
    if program.get(..6) != Some(b"\x7fELF\x02\x01") {
        bail!("not a 64-bit little-endian ELF program");
    }
    let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    for entry in 0..count {
        if number(table + entry * size, 4)? == INTERPRETER as usize {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_names_a_loader_is_not_static() {
        let test = fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(!is_static(&test).unwrap());
        assert!(is_static(b"#!/bin/sh\n").is_err());
    }

    #[test]
    fn a_program_without_a_loader_is_static() {
        // An ELF header with one entry in its program table: PT_LOAD.
        let mut program = vec![0; 120];
        program[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (program[32], program[54], program[56], program[64]) = (64, 56, 1, 1);
        assert!(is_static(&program).unwrap());
        program[64] = 3;
        assert!(!is_static(&program).unwrap());
    }
}
