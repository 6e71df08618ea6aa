//! Ways to an agent.

use carrel_agent::trust::{Channel, Pin, ServerKey};
use rustls::{ClientConfig, pki_types::ServerName};
use std::{fmt, io, net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Makes connections to the control channel of one agent.
pub trait Dial: Send + Sync + 'static {
    /// What a connection is.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// A new connection, to an agent that was made sure of.
    fn dial(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// An agent of this host, by its control socket. Its folder is the proof of who it is.
#[derive(Debug, Clone)]
pub struct UnixSocket(pub PathBuf);

impl Dial for UnixSocket {
    type Stream = UnixStream;

    fn dial(&self) -> impl Future<Output = io::Result<UnixStream>> + Send {
        UnixStream::connect(&self.0)
    }
}

/// An agent in a pod, by TLS in which each side is known by its key.
#[derive(Clone)]
pub struct Pinned {
    address: SocketAddr,
    config: Arc<ClientConfig>,
}

impl Pinned {
    /// The agent at `address` whose certificate has this hash, asked by the server that has this key.
    pub fn new(address: SocketAddr, pin: Pin, key: &ServerKey) -> Self {
        Self { address, config: key.client_config(pin, Channel::Control) }
    }
}

impl fmt::Debug for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pinned").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Dial for Pinned {
    type Stream = TlsStream<TcpStream>;

    async fn dial(&self) -> io::Result<Self::Stream> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::IpAddress(self.address.ip().into());
        TlsConnector::from(self.config.clone()).connect(name, stream).await
    }
}
