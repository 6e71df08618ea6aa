//! For tests of speed: the time of a processor that this thread has used. What else the machine does is no part of it.

use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// The time up to now.
pub(crate) fn used() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap().into()
}
