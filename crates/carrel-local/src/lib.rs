//! Launcher: processes on this host.
//!
//! Each run has a folder `<data folder>/run/<session>-<generation>/` of mode 0700 and an agent in it, which outlives
//! the server. What is known of a run is what its agent says; what an agent cannot say any more stands in the folder.
//! So a server that starts anew needs nothing but the folders.

mod folders;
mod launcher;
mod open;
mod place;
mod spawn;
mod sweep;

pub use launcher::LocalLauncher;
pub use open::{LocalSettings, OpenError};
