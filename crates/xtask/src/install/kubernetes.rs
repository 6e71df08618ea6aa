//! Kubernetes, helm and what belongs to them, built from source: `e2e/cluster/programs` says from which.

use super::{
    go::{self, Go, Module},
    link,
};
use crate::{
    cluster::archive,
    places::Places,
    screen::{Screen, Step},
    stamp::Inputs,
};
use anyhow::{Context, ensure};
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

const MODULE: &str = include_str!("../../../../e2e/cluster/programs/go.mod");
/// The package of the one program `kube`.
const KUBE: &str = "./kube";
/// The names under which it is called.
const FACES: &[&str] =
    &["etcd", "kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet"];
/// The packages of the other programs, each of which is named as the last part of its package.
const OTHERS: &[&str] =
    &["helm.sh/helm/v3/cmd/helm", "github.com/helm-unittest/helm-unittest/cmd/helm-unittest", "./coredns", "./pause"];

/// The programs of a cluster and of its clients.
pub(crate) struct Kubernetes {
    /// The folder with them.
    pub(crate) programs: PathBuf,
}

impl Kubernetes {
    /// Those that were built for this clone.
    pub(crate) fn of(places: &Places) -> anyhow::Result<Self> {
        let folder = folder(places)?;
        ensure!(folder.join(".complete").exists(), "not built yet: run `cargo xtask cluster install`");
        Ok(Self { programs: folder.join("bin") })
    }

    /// The images that a node needs from the start, as archives.
    pub(crate) fn images(&self) -> [PathBuf; 2] {
        ["pause", "coredns"].map(|name| self.programs.with_file_name(format!("{name}.tar")))
    }
}

/// Builds them unless they are there.
pub(crate) fn kubernetes(screen: &Screen, places: &Places) -> anyhow::Result<Kubernetes> {
    let source = places.root.join("e2e/cluster/programs");
    let make = |step: &Step, go: &Go, folder: &Path| make(step, go, &source, folder);
    let version = required(MODULE, "k8s.io/kubernetes")?;
    go::built(screen, places, Module { name: "Kubernetes", version, folder: folder(places)?, make: &make })?;
    Kubernetes::of(places)
}

fn folder(places: &Places) -> anyhow::Result<PathBuf> {
    let inputs = Inputs::new().files(&places.root.join("e2e/cluster/programs"), &[])?;
    Ok(places.cache.join(format!("kubernetes-{}", inputs.hash())))
}

fn make(step: &Step, go: &Go, source: &Path, folder: &Path) -> anyhow::Result<()> {
    let programs = folder.join("bin");
    fs::create_dir_all(&programs)?;
    let flags = linker_flags(MODULE)?;
    step.now("compiling");
    step.run(go.build(source, &flags).arg("-o").arg(&programs).arg(KUBE).args(OTHERS))?;
    for face in FACES {
        link("kube", &programs.join(face))?;
    }
    for name in ["pause", "coredns"] {
        let image = archive::Image { name: &format!("carrel.test/{name}:1"), program: &programs.join(name) };
        archive::pack(&image, &folder.join(format!("{name}.tar")))?;
    }
    Ok(())
}

/// Clients and servers tell each other their versions, which come from the linker.
fn linker_flags(module: &str) -> anyhow::Result<String> {
    let kubernetes = required(module, "k8s.io/kubernetes")?;
    let helm = required(module, "helm.sh/helm/v3")?;
    let minor = kubernetes.split('.').nth(1).context("a version without a minor number")?;
    let mut flags = format!("-X helm.sh/helm/v3/internal/version.version={helm}");
    for package in ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"] {
        let words = [("gitVersion", kubernetes), ("gitMajor", "1"), ("gitMinor", minor), ("gitTreeState", "clean")];
        for (name, value) in words {
            let _ = write!(flags, " -X {package}.{name}={value}");
        }
    }
    Ok(flags)
}

/// Which version of a module is required.
fn required<'a>(module: &'a str, path: &str) -> anyhow::Result<&'a str> {
    let version = |line: &'a str| {
        let mut words = line.split_whitespace();
        (words.next() == Some(path)).then(|| words.next())?.filter(|word| word.starts_with('v'))
    };
    module.lines().find_map(version).with_context(|| format!("go.mod does not require {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_module() {
        let module = "tool (\n\thelm.sh/helm/v3/cmd/helm\n)\nrequire (\n\thelm.sh/helm/v3 v3.1.2 // indirect\n\tk8s.io/kubernetes v1.34.4\n)\n";
        assert_eq!(required(module, "k8s.io/kubernetes").unwrap(), "v1.34.4");
        let flags = linker_flags(module).unwrap();
        assert!(flags.contains("version.gitMinor=34") && flags.contains("version=v3.1.2"), "{flags}");
        assert!(required(module, "k8s.io/kube").is_err());
        linker_flags(MODULE).unwrap();
    }
}
