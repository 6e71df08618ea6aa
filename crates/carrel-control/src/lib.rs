//! The server's side of the agent's protocol: calls, following a run, what was told to whom.
//!
//! A launcher that has agents (processes of a host, pods of a cluster) says how to reach the one of a run ([`Dial`]) and
//! what became of the run when its agent cannot be heard ([`Place`]). The rest is the same everywhere and stands here:
//! [`Control`] calls the agent, [`follow`] listens to it until the end, and the [`Hub`] tells every listener what was seen.

mod control;
mod dial;
mod follow;
mod hub;
mod news;

pub use self::{
    control::{CALL_LIMIT, CallError, Control},
    dial::{Dial, Pinned, UnixSocket},
    follow::{Agent, Fate, Place, follow},
    hub::Hub,
    news::Told,
};
