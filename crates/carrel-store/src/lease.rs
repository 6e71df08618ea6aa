//! Leases: which replica does what only one may do.

use crate::{Store, db::run, error::Result, time::Time};
use jiff::Timestamp;
use std::time::Duration;

impl Store {
    /// Takes or renews the lease `name` for `ttl`; whether `holder` has it now. Another's is taken over when it has
    /// run out.
    pub async fn lease_claim(&self, name: &str, holder: &str, ttl: Duration, now: Timestamp) -> Result<bool> {
        const CLAIM: &str = "INSERT INTO leases (name, holder, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at \
             WHERE leases.holder = excluded.holder OR leases.expires_at < $4";
        let until = now.checked_add(ttl).unwrap_or(Timestamp::MAX);
        Ok(run!(self.pool(), CLAIM, name, holder, Time(until), Time(now))? == 1)
    }

    /// Gives the lease back, if `holder` has it, so that another need not wait.
    pub async fn lease_release(&self, name: &str, holder: &str) -> Result<()> {
        run!(self.pool(), "DELETE FROM leases WHERE name = $1 AND holder = $2", name, holder)?;
        Ok(())
    }
}
