//! Who is it, answered from memory: sign-ins and tokens that this replica has seen, by the hash of their secret.
//!
//! Rows in the store are the truth. A secret that is not known here is looked up once ([`SignIns::learn`]); what is
//! known is held against the store every two seconds ([`SignIns::watch`]), so that a sign-in ended on any replica
//! ends on this one, with its tunnels and event streams, within five seconds. While the store is away, what is known
//! stays good for [`STALE_LIMIT`].

mod watch;

use carrel_config::Current;
use carrel_model::{Clock, SignInId, TokenId, User};
use carrel_proxy::Alive;
use carrel_store::{Credential, Scope, Store};
use http::HeaderValue;
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

/// For how long sign-ins and routes are served from memory while the store does not answer.
pub(crate) const STALE_LIMIT: Duration = Duration::from_mins(10);
const SHARDS: usize = 16;
/// How many secrets that open nothing are remembered per shard, so that trying one again asks no database.
const STRANGERS: usize = 256;
/// How long such a secret is remembered, in seconds.
const STRANGER_S: i64 = 5;

/// The SHA-256 of a secret: what the store keeps and the cache is asked by.
pub(crate) type Hash = [u8; 32];

/// One sign-in or token in use on this replica.
#[derive(Debug)]
pub(crate) struct Known {
    pub user: User,
    pub by: By,
    /// The user's name as the agent gets it.
    pub name: HeaderValue,
    /// Ends tunnels and event streams when the sign-in ends.
    pub alive: Alive,
    expires_at: Option<i64>,
    last_used: AtomicI64,
    /// The use that stands in the store.
    last_written: AtomicI64,
    /// When this was read from the store.
    read_at: i64,
}

/// What somebody showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum By {
    SignIn(SignInId),
    Token(TokenId, Scope),
}

impl By {
    pub(crate) fn is(&self, credential: &Credential) -> bool {
        match (self, credential) {
            (Self::SignIn(a), Credential::SignIn(b)) => a == b,
            (Self::Token(a, _), Credential::Token(b)) => a == b,
            _ => false,
        }
    }
}

/// What memory says of a secret.
pub(crate) enum Found {
    Known(Arc<Known>),
    /// Opens nothing: asked a moment ago.
    Nobody,
    /// Not known here, or not any more: [`SignIns::learn`] asks the store.
    Ask,
}

#[derive(Default)]
struct Shard {
    known: HashMap<Hash, Arc<Known>>,
    strangers: HashMap<Hash, i64>,
}

/// All sign-ins and tokens in use on this replica.
pub(crate) struct SignIns {
    store: Store,
    clock: Clock,
    settings: Current,
    shards: [RwLock<Shard>; SHARDS],
    /// When the store last said what was revoked.
    checked_at: AtomicI64,
}

impl SignIns {
    pub(crate) fn new(store: Store, clock: Clock, settings: Current) -> Self {
        let checked_at = AtomicI64::new(clock.now().as_second());
        Self { store, clock, settings, shards: Default::default(), checked_at }
    }

    fn shard(&self, hash: &Hash) -> &RwLock<Shard> {
        &self.shards[usize::from(hash[0]) % SHARDS]
    }

    /// Who holds this secret, from memory alone. On the proxy's path: one hash look-up under a read lock.
    pub(crate) fn find(&self, hash: &Hash) -> Found {
        let now = self.clock.now().as_second();
        let shard = self.shard(hash).read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shard.known.get(hash) {
            // Without use here, another replica may know of later use.
            if !self.is_good(known, now) || self.is_stale(now) {
                return Found::Ask;
            }
            known.last_used.store(now, Relaxed);
            return Found::Known(known.clone());
        }
        match shard.strangers.get(hash) {
            Some(at) if now - at < STRANGER_S => Found::Nobody,
            _ => Found::Ask,
        }
    }

    /// The store was away, or this machine asleep, for too long to believe what is in memory.
    fn is_stale(&self, now: i64) -> bool {
        now - self.checked_at.load(Relaxed) > STALE_LIMIT.as_secs().cast_signed()
    }

    /// Within its limits of time.
    fn is_good(&self, known: &Known, now: i64) -> bool {
        let in_use = match known.by {
            By::SignIn(_) => {
                let unused = now - known.last_used.load(Relaxed);
                self.settings.now().sign_in_idle.is_none_or(|idle| unused < idle.as_secs().cast_signed())
            }
            By::Token(..) => true,
        };
        in_use && known.expires_at.is_none_or(|at| now < at)
    }

