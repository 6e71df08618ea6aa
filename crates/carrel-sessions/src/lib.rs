//! The life of sessions: launch, observe, stop, expire; the launcher contract.
//!
//! [`Sessions`] is what people can do: each call writes rows. [`Supervisor`] is what follows from rows. [`Launcher`]
//! is where sessions run. [`catalogue`] is what they run.

pub mod ask;
pub mod catalogue;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
pub mod counted;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
pub mod launcher;
pub mod offering;
pub mod pods;
pub mod sessions;
pub mod supervise;
pub mod what_if;

pub use ask::{AskError, NewSession};
pub use launcher::Launcher;
pub use offering::Offering;
pub use sessions::{Caller, ChangeError, LaunchError, NewSize, Sessions, Use};
pub use supervise::Supervisor;
pub use what_if::WhatIf;
