//! Holding what is in memory against the store.

use super::{By, Known, SignIns};
use jiff::{SignedDuration, Timestamp};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

/// How often the store is asked what was revoked.
const EVERY: Duration = Duration::from_secs(2);
/// How far back each question reaches: clocks of replicas differ, and rows appear after the time they carry.
const OVERLAP: SignedDuration = SignedDuration::from_secs(30);
/// Use is written at most this often.
const WRITE_S: i64 = 60;
/// What is known of a user (name, role) is read again after this.
const READ_AGAIN_S: i64 = 60;

impl SignIns {
    /// Goes on until the program ends.
    pub(crate) async fn watch(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.check().await {
                tracing::warn!(%error, "the store does not say which sign-ins ended; those known go on for a while");
            }
        }
    }

    /// One round: what was revoked ends, what is over its limits ends, use is written down.
    pub(crate) async fn check(&self) -> Result<(), carrel_store::Error> {
        let now = self.clock.now();
        self.forget_revoked(now).await?;
        for (hash, known) in self.all() {
            if !self.is_good(&known, now.as_second()) {
                self.learn(hash).await?;
                continue;
            }
            self.write_use(&known).await?;
            if now.as_second() - known.read_at > READ_AGAIN_S {
                self.read_again(hash, &known, now).await?;
            }
        }
        Ok(())
    }

    /// What was revoked since the last time, on any replica, ends here.
    pub(super) async fn forget_revoked(&self, now: Timestamp) -> Result<(), carrel_store::Error> {
        let asked = Timestamp::from_second(self.checked_at.load(Relaxed)).unwrap_or(now);
        let revoked = self.store.revoked_since(asked.checked_sub(OVERLAP).unwrap_or(asked)).await?;
        self.checked_at.store(now.as_second(), Relaxed);
        if !revoked.is_empty() {
            self.end(|known| revoked.iter().any(|credential| known.by.is(credential)));
        }
        Ok(())
    }

    async fn write_use(&self, known: &Known) -> Result<(), carrel_store::Error> {
        let (used, written) = (known.last_used.load(Relaxed), known.last_written.load(Relaxed));
        if used - written < WRITE_S {
            return Ok(());
        }
        let at = Timestamp::from_second(used).unwrap_or_else(|_| self.clock.now());
        match &known.by {
            By::SignIn(id) => self.store.sign_in_seen(id, at).await?,
            By::Token(id, _) => self.store.token_seen(id, at).await?,
        }
        known.last_written.store(used, Relaxed);
        Ok(())
    }

    /// A user's role or name may have changed. The switches stay: tunnels that are open hold them.
    async fn read_again(&self, hash: super::Hash, old: &Arc<Known>, now: Timestamp) -> Result<(), carrel_store::Error> {
        let Some(mut fresh) = self.read(&hash, now).await? else {
            self.end(|known| known.by == old.by);
            return Ok(());
        };
        fresh.alive = old.alive.clone();
        fresh.last_used.store(old.last_used.load(Relaxed), Relaxed);
        fresh.last_written.store(old.last_written.load(Relaxed), Relaxed);
        let mut shard = self.shard(&hash).write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = shard.known.get_mut(&hash) {
            *known = Arc::new(fresh);
        }
        Ok(())
    }
}
