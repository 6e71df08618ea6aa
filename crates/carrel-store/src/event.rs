//! The history of a session.

use crate::{
    Store,
    db::{Turn, all, run},
    error::Result,
    time::Time,
};
use carrel_model::{Session, SessionId, Told};
use jiff::Timestamp;

/// One line of a session's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEvent {
    /// Grows; not without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Which start of the session it belongs to.
    pub generation: u32,
    /// Stable, in kebab case.
    pub code: String,
    /// For the owner.
    pub text: String,
    /// Who did it, when somebody did.
    pub who: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    at: Time,
    #[sqlx(try_from = "i64")]
    generation: u32,
    code: String,
    text: String,
    who: Option<String>,
}

impl From<Row> for SessionEvent {
    fn from(row: Row) -> Self {
        let Row { seq, at, generation, code, text, who } = row;
        Self { seq, at: at.0, generation, code, text, who }
    }
}

impl Store {
    /// Up to `limit` lines of a session's history after number `after`, in order.
    pub async fn events_of(&self, session: &SessionId, after: i64, limit: u32) -> Result<Vec<SessionEvent>> {
        const OF: &str = "SELECT * FROM session_events WHERE session_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        let rows = all!(Row, self.pool(), OF, session.as_str(), after, i64::from(limit))?;
        Ok(rows.into_iter().map(SessionEvent::from).collect())
    }
}

impl Turn<'_> {
    pub(crate) async fn tell(
        &mut self,
        session: &Session,
        told: &Told,
        who: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        const INSERT: &str = "INSERT INTO session_events (session_id, seq, at, generation, code, text, who) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let seq = self.change;
        run!(
            self.conn(),
            INSERT,
            session.id.as_str(),
            seq,
            Time(now),
            i64::from(session.generation),
            told.code.as_str(),
            // PostgreSQL keeps no U+0000 in a text.
            told.text.replace('\0', "\u{FFFD}"),
            who,
        )?;
        Ok(())
    }
}
