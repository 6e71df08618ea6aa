//! The commands, a file each.

pub(crate) mod api;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod diagnostics;
pub(crate) mod encrypt_password;
pub(crate) mod serve;
pub(crate) mod session;
pub(crate) mod table;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod what_if;
