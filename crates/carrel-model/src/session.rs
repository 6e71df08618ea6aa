//! Sessions and what was asked of them.

use crate::{Bounds, Container, Event, IdeId, IdleRule, RunId, SessionId, SessionName, State, UserId, UserName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was asked for a session and what became of it: everything a launcher needs that is not the IDE's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// Which cluster runs it.
    pub cluster: String,
    /// The name of the size, when one was chosen.
    pub resource_profile: Option<String>,
    /// CPUs, fractions allowed.
    pub cpus: f64,
    /// Memory in MiB.
    pub memory_mb: u64,
    /// The folder that the IDE opens; `None` for the home folder.
    pub folder: Option<String>,
    /// Variables added to the environment of the IDE.
    pub env: BTreeMap<String, String>,
    /// How long it may be without use.
    pub idle: IdleRule,
    /// What the kernel holds its processes to.
    #[serde(default, skip_serializing_if = "Bounds::is_none")]
    pub bounds: Bounds,
    /// The R that was chosen, by its folder; `None` for the usual one of the time when it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r_version: Option<String>,
    /// The container it runs in; `None` on clusters without containers.
    #[serde(default)]
    pub container: Option<Container>,
}

/// One interactive IDE of one user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Stays the same over suspending and resuming.
    pub id: SessionId,
    /// Whose it is.
    pub owner: UserId,
    /// The owner's name, for pages and for the environment of the IDE.
    pub owner_name: UserName,
    /// What it is called.
    pub name: SessionName,
    /// Which entry of the catalogue it runs.
    pub ide: IdeId,
    /// What was asked.
    pub spec: Spec,
    /// Where it is in its life.
    pub state: State,
    /// Which start of it this is, from 1.
    pub generation: u32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the present generation answered first.
    pub started_at: Option<Timestamp>,
    /// The last use that is known.
    pub last_active_at: Option<Timestamp>,
    /// Counts the writes of the row: a write that saw an older one is refused.
    pub version: i64,
}

impl Session {
    /// The present generation of it.
    pub fn run(&self) -> RunId {
        RunId { session: self.id.clone(), generation: self.generation }
    }

    /// What becomes of the session by `event`, with all that follows from the change of state. `None`: nothing.
    #[must_use]
    pub fn after(&self, event: &Event, now: Timestamp) -> Option<Self> {
        let state = self.state.next(event, now)?;
        let mut next = Self { state, ..self.clone() };
        match event {
            Event::StartAsked => {
                next.generation += 1;
                next.started_at = None;
            }
            Event::Ready(..) => {
                next.started_at.get_or_insert(now);
                next.last_active_at.get_or_insert(now);
            }
            Event::Used(activity) => next.last_active_at = Some(activity.last_active_at),
            _ => {}
        }
        Some(next)
    }

    /// Its address on the server: `/s/<id>/`.
    pub fn url(&self) -> String {
        format!("/s/{}/", self.id)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{Address, IdleAction};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    pub(crate) fn session() -> Session {
        Session {
            id: SessionId::from_random([7; 16]),
            owner: UserId::from_random([8; 16]),
            owner_name: "ada".parse().unwrap(),
            name: "sales-forecast".parse().unwrap(),
            ide: "jupyterlab".parse().unwrap(),
            spec: Spec {
                cluster: "local".into(),
                resource_profile: Some("small".into()),
                cpus: 1.0,
                memory_mb: 2048,
                folder: None,
                env: BTreeMap::new(),
                idle: IdleRule::default(),
                bounds: Bounds::default(),
                r_version: None,
                container: None,
            },
            state: State::Queued { since: at(0), cause: None },
            generation: 1,
            created_at: at(0),
            started_at: None,
            last_active_at: None,
            version: 0,
        }
    }

    #[test]
    fn resuming_makes_a_new_generation_of_the_same_session() {
        let ready = Event::Ready(Address::Unix("/x".into()), IdleAction::Suspend);
        let running = session().after(&Event::Taken, at(1)).unwrap().after(&ready, at(2)).unwrap();
        assert_eq!(running.started_at, Some(at(2)));
        let events = [Event::SuspendAsked, Event::Missing, Event::StartAsked];
        let again = events.iter().fold(running.clone(), |s, e| s.after(e, at(3)).unwrap());
        assert_eq!((again.generation, again.started_at), (2, None));
        assert_eq!(
            (again.id.clone(), again.url(), again.spec.clone()),
            (running.id.clone(), running.url(), running.spec.clone())
        );
        assert_ne!(again.run().to_string(), running.run().to_string());
    }

    #[test]
    fn a_row_from_before_rs_could_be_chosen_is_still_read() {
        let text = serde_json::to_string(&session().spec).unwrap();
        assert!(!text.contains("r_version"), "{text}");
        assert_eq!(serde_json::from_str::<Spec>(&text).unwrap(), session().spec);
    }

    #[test]
    fn an_event_that_says_nothing_changes_nothing() {
        assert_eq!(session().after(&Event::SuspendAsked, at(1)), None);
    }
}
