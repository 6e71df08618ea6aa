//! The place where sessions run: the clusters of launcher.conf, and which of them it is.

use super::Settings;
use crate::{At, Configuration, Diagnostic, Level, Source, nearest::nearest, read};

const FILE: &str = "launcher.conf";
const RSERVER: &str = "rserver.conf";

/// What kind of place it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClusterKind {
    /// The server's own host.
    #[default]
    Local,
    /// Pods of a Kubernetes cluster.
    Kubernetes,
}

/// The place where sessions run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    /// What it is.
    pub kind: ClusterKind,
    /// What a file calls it.
    pub name: Option<String>,
}

impl Cluster {
    /// What it is called.
    pub fn name(&self) -> &str {
        let usual = match self.kind {
            ClusterKind::Local => "local",
            ClusterKind::Kubernetes => "Kubernetes",
        };
        self.name.as_deref().unwrap_or(usual)
    }
}

/// One that a file describes.
struct Described {
    at: At,
    kind: ClusterKind,
    name: Option<String>,
}

pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let there = described(files, &mut told);
    let Some(chosen) = chosen(&there, files, &mut told) else { return told };
    settings.cluster = Cluster { kind: chosen.kind, name: chosen.name.clone() };
    for other in there.iter().filter(|other| other.at != chosen.at) {
        let text = format!("sessions run on the cluster “{}” only, so none run on this one", settings.cluster.name());
        told.push(Diagnostic::new(other.at.clone(), Level::Warning, "one-cluster", text));
    }
    told
}

/// The one that rserver.conf names, or else the first for sessions.
fn chosen<'a>(there: &'a [Described], files: &Configuration, told: &mut Vec<Diagnostic>) -> Option<&'a Described> {
    let all = || there.iter().filter_map(|one| one.name.as_deref());
    let mut find = |key: &str, wanted: &str, at: Option<At>| {
        let found = there.iter().find(|one| one.name.as_deref() == Some(wanted));
        if let (None, Some(at)) = (found, at) {
            let text = format!("{key} names no cluster of {FILE}");
            let one = Diagnostic::new(at, Level::Warning, "no-such-cluster", text).found(wanted);
            let one = one.meant(nearest(wanted, all()));
            told.push(if there.is_empty() { one } else { one.allowed(all().collect::<Vec<_>>().join(", ")) });
        }
        found
    };
    let default = files.get(RSERVER, "launcher-default-cluster");
    let by_default = default.text().filter(|name| !name.is_empty());
    let by_default = by_default.and_then(|name| find("launcher-default-cluster", name, default.at.clone()));
    let of_sessions = files.get(RSERVER, "launcher-sessions-clusters");
    let mut for_sessions = Vec::new();
    for name in of_sessions.list() {
        for_sessions.extend(find("launcher-sessions-clusters", name, of_sessions.at.clone()));
    }
    by_default.or_else(|| for_sessions.into_iter().next()).or_else(|| there.first())
}

/// The `[cluster]` sections, each for itself: which lines belong together is seen in the text only.
fn described(files: &Configuration, told: &mut Vec<Diagnostic>) -> Vec<Described> {
    let (Some(found), Some(text)) = (files.found(FILE), files.text(FILE)) else { return Vec::new() };
    let (source, _) = Source::new(found.path.clone(), text.as_bytes());
    let mut there = Vec::new();
    for section in read::ini(&source).found.sections.into_iter().filter(|section| section.name == Some("cluster")) {
        let value = |key: &str| section.entries.iter().rfind(|entry| entry.key == key).and_then(|entry| entry.value);
        let Some(kind) = value("type").map(str::trim) else { continue };
        let name = value("name").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
        let kind = match kind.to_ascii_lowercase().as_str() {
            "local" => ClusterKind::Local,
            "kubernetes" => ClusterKind::Kubernetes,
            "slurm" | "plugin" => {
                let text = "this cluster is not supported, so no sessions run on it";
                let one = Diagnostic::new(section.at, Level::Warning, "not-supported", text).found(kind);
                told.push(one.allowed("Local, Kubernetes"));
                continue;
            }
            // Told as a wrong value when the file was read.
            _ => continue,
        };
        there.push(Described { at: section.at, kind, name });
    }
    there
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::file_named;
    use std::path::Path;

    fn applied(files: &[(&str, &str)]) -> (ClusterKind, String, Vec<String>) {
        let mut read = Configuration::default();
        for (name, text) in files {
            read.read(file_named(name).unwrap(), Path::new(name), text.as_bytes());
        }
        let mut settings = Settings::local("/d".into(), "/a".into(), Vec::new());
        let told = apply(&mut settings, &read);
        let told = told.iter().map(ToString::to_string).collect();
        (settings.cluster.kind, settings.cluster.name().to_owned(), told)
    }

    const BOTH: &str =
        "[server]\nport=5559\n[cluster]\nname=K8s\ntype=Kubernetes\n[cluster]\nexe=\nname=Big Host\ntype=Local\n";

    #[test]
    fn without_a_file_it_is_this_host_and_a_file_gives_kind_and_name() {
        assert_eq!(applied(&[]), (ClusterKind::Local, "local".into(), Vec::new()));
        let one = |text| applied(&[("launcher.conf", text)]);
        assert_eq!(one("[cluster]\ntype=Local\nname=Big Host\n"), (ClusterKind::Local, "Big Host".into(), Vec::new()));
        assert_eq!(one("[cluster]\ntype=kubernetes\n"), (ClusterKind::Kubernetes, "Kubernetes".into(), Vec::new()));
    }

    #[test]
    fn of_several_the_default_one_is_taken_and_of_the_others_it_is_told() {
        let (kind, name, told) = applied(&[("launcher.conf", BOTH)]);
        assert_eq!((kind, name.as_str()), (ClusterKind::Kubernetes, "K8s"));
        let why = "sessions run on the cluster “K8s” only, so none run on this one [one-cluster]";
        assert_eq!(told, [format!("launcher.conf:6: warning: {why}")]);
        for line in ["launcher-default-cluster=Big Host\n", "launcher-sessions-clusters=Big Host\n"] {
            let (kind, name, told) = applied(&[("launcher.conf", BOTH), ("rserver.conf", line)]);
            assert_eq!((kind, name.as_str(), told.len()), (ClusterKind::Local, "Big Host", 1), "{line}");
        }
    }

    #[test]
    fn a_cluster_that_is_not_there_or_not_supported_is_told() {
        let wrong = [("launcher.conf", BOTH), ("rserver.conf", "launcher-default-cluster=K9s\n")];
        let (kind, _, told) = applied(&wrong);
        assert_eq!(kind, ClusterKind::Kubernetes);
        assert_eq!(
            told[0],
            "rserver.conf:1: warning: launcher-default-cluster names no cluster of launcher.conf; found “K9s”; allowed: K8s, \
             Big Host; did you mean “K8s”? [no-such-cluster]"
        );
        let (kind, _, told) = applied(&[("launcher.conf", "[cluster]\nname=s\ntype=Slurm\n")]);
        assert_eq!((kind, told.len()), (ClusterKind::Local, 1));
        assert!(told[0].starts_with("launcher.conf:1: warning: this cluster is not supported"), "{told:?}");
    }
}
