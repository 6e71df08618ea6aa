//! What people can do with sessions. Each call writes rows and returns; the supervisor acts on them.

mod launch;
mod offers;
mod resume;

pub use launch::LaunchError;
pub use resume::NewSize;

use crate::{
    ask::{AskError, NewSession, free_name},
    catalogue::Catalogue,
    counted::Counted,
    launcher::{Launcher, LauncherError},
    offering::Offering,
    what_if::WhatIf,
};
use arc_swap::ArcSwap;
use bytes::Bytes;
use carrel_config::{ClusterKind, Current, settings::rights::Rights};
use carrel_model::{
    Account, AuditAction, Cause, Clock, Event, NameError, Plan, Session, SessionId, State, User, UserId, UserName, Who,
};
use carrel_store::{Actor, Store, Which};
use futures::stream::BoxStream;
use jiff::Timestamp;
use offers::Offers;
use std::sync::Arc;

/// What the cluster of this host is called where no file names it.
pub const LOCAL_CLUSTER: &str = "local";

/// Who asks, and from where.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Whose rights count.
    pub user: User,
    /// Who stands in the audit.
    pub actor: Actor,
}

/// Why a session was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// It is not there, or not the caller's: nobody learns which.
    #[error("there is no such session")]
    NotFound,
    /// Its state does not allow it.
    #[error("{wish} is not possible while it is {state}")]
    NotPossible {
        /// The page's word of what was wished.
        wish: &'static str,
        /// The name of the state.
        state: &'static str,
    },
    /// The limit of running sessions is reached.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The new name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The new size.
    #[error(transparent)]
    Size(#[from] AskError),
    /// The place where it runs.
    #[error(transparent)]
    Launcher(#[from] LauncherError),
    /// The store.
    #[error(transparent)]
    Store(#[from] carrel_store::Error),
}

/// The limit of running sessions is reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("you may have {limit} {} running at once, by {by}; suspend or quit one first", if *limit == 1 { "session" } else { "sessions" })]
pub struct TooMany {
    /// How many are allowed.
    pub limit: u32,
    /// What says so: `the profile of the group “devs”`.
    pub by: String,
}

/// What somebody's sessions hold together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Use {
    /// Sessions that hold room.
    pub sessions: u32,
    /// Their CPUs.
    pub cpus: f64,
    /// Their memory in MiB.
    pub memory_mb: u64,
}

/// The sessions of everybody. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) settings: Current,
    pub(crate) launcher: Arc<dyn Launcher>,
    pub(crate) counted: Counted,
    catalogue: Arc<Catalogue>,
    offers: Arc<ArcSwap<Offers>>,
}

impl Sessions {
    /// Puts the parts together and looks which IDEs are there. Their versions are known, and that they run at all, after
    /// [`Sessions::look_again`].
    pub fn new(
        store: Store,
        clock: Clock,
        settings: Current,
        catalogue: Catalogue,
        launcher: Arc<dyn Launcher>,
    ) -> Self {
        let offers = Arc::new(ArcSwap::from_pointee(Offers::located(&catalogue, settings.now())));
        let (catalogue, counted) = (Arc::new(catalogue), Counted::default());
        Self { store, clock, settings, launcher, counted, catalogue, offers }
    }

    /// What was counted since this replica started.
    pub fn counted(&self) -> &Counted {
        &self.counted
    }

    /// The name of the cluster that sessions run on.
    pub fn cluster(&self) -> String {
        self.settings.now().cluster.name().to_owned()
    }

    /// What the rules of the files give somebody now, by their groups.
    pub async fn rights_of(&self, user: &User) -> Result<Rights, carrel_store::Error> {
        let groups = self.store.groups_of(&user.id).await?;
        Ok(self.settings.now().profiles.of(user.name.as_str(), &groups))
    }

    /// What somebody may ask for.
    pub async fn offering_for(&self, user: &User) -> Result<Offering, carrel_store::Error> {
        let rights = self.rights_of(user).await?;
        Ok(Offering::of(user.name.as_str(), &rights, &self.settings.now()))
    }

    /// The account that containers of somebody's sessions run as; `None` where sessions run on this host.
    pub async fn account_of(&self, user: &User) -> Result<Option<Account>, carrel_store::Error> {
        let settings = self.settings.now();
        match settings.cluster.kind {
            ClusterKind::Local => Ok(None),
            ClusterKind::Kubernetes => self.store.account_of(user, &settings.accounts).await.map(Some),
        }
    }

    /// What somebody would get who asks for this: for administrators. They need not be a user yet.
    pub async fn what_if(
        &self,
        name: &UserName,
        groups: Option<Vec<String>>,
        asked: &NewSession,
    ) -> Result<WhatIf, carrel_store::Error> {
        let user = self.store.user_by_name(name).await?;
        let groups = match (groups, &user) {
            (Some(groups), _) => groups,
            (None, Some(user)) => self.store.groups_of(&user.id).await?,
            (None, None) => Vec::new(),
        };
        let account = match &user {
            Some(user) => self.account_of(user).await?,
            None => None,
        };
        Ok(WhatIf::new(name.as_str(), &groups, account.as_ref(), asked, &self.settings.now()))
    }

    /// What a user's sessions hold.
    pub async fn use_of(&self, user: &UserId) -> Result<Use, carrel_store::Error> {
        Ok(sum(&self.store.sessions_of(user, Which::Live).await?))
    }

