//! HTTP: API, pages, events, the mounted proxy, the embedded pages.
//!
//! [`Server::start`] puts `carrel-proxy` on the address of the server. The proxy asks [`house`] where each request goes:
//! to a session, decided from memory on the thread of the connection, or to the [`router`], which runs on the ordinary
//! runtime. An endpoint of the API is a file under `api/`, and the caller is the first argument of its handler.

mod api;
mod app;
mod assets;
mod body;
mod caller;
mod client;
mod entrance;
mod graphite;
mod guard;
mod headers;
mod health;
mod health_check;
mod house;
mod live;
mod metrics;
mod origin;
mod pages;
mod passed;
mod problem;
mod redirect;
mod request_id;
mod router;
mod server;
mod sign_ins;
mod signing_in;
mod tls;
mod view;
mod way;

#[cfg(test)]
mod story;

pub use api::openapi;
pub use server::{RunningServer, Server, ServerParts, StartError};

/// Random bytes of the operating system.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