    /// Asks the store for a secret and remembers the answer, whichever it is.
    pub(crate) async fn learn(&self, hash: Hash) -> Result<(), carrel_store::Error> {
        let now = self.clock.now();
        if self.is_stale(now.as_second()) {
            self.forget_revoked(now).await?;
        }
        let fresh = self.read(&hash, now).await?;
        let mut shard = self.shard(&hash).write().unwrap_or_else(PoisonError::into_inner);
        if let (Some(fresh), Some(known)) = (&fresh, shard.known.get(&hash)) {
            // Used here, or on another replica: the later counts.
            known.last_used.fetch_max(fresh.last_used.load(Relaxed), Relaxed);
            fresh.last_used.store(known.last_used.load(Relaxed), Relaxed);
        }
        match (fresh.filter(|fresh| self.is_good(fresh, now.as_second())), shard.known.get(&hash)) {
            // The one that is known stays: tunnels that are open hold its switch.
            (Some(_), Some(_)) => {}
            (Some(fresh), None) => {
                shard.strangers.remove(&hash);
                shard.known.insert(hash, Arc::new(fresh));
            }
            (None, _) => {
                if let Some(over) = shard.known.remove(&hash) {
                    over.alive.end();
                }
                if shard.strangers.len() >= STRANGERS {
                    shard.strangers.clear();
                }
                shard.strangers.insert(hash, now.as_second());
            }
        }
        Ok(())
    }

    async fn read(&self, hash: &Hash, now: Timestamp) -> Result<Option<Known>, carrel_store::Error> {
        if let Some((sign_in, user)) = self.store.sign_in_by_hash(hash).await? {
            let Some(user) = self.admitted(user).await? else { return Ok(None) };
            let good = sign_in.revoked_at.is_none();
            let (last_used, expires) = (sign_in.last_seen_at, Some(sign_in.expires_at));
            return Ok(good.then(|| Known::new(user, By::SignIn(sign_in.id), last_used, expires, now)));
        }
        let Some((token, user)) = self.store.token_by_hash(hash).await? else { return Ok(None) };
        let Some(user) = self.admitted(user).await? else { return Ok(None) };
        let good = token.revoked_at.is_none();
        let last_used = token.last_used_at.unwrap_or(token.created_at);
        Ok(good.then(|| Known::new(user, By::Token(token.id, token.scope), last_used, token.expires_at, now)))
    }

    /// The user with the role that their groups give them, when they may be signed in.
    pub(crate) async fn admitted(&self, user: User) -> Result<Option<User>, carrel_store::Error> {
        let settings = self.settings.now();
        let admission = &settings.admission;
        let groups = if admission.asks_for_groups() { self.store.groups_of(&user.id).await? } else { Vec::new() };
        let role = admission.role(user.role, &groups);
        let may = user.locked_at.is_none() && admission.lets_in(&groups);
        Ok(may.then_some(User { role, ..user }))
    }

    /// Who holds this secret, asking the store when memory does not know.
    pub(crate) async fn who(&self, hash: &Hash) -> Result<Option<Arc<Known>>, carrel_store::Error> {
        if let Found::Ask = self.find(hash) {
            self.learn(*hash).await?;
        }
        match self.find(hash) {
            Found::Known(known) => Ok(Some(known)),
            _ => Ok(None),
        }
    }

    /// Ends on this replica, at once, all that `ends` chooses: their tunnels and event streams close. The store has
    /// to know already.
    pub(crate) fn end(&self, ends: impl Fn(&Known) -> bool) {
        for shard in &self.shards {
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            shard.known.retain(|_, known| {
                let over = ends(known);
                if over {
                    known.alive.end();
                }
                !over
            });
        }
    }

    fn all(&self) -> Vec<(Hash, Arc<Known>)> {
        let read = |shard: &RwLock<Shard>| {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            shard.known.iter().map(|(hash, known)| (*hash, known.clone())).collect::<Vec<_>>()
        };
        self.shards.iter().flat_map(read).collect()
    }
}

impl Known {
    fn new(user: User, by: By, last_used: Timestamp, expires: Option<Timestamp>, now: Timestamp) -> Self {
        let name = HeaderValue::from_str(user.name.as_str()).unwrap_or(HeaderValue::from_static(""));
        Self {
            user,
            by,
            name,
            alive: Alive::default(),
            expires_at: expires.map(Timestamp::as_second),
            last_used: AtomicI64::new(last_used.as_second()),
            last_written: AtomicI64::new(last_used.as_second()),
            read_at: now.as_second(),
        }
    }
}
