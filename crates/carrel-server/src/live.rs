//! What every replica knows of running sessions: where their bytes go, and whose list has changed.
//!
//! The table is read from the store at the start, and follows it change by change: whenever the store wakes us, and
//! every few seconds in case a wake got lost. So any replica routes any session. While the store is away the table
//! stays as it is.

use crate::{
    client,
    passed::{Passed, Sums},
    sign_ins::STALE_LIMIT,
};
use arc_swap::ArcSwap;
use carrel_agent::trust::{Channel, ServerKey};
use carrel_config::web::Root;
use carrel_model::{Address, Clock, Session, SessionId, UserId};
use carrel_proxy::{Edits, PoolSettings, Target, Upstream};
use carrel_store::Store;
use http::header;
use std::{
    collections::{BTreeSet, HashMap},
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

/// Where the bytes of a running session go.
#[derive(Debug)]
pub(crate) struct Route {
    pub owner: UserId,
    generation: u32,
    address: Address,
    pub upstream: Arc<Upstream>,
    pub edits: Arc<Edits>,
}

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

/// How sessions are reached.
struct Ways {
    /// The path below which browsers and IDEs see sessions.
    root: Root,
    /// Proves this server to agents that are reached over a network.
    key: Option<ServerKey>,
}

/// Connections to agents are kept idle for so long: each begins with a handshake of TLS, and agents close none.
const TLS_AGE: Duration = Duration::from_secs(30);

#[derive(Default)]
struct Seen {
    change: Option<i64>,
    anew_at: i64,
}

impl Live {
    pub(crate) fn new(store: Store, clock: Clock, root: Root, key: Option<ServerKey>) -> Self {
        let ways = Ways { root, key };
        let read_at = AtomicI64::new(clock.now().as_second());
        let (routes, passed, watchers, seen) = Default::default();
        Self { store, clock, ways, routes, passed, watchers, seen, read_at }
    }

    /// Where the bytes of this session go, when it runs. On the proxy's path: takes no lock.
    pub(crate) fn route(&self, id: &str) -> Option<Arc<Route>> {
        self.routes.load().get(id).cloned()
    }

    /// Why this server cannot reach a session, although it runs.
    pub(crate) fn no_way(&self, session: &Session) -> Option<&'static str> {
        let (address, _) = session.state.running_at()?;
        (matches!(address, Address::Tls { .. }) && self.ways.key.is_none()).then_some(
            "This server has no secure-cookie-key, by which it would prove itself to the agent of the session. An \
             administrator can give it the one that the other servers of this Carrel have.",
        )
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
                    self.replace(follow(Table::clone(&self.routes.load()), &changed, &self.ways));
                }
                changed
            }
            _ => {
                // The number first: what changes in between is read twice, not never.
                seen.change = Some(self.store.change_now().await?);
                seen.anew_at = now;
                let live = self.store.sessions_live().await?;
                self.replace(anew(&self.routes.load(), &live, &self.ways));
                live
            }
        };
        self.read_at.store(now, Relaxed);
        drop(seen);
        self.tell(&changed.iter().map(|session| &session.owner).collect());
        Ok(())
    }

    fn replace(&self, table: Table) {
        self.passed.take_up(table.values().map(|route| &route.upstream));
        self.routes.store(Arc::new(table));
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
        match route(session, table.get(session.id.as_str()), ways) {
            Some(route) => table.insert(session.id.to_string(), route),
            None => table.remove(session.id.as_str()),
        };
    }
    table
}

/// The table of these sessions and no others.
fn anew(known: &Table, live: &[Session], ways: &Ways) -> Table {
    let of = |session: &Session| Some((session.id.to_string(), route(session, known.get(session.id.as_str()), ways)?));
    live.iter().filter_map(of).collect()
}

/// The route of a session that runs. The upstream of the same generation at the same address is kept, with its
/// connections; another generation never gets them.
fn route(session: &Session, known: Option<&Arc<Route>>, ways: &Ways) -> Option<Arc<Route>> {
    let (address, _) = session.state.running_at()?;
    if let Some(known) = known.filter(|k| k.generation == session.generation && k.address == *address) {
        return Some(known.clone());
    }
    let (target, pool) = target(address, ways.key.as_ref())?;
    Some(Arc::new(Route {
        owner: session.owner.clone(),
        generation: session.generation,
        address: address.clone(),
        upstream: Upstream::new(target, pool),
        edits: Arc::new(edits(&ways.root.join(&session.url()), &ways.root)),
    }))
}

/// Where an agent takes bytes. None where it has to be proved who asks, and this server cannot ([`Live::no_way`]).
fn target(address: &Address, key: Option<&ServerKey>) -> Option<(Target, PoolSettings)> {
    let pool = PoolSettings::default();
    Some(match address {
        Address::Unix(path) => (Target::Unix(path.clone()), pool),
        Address::Tcp(address) => (Target::Tcp(*address), pool),
        Address::Tls { address, certificate } => {
            let config = key?.client_config(certificate.parse().ok()?, Channel::Data);
            (Target::Tls(*address, config), PoolSettings { age: TLS_AGE, ..pool })
        }
    })
}

/// What is changed on the way to a session and back: none of the platform's credentials reaches it, and none of its
/// cookies and service workers reaches beyond its own address.
fn edits(url: &str, root: &Root) -> Edits {
    Edits {
        strip_request: vec![header::AUTHORIZATION, header::PROXY_AUTHORIZATION],
        strip_request_prefixes: vec!["x-carrel-"],
        strip_cookies: [client::PLAIN_COOKIE, client::SECURE_COOKIE, client::SECURE_PATH_COOKIE]
            .map(Into::into)
            .to_vec(),
        add_prefix: (!root.is_empty()).then(|| root.as_str().to_owned()),
        forwarded: true,
        cookie_path: Some(url.into()),
        service_worker_scope: Some(url.into()),
        ..Edits::default()
    }
}
