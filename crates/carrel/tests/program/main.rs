//! The program as people and service managers see it: commands, what they say and how they end, and the server as a
//! process of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cli;
mod database;
mod given;
mod host;
mod https;
mod reload;
mod rs;
mod server;
