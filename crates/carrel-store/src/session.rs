//! Sessions.

use crate::{
    Actor, Error, Store,
    db::{Turn, all, maybe, run, stored},
    error::Result,
    time::Time,
};
use carrel_model::{
    AuditAction, Event, IdeId, Session, SessionId, SessionName, Spec, State, Told, UserId, UserName, told,
};
use jiff::Timestamp;
use sqlx::types::Json;

/// Which sessions of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that are not over.
    Live,
    /// Those that are over, since this time or later.
    Stopped {
        /// The bound.
        since: Timestamp,
    },
}

macro_rules! select {
    ($tail:literal) => {
        concat!("SELECT s.*, u.name AS owner_name FROM sessions s JOIN users u ON u.id = s.owner ", $tail)
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(try_from = "String")]
    id: SessionId,
    #[sqlx(try_from = "String")]
    owner: UserId,
    #[sqlx(try_from = "String")]
    owner_name: UserName,
    #[sqlx(try_from = "String")]
    name: SessionName,
    #[sqlx(try_from = "String")]
    ide: IdeId,
    spec: Json<Spec>,
    state: Json<State>,
    #[sqlx(try_from = "i64")]
    generation: u32,
    created_at: Time,
    started_at: Option<Time>,
    last_active_at: Option<Time>,
    version: i64,
    change: i64,
}

impl From<Row> for Session {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            owner: row.owner,
            owner_name: row.owner_name,
            name: row.name,
            ide: row.ide,
            spec: row.spec.0,
            state: row.state.0,
            generation: row.generation,
            created_at: row.created_at.0,
            started_at: row.started_at.map(Timestamp::from),
            last_active_at: row.last_active_at.map(Timestamp::from),
            version: row.version,
        }
    }
}

fn sessions(rows: Vec<Row>) -> Vec<Session> {
    rows.into_iter().map(Session::from).collect()
}

