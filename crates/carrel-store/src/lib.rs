//! What Carrel knows, in rows: users and groups, sign-ins, tokens, sessions and their history, leases, the audit log.
//!
//! One SQL text serves SQLite (a laptop) and PostgreSQL (several replicas): the `on!` macro type-checks each body once
//! per driver. What only PostgreSQL can do stands behind three functions: the lock of a migration (`migrate::lock`),
//! telling the other replicas of a change (`wakes::notify`), and hearing it (`wakes::listen`).
//!
//! Every transaction that changes sessions, sign-ins or the audit log takes the *turn* first, one row that it holds
//! until it commits. So changes are numbered in the order of their commits ([`Store::sessions_changed`] never skips
//! one), the audit log is one chain, and no two writers see the same older row.

mod about;
mod account;
mod actor;
mod audit;
mod database;
mod db;
mod error;
mod event;
mod group;
mod lease;
mod migrate;
mod open;
mod session;
mod sign_in;
mod time;
mod token;
mod usage;
mod user;
mod wakes;

pub use about::About;
pub use account::NewAccount;
pub use actor::Actor;
pub use audit::{AuditEntry, Chain};
pub use database::Database;
pub use error::{Error, Result};
pub use event::SessionEvent;
pub use group::Groups;
pub use open::{OpenError, Store};
pub use session::Which;
pub use sign_in::{Credential, NewSignIn, SignIn};
pub use token::{NewToken, Scope, Token};
pub use usage::UsagePoint;
pub use user::NewUser;

#[cfg(test)]
mod tests;
