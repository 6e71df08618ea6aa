//! The life of sessions: launch, observe, stop, expire; the launcher contract.

pub mod catalogue;
pub mod launcher;
