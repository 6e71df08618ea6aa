//! buildah, with a store of its own, and with what the machine says about networks and authorities.

use super::base;
use crate::{places::Places, screen::Step};
use anyhow::Context;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The authorities that this machine trusts: a network may have one of its own.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// Where the build sees them.
const INSIDE: &str = "/run/authorities.crt";
/// What pip, npm and openssl take the authorities from.
const NAME_AUTHORITIES: &[&str] = &["PIP_CERT", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"];
/// Other package registries than the usual, if somebody uses any.
const NAME_REGISTRIES: &[&str] = &["PIP_INDEX_URL", "NPM_CONFIG_REGISTRY"];

/// What builds images.
pub(crate) struct Builder {
    /// Where archives, contexts and the store lie.
    pub(super) folder: PathBuf,
    /// The image that others begin with.
    pub(super) base: String,
}

/// An image to build.
pub(super) struct Build<'a> {
    /// Its name and tag.
    pub(super) name: &'a str,
    /// The folder with all that its Containerfile reads.
    pub(super) context: PathBuf,
    /// The Containerfile in it.
    pub(super) file: &'static str,
    /// `NAME=value`.
    pub(super) arguments: Vec<String>,
}

impl Builder {
    pub(super) fn new(places: &Places) -> anyhow::Result<Self> {
        let folder = places.cache.join("images");
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(Self { folder, base: base::name()? })
    }

    /// An empty folder for what a build reads.
    pub(super) fn context(&self, kind: &str) -> anyhow::Result<PathBuf> {
        let folder = self.folder.join("contexts").join(kind);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    pub(super) fn buildah(&self) -> Command {
        let mut buildah = Command::new("buildah");
        buildah.arg("--root").arg(self.folder.join("store")).arg("--runroot").arg(self.folder.join("run"));
        // In a container this is the isolation that works; runtimes want more rights.
        buildah.args(["--storage-driver", "overlay"]).env("BUILDAH_ISOLATION", "chroot").env("TMPDIR", &self.folder);
        buildah
    }

    /// Builds an image. Steps whose inputs did not change are taken from the store.
    pub(super) fn build(&self, step: &Step, build: &Build<'_>) -> anyhow::Result<()> {
        let mut buildah = self.buildah();
        buildah.args(["build", "--layers", "--network", "host", "--pull-never", "--tag", build.name]);
        buildah.args(["--build-arg", &format!("BASE={}", self.base)]);
        if Path::new(AUTHORITIES).exists() {
            buildah.args(["--volume", &format!("{AUTHORITIES}:{INSIDE}:ro")]);
            buildah.args(NAME_AUTHORITIES.iter().flat_map(|name| ["--build-arg".into(), format!("{name}={INSIDE}")]));
        }
        let registries = NAME_REGISTRIES.iter().filter_map(|name| Some(format!("{name}={}", env::var(name).ok()?)));
        for argument in registries.chain(build.arguments.iter().cloned()) {
            buildah.args(["--build-arg", &argument]);
        }
        step.run(buildah.arg("--file").arg(build.context.join(build.file)).arg(&build.context))
    }

    /// Writes an image as `docker save` does. Not compressed: nobody sends it anywhere.
    pub(super) fn archive(&self, step: &Step, name: &str, out: &Path) -> anyhow::Result<()> {
        let new = out.with_extension("new");
        if new.exists() {
            fs::remove_file(&new)?;
        }
        let mut buildah = self.buildah();
        buildah.args(["push", "--disable-compression", name]);
        step.run(buildah.arg(format!("docker-archive:{}:{name}", new.display())))?;
        fs::rename(new, out)?;
        Ok(())
    }
}
