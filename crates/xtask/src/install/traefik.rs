//! Traefik, the Ingress controller that the guide is followed with, built from its module.

use super::go::{self, Go, Module};
use crate::{
    cluster::archive,
    places::Places,
    screen::{Screen, Step},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const MODULE: &str = "github.com/traefik/traefik/v3";
const VERSION: &str = "v3.6.12";

/// The name of its image.
pub(crate) const IMAGE: &str = "carrel.test/traefik:1";

/// Builds it unless it is there. The archive with its image.
pub(crate) fn traefik(screen: &Screen, places: &Places) -> anyhow::Result<PathBuf> {
    let folder = places.cache.join(format!("traefik-{VERSION}"));
    go::built(screen, places, Module { name: "Traefik", version: VERSION, folder: folder.clone(), make: &make })?;
    Ok(folder.join("traefik.tar"))
}

fn make(step: &Step, go: &Go, folder: &Path) -> anyhow::Result<()> {
    step.now("downloading its module");
    let source = go.sources(&format!("{MODULE}@{VERSION}"), folder)?;
    // The pages of its dashboard are not in the module, and the program holds them.
    let pages = source.join("webui/static");
    fs::create_dir_all(&pages)?;
    fs::write(pages.join("index.html"), "")?;
    step.now("compiling");
    let program = folder.join("traefik");
    let mut build = go.command(&source);
    build.args(["build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o"]);
    step.run(build.arg(&program).arg("./cmd/traefik"))?;
    archive::pack(&archive::Image { name: IMAGE, program: &program }, &folder.join("traefik.tar"))?;
    fs::remove_file(program)?;
    fs::remove_dir_all(source)?;
    Ok(())
}
