//! The program beside the IDE, and the protocol it speaks with the server.
//!
//! The agent runs as the user of the session, starts the IDE, opens the way to it, keeps the idle clock, and ends
//! with a reason. It outlives the server.

#[cfg(feature = "gate")]
pub mod door;
pub mod folder;
#[cfg(feature = "gate")]
pub mod gate;
pub mod pod;
pub mod process;
#[cfg(feature = "program")]
pub mod program;
pub mod protocol;
pub mod room;
#[cfg(feature = "trust")]
pub mod trust;
