//! Time, handed down: nothing else in Carrel asks the system what time it is (clippy.toml holds that).

use jiff::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};

/// The clock of the program, or a clock that a test moves.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The system's wall clock.
    #[default]
    System,
    /// Stands still until it is moved; for tests.
    Held(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands at `now` until [`Clock::set`].
    pub fn held(now: Timestamp) -> Self {
        Self::Held(Arc::new(Mutex::new(now)))
    }

    /// What time it is, cut to microseconds, which is what both databases keep.
    pub fn now(&self) -> Timestamp {
        let now = match self {
            #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
            Self::System => Timestamp::now(),
            Self::Held(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        };
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// Moves a held clock. The system's clock stays as it is.
    pub fn set(&self, now: Timestamp) {
        if let Self::Held(at) = self {
            *at.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }
}
