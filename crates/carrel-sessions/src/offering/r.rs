//! Which Rs one person may choose from. Pure.

use super::{By, Offering, Set};
use crate::{
    ask::{AskError, NewSession, shown},
    pods::Decided,
};
use carrel_config::{
    Settings,
    ides::{ALL, R},
    settings::rights::Rights,
};

/// The Rs of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Rs {
    /// Those that may be chosen, the one that is chosen first before the others; none where no file names any.
    pub offered: Vec<R>,
    /// What says so.
    pub by: By,
    /// What is chosen first where that is another than for everybody.
    first: Option<Set<String>>,
}

impl Rs {
    pub(super) fn of(rights: &Rights, settings: &Settings) -> Self {
        let there = &settings.ides.r;
        let mut offered: Vec<R> = Vec::new();
        let mut by = By::Server;
        if let Some(said) = rights.r_versions().filter(|said| !said.value.iter().any(|word| word == ALL)) {
            for r in said.value.iter().filter_map(|called| there.get(called)) {
                if !offered.contains(r) {
                    offered.push(r.clone());
                }
            }
            by = By::Rule(said.origin);
        }
        let is_held = !offered.is_empty();
        if !is_held {
            // Nothing is said, or nothing of it is there.
            (offered, by) = (there.offered().cloned().collect(), By::Server);
        }
        let said = rights.r_version().and_then(|said| Some((there.get(said.value)?, By::Rule(said.origin))));
        let first = said.filter(|(r, _)| !is_held || offered.contains(r));
        let usual = offered.contains(&there.usual).then_some(&there.usual);
        let otherwise = usual.or(offered.first()).map(|r| (r, by.clone()));
        let Some((r, first_by)) = first.or(otherwise).map(|(r, by)| (r.clone(), by)) else {
            return Self { offered, by, first: None };
        };
        offered.retain(|other| *other != r);
        let first = (r != there.usual).then(|| Set { value: r.path.clone(), by: first_by });
        offered.insert(0, r);
        Self { offered, by, first }
    }
}

/// The R that is asked for, or the one that is chosen first for this person; nothing for the usual one of everybody.
pub fn settle_r(offering: &Offering, asked: &NewSession) -> Result<Option<Decided<String>>, AskError> {
    let Rs { offered, by, first } = &offering.r;
    let Some(called) = &asked.r_version else {
        return Ok(first.clone().map(|Set { value, by }| Decided { value, by: Some(by) }));
    };
    match offered.iter().find(|r| r.is(called)) {
        Some(r) => Ok(Some(Decided { value: r.path.clone(), by: None })),
        None => Err(AskError::RNotOffered {
            asked: shown(called),
            by: by.said(&offering.user),
            offered: offered.iter().map(|r| r.path.clone()).collect(),
        }),
    }
}
