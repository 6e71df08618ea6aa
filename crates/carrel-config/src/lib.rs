//! Settings of a Carrel server.

pub mod settings;

pub use settings::Settings;
