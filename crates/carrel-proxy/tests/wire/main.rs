//! The proxy on real sockets: raw clients on one side, scripted upstreams on the other.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod bodies;
mod duties;
mod framing;
mod pool;
mod rig;
mod tls;
mod tunnels;
