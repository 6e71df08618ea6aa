//! What this replica did, counted since it started: for its metrics.

use carrel_model::State;
use jiff::Timestamp;
use prometheus_client::metrics::{counter::Counter, family::Family, histogram::Histogram};

/// Bounds of the time of a start, in seconds: from a process of this host to an image that has to be fetched.
const START_BOUNDS_S: [f64; 12] = [0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0];

/// The name of a label and its value.
pub type Labels = Vec<(&'static str, String)>;

/// Counters that only go up. Cheap to clone; clones count together.
#[derive(Debug, Clone)]
pub struct Counted {
    /// Sessions that people launched here, by IDE.
    pub launched: Family<Labels, Counter>,
    /// How long starts took that this replica supervised, from the wish until the IDE answered, in seconds.
    pub start_seconds: Histogram,
}

impl Default for Counted {
    fn default() -> Self {
        Self { launched: Family::default(), start_seconds: Histogram::new(START_BOUNDS_S) }
    }
}

impl Counted {
    /// A session of this IDE was launched.
    pub(crate) fn launched(&self, ide: &str) {
        self.launched.get_or_create(&vec![("ide", ide.to_owned())]).inc();
    }

    /// The IDE of a session in this state answers.
    pub(crate) fn started(&self, before: &State, now: Timestamp) {
        if let State::Starting { since, steps } = before {
            let wished = steps.first().map_or(*since, |step| step.began_at);
            self.start_seconds.observe(now.duration_since(wished).as_secs_f64().max(0.0));
        }
    }
}
