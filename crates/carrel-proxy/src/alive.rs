//! The switch that ends what must not go on: tunnels and streaming answers of a sign-in that was revoked.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::{Notify, futures::OwnedNotified};

/// A shared switch, cheap to clone: who may end things keeps one clone, each request gets another in its
/// [`Pass`](crate::Pass).
///
/// An ordinary request pays one load for it. Only an answer that has to wait for its upstream, and a tunnel, put
/// themselves on the list of those to be woken.
#[derive(Debug, Clone, Default)]
pub struct Alive(Arc<Switch>);

#[derive(Debug, Default)]
struct Switch {
    ended: AtomicBool,
    waiting: Arc<Notify>,
}

impl Alive {
    /// A switch that has not ended.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends all tunnels and streaming answers that hold a clone. It cannot be undone.
    pub fn end(&self) {
        self.0.ended.store(true, Ordering::Release);
        self.0.waiting.notify_waiters();
    }

    /// Whether [`end`](Self::end) was called.
    pub fn has_ended(&self) -> bool {
        self.0.ended.load(Ordering::Acquire)
    }

    /// Waits until [`end`](Self::end) is called.
    pub fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        let this = self.clone();
        async move {
            // Listen first, look then: an end in between wakes the listener.
            let listening = this.listen();
            if !this.has_ended() {
                listening.await;
            }
        }
    }

    /// A listener that is woken by an end that happens from now on; ask [`has_ended`](Self::has_ended) after this.
    pub(crate) fn listen(&self) -> OwnedNotified {
        Arc::clone(&self.0.waiting).notified_owned()
    }
}
