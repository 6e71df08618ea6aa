//! What somebody may, with the line that says so.

use super::Origin;
use crate::Value;
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
}

impl Rights {
    pub(super) fn new(given: BTreeMap<&'static str, Given>) -> Self {
        Self { given }
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
        [self.memory("max-mem-mb"), self.count("max-memory-mb")].into_iter().flatten().min_by_key(|limit| limit.value)
    }

    /// How many sessions may run at once: the smaller one of the two keys that say it.
    pub fn sessions(&self) -> Option<Limit<u32>> {
        let fewest =
            [self.count("session-limit"), self.count("max-jobs")].into_iter().flatten().min_by_key(|l| l.value);
        fewest.map(|limit| Limit { value: u32::try_from(limit.value).unwrap_or(u32::MAX), origin: limit.origin })
    }

    /// The sizes that may be chosen; `None` for all.
    pub fn sizes(&self) -> Option<Limit<&[String]>> {
        let given = self.given.get("resource-profiles")?;
        match &given.value {
            Value::List(words) if !words.is_empty() => Some(Limit { value: words, origin: given.origin.clone() }),
            _ => None,
        }
    }

    /// Whether CPUs and memory of one's own may be asked for.
    pub fn custom(&self) -> Option<Limit<bool>> {
        let given = self.given.get("allow-custom-resources")?;
        let Value::Flag(value) = given.value else { return None };
        Some(Limit { value, origin: given.origin.clone() })
    }

    /// Minutes without use after which a session is suspended; 0 for never.
    pub fn suspend_minutes(&self) -> Option<Limit<u64>> {
        self.number("session-timeout-minutes")
    }

    /// Hours without use after which a session is ended; 0 for never.
    pub fn quit_hours(&self) -> Option<Limit<u64>> {
        self.number("session-timeout-kill-hours")
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

    fn count(&self, key: &str) -> Option<Limit<u64>> {
        self.number(key).filter(|limit| limit.value > 0)
    }
}

/// Whole MB: a part of one is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates, and is never below 0")]
pub(super) fn whole(megabytes: f64) -> u64 {
    megabytes.max(0.0) as u64
}
