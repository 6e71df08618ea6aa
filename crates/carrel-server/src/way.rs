//! The way to a session that runs.
//!
//! A session in a pod is reached by its agent, which passes on what it gets. On the server's host the agent only opens the
//! door: it tells how the IDE is spoken with, and hands over connections to it (`carrel_agent::door`). So a route may be
//! known before the way is: the way is made with the first request.

use crate::client;
use carrel_agent::{
    door::Door,
    gate::{CALLER, Gate},
    trust::{Channel, ServerKey},
};
use carrel_config::web::Root;
use carrel_model::{Address, Clock, Session, UserId};
use carrel_proxy::{Alive, Edits, Pass, PoolSettings, Target, Upstream};
use http::{HeaderValue, header};
use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::sync::OnceCell;

/// Connections to agents are kept idle for so long: each begins with a handshake of TLS, and agents close none.
const TLS_AGE: Duration = Duration::from_secs(30);

/// Where the bytes of a running session go.
#[derive(Debug)]
pub(crate) struct Route {
    pub owner: UserId,
    generation: u32,
    address: Address,
    /// The address below which browsers see it.
    url: String,
    way: OnceCell<Way>,
}

/// How a session is spoken with.
#[derive(Debug)]
pub(crate) enum Way {
    /// By its agent, which knows the rest.
    Agent(Arc<Upstream>, Arc<Edits>),
    /// With the IDE itself.
    Ide(Gate),
}

/// How sessions are reached.
pub(crate) struct Ways {
    /// The path below which browsers and IDEs see sessions.
    pub root: Root,
    /// Proves this server to agents that are reached over a network.
    pub key: Option<ServerKey>,
    pub clock: Clock,
}

impl Route {
    /// The way to the session, if it is known.
    pub(crate) fn way(&self) -> Option<&Way> {
        self.way.get()
    }

    /// The way to the session, made by the first who comes: the others wait with them.
    pub(crate) async fn open(&self, ways: &Ways) -> io::Result<&Way> {
        self.way
            .get_or_try_init(|| async {
                match &self.address {
                    Address::Unix(path) => ways.by_door(path, &self.url).await,
                    Address::Tls { address, certificate } => ways.by_agent(*address, certificate, &self.url),
                }
            })
            .await
    }
}

impl Way {
    pub(crate) fn upstream(&self) -> &Arc<Upstream> {
        match self {
            Self::Agent(upstream, _) => upstream,
            Self::Ide(gate) => gate.upstream(),
        }
    }

    /// Leave for a request of this user, for as long as they are signed in.
    pub(crate) fn pass(&self, name: &HeaderValue, alive: &Alive) -> Pass {
        let alive = alive.clone();
        match self {
            Self::Agent(upstream, edits) => {
                let set = vec![(CALLER, name.clone())];
                Pass { upstream: upstream.clone(), edits: edits.clone(), alive, set }
            }
            Self::Ide(gate) => Pass { alive, ..gate.pass(name.to_str().ok()) },
        }
    }
}

impl Ways {
    /// Whether this server cannot prove itself to an agent that wants it.
    pub(crate) fn lacks_key(&self, address: &Address) -> bool {
        matches!(address, Address::Tls { .. }) && self.key.is_none()
    }

    /// The route of a session that runs. That of the same generation at the same address is kept, with its connections;
    /// another generation never gets them.
    pub(crate) fn route(&self, session: &Session, known: Option<&Arc<Route>>) -> Option<Arc<Route>> {
        let (address, _) = session.state.running_at()?;
        if let Some(known) = known.filter(|k| k.generation == session.generation && k.address == *address) {
            return Some(known.clone());
        }
        Some(Arc::new(Route {
            owner: session.owner.clone(),
            generation: session.generation,
            address: address.clone(),
            url: self.root.join(&session.url()),
            way: OnceCell::new(),
        }))
    }

    fn by_agent(&self, address: SocketAddr, certificate: &str, url: &str) -> io::Result<Way> {
        let key = self.key.as_ref().ok_or_else(|| io::Error::other("this server has no key for agents"))?;
        let config = key.client_config(certificate.parse().map_err(io::Error::other)?, Channel::Data);
        let pool = PoolSettings { age: TLS_AGE, ..PoolSettings::default() };
        Ok(Way::Agent(Upstream::new(Target::Tls(address, config), pool), Arc::new(self.edits(url))))
    }

    async fn by_door(&self, path: &Path, url: &str) -> io::Result<Way> {
        let door = Door(path.to_owned());
        let (rules, teller) = door.open().await?;
        let (on_use, telling) = teller.start();
        let target = Target::Handed(Arc::new(door));
        let gate = Gate::new(&rules, target, self.edits(url), self.clock.clone(), on_use).map_err(io::Error::other)?;
        tokio::spawn(telling);
        Ok(Way::Ide(gate))
    }

    /// What is changed on the way to a session and back: none of the platform's credentials reaches it, and none of its
    /// cookies and service workers reaches beyond its own address.
    fn edits(&self, url: &str) -> Edits {
        Edits {
            strip_request: vec![header::AUTHORIZATION, header::PROXY_AUTHORIZATION],
            strip_request_prefixes: vec!["x-carrel-"],
            strip_cookies: [client::PLAIN_COOKIE, client::SECURE_COOKIE, client::SECURE_PATH_COOKIE]
                .map(Into::into)
                .to_vec(),
            add_prefix: (!self.root.is_empty()).then(|| self.root.as_str().to_owned()),
            forwarded: true,
            cookie_path: Some(url.into()),
            service_worker_scope: Some(url.into()),
            ..Edits::default()
        }
    }
}