impl Store {
    /// Adds a session, with its first line of history and the entry of the audit log, unless its owner has `limit`
    /// sessions that hold room: of launches at the same time no more get through than there is room for.
    pub async fn session_insert(
        &self,
        session: &Session,
        limit: Option<u32>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Session> {
        const INSERT: &str = "INSERT INTO sessions (id, owner, name, ide, spec, state, state_name, since, generation, \
             created_at, started_at, last_active_at, version, change) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
        let mut turn = self.turn().await?;
        turn.keep_within(limit, &session.owner).await?;
        let change = turn.change;
        run!(
            turn.conn(),
            INSERT,
            session.id.as_str(),
            session.owner.as_str(),
            session.name.as_str(),
            session.ide.as_str(),
            stored(&session.spec)?,
            stored(&session.state)?,
            session.state.name(),
            Time(session.state.since()),
            i64::from(session.generation),
            Time(session.created_at),
            session.started_at.map(Time),
            session.last_active_at.map(Time),
            session.version,
            change,
        )?;
        if let Some(told) = told(None, &Event::StartAsked, session) {
            turn.tell(session, &told, Some(&actor.name), now).await?;
        }
        turn.audit(actor, AuditAction::SessionLaunch, Some(session.id.as_str()), session.name.as_str(), now).await?;
        turn.commit().await?;
        Ok(session.clone())
    }

    /// Lets `event` happen to a session: state, history and, where somebody did it, the audit log, in one
    /// transaction. With `generation`, only to that start of it. `None`: nothing changed, because the event says
    /// nothing new here, belongs to another generation, or the session is not known.
    pub async fn happen(
        &self,
        id: &SessionId,
        generation: Option<u32>,
        event: &Event,
        by: Option<(&Actor, AuditAction)>,
        now: Timestamp,
    ) -> Result<Option<Session>> {
        self.happen_within(None, None, id, generation, event, by, now).await
    }

    /// Starts a session again, as a new generation, unless its owner has `limit` sessions that hold room. With `spec` it
    /// is this from now on.
    pub async fn session_resume(
        &self,
        id: &SessionId,
        generation: u32,
        spec: Option<&Spec>,
        limit: Option<u32>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<Session>> {
        let by = Some((actor, AuditAction::SessionResume));
        self.happen_within(limit, spec, id, Some(generation), &Event::StartAsked, by, now).await
    }

    #[expect(clippy::too_many_arguments, reason = "what `happen` and `session_resume` have in common")]
    async fn happen_within(
        &self,
        limit: Option<u32>,
        spec: Option<&Spec>,
        id: &SessionId,
        generation: Option<u32>,
        event: &Event,
        by: Option<(&Actor, AuditAction)>,
        now: Timestamp,
    ) -> Result<Option<Session>> {
        let next = |before: &Session| {
            let concerned = generation.is_none_or(|generation| generation == before.generation);
            let after = if concerned { before.after(event, now) } else { None };
            after.map(|after| Session { spec: spec.cloned().unwrap_or(after.spec), ..after })
        };
        // Most events say nothing new, and need no turn.
        if self.session(id).await?.as_ref().and_then(next).is_none() {
            return Ok(None);
        }
        let mut turn = self.turn().await?;
        let Some(before) = turn.session(id).await? else { return Ok(None) };
        let Some(after) = next(&before) else { return Ok(None) };
        turn.keep_within(limit, &before.owner).await?;
        let told = told(Some(&before), event, &after);
        let after = turn.put(after, told.as_ref(), by, now).await?;
        turn.commit().await?;
        Ok(Some(after))
    }

    /// Calls a session something else; `None` when it is not known.
    pub async fn session_rename(
        &self,
        id: &SessionId,
        name: &SessionName,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<Session>> {
        let mut turn = self.turn().await?;
        let Some(before) = turn.session(id).await? else { return Ok(None) };
        if before.name == *name {
            return Ok(Some(before));
        }
        let told = Told { code: "rename".into(), text: format!("Rename: it was called “{}”.", before.name) };
        let after = Session { name: name.clone(), ..before };
        let after = turn.put(after, Some(&told), Some((actor, AuditAction::SessionRename)), now).await?;
        turn.commit().await?;
        Ok(Some(after))
    }

    /// The session with this id, whoever's it is.
    pub async fn session(&self, id: &SessionId) -> Result<Option<Session>> {
        Ok(maybe!(Row, self.pool(), select!("WHERE s.id = $1"), id.as_str())?.map(Session::from))
    }

    /// The sessions of a user, newest first.
    pub async fn sessions_of(&self, owner: &UserId, which: Which) -> Result<Vec<Session>> {
        const LIVE: &str = select!("WHERE s.owner = $1 AND s.state_name <> 'Stopped' ORDER BY s.created_at DESC, s.id");
        const STOPPED: &str =
            select!("WHERE s.owner = $1 AND s.state_name = 'Stopped' AND s.since >= $2 ORDER BY s.since DESC, s.id");
        Ok(sessions(match which {
            Which::Live => all!(Row, self.pool(), LIVE, owner.as_str())?,
            Which::Stopped { since } => all!(Row, self.pool(), STOPPED, owner.as_str(), Time(since))?,
        }))
    }

    /// All sessions that are not over, of everybody, oldest first.
    pub async fn sessions_live(&self) -> Result<Vec<Session>> {
        const LIVE: &str = select!("WHERE s.state_name <> 'Stopped' ORDER BY s.created_at, s.id");
        Ok(sessions(all!(Row, self.pool(), LIVE)?))
    }

    /// The number of the latest change.
    pub async fn change_now(&self) -> Result<i64> {
        let row = maybe!((i64,), self.pool(), "SELECT change FROM turn")?;
        row.map(|(change,)| change).ok_or_else(|| Error::Damaged("the table “turn” is empty".into()))
    }

    /// The sessions of a user that changed after change number `after`, each with the number of its latest change,
    /// in that order. Whoever asks on with the highest number it got misses nothing.
    pub async fn sessions_changed(&self, owner: &UserId, after: i64) -> Result<Vec<(i64, Session)>> {
        const CHANGED: &str = select!("WHERE s.owner = $1 AND s.change > $2 ORDER BY s.change");
        let rows = all!(Row, self.pool(), CHANGED, owner.as_str(), after)?;
        Ok(rows.into_iter().map(|row| (row.change, row.into())).collect())
    }

    /// The same for the sessions of everybody: what a replica's routes follow.
    pub async fn all_sessions_changed(&self, after: i64) -> Result<Vec<(i64, Session)>> {
        const CHANGED: &str = select!("WHERE s.change > $1 ORDER BY s.change");
        let rows = all!(Row, self.pool(), CHANGED, after)?;
        Ok(rows.into_iter().map(|row| (row.change, row.into())).collect())
    }

    /// Forgets sessions that were over before `before`, with their history and use; how many.
    pub async fn sessions_forget(&self, before: Timestamp) -> Result<u64> {
        const USAGE: &str = "DELETE FROM session_usage WHERE session_id IN \
             (SELECT id FROM sessions WHERE state_name = 'Stopped' AND since < $1)";
        const SESSIONS: &str = "DELETE FROM sessions WHERE state_name = 'Stopped' AND since < $1";
        let mut turn = self.turn().await?;
        run!(turn.conn(), USAGE, Time(before))?;
        let forgotten = run!(turn.conn(), SESSIONS, Time(before))?;
        if forgotten > 0 {
            turn.commit().await?;
        }
        Ok(forgotten)
    }
}

impl Turn<'_> {
    async fn session(&mut self, id: &SessionId) -> Result<Option<Session>> {
        Ok(maybe!(Row, self.conn(), select!("WHERE s.id = $1"), id.as_str())?.map(Session::from))
    }

    /// Refuses when the owner has `limit` sessions that hold room. It has the turn, so nobody adds one meanwhile.
    async fn keep_within(&mut self, limit: Option<u32>, owner: &UserId) -> Result<()> {
        const LIVE: &str = select!("WHERE s.owner = $1 AND s.state_name <> 'Stopped'");
        let Some(limit) = limit else { return Ok(()) };
        let live = sessions(all!(Row, self.conn(), LIVE, owner.as_str())?);
        let holding = live.iter().filter(|session| session.state.holds_room()).count();
        if holding >= usize::try_from(limit).unwrap_or(usize::MAX) { Err(Error::TooMany) } else { Ok(()) }
    }

    /// Writes what became of a session, and what is told of it.
    async fn put(
        &mut self,
        mut after: Session,
        told: Option<&Told>,
        by: Option<(&Actor, AuditAction)>,
        now: Timestamp,
    ) -> Result<Session> {
        const UPDATE: &str = "UPDATE sessions SET name = $3, state = $4, state_name = $5, since = $6, \
             generation = $7, started_at = $8, last_active_at = $9, version = $2 + 1, change = $10, spec = $11 \
             WHERE id = $1 AND version = $2";
        let change = self.change;
        let written = run!(
            self.conn(),
            UPDATE,
            after.id.as_str(),
            after.version,
            after.name.as_str(),
            stored(&after.state)?,
            after.state.name(),
            Time(after.state.since()),
            i64::from(after.generation),
            after.started_at.map(Time),
            after.last_active_at.map(Time),
            change,
            stored(&after.spec)?,
        )?;
        if written != 1 {
            return Err(Error::Damaged(format!("the session {} was changed out of turn", after.id)));
        }
        after.version += 1;
        if let Some(told) = told {
            self.tell(&after, told, by.map(|(actor, _)| actor.name.as_str()), now).await?;
        }
        if let Some((actor, action)) = by {
            self.audit(actor, action, Some(after.id.as_str()), after.name.as_str(), now).await?;
        }
        Ok(after)
    }
}
