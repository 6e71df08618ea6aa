//! What cargo knows of the workspace.

use anyhow::{Context, bail};
use serde::Deserialize;
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// What `cargo metadata` says, as far as it is needed here.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    /// Where cargo builds.
    pub(crate) target_directory: PathBuf,
    /// All packages; without dependencies only ours.
    pub(crate) packages: Vec<Package>,
    /// The ids of our own.
    #[serde(rename = "workspace_members")]
    pub(crate) members: Vec<String>,
    /// Who uses whom; empty when read without dependencies.
    pub(crate) resolve: Option<Resolve>,
}

/// A package.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    /// Its id, unique in the workspace.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// What it names in its Cargo.toml.
    pub(crate) dependencies: Vec<Dependency>,
}

/// A line of `[dependencies]`.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// Of which package.
    pub(crate) name: String,
    /// `dev`, `build`, or nothing.
    pub(crate) kind: Option<String>,
}

/// The packages that are really used, for this machine and these features.
#[derive(Debug, Deserialize)]
pub(crate) struct Resolve {
    /// One for each package.
    pub(crate) nodes: Vec<Node>,
}

/// A package with those that it uses, by id.
#[derive(Debug, Deserialize)]
pub(crate) struct Node {
    /// Its id.
    pub(crate) id: String,
    /// The ids of what it uses.
    pub(crate) dependencies: Vec<String>,
}

impl Workspace {
    /// Only our own packages: quick.
    pub(crate) fn own(root: &Path) -> anyhow::Result<Self> {
        Self::read(root, &["--no-deps"])
    }

    /// With everything that they use.
    pub(crate) fn whole(root: &Path) -> anyhow::Result<Self> {
        Self::read(root, &["--locked", "--all-features", "--filter-platform", &host()?])
    }

    fn read(root: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let out = cargo(root).args(["metadata", "--format-version", "1"]).args(arguments).output()?;
        if !out.status.success() {
            bail!("cargo metadata failed: {}", String::from_utf8_lossy(&out.stderr).trim());
        }
        serde_json::from_slice(&out.stdout).context("cargo metadata says something that is not understood")
    }
}

/// What cargo tells a program that it runs about its package. Build scripts watch some of it (that of ring does): handed on
/// to another cargo, everything above them would be compiled anew in each clone, and whenever somebody calls cargo by hand.
const OF_THIS_PACKAGE: &[&str] = &["CARGO_MANIFEST_", "CARGO_PKG_"];

/// Cargo, the one that runs this.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    let of_this_package = |name: &str| OF_THIS_PACKAGE.iter().any(|start| name.starts_with(start));
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_this_package)) {
        command.env_remove(name);
    }
    command
}

/// The triple of this machine.
pub(crate) fn host() -> anyhow::Result<String> {
    let out = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("-vV").output()?;
    let text = String::from_utf8_lossy(&out.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc does not name its host")?;
    Ok(host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_cargo_hears_nothing_of_this_package() {
        // Cargo told this test, too.
        assert!(env::var_os("CARGO_MANIFEST_DIR").is_some());
        let cargo = cargo(Path::new("/"));
        let removed = |name: &str| cargo.get_envs().any(|(known, value)| known == name && value.is_none());
        assert!(removed("CARGO_MANIFEST_DIR") && removed("CARGO_PKG_NAME"));
        assert!(!removed("CARGO_HOME") && !removed("CARGO_TARGET_DIR"));
    }
}
