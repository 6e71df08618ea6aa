//! Settings of a Carrel server, and the configuration files of an installation that they come from.
//!
//! [`read`] turns each of the files' formats into values that know their file and line; [`options`] says what each file
//! and key is; [`Configuration`] is both put together: what is set, where, and what is wrong ([`Diagnostic`]).
//! [`Settings`] is what the rest of Carrel takes; [`Installation`] holds both for a running server, and reads them again.

pub mod changes;
pub mod chart;
pub mod configuration;
#[cfg(test)]
mod cpu_time;
pub mod diagnostic;
pub mod installation;
pub mod lookup;
mod nearest;
pub mod options;
pub mod read;
pub mod reference;
pub mod report;
pub mod schema;
pub mod sealed;
pub mod settings;
pub mod source;
pub mod value;

pub use configuration::Configuration;
pub use diagnostic::{Diagnostic, Level};
pub use installation::Installation;
pub use lookup::Lookup;
pub use settings::{
    Current, Settings,
    admission::Admission,
    cluster::{Cluster, ClusterKind},
    database::Database,
    ides, kubernetes, tls, web,
};
pub use source::{At, Source};
pub use value::{Kind, Value};
