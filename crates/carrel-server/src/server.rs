//! Starting and stopping.

use crate::{
    app::App, app::Parts, graphite, health_check::Host, house::House, live::Live, metrics, metrics::Traffic,
    redirect::Redirect, router::router, sign_ins::SignIns, tls,
};
use carrel_agent::trust::ServerKey;
use carrel_auth::Throttle;
use carrel_config::Installation;
use carrel_model::Clock;
use carrel_proxy::{Listen, Proxy, ProxySettings};
use carrel_sessions::Sessions;
use carrel_store::Store;
use std::{
    fs, io,
    net::SocketAddr,
    num::NonZeroUsize,
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, runtime::Handle, sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// What a server is made of.
pub struct ServerParts {
    /// The configuration, and how to read it again.
    pub installation: Arc<Installation>,
    /// The store, migrated.
    pub store: Store,
    /// What people can do with sessions.
    pub sessions: Sessions,
    /// Proves this server to agents that are reached over a network; none where no launcher has such agents.
    pub agents: Option<ServerKey>,
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
    /// The port of HTTP, from which browsers are sent on to HTTPS, cannot be had.
    #[error("{0}. Browsers that come there are sent on to HTTPS; ssl-redirect-http=0 of rserver.conf does without")]
    Redirect(#[source] Box<StartError>),
    /// The certificate cannot be used.
    #[error("HTTPS cannot be spoken: {0}")]
    Tls(#[from] rustls::Error),
    /// The socket of `www-socket` cannot be made.
    #[error("cannot listen on the socket {}: {error}", path.display())]
    Socket {
        /// Where.
        path: PathBuf,
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
        let ServerParts { installation, store, sessions, agents, clock } = parts;
        let settings = installation.settings();
        let sign_ins = Arc::new(SignIns::new(store.clone(), clock.clone(), settings.clone()));
        let live = Arc::new(Live::new(store.clone(), clock.clone(), settings.now().web.root.clone(), agents));
        // Sessions that run are routed from the first request on.
        live.refresh().await?;
        let hashers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let app = App::new(Parts {
            clock,
            store,
            sessions,
            host: Host::default(),
            traffic: Traffic::default(),
            sign_ins: sign_ins.clone(),
            live: live.clone(),
            throttle: Mutex::new(Throttle::default()),
            hashing: Semaphore::new(hashers),
            stopping: CancellationToken::new(),
            settings,
            installation,
        });
        let at_start = app.settings.now();
        let metrics = match at_start.operation.metrics {
            Some(metrics) => Some(bind_metrics(metrics.beside(at_start.listen)).await?),
            None => None,
        };
        let proxy = listen(&app)?;
        let mut chores = JoinSet::new();
        chores.spawn(sign_ins.watch());
        chores.spawn(live.watch());
        chores.spawn(graphite::feed(app.clone()));
        let metrics_addr = metrics.as_ref().and_then(|listener| listener.local_addr().ok());
        if let Some(listener) = metrics {
            chores.spawn(serve_metrics(listener, app.clone()));
        }
        let local_addr = proxy.local_addr().unwrap_or(app.settings.now().listen);
        let redirect = redirect(&app, local_addr.port())?;
        let socket = app.settings.now().socket.clone();
        Ok(RunningServer { app, proxy, redirect, local_addr, socket, metrics_addr, chores })
    }
}

fn listen(app: &App) -> Result<carrel_proxy::Running, StartError> {
    let address = app.settings.now().listen;
    let house = Arc::new(House::new(app.clone(), router(app.clone())));
    let tls = tls::of(&app.settings)?;
    let settings = ProxySettings {
        threads: NonZeroUsize::new(app.settings.now().proxy_threads),
        https: tls.is_some(),
        tls,
        ..ProxySettings::new(Handle::current())
    };
    match &app.settings.now().socket {
        Some(path) => {
            let refuse = |error| StartError::Socket { path: path.clone(), error };
            Proxy::start(Listen::Unix(socket(path).map_err(refuse)?), house, settings).map_err(refuse)
        }
        None => Proxy::start(Listen::Tcp(address), house, settings).map_err(|error| cannot_listen(address, error)),
    }
}

/// Listens where browsers come that are sent on to HTTPS.
fn redirect(app: &App, port: u16) -> Result<Option<carrel_proxy::Running>, StartError> {
    let Some(address) = app.settings.now().redirect_from() else { return Ok(None) };
    let house = Arc::new(Redirect::new(app.settings.clone(), port));
    let settings = ProxySettings { threads: Some(NonZeroUsize::MIN), ..ProxySettings::new(Handle::current()) };
    let started = Proxy::start(Listen::Tcp(address), house, settings);
    started.map(Some).map_err(|error| StartError::Redirect(Box::new(cannot_listen(address, error))))
}

/// Makes the socket, in place of one that a server left behind which is gone. Its owner and its group may connect.
fn socket(path: &Path) -> io::Result<UnixListener> {
    let is_left_behind = || UnixStream::connect(path).is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused);
    if is_left_behind() {
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

async fn bind_metrics(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| cannot_listen(address, error))
}

async fn serve_metrics(listener: TcpListener, app: App) {
    if let Err(error) = axum::serve(listener, metrics::router(app)).await {
        tracing::error!(%error, "metrics can no longer be asked for");
    }
}

fn cannot_listen(address: SocketAddr, error: io::Error) -> StartError {
    match error.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse { address },
        io::ErrorKind::PermissionDenied => StartError::PortForbidden { address },
        _ => StartError::Listen { address, error },
    }
}

/// A server that serves.
#[must_use = "dropping it ends the server"]
pub struct RunningServer {
    app: App,
    proxy: carrel_proxy::Running,
    redirect: Option<carrel_proxy::Running>,
    local_addr: SocketAddr,
    socket: Option<PathBuf>,
    metrics_addr: Option<SocketAddr>,
    chores: JoinSet<()>,
}

impl RunningServer {
    /// The address it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Where it is, as people are told: `http://127.0.0.1:8787`, or the path of its socket.
    pub fn place(&self) -> String {
        match &self.socket {
            Some(path) => path.display().to_string(),
            None if self.app.settings.now().https().is_some() => format!("https://{}", self.local_addr),
            None => format!("http://{}", self.local_addr),
        }
    }

    /// The address from which browsers are sent on to HTTPS, when there is one.
    pub fn redirect_addr(&self) -> Option<SocketAddr> {
        self.redirect.as_ref()?.local_addr()
    }

    /// The address of the metrics, when they are on.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics_addr
    }

    /// Stops: readiness fails, listeners close, requests are finished, tunnels close over the grace time. Sessions go
    /// on.
    pub async fn stop(mut self, grace: Duration) {
        self.app.stopping.cancel();
        // Dropped, it ends at once.
        drop(self.redirect.take());
        self.proxy.drain(grace).await;
        if let Some(path) = &self.socket {
            // The next server would take it for one that was left behind.
            let _ = fs::remove_file(path);
        }
        self.chores.shutdown().await;
    }
}
