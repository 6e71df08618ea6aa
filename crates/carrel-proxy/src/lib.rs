//! Bytes between browser and IDE. Knows HTTP, not Carrel.
//!
//! [`Proxy::start`] takes every connection of a listener. For each request it asks its [`House`], the program it stands
//! in, where the request goes: to an [`Upstream`], or to the house itself. The server of Carrel uses it in front of all
//! sessions, the agent in a pod in front of one IDE.
//!
//! A request goes through these phases, in this order, each a module of its own and, but for the forwarding, pure:
//!
//! | phase | what it does |
//! |---|---|
//! | `framing` | refuses what two parsers could read in two ways, `CONNECT` and HTTP/2 |
//! | [`House::admit`] | says where it goes, and whether it may |
//! | `strip` | takes off hop-by-hop headers and the platform's credentials, headers and cookies alike |
//! | `set` | puts on `X-Forwarded-*` and what the house wants; `Host` stays as it is |
//! | `forward` | sends it over a kept connection of this upstream, or a new one |
//! | `answer::strip` | takes off the answer what concerns the other connection |
//! | `answer::rewrite` | keeps cookies and service workers within the session |
//! | `tunnel` | after a 101, moves bytes both ways |
//!
//! Bodies are never collected and flow both ways at once; a slow reader slows the writer down. The encoded path is
//! passed on byte by byte and never decoded.
//!
//! Each thread has a runtime, a listener and idle connections of its own, and shares nothing with the others that it
//! would have to wait for. Therefore [`House::admit`], [`House::failed`] and [`Watch`] must not wait either;
//! [`House::answer`] may, for it runs on the house's runtime.
#![forbid(unsafe_code)]

mod alive;
mod answer;
mod body;
mod cookies;
mod edits;
mod forward;
pub mod frames;
mod framing;
mod handle;
mod headers;
mod house;
mod io;
mod origin;
mod peer;
mod serve;
mod set;
mod strip;
mod tunnel;
mod upstream;

pub use self::{
    alive::Alive,
    cookies::{Duplicate, cookie},
    edits::{Edits, Watch},
    house::{BoxError, Failed, House, HouseBody, Pass, Verdict, Why, full_body, house_body},
    origin::{comes_from, same_origin},
    peer::Peer,
    serve::{Listen, Proxy, ProxySettings, Running, Tls},
    strip::path as strip_path,
    upstream::{Dial, PoolSettings, Target, Upstream, connect_unix},
};
