//! Which numbers and folders the accounts of users get. Pure.

use crate::UserName;
use std::{fmt, ops::RangeInclusive, path::PathBuf};

/// The highest id that Kubernetes takes (`runAsUser`, `runAsGroup`).
pub const HIGHEST_ID: u32 = i32::MAX.cast_unsigned();
/// `nobody`, and what 16-bit interfaces take for no id.
const RESERVED: RangeInclusive<u32> = 65534..=65535;

/// Which numbers and folders the accounts of users get, where nobody says others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRules {
    /// No user id is below it (`user-provisioning-start-uid`).
    pub first_uid: u32,
    /// No group id is below it (`group-provisioning-start-gid`).
    pub first_gid: u32,
    /// The folder of the home folders (`user-homedir-path`).
    pub homes: PathBuf,
    /// The login shell.
    pub shell: PathBuf,
}

impl Default for AccountRules {
    fn default() -> Self {
        Self { first_uid: 1000, first_gid: 1000, homes: "/home".into(), shell: "/bin/bash".into() }
    }
}

/// Whose number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// A user's.
    User,
    /// A group's.
    Group,
}

impl IdKind {
    fn option(self) -> &'static str {
        match self {
            Self::User => "user-provisioning-start-uid",
            Self::Group => "group-provisioning-start-gid",
        }
    }
}

impl fmt::Display for IdKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user id",
            Self::Group => "group id",
        })
    }
}

/// Why nobody may have a number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// It belongs to accounts of the system, or to what was there before Carrel.
    #[error("the {kind} {id} is below {least}, where those of Carrel begin ({} of rserver.conf)", .kind.option())]
    TooLow {
        /// Whose number.
        kind: IdKind,
        /// As asked.
        id: u32,
        /// The lowest.
        least: u32,
    },
    /// Kubernetes does not take it.
    #[error("the {kind} {id} is above {HIGHEST_ID}, the highest that Kubernetes takes")]
    TooHigh {
        /// Whose number.
        kind: IdKind,
        /// As asked.
        id: u32,
    },
    /// It stands for nobody.
    #[error("the {kind} {id} stands for nobody")]
    Nobody {
        /// Whose number.
        kind: IdKind,
        /// As asked.
        id: u32,
    },
}

impl AccountRules {
    /// The home folder of a user.
    pub fn home_of(&self, user: &UserName) -> PathBuf {
        self.homes.join(user.as_str())
    }

    /// The lowest number that somebody may have.
    pub fn least(&self, kind: IdKind) -> u32 {
        // 0 is root, whatever a file says.
        match kind {
            IdKind::User => self.first_uid.max(1),
            IdKind::Group => self.first_gid.max(1),
        }
    }

    /// Whether somebody may have this number.
    pub fn check(&self, kind: IdKind, id: u32) -> Result<(), IdError> {
        let least = self.least(kind);
        match id {
            _ if id < least => Err(IdError::TooLow { kind, id, least }),
            _ if id > HIGHEST_ID => Err(IdError::TooHigh { kind, id }),
            _ if RESERVED.contains(&id) => Err(IdError::Nobody { kind, id }),
            _ => Ok(()),
        }
    }

    /// The next number that may be tried after one that stands for nobody.
    pub fn beyond_reserved(id: u32) -> u32 {
        if RESERVED.contains(&id) { RESERVED.end() + 1 } else { id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_system_of_nobody_and_beyond_kubernetes_are_refused() {
        let rules = AccountRules { first_uid: 20_000, ..AccountRules::default() };
        let said = |kind, id| rules.check(kind, id).map_err(|error| error.to_string());
        assert_eq!(said(IdKind::User, 20_000), Ok(()));
        assert_eq!(said(IdKind::Group, 1000), Ok(()));
        let low = "the user id 19999 is below 20000, where those of Carrel begin (user-provisioning-start-uid of rserver.conf)";
        assert_eq!(said(IdKind::User, 19_999), Err(low.into()));
        assert_eq!(said(IdKind::Group, 65_534), Err("the group id 65534 stands for nobody".into()));
        let high = "the user id 2147483648 is above 2147483647, the highest that Kubernetes takes";
        assert_eq!(said(IdKind::User, HIGHEST_ID + 1), Err(high.into()));
    }

    #[test]
    fn nobody_is_root_whatever_a_file_says() {
        let rules = AccountRules { first_uid: 0, first_gid: 0, ..AccountRules::default() };
        assert!(rules.check(IdKind::User, 0).is_err() && rules.check(IdKind::Group, 0).is_err());
    }
}
