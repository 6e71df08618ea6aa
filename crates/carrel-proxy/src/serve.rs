//! Starts the proxy: its threads, its listeners, and their end.

mod connection;
mod listener;

use std::{
    fmt, io,
    net::SocketAddr,
    num::NonZeroUsize,
    os::unix::net::UnixListener as StdUnixListener,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use rustls::ServerConfig;
use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::oneshot,
    time::timeout,
};
use tokio_util::task::TaskTracker;

pub(crate) use self::connection::Thread;
use self::listener::Listener;
use crate::{Alive, House};

/// Where the proxy listens.
#[derive(Debug)]
pub enum Listen {
    /// On an address, with one listener per thread.
    Tcp(SocketAddr),
    /// On a Unix socket, with one thread. Who made the listener removes its file.
    Unix(StdUnixListener),
}

/// Settings of a proxy.
#[derive(Clone)]
pub struct ProxySettings {
    /// The runtime on which [`House::answer`] and [`Verdict::Learn`](crate::Verdict::Learn) run.
    pub runtime: Handle,
    /// How many threads serve an address; `None` for one per core.
    pub threads: Option<NonZeroUsize>,
    /// How long a client may take to send a head, and how long it may keep a connection without sending one. `None` for
    /// as long as it likes, which only fits peers that are trusted.
    pub head_timeout: Option<Duration>,
    /// How large a head may be, in bytes.
    pub head_bytes: usize,
    /// Whether browsers reach this proxy by HTTPS, as `X-Forwarded-Proto` should say.
    pub https: bool,
    /// On an address: TLS instead of plain bytes.
    pub tls: Option<Tls>,
}

/// How TLS is spoken with clients.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Says what is shown, and who is believed.
    pub config: Arc<ServerConfig>,
    /// Closes connections on which ALPN settled nothing, before a byte of theirs is read.
    pub needs_protocol: bool,
}

impl ProxySettings {
    /// The defaults, with this runtime for the house.
    pub fn new(runtime: Handle) -> Self {
        Self {
            runtime,
            threads: None,
            head_timeout: Some(Duration::from_secs(30)),
            head_bytes: 64 * 1024,
            https: false,
            tls: None,
        }
    }
}

impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxySettings")
            .field("threads", &self.threads)
            .field("head_timeout", &self.head_timeout)
            .field("head_bytes", &self.head_bytes)
            .field("https", &self.https)
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}

/// The data plane; see the crate's documentation.
#[derive(Debug)]
pub struct Proxy;

impl Proxy {
    /// Binds and serves until [`Running::drain`] is called or the [`Running`] is dropped.
    #[expect(clippy::needless_pass_by_value, reason = "the proxy keeps both; callers give them away")]
    pub fn start<H: House>(listen: Listen, house: Arc<H>, settings: ProxySettings) -> io::Result<Running> {
        let (listeners, local_addr) = match listen {
            Listen::Tcp(address) => {
                let threads = settings.threads.map_or_else(cores, Ok)?;
                let (listeners, address) = listener::bind(address, threads.get())?;
                (listeners, Some(address))
            }
            Listen::Unix(listener) => (vec![Listener::unix(listener)?], None),
        };
        let grace = Arc::new(OnceLock::new());
        let (accepting, serving) = (Alive::new(), Alive::new());
        let mut threads = Vec::with_capacity(listeners.len());
        for (number, listener) in listeners.into_iter().enumerate() {
            let leave = Arc::new(Leave {
                accepting: accepting.clone(),
                serving: serving.clone(),
                grace: Arc::clone(&grace),
                tasks: TaskTracker::new(),
                turns: AtomicU32::new(0),
            });
            threads.push(spawn_thread(number, listener, Thread::new(Arc::clone(&house), &settings, leave))?);
        }
        Ok(Running { local_addr, grace, accepting, serving, threads })
    }
}

fn cores() -> io::Result<NonZeroUsize> {
    thread::available_parallelism()
}

/// A thread with a runtime and a listener of its own. The receiver is told, by being dropped, when it has ended.
fn spawn_thread<H: House>(number: usize, listener: Listener, cx: Thread<H>) -> io::Result<oneshot::Receiver<()>> {
    let runtime: Runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    let (ended, wait) = oneshot::channel();
    thread::Builder::new().name(format!("proxy-{number}")).spawn(move || {
        runtime.block_on(cx.serve(listener));
        drop(runtime);
        drop(ended);
    })?;
    Ok(wait)
}

/// A proxy that serves. Dropping it cuts everything off; [`drain`](Self::drain) is the polite way.
#[derive(Debug)]
#[must_use = "dropping it ends the proxy"]
pub struct Running {
    local_addr: Option<SocketAddr>,
    grace: Arc<OnceLock<Duration>>,
    accepting: Alive,
    serving: Alive,
    threads: Vec<oneshot::Receiver<()>>,
}

impl Running {
    /// The address it listens on, when it is one.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.local_addr
    }

    /// Ends it: listeners close at once, idle connections too, requests are finished, and tunnels are closed one after
    /// the other over the grace time. What is left after that is cut off.
    pub async fn drain(mut self, grace: Duration) {
        let _ = self.grace.set(grace);
        self.accepting.end();
        let mut threads = std::mem::take(&mut self.threads);
        let all = async {
            for thread in &mut threads {
                let _ = thread.await;
            }
        };
        let in_time = timeout(grace, all).await.is_ok();
        self.serving.end();
        if !in_time {
            for thread in threads {
                let _ = thread.await;
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.accepting.end();
        self.serving.end();
    }
}

/// How a thread's connections and tunnels learn that the proxy goes, and how it learns that they have gone.
pub(crate) struct Leave {
    /// Ends when no more is accepted.
    pub(crate) accepting: Alive,
    /// Ends when all that is left is cut off.
    pub(crate) serving: Alive,
    grace: Arc<OnceLock<Duration>>,
    pub(crate) tasks: TaskTracker,
    turns: AtomicU32,
}

impl Leave {
    /// How long the next tunnel may go on: each a different part of the grace time, spread evenly however many there
    /// are. The last tenth is left for saying goodbye.
    pub(crate) fn turn(&self) -> Duration {
        const GOLDEN_RATIO: u32 = 0x9E37_79B9;
        let turn = self.turns.fetch_add(1, Ordering::Relaxed).wrapping_mul(GOLDEN_RATIO);
        let part = f64::from(turn) / f64::from(u32::MAX);
        self.grace.get().copied().unwrap_or_default().mul_f64(part * 0.9)
    }
}
