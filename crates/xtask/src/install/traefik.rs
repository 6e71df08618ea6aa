//! Traefik, the Ingress controller that the guide is followed with, built from its module.

use super::go::{self, Go, Module};
use crate::{
    cluster::archive,
    places::Places,
    screen::{Screen, Step},
    stamp::Inputs,
};
use anyhow::{Context, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

const MODULE: &str = "github.com/traefik/traefik/v3";
const VERSION: &str = "v3.6.12";

/// The name of its image.
pub(crate) const IMAGE: &str = "carrel.test/traefik:1";

/// What stands in place of code for clouds, which is more than half of what there would be to compile.
const NO_DNS: &str = include_str!("../../../../e2e/cluster/traefik/dns.go");
const NO_ECS: &str = include_str!("../../../../e2e/cluster/traefik/ecs.go");
/// Where the ACME client has its DNS providers from.
const DNS: &str = "\"github.com/go-acme/lego/v4/providers/dns\"";

/// Builds it unless it is there. The archive with its image.
pub(crate) fn traefik(screen: &Screen, places: &Places) -> anyhow::Result<PathBuf> {
    let inputs = Inputs::new().text(VERSION).text(NO_DNS).text(NO_ECS);
    let folder = places.cache.join(format!("traefik-{}", inputs.hash()));
    go::built(screen, places, Module { name: "Traefik", version: VERSION, folder: folder.clone(), make: &make })?;
    Ok(folder.join("traefik.tar"))
}

fn make(step: &Step, go: &Go, folder: &Path) -> anyhow::Result<()> {
    step.now("downloading its module");
    let source = go.sources(&format!("{MODULE}@{VERSION}"), folder)?;
    // The pages of its dashboard are not in the module, and the program holds them.
    put(&source.join("webui/static/index.html"), "")?;
    without_clouds(&source)?;
    step.now("compiling");
    let program = folder.join("traefik");
    let mut build = go.build(&source, "");
    step.run(build.arg("-o").arg(&program).arg("./cmd/traefik"))?;
    archive::pack(&archive::Image { name: IMAGE, program: &program }, &folder.join("traefik.tar"))?;
    fs::remove_file(program)?;
    fs::remove_dir_all(source)?;
    Ok(())
}

/// Takes out what the cluster of the tests has no use for.
fn without_clouds(source: &Path) -> anyhow::Result<()> {
    let providers = source.join("pkg/provider");
    let client = providers.join("acme/provider.go");
    let text = fs::read_to_string(&client).with_context(|| format!("{} cannot be read", client.display()))?;
    ensure!(text.contains(DNS), "{} has its DNS providers from elsewhere than {DNS}", client.display());
    fs::write(&client, text.replace(DNS, &format!("\"{MODULE}/pkg/provider/acme/dns\"")))?;
    put(&providers.join("acme/dns/dns.go"), NO_DNS)?;
    let ecs = providers.join("ecs");
    fs::remove_dir_all(&ecs).with_context(|| format!("{} cannot be removed", ecs.display()))?;
    put(&ecs.join("ecs.go"), NO_ECS)
}

fn put(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::create_dir_all(file.parent().context("a file without a folder")?)?;
    fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_are_taken_out_where_they_are_expected_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let providers = folder.path().join("pkg/provider");
        let client = providers.join("acme/provider.go");
        put(&client, "import \"elsewhere/dns\"\n").unwrap();
        let error = without_clouds(folder.path()).unwrap_err().to_string();
        assert!(error.contains("acme/provider.go has its DNS providers from elsewhere"), "{error}");
        put(&client, &format!("import (\n\t{DNS}\n)\n")).unwrap();
        put(&providers.join("ecs/config.go"), "package ecs\n").unwrap();
        without_clouds(folder.path()).unwrap();
        assert!(
            fs::read_to_string(client).unwrap().contains("\"github.com/traefik/traefik/v3/pkg/provider/acme/dns\"")
        );
        assert!(providers.join("acme/dns/dns.go").exists() && providers.join("ecs/ecs.go").exists());
        assert!(!providers.join("ecs/config.go").exists());
    }
}
