//! What somebody may, with the line that says so.

use super::Origin;
use crate::Value;
use carrel_model::{Gpu, container::Override};
use std::collections::BTreeMap;

/// A value and the line that it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// What is set.
    pub value: Value,
    /// Where, and for whom.
    pub origin: Origin,
}

/// A figure and the line that it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit<T> {
    /// The figure.
    pub value: T,
    /// Where it is set, and for whom.
    pub origin: Origin,
}

/// What one person may. A figure of 0 is none, as in the original: then there is no bound and nothing is the usual.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rights {
    given: BTreeMap<&'static str, Given>,
    overrides: Vec<Override>,
}

impl Rights {
    pub(super) fn new(given: BTreeMap<&'static str, Given>, overrides: Vec<Override>) -> Self {
        Self { given, overrides }
    }

    /// Everything that a rule sets, by key.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &Given)> {
        self.given.iter().map(|(key, given)| (*key, given))
    }

    /// CPUs of a session when none are asked for.
    pub fn usual_cpus(&self) -> Option<Limit<f64>> {
        self.positive("default-cpus")
    }

    /// The most CPUs of a session.
    pub fn most_cpus(&self) -> Option<Limit<f64>> {
        self.positive("max-cpus")
    }

    /// Memory of a session in MB when none is asked for.
    pub fn usual_memory_mb(&self) -> Option<Limit<u64>> {
        self.memory("default-mem-mb")
    }

    /// The most memory of a session in MB: the smaller one of what its size and what its processes may have.
    pub fn most_memory_mb(&self) -> Option<Limit<u64>> {
        [self.memory("max-mem-mb"), self.bound("max-memory-mb")].into_iter().flatten().min_by_key(|limit| limit.value)
    }

    /// How many sessions may run at once: the smaller one of the two keys that say it.
    pub fn sessions(&self) -> Option<Limit<u32>> {
        let fewest =
            [self.bound("session-limit"), self.bound("max-jobs")].into_iter().flatten().min_by_key(|l| l.value);
        fewest.map(|limit| Limit { value: count(limit.value), origin: limit.origin })
    }

    /// The sizes that may be chosen; `None` for all.
    pub fn sizes(&self) -> Option<Limit<&[String]>> {
        self.words("resource-profiles")
    }

    /// Whether CPUs, memory and GPUs of one's own may be asked for.
    pub fn custom(&self) -> Option<Limit<bool>> {
        self.flag("allow-custom-resources")
    }

    /// The images that are offered; `None` when none are named.
    pub fn images(&self) -> Option<Limit<&[String]>> {
        self.words("container-images")
    }

    /// The image when none is asked for.
    pub fn usual_image(&self) -> Option<Limit<&str>> {
        self.text("default-container-image")
    }

    /// The R that is chosen first.
    pub fn r_version(&self) -> Option<Limit<&str>> {
        self.text("r-version")
    }

    /// The Rs that may be chosen; `None` when none are named.
    pub fn r_versions(&self) -> Option<Limit<&[String]>> {
        self.words("r-versions")
    }

    /// Whether images may be asked for that are not offered.
    pub fn other_images(&self) -> Option<Limit<bool>> {
        self.flag("allow-unknown-images")
    }

    /// Labels of nodes that may be asked for, as `label:value`, or a label alone whose value is free.
    pub fn placement(&self) -> Option<Limit<&[String]>> {
        self.words("placement-constraints")
    }

    /// CPUs that are reserved for a session with so many: what is usually reserved, or that part of them.
    pub fn cpu_request(&self, cpus: f64) -> Option<Limit<f64>> {
        let part = || {
            let ratio = self.positive("cpu-request-ratio")?;
            // Kubernetes counts thousandths.
            Some(Limit { value: (cpus * ratio.value * 1000.0).round().max(1.0) / 1000.0, origin: ratio.origin })
        };
        self.positive("default-cpus-request").or_else(part)
    }

    /// The most CPUs that are reserved for a session.
    pub fn most_cpu_request(&self) -> Option<Limit<f64>> {
        self.positive("max-cpus-request")
    }

    /// Memory in MB that is reserved for a session with so much: what is usually reserved, or that part of it.
    pub fn memory_request_mb(&self, memory_mb: u64) -> Option<Limit<u64>> {
        let part = || {
            let ratio = self.positive("memory-request-ratio")?;
            #[expect(clippy::cast_precision_loss, reason = "no machine has that much memory")]
            let reserved = memory_mb as f64 * ratio.value;
            Some(Limit { value: whole(reserved).max(1), origin: ratio.origin })
        };
        self.memory("default-mem-mb-request").or_else(part)
    }

    /// The most memory in MB that is reserved for a session.
    pub fn most_memory_request_mb(&self) -> Option<Limit<u64>> {
        self.memory("max-mem-mb-request")
    }

    /// GPUs of this kind when none are asked for.
    pub fn usual_gpus(&self, gpu: Gpu) -> Option<Limit<u32>> {
        self.gpus(match gpu {
            Gpu::Nvidia => "default-nvidia-gpus",
            Gpu::Amd => "default-amd-gpus",
        })
    }

    /// The most GPUs of this kind; 0 for none.
    pub fn most_gpus(&self, gpu: Gpu) -> Option<Limit<u32>> {
        self.gpus(match gpu {
            Gpu::Nvidia => "max-nvidia-gpus",
            Gpu::Amd => "max-amd-gpus",
        })
    }

    /// Changes of the Job.
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// Minutes without use after which a session is suspended; 0 for never.
    pub fn suspend_minutes(&self) -> Option<Limit<u64>> {
        self.number("session-timeout-minutes")
    }

    /// Hours without use after which a session is ended; 0 for never.
    pub fn quit_hours(&self) -> Option<Limit<u64>> {
        self.number("session-timeout-kill-hours")
    }

    fn text(&self, key: &str) -> Option<Limit<&str>> {
        let given = self.given.get(key)?;
        match &given.value {
            Value::Text(text) if !text.is_empty() => Some(Limit { value: text, origin: given.origin.clone() }),
            _ => None,
        }
    }

    fn words(&self, key: &str) -> Option<Limit<&[String]>> {
        let given = self.given.get(key)?;
        match &given.value {
            Value::List(words) if !words.is_empty() => Some(Limit { value: words, origin: given.origin.clone() }),
            _ => None,
        }
    }

    fn flag(&self, key: &str) -> Option<Limit<bool>> {
        let given = self.given.get(key)?;
        let Value::Flag(value) = given.value else { return None };
        Some(Limit { value, origin: given.origin.clone() })
    }

    fn gpus(&self, key: &str) -> Option<Limit<u32>> {
        self.number(key).map(|limit| Limit { value: count(limit.value), origin: limit.origin })
    }

    fn positive(&self, key: &str) -> Option<Limit<f64>> {
        let given = self.given.get(key)?;
        let Value::Decimal(value) = given.value else { return None };
        (value > 0.0).then(|| Limit { value, origin: given.origin.clone() })
    }

    fn memory(&self, key: &str) -> Option<Limit<u64>> {
        self.positive(key).map(|limit| Limit { value: whole(limit.value), origin: limit.origin })
    }

    fn number(&self, key: &str) -> Option<Limit<u64>> {
        let given = self.given.get(key)?;
        let Value::Whole(value) = given.value else { return None };
        Some(Limit { value, origin: given.origin.clone() })
    }

    pub(super) fn bound(&self, key: &str) -> Option<Limit<u64>> {
        self.number(key).filter(|limit| limit.value > 0)
    }
}

/// Whole MB: a part of one is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates, and is never below 0")]
pub(super) fn whole(megabytes: f64) -> u64 {
    megabytes.max(0.0) as u64
}

/// Nobody has more than fit.
pub(super) fn count(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
