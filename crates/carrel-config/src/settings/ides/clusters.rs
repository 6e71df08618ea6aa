//! `launcher.conf` and `launcher.local.conf`: the places where sessions run.

use super::{IdeSettings, set_whole};
use crate::{At, Configuration, Diagnostic, Level, Source, read};
use std::time::Duration;

const FILE: &str = "launcher.conf";

pub(super) fn apply(ides: &mut IdeSettings, files: &Configuration, told: &mut Vec<Diagnostic>) {
    for cluster in clusters(files) {
        let Some(kind) = &cluster.kind else { continue };
        match kind.to_ascii_lowercase().as_str() {
            "local" => ides.local_cluster = cluster.name.filter(|name| !name.is_empty()),
            "kubernetes" => {
                let text = "this cluster is not there yet: sessions run on the server's host";
                told.push(Diagnostic::new(cluster.at, Level::Warning, "not-yet", text).found(kind));
            }
            "slurm" | "plugin" => {
                let text = "this cluster is not supported: sessions run on the server's host";
                let told_of = Diagnostic::new(cluster.at, Level::Warning, "not-supported", text).found(kind);
                told.push(told_of.allowed("Local, Kubernetes"));
            }
            // Told as a wrong value when the file was read.
            _ => {}
        }
    }
    let hours = set_whole(&files.get("launcher.local.conf", "job-expiry-hours"));
    ides.listed_for = hours.map(|hours| Duration::from_secs(hours.saturating_mul(3600)));
}

struct Cluster {
    at: At,
    name: Option<String>,
    kind: Option<String>,
}

/// The `[cluster]` sections, each for itself: which lines belong together is seen in the text only.
fn clusters(files: &Configuration) -> Vec<Cluster> {
    let (Some(found), Some(text)) = (files.found(FILE), files.text(FILE)) else { return Vec::new() };
    let (source, _) = Source::new(found.path.clone(), text.as_bytes());
    let sections = read::ini(&source).found.sections.into_iter();
    sections
        .filter(|section| section.name == Some("cluster"))
        .map(|section| {
            let value = |key: &str| {
                section.entries.iter().rfind(|entry| entry.key == key).and_then(|e| e.value.map(str::to_owned))
            };
            Cluster { name: value("name"), kind: value("type"), at: section.at }
        })
        .collect()
}
