//! What the kernel holds the processes of a session to, besides its size.

use serde::{Deserialize, Serialize};

/// Nothing where nothing is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bounds {
    /// How many processes and threads its account may have: the kernel counts those of all its sessions.
    pub processes: Option<u64>,
    /// How many files a process may have open.
    pub open_files: Option<u64>,
    /// From -20 (first) to 19 (last). Whoever has no rights gets no lower one than they have.
    pub priority: Option<i32>,
    /// The CPUs that they run on, counted from 0; any when none is named.
    pub cpus: Vec<u32>,
}

impl Bounds {
    /// Whether they hold nobody to anything.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
