//! Users and what they may.

use crate::{UserId, UserName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What somebody may do beyond their own sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Their own sessions, nothing else.
    User,
    /// Sees everything, changes nothing of others.
    Administrator,
    /// Acts on the sessions of others, with a reason that is written down.
    Superuser,
}

impl Role {
    /// The word of it, as in the API and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Administrator => "administrator",
            Self::Superuser => "superuser",
        }
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::User, Self::Administrator, Self::Superuser]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("no role is called “{text}”: user, administrator and superuser are"))
    }
}

/// Somebody who can have sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Never reused.
    pub id: UserId,
    /// What they sign in with.
    pub name: UserName,
    /// What pages call them; the user name when nothing else is known.
    pub display_name: String,
    /// What they may.
    pub role: Role,
    /// Since when they may not sign in; `None` when they may.
    pub locked_at: Option<Timestamp>,
    /// When Carrel first knew of them.
    pub created_at: Timestamp,
}
