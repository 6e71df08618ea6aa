//! Named sizes (resource profiles) of sessions.

use serde::{Deserialize, Serialize};

/// A named size that somebody may choose for a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Size {
    /// What the API and the command line call it: `small`.
    pub id: String,
    /// What pages call it: `Small`.
    pub name: String,
    /// CPUs, fractions allowed.
    pub cpus: f64,
    /// Memory in MiB.
    pub memory_mb: u64,
}

/// What a host has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// CPUs.
    pub cpus: f64,
    /// Memory in MiB.
    pub memory_mb: u64,
}

/// The sizes that fit a host of this many CPUs and MiB of memory, smallest first. The first is the default. A host
/// smaller than the smallest size is offered whole.
pub fn sizes_of_host(cpus: f64, memory_mb: u64) -> Vec<Size> {
    let [smallest, ..] = usual_sizes();
    let mut sizes = Vec::from(usual_sizes());
    sizes.retain(|size| size.cpus <= cpus && size.memory_mb <= memory_mb);
    if sizes.is_empty() {
        sizes.push(Size { cpus, memory_mb, ..smallest });
    }
    sizes
}

/// The sizes where nobody says others, smallest first.
pub fn usual_sizes() -> [Size; 3] {
    let size = |id: &str, name: &str, cpus, memory_mb| Size { id: id.into(), name: name.into(), cpus, memory_mb };
    [size("small", "Small", 1.0, 2048), size("medium", "Medium", 2.0, 4096), size("large", "Large", 4.0, 16384)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(cpus: f64, memory_mb: u64) -> Vec<String> {
        sizes_of_host(cpus, memory_mb).into_iter().map(|s| s.id).collect()
    }

    #[test]
    fn no_size_is_larger_than_the_host() {
        assert_eq!(ids(2.0, 24_000), ["small", "medium"]);
        assert_eq!(ids(16.0, 64_000), ["small", "medium", "large"]);
        assert_eq!(ids(0.5, 512), ["small"]);
        assert!((sizes_of_host(0.5, 512)[0].cpus - 0.5).abs() < f64::EPSILON);
    }
}
