//! Idle connections, kept per thread: no lock, and a connection is driven by the thread that uses it.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use hyper::client::conn::http1::SendRequest;

use super::Upstream;
use crate::body::Up;

/// How often connections that got too old are closed.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How many idle connections there may be for a moment, between two bursts of requests. Closing what goes beyond
/// [`PoolSettings::idle`](super::PoolSettings::idle) at once would dial anew for most requests of a busy page.
const BURST: usize = 256;

thread_local! {
    static SHELVES: RefCell<HashMap<u64, Shelf>> = RefCell::default();
}

/// The idle connections of one upstream on this thread.
struct Shelf {
    upstream: Weak<Upstream>,
    idle: Vec<Idle>,
}

struct Idle {
    send: SendRequest<Up>,
    since: Instant,
}

/// A connection in use. Dropped, it is closed; [`give_back`](Self::give_back) keeps it.
pub(crate) struct Conn {
    pub(crate) send: SendRequest<Up>,
    pub(crate) upstream: Arc<Upstream>,
}

impl Conn {
    /// An idle connection of this upstream, not idle for longer than `at_most`.
    pub(crate) fn take(upstream: &Arc<Upstream>, at_most: Duration) -> Option<Self> {
        let oldest = at_most.min(upstream.pool.age);
        SHELVES.with_borrow_mut(|shelves| {
            let shelf = shelves.get_mut(&upstream.id)?;
            // The last put back is the least likely to be closed by the other end.
            let youngest = shelf.idle.last()?;
            if youngest.since.elapsed() >= oldest {
                return None;
            }
            while let Some(Idle { send, .. }) = shelf.idle.pop() {
                // Not ready: the other end has closed it, or still reads the body of the request before.
                if send.is_ready() {
                    return Some(Self { send, upstream: Arc::clone(upstream) });
                }
            }
            None
        })
    }

    /// Keeps the connection for another request, when it still can be used and there is room.
    pub(crate) fn give_back(self) {
        let Self { send, upstream } = self;
        if upstream.pool.idle == 0 || send.is_closed() {
            return;
        }
        SHELVES.with_borrow_mut(|shelves| {
            if shelves.is_empty() {
                tokio::spawn(sweep());
            }
            let place = shelves
                .entry(upstream.id)
                .or_insert_with(|| Shelf { upstream: Arc::downgrade(&upstream), idle: Vec::new() });
            if place.idle.len() < upstream.pool.idle.max(BURST) {
                place.idle.push(Idle { send, since: Instant::now() });
            }
        });
    }
}

/// Closes what got too old or was only kept for a burst, until nothing is left.
async fn sweep() {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let empty = SHELVES.with_borrow_mut(|shelves| {
            shelves.retain(|_, shelf| {
                let Some(upstream) = shelf.upstream.upgrade() else { return false };
                shelf.idle.retain(|idle| !idle.send.is_closed() && idle.since.elapsed() < upstream.pool.age);
                // The oldest are first. What was used since the last sweep may still be part of a burst.
                let surplus = shelf.idle.len().saturating_sub(upstream.pool.idle);
                let unused = shelf.idle.iter().take(surplus).take_while(|idle| idle.since.elapsed() >= SWEEP_EVERY);
                shelf.idle.drain(..unused.count());
                !shelf.idle.is_empty()
            });
            shelves.is_empty()
        });
        if empty {
            return;
        }
    }
}
