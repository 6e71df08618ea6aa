//! The audit log: who did what, in one chain.
//!
//! Each entry's hash covers the entry and the hash before it. An entry that is changed, taken out or put in breaks
//! the chain from there on; one that is cut off at the end is missed by the row that knows the last hash.

use crate::{
    Actor, Store,
    db::{Turn, all, clipped, maybe, run},
    error::Result,
    time::Time,
};
use carrel_model::AuditAction;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number, from 1, without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// The user who did it; `None` for the program itself and for somebody unknown.
    pub actor_id: Option<String>,
    /// What they are called.
    pub actor: String,
    /// Where they came from.
    pub address: Option<String>,
    /// What they did: a word of [`AuditAction`].
    pub action: String,
    /// The id of what they did it to.
    pub target: Option<String>,
    /// What it is called, or was tried with.
    pub detail: String,
}

/// What a check of the audit log's chain finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// Nothing was changed.
    Intact {
        /// How many entries there are.
        entries: i64,
    },
    /// This entry is not as it was written, or is missing.
    BrokenAt {
        /// The number of the first such entry.
        seq: i64,
    },
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    at: Time,
    actor_id: Option<String>,
    actor: String,
    address: Option<String>,
    action: String,
    target: Option<String>,
    detail: String,
    hash: Vec<u8>,
}

/// What the hash covers, in this order.
#[derive(Serialize)]
struct Canonical<'a> {
    seq: i64,
    at: i64,
    actor_id: Option<&'a str>,
    actor: &'a str,
    address: Option<&'a str>,
    action: &'a str,
    target: Option<&'a str>,
    detail: &'a str,
}

impl Row {
    fn hash_after(&self, before: &[u8]) -> Vec<u8> {
        let canonical = Canonical {
            seq: self.seq,
            at: self.at.0.as_microsecond(),
            actor_id: self.actor_id.as_deref(),
            actor: &self.actor,
            address: self.address.as_deref(),
            action: &self.action,
            target: self.target.as_deref(),
            detail: &self.detail,
        };
        let json = serde_json::to_vec(&canonical).unwrap_or_default();
        Sha256::new().chain_update(before).chain_update(json).finalize().to_vec()
    }
}

impl From<Row> for AuditEntry {
    fn from(row: Row) -> Self {
        let Row { seq, at, actor_id, actor, address, action, target, detail, hash: _ } = row;
        Self { seq, at: at.0, actor_id, actor, address, action, target, detail }
    }
}

impl Turn<'_> {
    /// Writes down that `actor` did `action` to `target`.
    pub(crate) async fn audit(
        &mut self,
        actor: &Actor,
        action: AuditAction,
        target: Option<&str>,
        detail: &str,
        now: Timestamp,
    ) -> Result<()> {
        const INSERT: &str = "INSERT INTO audit (seq, at, actor_id, actor, address, action, target, detail, hash) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let mut row = Row {
            seq: self.audit_seq + 1,
            at: Time(now),
            actor_id: actor.user.as_ref().map(ToString::to_string),
            actor: clipped(&actor.name, 64),
            address: actor.address.as_deref().map(|address| clipped(address, 64)),
            action: action.as_str().to_owned(),
            target: target.map(str::to_owned),
            detail: clipped(detail, 256),
            hash: Vec::new(),
        };
        row.hash = row.hash_after(&self.audit_hash);
        run!(
            self.conn(),
            INSERT,
            row.seq,
            row.at,
            row.actor_id.as_deref(),
            row.actor.as_str(),
            row.address.as_deref(),
            row.action.as_str(),
            row.target.as_deref(),
            row.detail.as_str(),
            row.hash.as_slice(),
        )?;
        run!(self.conn(), "UPDATE turn SET audit_seq = $1, audit_hash = $2", row.seq, row.hash.as_slice())?;
        (self.audit_seq, self.audit_hash) = (row.seq, row.hash);
        Ok(())
    }
}

impl Store {
    /// Writes down what somebody did where nothing else of it stands in the store.
    pub async fn audit(
        &self,
        actor: &Actor,
        action: AuditAction,
        target: Option<&str>,
        detail: &str,
        now: Timestamp,
    ) -> Result<()> {
        let mut turn = self.turn().await?;
        turn.audit(actor, action, target, detail, now).await?;
        turn.commit().await
    }

    /// Up to `limit` entries of the audit log, newest first: those before number `before`, or the newest.
    pub async fn audit_page(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>> {
        const PAGE: &str = "SELECT * FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
        let rows = all!(Row, self.pool(), PAGE, before.unwrap_or(i64::MAX), i64::from(limit))?;
        Ok(rows.into_iter().map(AuditEntry::from).collect())
    }

    /// Recomputes the chain of the audit log from its first entry.
    pub async fn audit_check(&self) -> Result<Chain> {
        const PAGE: &str = "SELECT * FROM audit WHERE seq > $1 ORDER BY seq LIMIT 1000";
        const LAST: &str = "SELECT audit_seq, audit_hash FROM turn";
        // Taken first: entries that are written meanwhile follow it.
        let (last, last_hash) = maybe!((i64, Vec<u8>), self.pool(), LAST)?.unwrap_or_default();
        let (mut seq, mut hash) = (0, Vec::new());
        while seq < last {
            let rows = all!(Row, self.pool(), PAGE, seq)?;
            if rows.is_empty() {
                return Ok(Chain::BrokenAt { seq: seq + 1 });
            }
            for row in rows.into_iter().take_while(|row| row.seq <= last) {
                if row.seq != seq + 1 || row.hash != row.hash_after(&hash) {
                    return Ok(Chain::BrokenAt { seq: seq + 1 });
                }
                (seq, hash) = (row.seq, row.hash);
            }
        }
        Ok(if hash == last_hash { Chain::Intact { entries: last } } else { Chain::BrokenAt { seq: last } })
    }
}
