//! Starting a session again, as it was or in another size.

use super::{Caller, ChangeError, Sessions, too_many};
use crate::{
    ask::{AskError, NewSession, settle_size},
    offering::Offering,
    pods::settle_pod,
};
use carrel_model::{Container, Session, SessionId, Spec};

/// The size in which a session is started again; the one that it had when nothing is said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewSize {
    /// A named size.
    pub resource_profile: Option<String>,
    /// CPUs, instead of the size's.
    pub cpus: Option<f64>,
    /// Memory in MiB, instead of the size's.
    pub memory_mb: Option<u64>,
}

impl Sessions {
    /// Starts a suspended or failed session again, as a new generation.
    pub async fn resume(&self, caller: &Caller, id: &SessionId, size: &NewSize) -> Result<Session, ChangeError> {
        let session = self.of(caller, id).await?;
        let offering = self.offering_for(&caller.user).await?;
        let spec = if *size == NewSize::default() { None } else { Some(resized(&session, size, &offering)?) };
        let limit = offering.sessions.as_ref().map(|limit| limit.value);
        let (actor, now) = (&caller.actor, self.clock.now());
        match self.store.session_resume(id, session.generation, spec.as_ref(), limit, actor, now).await {
            Ok(Some(session)) => Ok(session),
            Ok(None) => {
                Err(ChangeError::NotPossible { wish: "Resume", state: self.of(caller, id).await?.state.name() })
            }
            Err(error) => Err(too_many(&error, &offering).map_or(ChangeError::Store(error), ChangeError::TooMany)),
        }
    }
}

/// The session in another size, within what is offered. Its image and its account stay.
fn resized(session: &Session, size: &NewSize, offering: &Offering) -> Result<Spec, AskError> {
    let was = &session.spec;
    let NewSize { resource_profile, cpus, memory_mb } = size.clone();
    let asked = NewSession {
        ide: session.ide.as_str().to_owned(),
        resource_profile,
        cpus: cpus.or_else(|| size.resource_profile.is_none().then_some(was.cpus)),
        memory_mb: memory_mb.or_else(|| size.resource_profile.is_none().then_some(was.memory_mb)),
        image: was.container.as_ref().map(|container| container.image.clone()),
        ..NewSession::default()
    };
    let settled = settle_size(offering, &asked)?;
    let pod = settle_pod(offering, &asked, &settled)?;
    let container = pod.zip(was.container.clone()).map(|(pod, was)| {
        let now = pod.container(was.account);
        // A named size has GPUs and nodes of its own; with figures of one's own they are what they were.
        let kept = asked.resource_profile.is_none().then_some((was.gpus, was.placement));
        let (gpus, placement) = kept.unwrap_or((now.gpus, now.placement));
        Container { gpus, placement, ..now }
    });
    Ok(Spec {
        resource_profile: settled.resource_profile,
        cpus: settled.cpus,
        memory_mb: settled.memory_mb,
        container: container.or_else(|| was.container.clone()),
        ..was.clone()
    })
}
