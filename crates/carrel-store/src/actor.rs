//! Who does something.

use carrel_model::{User, UserId};

/// Who does something, for the audit log and a session's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The user; `None` for the program itself and for somebody unknown.
    pub user: Option<UserId>,
    /// What they are called.
    pub name: String,
    /// Where they came from, when it was over the network.
    pub address: Option<String>,
}

impl Actor {
    /// A part of Carrel: `supervisor`, `command-line`.
    pub fn system(name: &str) -> Self {
        Self { user: None, name: name.into(), address: None }
    }

    /// A user who came from `address`.
    pub fn user(user: &User, address: Option<String>) -> Self {
        Self { user: Some(user.id.clone()), name: user.name.to_string(), address }
    }
}
