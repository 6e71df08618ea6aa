//! What every replica knows of running sessions: where their bytes go, and whose list has changed.
//!
//! The table is read from the store at the start, and follows it change by change: whenever the store wakes us, and
//! every few seconds in case a wake got lost. So any replica routes any session. While the store is away the table
//! stays as it is.

use crate::{
    passed::{Passed, Sums},
    problem::Problem,
    sign_ins::STALE_LIMIT,
    way::{Route, Ways},
};
use arc_swap::ArcSwap;
use carrel_agent::trust::ServerKey;
use carrel_config::web::Root;
use carrel_model::{Clock, Session, SessionId, UserId};
use carrel_store::Store;
use std::{
    collections::{BTreeSet, HashMap},
    io,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::{Mutex, watch};

/// How often the store is asked without a wake.
const EVERY: Duration = Duration::from_secs(2);
/// How often everything is read again, whatever the changes said, in seconds.
const ANEW_S: i64 = 60;
/// The store is asked at most this often, however many wakes there are.
const PAUSE: Duration = Duration::from_millis(10);

/// How many event streams one user may have open on one replica: a stream for each of many tabs.
pub(crate) const MOST_LISTENERS: usize = 64;

/// Routes by the id of their session, as it stands in addresses.
type Table = HashMap<String, Arc<Route>>;

/// See the module.
pub(crate) struct Live {
    store: Store,
    clock: Clock,
    ways: Ways,
    routes: ArcSwap<Table>,
    passed: Passed,
    /// Changed when one of their sessions did.
    watchers: RwLock<HashMap<UserId, watch::Sender<u64>>>,
    /// Up to where the store was read. Held during a round, so that rounds never overtake each other.
    seen: Mutex<Seen>,
    read_at: AtomicI64,
}

#[derive(Default)]
struct Seen {
    change: Option<i64>,
    anew_at: i64,
}

impl Live {
    pub(crate) fn new(store: Store, clock: Clock, root: Root, key: Option<ServerKey>) -> Self {
        let ways = Ways { root, key, clock: clock.clone() };
        let read_at = AtomicI64::new(clock.now().as_second());
        let (routes, passed, watchers, seen) = Default::default();
        Self { store, clock, ways, routes, passed, watchers, seen, read_at }
    }

    /// Where the bytes of this session go, when it runs. On the proxy's path: takes no lock.
    pub(crate) fn route(&self, id: &str) -> Option<Arc<Route>> {
        self.routes.load().get(id).cloned()
    }

    /// Makes the way to a session.
    pub(crate) async fn open(&self, route: &Route) -> io::Result<()> {
        let way = route.open(&self.ways).await?;
        self.passed.take_up(way.upstream());
        Ok(())
    }

    /// Why this server cannot reach a session, although it runs.
    pub(crate) fn no_way(&self, session: &Session) -> Option<Problem> {
        let (address, _) = session.state.running_at()?;
        if self.ways.lacks_key(address) {
            return Some(Problem::no_key());
        }
        // Whoever comes here has just asked its agent.
        self.route(session.id.as_str()).filter(|route| route.way().is_none()).map(|_| Problem::no_answer())
    }

    /// What was passed on to sessions and back.
    pub(crate) fn passed(&self) -> Sums {
        self.passed.sums()
    }

    /// The running sessions of this user.
    pub(crate) fn running_of(&self, user: &UserId) -> Vec<SessionId> {
        let routes = self.routes.load();
        routes.iter().filter(|(_, route)| route.owner == *user).filter_map(|(id, _)| id.parse().ok()).collect()
    }

    /// The store was away, or this machine asleep, for too long to believe the table.
    pub(crate) fn is_stale(&self) -> bool {
        self.clock.now().as_second() - self.read_at.load(Relaxed) > STALE_LIMIT.as_secs().cast_signed()
    }

    /// Told whenever a session of this user changed; `None` when they have too many that listen.
    pub(crate) fn changes_of(&self, user: &UserId) -> Option<watch::Receiver<u64>> {
        let mut watchers = self.watchers.write().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|_, sender| sender.receiver_count() > 0);
        let sender = watchers.entry(user.clone()).or_insert_with(|| watch::Sender::new(0));
        (sender.receiver_count() < MOST_LISTENERS).then(|| sender.subscribe())
    }

    /// Goes on until the store is closed.
    pub(crate) async fn watch(self: Arc<Self>) {
        let mut wakes = self.store.wakes();
        loop {
            if let Err(error) = self.refresh().await {
                tracing::warn!(%error, "the store does not tell of sessions; those known are served for a while");
            }
            tokio::time::sleep(PAUSE).await;
            tokio::select! {
                woken = wakes.changed() => if woken.is_err() { return },
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// One round: reads what changed since the last, and tells whom it concerns.
    pub(crate) async fn refresh(&self) -> Result<(), carrel_store::Error> {
        let mut seen = self.seen.lock().await;
        let now = self.clock.now().as_second();
        let changed = match seen.change {
            Some(after) if now - seen.anew_at < ANEW_S => {
                let changed = self.store.all_sessions_changed(after).await?;
                seen.change = changed.last().map_or(Some(after), |(change, _)| Some(*change));
                let changed: Vec<Session> = changed.into_iter().map(|(_, session)| session).collect();
                if !changed.is_empty() {
                    self.routes.store(Arc::new(follow(Table::clone(&self.routes.load()), &changed, &self.ways)));
                }
                changed
            }
            _ => {
                // The number first: what changes in between is read twice, not never.
                seen.change = Some(self.store.change_now().await?);
                seen.anew_at = now;
                let live = self.store.sessions_live().await?;
                self.routes.store(Arc::new(anew(&self.routes.load(), &live, &self.ways)));
                live
            }
        };
        self.read_at.store(now, Relaxed);
        drop(seen);
        self.tell(&changed.iter().map(|session| &session.owner).collect());
        Ok(())
    }

    fn tell(&self, owners: &BTreeSet<&UserId>) {
        let watchers = self.watchers.read().unwrap_or_else(PoisonError::into_inner);
        for sender in owners.iter().filter_map(|owner| watchers.get(*owner)) {
            sender.send_modify(|count| *count += 1);
        }
    }
}

/// The table after these sessions changed.
fn follow(mut table: Table, changed: &[Session], ways: &Ways) -> Table {
    for session in changed {
        match ways.route(session, table.get(session.id.as_str())) {
            Some(route) => table.insert(session.id.to_string(), route),
            None => table.remove(session.id.as_str()),
        };
    }
    table
}

/// The table of these sessions and no others.
fn anew(known: &Table, live: &[Session], ways: &Ways) -> Table {
    let of = |session: &Session| Some((session.id.to_string(), ways.route(session, known.get(session.id.as_str()))?));
    live.iter().filter_map(of).collect()
}
