//! One SQL text for two databases.

use crate::{
    error::{Error, Result},
    open::{Inner, Store},
    wakes,
};
use serde::Serialize;
use serde_json::Value;
use sqlx::{
    PgConnection, PgPool, Postgres, SqliteConnection, SqlitePool, Transaction, error::DatabaseError,
    sqlite::SqliteError, types::Json,
};
use tokio::sync::OwnedMutexGuard;

/// One of two: what is for PostgreSQL, or what is for SQLite.
pub(crate) enum On<P, S> {
    /// PostgreSQL.
    Pg(P),
    /// SQLite.
    Sqlite(S),
}

/// Runs one body on whichever database is there. The body is type-checked once per driver.
macro_rules! on {
    ($on:expr, $c:ident => $body:expr) => {
        match $on {
            $crate::db::On::Pg($c) => $body,
            $crate::db::On::Sqlite($c) => $body,
        }
    };
}

/// Runs a statement; how many rows it changed.
macro_rules! run {
    ($on:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::db::on!($on, c => sqlx::query($sql)$(.bind($bind))*.execute(c).await.map(|done| done.rows_affected()))
    };
}

/// All rows of a query, as `$row`.
macro_rules! all {
    ($row:ty, $on:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::db::on!($on, c => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(c).await)
    };
}

/// The row of a query that has one at most, as `$row`.
macro_rules! maybe {
    ($row:ty, $on:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::db::on!($on, c => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(c).await)
    };
}

pub(crate) use {all, maybe, on, run};

/// The pool of whichever database is there.
pub(crate) type Db = On<PgPool, SqlitePool>;

/// A transaction that has the turn: nobody else changes sessions, sign-ins or the audit log until it ends.
pub(crate) struct Turn<'a> {
    tx: On<Transaction<'static, Postgres>, Transaction<'static, sqlx::Sqlite>>,
    // After `tx`: a transaction that is dropped is rolled back before the next writer begins.
    _alone: OwnedMutexGuard<()>,
    store: &'a Inner,
    /// The number of this change.
    pub(crate) change: i64,
    /// The number of the last audit entry.
    pub(crate) audit_seq: i64,
    /// Its hash.
    pub(crate) audit_hash: Vec<u8>,
}

impl Store {
    pub(crate) fn pool(&self) -> On<&PgPool, &SqlitePool> {
        match &self.0.db {
            On::Pg(pool) => On::Pg(pool),
            On::Sqlite(pool) => On::Sqlite(pool),
        }
    }

    /// Begins a change: waits for the turn.
    pub(crate) async fn turn(&self) -> Result<Turn<'_>> {
        const TAKE: &str = "UPDATE turn SET change = change + 1 RETURNING change, audit_seq, audit_hash";
        // Writers of one process queue here, in order and without a connection: they would take all of a pool's and
        // poll SQLite's lock.
        let alone = self.0.writer.clone().lock_owned().await;
        let mut tx = match &self.0.db {
            On::Pg(pool) => On::Pg(pool.begin().await?),
            On::Sqlite(pool) => On::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
        };
        let (change, audit_seq, audit_hash) =
            on!(&mut tx, tx => sqlx::query_as::<_, (i64, i64, Vec<u8>)>(TAKE).fetch_one(&mut **tx).await)?;
        Ok(Turn { tx, _alone: alone, store: &self.0, change, audit_seq, audit_hash })
    }
}

impl Turn<'_> {
    pub(crate) fn conn(&mut self) -> On<&mut PgConnection, &mut SqliteConnection> {
        match &mut self.tx {
            On::Pg(tx) => On::Pg(tx),
            On::Sqlite(tx) => On::Sqlite(tx),
        }
    }

    /// Makes the change real, and tells everybody who waits for changes.
    pub(crate) async fn commit(mut self) -> Result<()> {
        wakes::notify(&mut self).await?;
        on!(self.tx, tx => tx.commit().await)?;
        self.store.wakes.send_modify(|count| *count += 1);
        Ok(())
    }

    /// What other replicas see as the sender of the notification.
    pub(crate) fn replica(&self) -> &str {
        &self.store.replica
    }
}

/// A value as JSON for a row. PostgreSQL's `jsonb` cannot hold U+0000, which the last words of a program may.
pub(crate) fn stored(value: &impl Serialize) -> Result<Json<Value>> {
    fn clean(value: &mut Value) {
        match value {
            Value::String(text) if text.contains('\0') => *text = text.replace('\0', "\u{FFFD}"),
            Value::Array(values) => values.iter_mut().for_each(clean),
            Value::Object(fields) => fields.values_mut().for_each(clean),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(value).map_err(|error| Error::Damaged(error.to_string()))?;
    clean(&mut value);
    Ok(Json(value))
}

/// Text from outside for a row: at most `chars` characters, with no control characters.
pub(crate) fn clipped(text: &str, chars: usize) -> String {
    text.chars().take(chars).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

/// The primary result code when the error is SQLite's.
pub(crate) fn sqlite_code(error: &dyn DatabaseError) -> Option<i32> {
    error.try_downcast_ref::<SqliteError>()?;
    error.code()?.parse::<i32>().ok().map(|code| code & 0xff)
}
