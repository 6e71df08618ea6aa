//! Makes connections to an upstream.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    net::{TcpStream, UnixStream},
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;

use super::{Conn, Target, Upstream};
use crate::{house::Why, io::Io};

/// How long to wait when a Unix listener's queue is full: the kernel refuses at once instead of queueing us.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(5);

/// A new connection, driven by a task of this thread until it is dropped.
pub(crate) async fn dial(upstream: &Arc<Upstream>) -> Result<Conn, Why> {
    let io = timeout(upstream.pool.dial_timeout, connect(&upstream.target))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(Why::Dial)?;
    let (send, connection) = http1::handshake(TokioIo::new(io)).await.map_err(|error| Why::Broken(error.into()))?;
    tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "connection to the upstream ended");
        }
    });
    Ok(Conn { send, upstream: Arc::clone(upstream) })
}

async fn connect(target: &Target) -> io::Result<Io> {
    match target {
        Target::Tcp(address) => Ok(Io::Tcp(tcp(*address).await?)),
        // A large future, and a rare one: a connection serves many requests.
        Target::Tls(address, config) => Box::pin(tls(*address, config.clone())).await,
        Target::Unix(path) => Ok(Io::Unix(connect_unix(path).await?)),
        Target::Handed(by) => Ok(Io::Unix(by.dial().await?)),
    }
}

/// Connects to a Unix socket; waits for as long as its queue is full.
pub async fn connect_unix(path: &Path) -> io::Result<UnixStream> {
    loop {
        match UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(QUEUE_FULL_PAUSE).await,
            done => return done,
        }
    }
}

async fn tcp(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn tls(address: SocketAddr, config: Arc<ClientConfig>) -> io::Result<Io> {
    let stream = tcp(address).await?;
    let name = ServerName::IpAddress(address.ip().into());
    let stream = TlsConnector::from(config).connect(name, stream).await?;
    Ok(Io::Tls(Box::new(stream.into())))
}
