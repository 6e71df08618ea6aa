//! One thread's work: accept, and drive each connection until it or the proxy ends.

use std::{
    convert::Infallible,
    io,
    pin::pin,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Handle,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{
    Leave, ProxySettings, Tls,
    listener::{Listener, concerns_one},
};
use crate::{
    House, Peer,
    handle::{Connection, handle},
    io::{Front, Io},
};

/// How long to wait before accepting again when file descriptors or memory have run out.
const OUT_OF_RESOURCES_PAUSE: Duration = Duration::from_millis(100);
/// What a client is told that speaks HTTP where HTTPS is spoken.
const HTTPS_WANTED: &[u8] = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n\
    Content-Length: 68\r\n\r\nHTTPS is spoken here: begin the address with https:// and try again\n";
/// How long a client may take for the handshake of TLS.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// What all connections of a thread share.
pub(crate) struct Thread<H> {
    pub(crate) house: Arc<H>,
    pub(crate) runtime: Handle,
    pub(crate) proto: &'static str,
    pub(crate) leave: Arc<Leave>,
    tls: Option<Tls>,
    http: http1::Builder,
}

impl<H: House> Thread<H> {
    pub(super) fn new(house: Arc<H>, settings: &ProxySettings, leave: Arc<Leave>) -> Self {
        let mut http = http1::Builder::new();
        // Without half-close, a client's FIN ends what it was waiting for.
        http.half_close(false).max_header_size(settings.head_bytes).timer(TokioTimer::new());
        http.header_read_timeout(settings.head_timeout);
        Self {
            house,
            runtime: settings.runtime.clone(),
            proto: if settings.https { "https" } else { "http" },
            leave,
            tls: settings.tls.clone(),
            http,
        }
    }

    /// Serves until the proxy has been drained or cut off.
    pub(super) async fn serve(self, listener: Listener) {
        let leave = Arc::clone(&self.leave);
        tokio::select! {
            () = leave.accepting.ended() => (),
            () = Arc::new(self).accept(listener) => (),
        }
        // The listener is closed by now.
        leave.tasks.close();
        tokio::select! {
            () = leave.tasks.wait() => (),
            () = leave.serving.ended() => (),
        }
    }

    async fn accept(self: Arc<Self>, listener: Listener) {
        let listening = match listener.listen() {
            Ok(listening) => listening,
            Err(error) => {
                tracing::error!(%error, "cannot watch the listener; this thread serves nothing");
                return self.leave.accepting.ended().await;
            }
        };
        loop {
            match listening.accept().await {
                Ok((io, peer)) => {
                    let thread = Arc::clone(&self);
                    match (self.tls.clone(), io) {
                        (Some(tls), Io::Tcp(stream)) => {
                            self.leave.tasks.spawn(secured(thread, tls, stream, peer));
                        }
                        (_, io) => {
                            self.leave.tasks.spawn(drive(thread, io, peer));
                        }
                    }
                }
                Err(error) if concerns_one(&error) => tracing::debug!(%error, "a connection ended before it began"),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections; trying again");
                    sleep(OUT_OF_RESOURCES_PAUSE).await;
                }
            }
        }
    }
}

/// Serves one connection once both sides have proved themselves.
async fn secured<H: House>(thread: Arc<Thread<H>>, tls: Tls, stream: TcpStream, peer: Peer) {
    let leave = Arc::clone(&thread.leave);
    let shake = async {
        if !tls.needs_protocol && speaks_http(&stream).await? {
            return Err(tell_http(stream).await);
        }
        TlsAcceptor::from(tls.config).accept(stream).await
    };
    let shaken = tokio::select! {
        shaken = timeout(HANDSHAKE_LIMIT, shake) => shaken,
        () = leave.accepting.ended() => return,
    };
    match shaken.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(stream) => {
            let peer = match stream.get_ref().1.alpn_protocol() {
                Some(protocol) => peer.agreed(protocol),
                None if tls.needs_protocol => return tracing::debug!("closed a connection that names no protocol"),
                None => peer,
            };
            drive(thread, Io::Tls(Box::new(stream.into())), peer).await;
        }
        Err(error) => tracing::debug!(%error, "a connection ended before TLS was agreed on"),
    }
}

/// Whether a client does not begin as TLS does: a browser that was sent here by `http://`.
async fn speaks_http(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    Ok(stream.peek(&mut first).await? == 1 && first[0].is_ascii_uppercase())
}

/// Tells a person which address to take. Nobody else is asked: what came may have been read on the way.
async fn tell_http(mut stream: TcpStream) -> io::Error {
    let told = async {
        // Closing before all has come makes the system take the answer back.
        let mut head = [0; 4096];
        let _ = stream.read(&mut head).await?;
        stream.write_all(HTTPS_WANTED).await?;
        stream.shutdown().await
    };
    told.await.err().unwrap_or_else(|| io::Error::other("it speaks HTTP, and HTTPS is wanted"))
}

/// Serves one connection.
async fn drive<H: House>(thread: Arc<Thread<H>>, io: Io, peer: Peer) {
    let ambiguous = Arc::new(AtomicBool::new(false));
    let front = Front::new(io, Arc::clone(&ambiguous));
    let http = thread.http.clone();
    let leave = Arc::clone(&thread.leave);
    let connection = Arc::new(Connection { thread, peer, ambiguous });
    let service = service_fn(move |request| {
        let connection = Arc::clone(&connection);
        async move { Ok::<_, Infallible>(handle(&connection, request).await) }
    });
    let mut serving = pin!(http.serve_connection(TokioIo::new(front), service).with_upgrades());
    let result = tokio::select! {
        biased;
        result = serving.as_mut() => result,
        () = leave.accepting.ended() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "connection ended");
    }
}
