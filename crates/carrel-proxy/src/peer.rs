//! Who is at the other end of a connection.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use http::HeaderValue;

/// The other end of a connection, made once per connection.
#[derive(Debug, Clone)]
pub struct Peer {
    whence: Whence,
    /// What `X-Forwarded-For` says, kept ready because every request needs it.
    forwarded_for: Option<HeaderValue>,
    protocol: Option<Arc<[u8]>>,
}

#[derive(Debug, Clone, Copy)]
enum Whence {
    Tcp(SocketAddr),
    Unix(u32),
}

impl Peer {
    /// A peer that came by TCP. An IPv4 address written as IPv6 is told as IPv4.
    pub fn tcp(address: SocketAddr) -> Self {
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        let forwarded_for = HeaderValue::try_from(address.ip().to_string()).ok();
        Self { whence: Whence::Tcp(address), forwarded_for, protocol: None }
    }

    /// A process of this host with this user id, which came by a Unix socket.
    pub fn unix(uid: u32) -> Self {
        Self { whence: Whence::Unix(uid), forwarded_for: None, protocol: None }
    }

    /// Its address, when it came by TCP.
    pub fn address(&self) -> Option<SocketAddr> {
        match self.whence {
            Whence::Tcp(address) => Some(address),
            Whence::Unix(_) => None,
        }
    }

    /// Its IP address, when it came by TCP.
    pub fn ip(&self) -> Option<IpAddr> {
        self.address().map(|address| address.ip())
    }

    /// Its user id as the kernel tells it, when it came by a Unix socket.
    pub fn uid(&self) -> Option<u32> {
        match self.whence {
            Whence::Tcp(_) => None,
            Whence::Unix(uid) => Some(uid),
        }
    }

    /// The protocol that ALPN settled, when it came by TLS and named one.
    pub fn protocol(&self) -> Option<&[u8]> {
        self.protocol.as_deref()
    }

    pub(crate) fn agreed(self, protocol: &[u8]) -> Self {
        Self { protocol: Some(protocol.into()), ..self }
    }

    pub(crate) fn forwarded_for(&self) -> Option<&HeaderValue> {
        self.forwarded_for.as_ref()
    }
}
