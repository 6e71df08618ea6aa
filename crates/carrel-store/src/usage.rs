//! What sessions used, sampled.

use crate::{Error, Store, db::run, error::Result};
use carrel_model::{SessionId, Usage};
use jiff::Timestamp;
use sqlx::{Database, QueryBuilder};
use std::collections::HashMap;

/// What a session used around a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UsagePoint {
    /// The last sample that it holds.
    pub at: Timestamp,
    /// CPUs in use, on average.
    pub cpus: f64,
    /// The most memory, in bytes.
    pub memory_bytes: u64,
    /// The most processes.
    pub processes: u32,
}

#[derive(sqlx::FromRow)]
struct Row {
    session_id: String,
    second: i64,
    cpus: f64,
    memory_bytes: i64,
    processes: i64,
}

/// Rows in one statement: six values each, within both databases' bounds.
const ROWS: usize = 1000;

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Store {
    /// Keeps what sessions use at `now`.
    pub async fn usage_add(&self, samples: &[(SessionId, u32, Usage)], now: Timestamp) -> Result<()> {
        fn insert<DB: Database>(query: &mut QueryBuilder<DB>, rows: &[(SessionId, u32, Usage)], second: i64)
        where
            for<'q> String: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
            for<'q> i64: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
            for<'q> f64: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
        {
            query.push_values(rows, |mut row, (session, generation, usage)| {
                row.push_bind(session.to_string())
                    .push_bind(second)
                    .push_bind(i64::from(*generation))
                    .push_bind(usage.cpus)
                    .push_bind(signed(usage.memory_bytes))
                    .push_bind(i64::from(usage.processes));
            });
            query.push(" ON CONFLICT (session_id, second) DO NOTHING");
        }
        const INTO: &str = "INSERT INTO session_usage (session_id, second, generation, cpus, memory_bytes, processes) ";
        for rows in samples.chunks(ROWS) {
            crate::db::on!(self.pool(), c => {
                let mut query = QueryBuilder::new(INTO);
                insert(&mut query, rows, now.as_second());
                query.build().execute(c).await.map(drop)
            })?;
        }
        Ok(())
    }

    /// What a session used since `since`, in at most `points` points, oldest first.
    pub async fn usage_of(
        &self,
        session: &SessionId,
        since: Timestamp,
        points: u32,
        now: Timestamp,
    ) -> Result<Vec<UsagePoint>> {
        let mut of = self.usage_of_many(std::slice::from_ref(session), since, points, now).await?;
        Ok(of.remove(session).unwrap_or_default())
    }

    /// What each of these sessions used since `since`, in at most `points` points each, oldest first. One query for a
    /// whole list.
    pub async fn usage_of_many(
        &self,
        of: &[SessionId],
        since: Timestamp,
        points: u32,
        now: Timestamp,
    ) -> Result<HashMap<SessionId, Vec<UsagePoint>>> {
        const SELECT: &str = "SELECT session_id, MAX(second) AS second, AVG(cpus) AS cpus, \
             MAX(memory_bytes) AS memory_bytes, MAX(processes) AS processes FROM session_usage WHERE second > ";
        let (from, to) = (since.as_second(), now.as_second());
        let width = ((to - from).max(1) + i64::from(points.max(1)) - 1) / i64::from(points.max(1));
        let mut found: HashMap<SessionId, Vec<UsagePoint>> = HashMap::new();
        for ids in of.chunks(ROWS) {
            let rows: Vec<Row> = crate::db::on!(self.pool(), c => {
                let mut query = QueryBuilder::new(SELECT);
                query.push_bind(from).push(" AND second <= ").push_bind(to).push(" AND session_id IN (");
                let mut list = query.separated(", ");
                for id in ids {
                    list.push_bind(id.as_str());
                }
                query.push(") GROUP BY session_id, (second - ").push_bind(from).push(" - 1) / ").push_bind(width);
                query.push(" ORDER BY 1, 2").build_query_as().fetch_all(c).await
            })?;
            for row in rows {
                let (id, point) = row.point()?;
                found.entry(id).or_default().push(point);
            }
        }
        Ok(found)
    }

    /// The latest sample of each of these sessions that has one.
    pub async fn usage_latest(&self, of: &[SessionId]) -> Result<HashMap<SessionId, UsagePoint>> {
        const SELECT: &str = "SELECT session_id, second, cpus, memory_bytes, processes FROM session_usage u \
             WHERE second = (SELECT MAX(second) FROM session_usage WHERE session_id = u.session_id) \
             AND session_id IN (";
        let mut found = HashMap::new();
        for ids in of.chunks(ROWS) {
            let rows: Vec<Row> = crate::db::on!(self.pool(), c => {
                let mut query = QueryBuilder::new(SELECT);
                let mut list = query.separated(", ");
                for id in ids {
                    list.push_bind(id.as_str());
                }
                query.push(")").build_query_as().fetch_all(c).await
            })?;
            for row in rows {
                found.extend([row.point()?]);
            }
        }
        Ok(found)
    }

    /// Forgets samples from before `before`; how many.
    pub async fn usage_prune(&self, before: Timestamp) -> Result<u64> {
        Ok(run!(self.pool(), "DELETE FROM session_usage WHERE second < $1", before.as_second())?)
    }
}

impl Row {
    fn point(self) -> Result<(SessionId, UsagePoint)> {
        let damaged = |what: &str| Error::Damaged(format!("a sample of use: {what}"));
        let point = UsagePoint {
            at: Timestamp::from_second(self.second).map_err(|_| damaged("the time"))?,
            cpus: self.cpus,
            memory_bytes: u64::try_from(self.memory_bytes).map_err(|_| damaged("the memory"))?,
            processes: u32::try_from(self.processes).map_err(|_| damaged("the processes"))?,
        };
        Ok((self.session_id.parse().map_err(|_| damaged("the session"))?, point))
    }
}
