//! When a person last did something.

use carrel_model::Clock;
use jiff::Timestamp;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use tokio::sync::Notify;

/// When a person last did something, as whoever speaks with the IDE tells it.
#[derive(Debug)]
pub(crate) struct Use {
    clock: Clock,
    /// Microseconds since 1970; 0 for never.
    last: AtomicI64,
    /// Whether the next use is waited for: the clock says idle.
    asleep: AtomicBool,
    wake: Notify,
}

impl Use {
    /// Nothing was done yet.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, last: AtomicI64::new(0), asleep: AtomicBool::new(false), wake: Notify::new() }
    }

    /// When a person last did something; `None` for never.
    pub(crate) fn last(&self) -> Option<Timestamp> {
        let last = self.last.load(Ordering::SeqCst);
        (last != 0).then(|| Timestamp::from_microsecond(last).ok()).flatten()
    }

    /// Says whether the next use is to be told at once, by [`Use::woken`].
    pub(crate) fn falls_asleep(&self, idle: bool) {
        self.asleep.store(idle, Ordering::SeqCst);
    }

    /// Waits for the first use after it fell asleep.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// A person did something.
    pub(crate) fn now(&self) {
        self.last.store(self.clock.now().as_microsecond(), Ordering::SeqCst);
        // Most requests come while it is awake, and pay no more than a look.
        if self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst) {
            self.wake.notify_one();
        }
    }
}
