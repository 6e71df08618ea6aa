//! What launchers see of runs.

use crate::Cause;
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};

/// Where the agent of a run opens the way to the IDE.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Address {
    /// A socket in a folder that only the user of the run may enter. Connections to the IDE are handed over there.
    Unix(PathBuf),
    /// An address and port, with TLS pinned to the agent's certificate.
    Tls {
        /// Where.
        address: SocketAddr,
        /// SHA-256 of the agent's certificate (DER), in lower-case hexadecimal digits.
        certificate: String,
    },
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum Ending {
    /// The launcher was asked to stop it.
    Asked,
    /// Its agent got a signal to end, from elsewhere than a launcher: from whoever shuts down the host or takes away the pod.
    Signalled,
    /// The idle clock ran out and the rule says suspend.
    IdleSuspend,
    /// The idle clock ran out and the rule says quit.
    IdleQuit,
    /// The IDE ended by itself and well (exit 0), as after *Shut Down* in its own menu.
    Quit,
    /// It ended by itself or was killed, and `cause` says why.
    Failed {
        /// Why.
        cause: Cause,
    },
}

/// What a run uses at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// CPUs in use, averaged over the last seconds.
    pub cpus: f64,
    /// Memory of all its processes, in bytes.
    pub memory_bytes: u64,
    /// How many processes it has.
    pub processes: u32,
}
