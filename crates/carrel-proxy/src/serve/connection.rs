//! One thread's work: accept, and drive each connection until it or the proxy ends.

use std::{
    convert::Infallible,
    pin::pin,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{runtime::Handle, time::sleep};

use super::{
    AllowUid, Leave, ProxySettings,
    listener::{Listener, concerns_one},
};
use crate::{
    House, Peer,
    handle::{Connection, handle},
    io::{Front, Io},
};

/// How long to wait before accepting again when file descriptors or memory have run out.
const OUT_OF_RESOURCES_PAUSE: Duration = Duration::from_millis(100);

/// What all connections of a thread share.
pub(crate) struct Thread<H> {
    pub(crate) house: Arc<H>,
    pub(crate) runtime: Handle,
    pub(crate) proto: &'static str,
    pub(crate) leave: Arc<Leave>,
    allow_uid: Option<AllowUid>,
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
            allow_uid: settings.allow_uid.clone(),
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
            match listening.accept(self.allow_uid.as_ref()).await {
                Ok(Some((io, peer))) => {
                    let connection = drive(Arc::clone(&self), io, peer);
                    self.leave.tasks.spawn(connection);
                }
                Ok(None) => (),
                Err(error) if concerns_one(&error) => tracing::debug!(%error, "a connection ended before it began"),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections; trying again");
                    sleep(OUT_OF_RESOURCES_PAUSE).await;
                }
            }
        }
    }
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
