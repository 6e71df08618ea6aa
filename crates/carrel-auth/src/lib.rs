//! Who is it: passwords, secrets of sign-ins and tokens, throttling, and where a sign-in may lead.
//!
//! Pure but for randomness: nothing here reads a database or a clock. Hashing a password takes tens of milliseconds of
//! one CPU and 19 MiB on purpose, so servers call [`password::hash`] and [`password::verify`] where blocking is
//! allowed.

pub mod next;
pub mod password;
pub mod secret;
pub mod throttle;

pub use next::safe_next;
pub use secret::Secret;
pub use throttle::{Throttle, Wait};
