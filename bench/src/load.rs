//! The load: connections that ask as fast as they are answered, or at a fixed rate.
//!
//! Each kind of load warms up first; then the caller marks the beginning and the end of what counts by
//! [`Load::done`], so that the CPU time of the subject is read at the same instants as the counts.

mod wire;

use anyhow::{Context, bail};
use std::{
    future::Future,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};
pub(crate) use wire::{Wire, call};

/// A single answer that takes longer is an error, and no connection waits longer than this.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way to a subject.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What stands before the name of what is asked for: `/s/bench/`.
    pub(crate) prefix: String,
    /// The sign-in, as `name=value`; sent to all, asked for by some.
    pub(crate) cookie: String,
    /// Whether it lets nobody through without the sign-in.
    pub(crate) guarded: bool,
}

/// A kind of load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Requests on kept connections: what is asked for, and how long its body is.
    Get(&'static str, usize),
    /// Round trips of small messages on open websockets.
    Echo,
}

/// A load that runs.
pub(crate) struct Load {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    done: AtomicU64,
    faults: Mutex<Vec<String>>,
    times: Mutex<Vec<Duration>>,
}

impl Load {
    /// Begins a load of `connections`; each asks again as soon as it is answered, or every `pause`.
    pub(crate) fn start(door: &Door, kind: Kind, connections: u32, pause: Option<Duration>) -> Self {
        let shared = Arc::new(Shared::default());
        let mut tasks = JoinSet::new();
        for number in 0..connections {
            // Spread over the pause, so that a fixed rate has no bursts.
            let delay = pause.map(|pause| pause * number / connections);
            tasks.spawn(work(door.clone(), kind, pause, delay.unwrap_or_default(), Arc::clone(&shared)));
        }
        Self { shared, tasks }
    }

    /// How much was done so far.
    pub(crate) fn done(&self) -> u64 {
        self.shared.done.load(Ordering::Relaxed)
    }

    /// The times of single answers since the last call; kept only at a fixed rate.
    pub(crate) fn take_times(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.shared.times.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends the load, and says what went wrong.
    pub(crate) async fn stop(mut self) -> Vec<String> {
        self.shared.stop.store(true, Ordering::Relaxed);
        if timeout(PATIENCE * 2, async { while self.tasks.join_next().await.is_some() {} }).await.is_err() {
            self.shared.fault("a connection did not end");
        }
        std::mem::take(&mut *self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shared {
    fn fault(&self, text: impl Into<String>) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(text.into());
    }
}

/// One connection: opened again when it breaks, a fault each time.
async fn work(door: Door, kind: Kind, pause: Option<Duration>, delay: Duration, shared: Arc<Shared>) {
    tokio::time::sleep(delay).await;
    while !shared.stop.load(Ordering::Relaxed) {
        let result = match in_time(Wire::open(&door, kind)).await {
            Ok(mut wire) => repeat(&mut wire, pause, &shared).await,
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            shared.fault(format!("{error:#}"));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn repeat(wire: &mut Wire, pause: Option<Duration>, shared: &Shared) -> anyhow::Result<()> {
    let mut clock = pause.map(|pause| {
        let mut clock = interval(pause);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        clock
    });
    while !shared.stop.load(Ordering::Relaxed) {
        if let Some(clock) = &mut clock {
            clock.tick().await;
            let began = Instant::now();
            in_time(wire.ask()).await?;
            shared.times.lock().unwrap_or_else(PoisonError::into_inner).push(began.elapsed());
        } else {
            // No timer here: it would cost more than the request does on this side.
            wire.ask().await?;
        }
        shared.done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// The result, or a fault when it takes too long.
pub(crate) async fn in_time<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    timeout(PATIENCE, work).await.with_context(|| format!("no answer in {} s", PATIENCE.as_secs()))?
}

/// Opens websockets that do nothing.
pub(crate) async fn idle_sockets(door: &Door, count: usize) -> anyhow::Result<Vec<Wire>> {
    /// How many are opened at once: fewer than any listener's queue holds.
    const AT_ONCE: usize = 50;
    let mut open = Vec::with_capacity(count);
    while open.len() < count {
        let batch = (open.len()..count).take(AT_ONCE).map(|_| in_time(Wire::open(door, Kind::Echo)));
        let before = open.len();
        for socket in futures::future::join_all(batch).await {
            open.push(socket.with_context(|| format!("after {before} open websockets"))?);
        }
    }
    Ok(open)
}

/// Asks for something small, and sends a message through a websocket.
pub(crate) async fn touch(door: &Door) -> anyhow::Result<()> {
    for kind in [Kind::Get("small", crate::backend::SMALL), Kind::Echo] {
        let mut wire = in_time(Wire::open(door, kind)).await?;
        in_time(wire.ask()).await?;
    }
    Ok(())
}

/// Sees that a subject passes everything on as it should: lengths, a websocket, and events as they come. Says how
/// late the events were, at the median of the distances between them.
pub(crate) async fn check(door: &Door) -> anyhow::Result<Duration> {
    use crate::backend::{LARGE, MIDDLE, SMALL};
    for (name, length) in [("small", SMALL), ("middle", MIDDLE), ("large", LARGE)] {
        let mut wire = in_time(Wire::open(door, Kind::Get(name, length))).await?;
        in_time(wire.ask()).await.with_context(|| format!("the answer to {name} is not as it should be"))?;
        in_time(wire.ask()).await.with_context(|| format!("the connection was not kept after {name}"))?;
    }
    let mut socket = in_time(Wire::open(door, Kind::Echo)).await?;
    in_time(socket.ask()).await.context("the websocket does not echo")?;
    if door.guarded {
        let stranger = Door { cookie: "carrel=nobody".into(), ..door.clone() };
        let mut wire = in_time(Wire::open(&stranger, Kind::Get("small", SMALL))).await?;
        if in_time(wire.ask()).await.is_ok() {
            bail!("a request without a sign-in was let through");
        }
    }
    in_time(wire::lateness_of_events(door)).await
}
