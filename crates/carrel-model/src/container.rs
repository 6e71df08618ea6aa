//! The container of a session, where its cluster runs containers. Settled at the launch and kept in the spec, so that a
//! resumed session is the same account with the same image, whatever the rules say by then.

mod gpu;
mod text;

pub use gpu::Gpu;
pub use text::{image_fault, label_fault, label_value_fault};

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// What Kubernetes calls an NVIDIA GPU.
pub const NVIDIA_GPU: &str = "nvidia.com/gpu";
/// What Kubernetes calls an AMD GPU.
pub const AMD_GPU: &str = "amd.com/gpu";

/// The container that a session runs in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// The image, as `repository:tag` or by digest.
    pub image: String,
    /// As whom it runs.
    pub account: Account,
    /// CPUs that the scheduler sets aside (`resources.requests.cpu`); `None`: as many as the limit.
    #[serde(default)]
    pub cpu_request: Option<f64>,
    /// Memory in MiB that the scheduler sets aside; `None`: as much as the limit.
    #[serde(default)]
    pub memory_request_mb: Option<u64>,
    /// How many GPUs of each kind, by the name of the resource: [`NVIDIA_GPU`], [`AMD_GPU`].
    #[serde(default)]
    pub gpus: BTreeMap<String, u32>,
    /// Placement constraints: labels that the node must have, by name.
    #[serde(default)]
    pub placement: BTreeMap<String, String>,
    /// Changes to the Job before it is made (`job-json-overrides`), in order.
    #[serde(default)]
    pub overrides: Vec<Override>,
}

/// The account that a container runs as. It needs no entry anywhere but in the container's own passwd and group files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// User id; never 0.
    pub uid: u32,
    /// Primary group id; never 0.
    pub gid: u32,
    /// Supplementary groups: name and id.
    #[serde(default)]
    pub groups: Vec<(String, u32)>,
    /// The home folder, absolute.
    pub home: PathBuf,
    /// The login shell, absolute.
    pub shell: PathBuf,
}

/// One change to a Job (`"target":"file"` of job-json-overrides).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Where, as a JSON pointer into the Job (RFC 6901): `/spec/template/spec/tolerations`.
    pub target: String,
    /// What stands there afterwards, as JSON text.
    pub json: String,
}