    /// A name that the user has not given yet, for a session of this IDE.
    pub async fn suggested_name(&self, user: &UserId, ide: &str) -> Result<String, carrel_store::Error> {
        let live = self.store.sessions_of(user, Which::Live).await?;
        Ok(free_name(ide, &live.iter().map(|s| &s.name).collect::<Vec<_>>()))
    }

    /// One of the caller's own sessions.
    pub async fn of(&self, caller: &Caller, id: &SessionId) -> Result<Session, ChangeError> {
        let session = self.store.session(id).await?;
        session.filter(|s| s.owner == caller.user.id).ok_or(ChangeError::NotFound)
    }

    /// Stops the process, keeps the session.
    pub async fn suspend(&self, caller: &Caller, id: &SessionId) -> Result<Session, ChangeError> {
        self.change(caller, id, "Suspend", Event::SuspendAsked, AuditAction::SessionSuspend).await
    }

    /// Ends a session; with `force` at once.
    pub async fn stop(&self, caller: &Caller, id: &SessionId, force: bool) -> Result<Session, ChangeError> {
        let (wish, action) =
            if force { ("Force Quit", AuditAction::SessionForceQuit) } else { ("Quit", AuditAction::SessionQuit) };
        let session = self.change(caller, id, wish, Event::StopAsked { force }, action).await?;
        if matches!(session.state, State::Stopped { .. }) {
            // Nothing of it ran, so no report will follow that would clean up after its last run.
            self.launcher.forget(&session.run()).await.unwrap_or_else(|error| {
                tracing::warn!(run = %session.run(), %error, "what is left of the run could not be removed");
            });
        }
        Ok(session)
    }

    async fn change(
        &self,
        caller: &Caller,
        id: &SessionId,
        wish: &'static str,
        event: Event,
        action: AuditAction,
    ) -> Result<Session, ChangeError> {
        let session = self.of(caller, id).await?;
        let by = Some((&caller.actor, action));
        let changed = self.store.happen(id, Some(session.generation), &event, by, self.clock.now()).await?;
        // Between the two calls the state may have moved on: the answer names the state that refused.
        match changed {
            Some(session) => Ok(session),
            None => Err(ChangeError::NotPossible { wish, state: self.of(caller, id).await?.state.name() }),
        }
    }

    /// Gives a session another name.
    pub async fn rename(&self, caller: &Caller, id: &SessionId, name: &str) -> Result<Session, ChangeError> {
        let name = name.parse()?;
        self.of(caller, id).await?;
        let renamed = self.store.session_rename(id, &name, &caller.actor, self.clock.now()).await?;
        renamed.ok_or(ChangeError::NotFound)
    }

    /// Holds the idle clock until then; `None` lets it go on.
    pub async fn keep(
        &self,
        caller: &Caller,
        id: &SessionId,
        until: Option<Timestamp>,
    ) -> Result<Session, ChangeError> {
        let session = self.of(caller, id).await?;
        let Some((_, activity)) = session.state.running_at() else {
            return Err(ChangeError::NotPossible { wish: "Keep", state: session.state.name() });
        };
        self.launcher.keep(&session.run(), until).await?;
        let news = carrel_model::Activity { keep_until: until, ..activity.clone() };
        let by = Some((&caller.actor, AuditAction::SessionKeep));
        let changed = self.store.happen(id, Some(session.generation), &Event::Used(news), by, self.clock.now()).await?;
        Ok(changed.unwrap_or(session))
    }

    /// The output of a session's present generation.
    pub async fn logs(&self, session: &Session, follow: bool) -> Result<BoxStream<'static, Bytes>, LauncherError> {
        self.launcher.logs(&session.run(), follow).await
    }

    /// The plan of a session's run, or the cause why its IDE cannot be run now.
    pub(crate) fn plan(&self, session: &Session) -> Result<Plan, Cause> {
        let (offers, settings) = (self.offers(), self.settings.now());
        if let Some(gone) = session.spec.r_version.as_ref().filter(|chosen| settings.ides.r.get(chosen).is_none()) {
            let text = format!("Its R, {gone}, is no longer among those of this server: start a new session.");
            return Err(Cause::new("r-gone", text, Who::You));
        }
        let offer = offers.iter().find(|offer| offer.id == session.ide);
        match (self.catalogue.get(&session.ide), offer.map(|offer| &offer.available)) {
            (Some(entry), Some(Ok(found))) => Ok(entry.plan(found, session, &settings)),
            (_, Some(Err(cause))) => Err(cause.clone()),
            _ => {
                let text = format!("The IDE “{}” is no longer in the catalogue.", session.ide);
                Err(Cause::new("ide-unknown", text, Who::Administrator))
            }
        }
    }
}

/// The refusal that names the limit, when that is what the store answered.
fn too_many(error: &carrel_store::Error, offering: &Offering) -> Option<TooMany> {
    let limit = offering.sessions.as_ref().filter(|_| matches!(error, carrel_store::Error::TooMany))?;
    Some(TooMany { limit: limit.value, by: limit.by.words(&offering.user) })
}

fn sum(live: &[Session]) -> Use {
    live.iter().filter(|s| s.state.holds_room()).fold(Use::default(), |sum, s| Use {
        sessions: sum.sessions + 1,
        cpus: sum.cpus + s.spec.cpus,
        memory_mb: sum.memory_mb + s.spec.memory_mb,
    })
}
