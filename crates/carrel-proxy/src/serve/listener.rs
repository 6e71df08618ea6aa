//! Listeners: one per thread on an address, or one on a Unix socket.

use std::{io, net::SocketAddr, os::unix::net::UnixListener as StdUnixListener, time::Duration};

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, UnixListener};

use crate::{Peer, io::Io};

const BACKLOG: i32 = 4096;

/// A bound listener that waits for the runtime of its thread.
pub(super) enum Listener {
    Tcp(std::net::TcpListener),
    Unix(StdUnixListener),
}

impl Listener {
    pub(super) fn unix(listener: StdUnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::Unix(listener))
    }

    /// Hands it to the runtime of the current thread.
    pub(super) fn listen(self) -> io::Result<Listening> {
        Ok(match self {
            Self::Tcp(listener) => Listening::Tcp(TcpListener::from_std(listener)?),
            Self::Unix(listener) => Listening::Unix(UnixListener::from_std(listener)?),
        })
    }
}

/// Binds one listener per thread to an address; the kernel deals out connections among them.
pub(super) fn bind(address: SocketAddr, threads: usize) -> io::Result<(Vec<Listener>, SocketAddr)> {
    // Several listeners must share the port, and would share it with another program of this user as readily. Binding
    // once without sharing finds that out. A single one shares it with nobody.
    let shared = threads > 1;
    if shared {
        drop(socket(address, false)?);
    }
    let first = socket(address, shared)?;
    // With port 0, the others take the port that the first was given.
    let bound = first.local_addr()?.as_socket().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let mut sockets = vec![first];
    for _ in 1..threads {
        sockets.push(socket(bound, true)?);
    }
    let listen = |socket: Socket| {
        socket.listen(BACKLOG)?;
        Ok(Listener::Tcp(socket.into()))
    };
    let listeners = sockets.into_iter().map(listen).collect::<io::Result<_>>()?;
    Ok((listeners, bound))
}

fn socket(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// A listener on the runtime of its thread.
pub(super) enum Listening {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listening {
    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<(Io, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                // A connection that is gone already shows it in its first read.
                let _ = stream.set_nodelay(true);
                let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive());
                Ok((Io::Tcp(stream), Peer::tcp(address)))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                let uid = stream.peer_cred()?.uid();
                Ok((Io::Unix(stream), Peer::unix(uid)))
            }
        }
    }
}

/// Finds clients that vanished without a word, such as laptops that were shut, within two minutes.
fn keepalive() -> TcpKeepalive {
    TcpKeepalive::new().with_time(Duration::from_mins(1)).with_interval(Duration::from_secs(15)).with_retries(4)
}

/// Whether accepting failed because of one connection, so that the next may do; otherwise something has run out.
pub(super) fn concerns_one(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | NotConnected)
}
