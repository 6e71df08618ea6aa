//! Kinds of GPUs.

use super::{AMD_GPU, NVIDIA_GPU};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A kind of GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gpu {
    /// Of NVIDIA.
    Nvidia,
    /// Of AMD.
    Amd,
}

impl Gpu {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Nvidia, Self::Amd];

    /// What the API and the command line call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nvidia => "nvidia",
            Self::Amd => "amd",
        }
    }

    /// What pages call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nvidia => "NVIDIA",
            Self::Amd => "AMD",
        }
    }

    /// What Kubernetes calls it: a key of [`super::Container::gpus`].
    pub fn resource(self) -> &'static str {
        match self {
            Self::Nvidia => NVIDIA_GPU,
            Self::Amd => AMD_GPU,
        }
    }
}

impl fmt::Display for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Gpu {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|gpu| gpu.as_str() == text);
        found.ok_or_else(|| format!("no kind of GPU is called “{text}”: nvidia and amd are"))
    }
}
