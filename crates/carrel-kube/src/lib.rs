//! Launcher: Kubernetes Jobs.
//!
//! A run is a `batch/v1` Job with one pod ([`job`]). What the cluster tells of Jobs, pods and events goes into a plain
//! [`index`], where a table ([`reasons`]) turns it into what people read. The agent in the pod is found by its address and
//! the certificate in its log, and from then on asked like any other (`carrel-control`).

pub mod access;
mod agent;
mod attach;
mod connect;
mod errors;
pub mod index;
pub mod job;
mod launcher;
mod logs;
pub mod names;
pub mod pull;
pub mod reasons;
mod shared;
mod survey;
mod watch;

pub use connect::{ConnectError, client};
pub use launcher::{KubeLauncher, instance};
pub use survey::survey;
