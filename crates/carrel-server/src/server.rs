//! Starting and stopping.

use crate::{app::App, app::Parts, house::House, live::Live, router::router, sign_ins::SignIns};
use carrel_auth::Throttle;
use carrel_config::Installation;
use carrel_model::Clock;
use carrel_proxy::{Listen, Proxy, ProxySettings};
use carrel_sessions::Sessions;
use carrel_store::Store;
use std::{
    io,
    net::SocketAddr,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{runtime::Handle, sync::Semaphore, task::JoinSet};

/// What a server is made of.
pub struct ServerParts {
    /// The configuration, and how to read it again.
    pub installation: Arc<Installation>,
    /// The store, migrated.
    pub store: Store,
    /// What people can do with sessions.
    pub sessions: Sessions,
    /// The clock.
    pub clock: Clock,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something else listens there.
    #[error(
        "port {} of {} is in use by another program: stop it, or choose another port", address.port(), address.ip()
    )]
    PortInUse {
        /// Where.
        address: SocketAddr,
    },
    /// The system forbids it.
    #[error("this account may not listen on port {} of {}: ports below 1024 need a right, choose a higher one", address.port(), address.ip())]
    PortForbidden {
        /// Where.
        address: SocketAddr,
    },
    /// The host has no such address, or the system has another reason.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] carrel_store::Error),
}

/// The server: sign-in, pages, API and proxy on one address.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Binds and serves, until [`RunningServer::stop`].
    pub async fn start(parts: ServerParts) -> Result<RunningServer, StartError> {
        let ServerParts { installation, store, sessions, clock } = parts;
        let settings = installation.settings();
        let sign_ins = Arc::new(SignIns::new(store.clone(), clock.clone(), settings.clone()));
        let live = Arc::new(Live::new(store.clone(), clock.clone(), settings.now().web.root.clone()));
        // Sessions that run are routed from the first request on.
        live.refresh().await?;
        let hashers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let app = App::new(Parts {
            clock,
            store,
            sessions,
            sign_ins: sign_ins.clone(),
            live: live.clone(),
            throttle: Mutex::new(Throttle::default()),
            hashing: Semaphore::new(hashers),
            stopping: AtomicBool::new(false),
            settings,
            installation,
        });
        let proxy = listen(&app)?;
        let mut chores = JoinSet::new();
        chores.spawn(sign_ins.watch());
        chores.spawn(live.watch());
        let local_addr = proxy.local_addr().unwrap_or(app.settings.now().listen);
        Ok(RunningServer { app, proxy, local_addr, chores })
    }
}

fn listen(app: &App) -> Result<carrel_proxy::Running, StartError> {
    let address = app.settings.now().listen;
    let house = Arc::new(House::new(app.clone(), router(app.clone())));
    let settings = ProxySettings {
        threads: NonZeroUsize::new(app.settings.now().proxy_threads),
        https: app.settings.now().public_url.as_deref().is_some_and(|url| url.starts_with("https://")),
        ..ProxySettings::new(Handle::current())
    };
    Proxy::start(Listen::Tcp(address), house, settings).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse { address },
        io::ErrorKind::PermissionDenied => StartError::PortForbidden { address },
        _ => StartError::Listen { address, error },
    })
}

/// A server that serves.
#[must_use = "dropping it ends the server"]
pub struct RunningServer {
    app: App,
    proxy: carrel_proxy::Running,
    local_addr: SocketAddr,
    chores: JoinSet<()>,
}

impl RunningServer {
    /// The address it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Stops: readiness fails, listeners close, requests are finished, tunnels close over the grace time. Sessions go
    /// on.
    pub async fn stop(mut self, grace: Duration) {
        self.app.stopping.store(true, Relaxed);
        self.proxy.drain(grace).await;
        self.chores.shutdown().await;
    }
}
