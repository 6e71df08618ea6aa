//! What every handler can reach.

use crate::{
    caller::Caller,
    health_check::Host,
    live::Live,
    metrics::Traffic,
    problem::Problem,
    sign_ins::SignIns,
    view::{Beside, CURVE_POINTS, SessionView, UsageView},
};
use carrel_auth::Throttle;
use carrel_config::{Current, Installation};
use carrel_model::{Clock, Session};
use carrel_sessions::Sessions;
use carrel_store::Store;
use jiff::SignedDuration;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio_util::sync::CancellationToken;

/// How far back the small CPU curve of a row reaches.
const CURVE: SignedDuration = SignedDuration::from_hours(1);

/// The parts of a running server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

/// See [`App`].
pub(crate) struct Parts {
    pub settings: Current,
    pub installation: Arc<Installation>,
    pub clock: Clock,
    pub store: Store,
    pub sessions: Sessions,
    pub host: Host,
    pub traffic: Traffic,
    pub sign_ins: Arc<SignIns>,
    pub live: Arc<Live>,
    pub throttle: Mutex<Throttle>,
    /// How many passwords may be checked at once: each takes a core and some memory on purpose.
    pub hashing: tokio::sync::Semaphore,
    /// It is about to stop: readiness fails.
    pub stopping: CancellationToken,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The views of these sessions, with the names of their IDEs and what they use.
    pub(crate) async fn views(&self, sessions: &[Session]) -> Result<Vec<SessionView>, Problem> {
        let beside = self.beside(sessions).await?;
        let now = self.clock.now();
        Ok(sessions.iter().map(|session| SessionView::new(session, &beside, now)).collect())
    }

    /// The view of one session.
    pub(crate) async fn view(&self, session: &Session) -> Result<SessionView, Problem> {
        let beside = self.beside(std::slice::from_ref(session)).await?;
        Ok(SessionView::new(session, &beside, self.clock.now()))
    }

    async fn beside(&self, sessions: &[Session]) -> Result<Beside, Problem> {
        let running = |s: &&Session| s.state.running_at().is_some();
        let running: Vec<_> = sessions.iter().filter(running).map(|s| s.id.clone()).collect();
        let mut beside =
            Beside { ide_names: self.ide_names(), usage: HashMap::new(), root: self.settings.now().web.root.clone() };
        if running.is_empty() {
            return Ok(beside);
        }
        let now = self.clock.now();
        let mut curves = self.store.usage_of_many(&running, now - CURVE, CURVE_POINTS, now).await?;
        for (id, latest) in self.store.usage_latest(&running).await? {
            let curve = curves.remove(&id).unwrap_or_default().iter().map(|point| point.cpus).collect();
            beside.usage.insert(id.to_string(), UsageView::new(&latest, curve));
        }
        Ok(beside)
    }

    /// A stream that somebody follows ends with their sign-in, and when the server stops: clients come again, and find
    /// another replica or the next server.
    pub(crate) fn stream_ends(&self, caller: &Caller) -> impl Future<Output = ()> + Send + use<> {
        let (signed_out, stopping) = (caller.known().alive.ended(), self.stopping.clone().cancelled_owned());
        async move {
            tokio::select! { () = signed_out => {} () = stopping => {} }
        }
    }

    /// What people call the catalogue's entries, by id.
    pub(crate) fn ide_names(&self) -> HashMap<String, String> {
        self.sessions.offers().iter().map(|offer| (offer.id.to_string(), offer.name.clone())).collect()
    }
}

impl std::ops::Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
