//! The sizes of a resources file.

use super::{granted, sections};
use crate::{At, Configuration, Value};
use carrel_model::Gpu;
use std::collections::BTreeMap;

/// A section of a resources file: a size that people choose by its name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedSize {
    /// The section.
    pub id: String,
    /// What pages call it.
    pub name: String,
    /// CPUs; the usual ones when not set.
    pub cpus: Option<f64>,
    /// Memory in MB; the usual one when not set.
    pub memory_mb: Option<u64>,
    /// What else pods of this size get.
    pub pod: PodSize,
    /// The section's first line.
    pub at: At,
}

/// What a size says of pods. Nothing stands here that the section does not set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodSize {
    /// CPUs that are reserved.
    pub cpu_request: Option<f64>,
    /// Memory in MB that is reserved.
    pub memory_request_mb: Option<u64>,
    /// GPUs by their kind.
    pub gpus: BTreeMap<Gpu, u32>,
    /// Labels that the node must have.
    pub placement: BTreeMap<String, String>,
}

pub(super) fn of(files: &Configuration, file: &str) -> Vec<NamedSize> {
    let mut found: Vec<NamedSize> = Vec::new();
    for (id, set) in sections(files, file) {
        let Some(first) = set.first() else { continue };
        let at = first.at.clone();
        let known = found.iter().position(|size| size.id == id);
        let known = known.unwrap_or_else(|| {
            let (id, pod) = (id.to_owned(), PodSize::default());
            found.push(NamedSize { name: id.clone(), id, cpus: None, memory_mb: None, pod, at });
            found.len() - 1
        });
        for setting in set {
            found[known].take(&setting.key, &setting.value);
        }
    }
    found
}

impl NamedSize {
    fn take(&mut self, key: &str, value: &Value) {
        let pod = &mut self.pod;
        match (key, value) {
            ("name", Value::Text(name)) if !name.is_empty() => self.name.clone_from(name),
            ("cpus", Value::Decimal(cpus)) if *cpus > 0.0 => self.cpus = Some(*cpus),
            ("mem-mb", Value::Decimal(memory)) if *memory > 0.0 => self.memory_mb = Some(granted::whole(*memory)),
            ("cpus-request", Value::Decimal(cpus)) if *cpus > 0.0 => pod.cpu_request = Some(*cpus),
            ("mem-mb-request", Value::Decimal(memory)) if *memory > 0.0 => {
                pod.memory_request_mb = Some(granted::whole(*memory));
            }
            ("nvidia-gpus", Value::Whole(gpus)) => drop(pod.gpus.insert(Gpu::Nvidia, granted::count(*gpus))),
            ("amd-gpus", Value::Whole(gpus)) => drop(pod.gpus.insert(Gpu::Amd, granted::count(*gpus))),
            ("placement-constraints", Value::List(words)) => {
                let labels = words.iter().filter_map(|word| placement_of(word));
                pod.placement = labels.filter_map(|(label, value)| Some((label.into(), value?.into()))).collect();
            }
            _ => {}
        }
    }

    /// Whether pods of this size get GPUs.
    pub fn has_gpus(&self) -> bool {
        self.pod.gpus.values().any(|gpus| *gpus > 0)
    }
}

/// `label:value`, or a label alone, whose value is free. Nothing for an empty word.
pub fn placement_of(word: &str) -> Option<(&str, Option<&str>)> {
    let (label, value) = word.split_once(':').map_or((word, None), |(label, value)| (label, Some(value.trim())));
    let label = label.trim();
    (!label.is_empty()).then_some((label, value))
}
