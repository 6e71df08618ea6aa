//! What administrators see and change of the server itself.

pub(crate) mod configuration;
pub(crate) mod reload;
pub(crate) mod what_if;
