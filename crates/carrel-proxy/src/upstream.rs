//! Where requests go: one [`Upstream`] per generation of a session, with its own pool and its own counters.

mod dial;
mod pool;

use std::{
    fmt, io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;
use rustls::ClientConfig;
use tokio::net::UnixStream;

pub use self::dial::connect_unix;
pub(crate) use self::{dial::dial, pool::Conn};

/// Where an upstream listens.
#[derive(Debug, Clone)]
pub enum Target {
    /// On a Unix socket.
    Unix(PathBuf),
    /// On an address.
    Tcp(SocketAddr),
    /// On an address, by TLS. The configuration says whom to believe, and what to show.
    Tls(SocketAddr, Arc<ClientConfig>),
    /// Where somebody else makes connections to.
    Handed(Arc<dyn Dial>),
}

/// Makes connections for the proxy that it could not, or should not, make itself.
pub trait Dial: fmt::Debug + Send + Sync {
    /// A new connection. Runs on a proxy thread; may take as long as [`PoolSettings::dial_timeout`].
    fn dial(&self) -> BoxFuture<'_, io::Result<UnixStream>>;
}

/// How connections to an upstream are kept, and how long one may take to come about.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// How many idle connections are kept per thread once a burst of requests is over; 0 closes each after its answer.
    pub idle: usize,
    /// How long one is kept idle. Below the 5 seconds after which many servers close.
    pub age: Duration,
    /// How long connecting may take.
    pub dial_timeout: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { idle: 8, age: Duration::from_secs(4), dial_timeout: Duration::from_secs(5) }
    }
}

/// One place to forward to. Make a new one for each generation of a session: connections are pooled per `Upstream`, so
/// none made for one session can serve another that got the same address later.
#[derive(Debug)]
pub struct Upstream {
    /// The name under which threads keep its idle connections.
    id: u64,
    target: Target,
    pool: PoolSettings,
    counts: Counts,
}

/// Counters, written from all threads.
#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    up: AtomicU64,
    down: AtomicU64,
    tunnels: AtomicU64,
}

impl Upstream {
    /// A new place, even when the target is that of another.
    pub fn new(target: Target, pool: PoolSettings) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { id, target, pool, counts: Counts::default() })
    }

    /// Where it listens.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// How many requests were forwarded, upgrades included.
    pub fn requests(&self) -> u64 {
        self.counts.requests.load(Ordering::Relaxed)
    }

    /// How many bytes of bodies and tunnels went to it.
    pub fn bytes_up(&self) -> u64 {
        self.counts.up.load(Ordering::Relaxed)
    }

    /// How many bytes of bodies and tunnels came from it.
    pub fn bytes_down(&self) -> u64 {
        self.counts.down.load(Ordering::Relaxed)
    }

    /// How many tunnels are open.
    pub fn tunnels(&self) -> u64 {
        self.counts.tunnels.load(Ordering::Relaxed)
    }

    pub(crate) fn count_request(&self) {
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_up(&self, bytes: usize) {
        self.counts.up.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn count_down(&self, bytes: usize) {
        self.counts.down.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn tunnel_opened(self: &Arc<Self>) -> OpenTunnel {
        self.counts.tunnels.fetch_add(1, Ordering::Relaxed);
        OpenTunnel(Arc::clone(self))
    }
}

/// Counts a tunnel as open while it lives.
pub(crate) struct OpenTunnel(Arc<Upstream>);

impl Drop for OpenTunnel {
    fn drop(&mut self) {
        self.0.counts.tunnels.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::ops::Deref for OpenTunnel {
    type Target = Upstream;

    fn deref(&self) -> &Upstream {
        &self.0
    }
}
