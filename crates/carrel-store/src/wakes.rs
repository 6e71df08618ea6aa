//! Who waits for changes is told of them.

use crate::{
    Store,
    db::{On, Turn},
    error::Result,
};
use sqlx::{PgPool, postgres::PgListener};
use std::time::Duration;
use tokio::sync::watch;

const CHANNEL: &str = "carrel";
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

impl Store {
    /// Counts changes of sessions, sign-ins and users, also those of other replicas. A wake says only that something
    /// may be new; whoever waits asks for what it follows, and also now and then without a wake.
    pub fn wakes(&self) -> watch::Receiver<u64> {
        self.0.wakes.subscribe()
    }
}

/// Tells the other replicas, when this transaction commits. SQLite has one server.
pub(crate) async fn notify(turn: &mut Turn<'_>) -> Result<()> {
    let replica = turn.replica().to_owned();
    if let On::Pg(conn) = turn.conn() {
        sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(replica).execute(conn).await?;
    }
    Ok(())
}

/// Hears the other replicas, for as long as the store is open; begins anew when the connection breaks.
pub(crate) async fn listen(pool: PgPool, replica: String, wakes: watch::Sender<u64>) {
    let mut pause = Duration::from_millis(250);
    while !pool.is_closed() {
        let began = tokio::time::Instant::now();
        if let Err(error) = hear(&pool, &replica, &wakes).await {
            tracing::warn!(%error, "changes of other replicas are not heard at present: asking for them instead");
        }
        pause = if began.elapsed() > LONGEST_PAUSE { Duration::from_millis(250) } else { LONGEST_PAUSE.min(pause * 2) };
        tokio::time::sleep(pause).await;
    }
}

async fn hear(pool: &PgPool, replica: &str, wakes: &watch::Sender<u64>) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // What was said while nobody listened is lost: everybody looks.
        wakes.send_modify(|count| *count += 1);
        while let Some(heard) = listener.try_recv().await? {
            if heard.payload() != replica {
                wakes.send_modify(|count| *count += 1);
            }
        }
    }
}
