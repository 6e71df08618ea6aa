//! Settings of a Carrel server, and the configuration files of an installation that they come from.
//!
//! [`read`] turns each of the files' formats into values that know their file and line; [`Diagnostic`] is what is told
//! about them. [`Settings`] is what the rest of Carrel takes.

pub mod diagnostic;
pub mod read;
pub mod settings;
pub mod source;

pub use diagnostic::{Diagnostic, Level};
pub use settings::Settings;
pub use source::{At, Source};
