//! Launching a session: what is asked for, within what is offered, as a row.

use super::{Caller, LOCAL_CLUSTER, Sessions, TooMany, too_many};
use crate::{
    ask::{AskError, NewSession, check_env, check_folder, settle_name, settle_size},
    catalogue::Offer,
    offering::{Offering, idle_rule, settle_r},
    pods::settle_pod,
};
use carrel_config::{ClusterKind, Settings};
use carrel_model::{Account, Bounds, Cause, ID_CHARS, IdleRule, Session, SessionId, SessionName, Spec, State};
use carrel_store::Which;

/// Why a session was not launched.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// Something that was asked cannot be.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The catalogue has no such IDE.
    #[error("there is no IDE called “{0}”")]
    NoSuchIde(String),
    /// The IDE is known and cannot be run here.
    #[error("{}", .0.text)]
    IdeNotAvailable(Cause),
    /// There is no such cluster.
    #[error("there is no cluster called “{asked}”; sessions run on “{there}”")]
    NoSuchCluster {
        /// As asked.
        asked: String,
        /// What it is called.
        there: String,
    },
    /// The limit of running sessions is reached.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The system gives no random bytes for an id.
    #[error("the system gives no random bytes: {0}")]
    Randomness(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] carrel_store::Error),
}

impl Sessions {
    /// Accepts a new session: the row stands when this returns, the rest is the supervisor's.
    pub async fn launch(&self, caller: &Caller, asked: NewSession) -> Result<Session, LaunchError> {
        let offer = self.available(&asked.ide)?;
        let settings = self.settings.now();
        let cluster = check_cluster(asked.cluster.as_deref(), &settings)?;
        let rights = self.rights_of(&caller.user).await?;
        let offering = Offering::of(caller.user.name.as_str(), &rights, &settings);
        let account = self.account_of(&caller.user).await?;
        let idle = idle_rule(&asked.ide, &rights, &settings).0;
        let spec = Spec { bounds: rights.bounds(), ..settle_spec(&asked, cluster, &offering, idle, account)? };
        let live = self.store.sessions_of(&caller.user.id, Which::Live).await?;
        let taken: Vec<&SessionName> = live.iter().map(|s| &s.name).collect();
        let name = settle_name(asked.name.as_deref(), offer.id.as_str(), &taken)?;
        let now = self.clock.now();
        let session = Session {
            id: SessionId::from_random(random()?),
            owner: caller.user.id.clone(),
            owner_name: caller.user.name.clone(),
            name,
            ide: offer.id,
            spec,
            state: State::Queued { since: now, cause: None },
            generation: 1,
            created_at: now,
            started_at: None,
            last_active_at: None,
            version: 0,
        };
        let limit = offering.sessions.as_ref().map(|limit| limit.value);
        let inserted = self.store.session_insert(&session, limit, &caller.actor, now).await;
        let session = inserted
            .map_err(|error| too_many(&error, &offering).map_or(LaunchError::Store(error), LaunchError::TooMany))?;
        self.counted.launched(session.ide.as_str());
        Ok(session)
    }

    fn available(&self, ide: &str) -> Result<Offer, LaunchError> {
        let offers = self.offers();
        let offer = offers.iter().find(|o| o.id.as_str() == ide);
        let offer = offer.ok_or_else(|| LaunchError::NoSuchIde(ide.chars().take(64).collect()))?;
        match &offer.available {
            Ok(_) => Ok(offer.clone()),
            Err(cause) => Err(LaunchError::IdeNotAvailable(cause.clone())),
        }
    }
}

/// The name of the cluster, when it is the one that is asked for. The host may be called by its usual name, too.
fn check_cluster(asked: Option<&str>, settings: &Settings) -> Result<String, LaunchError> {
    let there = settings.cluster.name();
    let is_local = settings.cluster.kind == ClusterKind::Local;
    match asked {
        Some(asked) if asked != there && !(is_local && asked == LOCAL_CLUSTER) => {
            Err(LaunchError::NoSuchCluster { asked: asked.chars().take(64).collect(), there: there.to_owned() })
        }
        _ => Ok(there.to_owned()),
    }
}

/// What is asked, within what is offered.
fn settle_spec(
    asked: &NewSession,
    cluster: String,
    offering: &Offering,
    idle: IdleRule,
    account: Option<Account>,
) -> Result<Spec, AskError> {
    check_env(&asked.env)?;
    let size = settle_size(offering, asked)?;
    let pod = settle_pod(offering, asked, &size)?;
    Ok(Spec {
        cluster,
        resource_profile: size.resource_profile,
        cpus: size.cpus,
        memory_mb: size.memory_mb,
        folder: check_folder(asked.folder.as_deref())?,
        env: asked.env.clone(),
        idle,
        bounds: Bounds::default(),
        r_version: settle_r(offering, asked)?.map(|r| r.value),
        container: pod.zip(account).map(|(pod, account)| pod.container(account)),
    })
}

fn random() -> Result<[u8; ID_CHARS], LaunchError> {
    let mut bytes = [0; ID_CHARS];
    getrandom::fill(&mut bytes).map_err(|e| LaunchError::Randomness(e.to_string()))?;
    Ok(bytes)
}
