//! The life of sessions: launch, observe, stop, expire; the launcher contract.

pub mod catalogue;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
pub mod launcher;
