//! What this replica passed on to sessions and back since it started. The upstreams count while bytes flow; here the counts of
//! those that are gone are kept, so that the sum never falls.

use carrel_proxy::Upstream;
use std::{
    collections::HashMap,
    ops::AddAssign,
    sync::{Arc, Mutex, PoisonError},
};

/// Sums over upstreams.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Bytes of bodies and tunnels that went to sessions.
    pub to_sessions: u64,
    /// Bytes of bodies and tunnels that came from sessions.
    pub from_sessions: u64,
    /// Tunnels that are open.
    pub tunnels: u64,
}

impl AddAssign<&Upstream> for Sums {
    fn add_assign(&mut self, upstream: &Upstream) {
        self.to_sessions += upstream.bytes_up();
        self.from_sessions += upstream.bytes_down();
        self.tunnels += upstream.tunnels();
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Passed(Mutex<Ledger>);

#[derive(Debug, Default)]
struct Ledger {
    /// By their address in memory, which is theirs while they stand here.
    upstreams: HashMap<usize, Arc<Upstream>>,
    gone: Sums,
}

impl Passed {
    /// Takes up an upstream, if it is new.
    pub(crate) fn take_up(&self, upstream: &Arc<Upstream>) {
        let mut ledger = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.upstreams.entry(Arc::as_ptr(upstream).addr()).or_insert_with(|| upstream.clone());
    }

    /// The sums until now. Upstreams that nobody else holds any more are summed up for good.
    pub(crate) fn sums(&self) -> Sums {
        let mut ledger = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Ledger { upstreams, gone } = &mut *ledger;
        upstreams.retain(|_, upstream| {
            let is_held = Arc::strong_count(upstream) > 1;
            if !is_held {
                *gone += upstream;
            }
            is_held
        });
        let mut sums = *gone;
        for upstream in upstreams.values() {
            sums += upstream;
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carrel_proxy::{PoolSettings, Target};

    #[test]
    fn an_upstream_is_taken_up_once_and_let_go_when_nobody_holds_it() {
        let passed = Passed::default();
        let upstream = Upstream::new(Target::Unix("/nowhere".into()), PoolSettings::default());
        passed.take_up(&upstream);
        passed.take_up(&upstream);
        passed.sums();
        assert_eq!(Arc::strong_count(&upstream), 2);
        let gone = Arc::downgrade(&upstream);
        drop(upstream);
        assert_eq!(passed.sums(), Sums::default());
        assert!(gone.upgrade().is_none());
    }
}
