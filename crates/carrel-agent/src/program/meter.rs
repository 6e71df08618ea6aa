//! What a run uses, over the last seconds.

use crate::program::{
    causes::Exit,
    limits::{self, Limits},
    tree::Memory,
};
use carrel_model::Usage;
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// CPU use is averaged over this long.
const WINDOW: Duration = Duration::from_secs(10);
/// Memory is counted exactly once in so many readings.
const EXACT_EVERY: u32 = 5;

/// Reads what the run of this process uses.
#[derive(Debug)]
pub(crate) struct Meter {
    limits: Limits,
    limit_bytes: u64,
    /// CPU time at moments of the last [`WINDOW`], oldest first.
    cpu: VecDeque<(Instant, f64)>,
    memory_bytes: u64,
    readings: u32,
}

impl Meter {
    /// Measures against these bounds.
    pub(crate) fn new(limits: Limits, limit_bytes: u64) -> Self {
        Self { limits, limit_bytes, cpu: VecDeque::new(), memory_bytes: 0, readings: 0 }
    }

    /// What is used now.
    pub(crate) fn read(&mut self, now: Instant) -> Usage {
        let agent = std::process::id().cast_signed();
        let exact = self.readings.is_multiple_of(EXACT_EVERY);
        self.readings = self.readings.wrapping_add(1);
        let (cpu, memory, processes) =
            limits::measure(&self.limits, agent, if exact { Memory::Exact } else { Memory::Cheap });
        if exact {
            self.memory_bytes = memory;
        } else if memory > self.limit_bytes {
            // Pages shared between processes count more than once in the cheap number: look closer.
            self.memory_bytes = limits::measure(&self.limits, agent, Memory::Exact).1;
        }
        Usage { cpus: self.average(now, cpu), memory_bytes: self.memory_bytes, processes }
    }

    /// How much memory was in use when it was more than is allowed.
    pub(crate) fn too_much_memory(&self) -> Option<u64> {
        match &self.limits {
            Limits::Watched(_) => (self.memory_bytes > self.limit_bytes).then_some(self.memory_bytes),
            Limits::Group(group) => group.ran_out_of_memory().then_some(self.limit_bytes),
            // The kernel killed one process of many, or else the agent, too. The others may go on.
            Limits::Container(_) => None,
        }
    }

    /// How much memory was in use when that is what ended the IDE.
    pub(crate) fn was_too_much_memory(&self, exit: Exit) -> Option<u64> {
        match &self.limits {
            Limits::Container(own) => (exit.is_kill() && own.killed_some()).then_some(self.limit_bytes),
            Limits::Watched(_) | Limits::Group(_) => self.too_much_memory(),
        }
    }

    /// Kills by the group what can be killed by it.
    pub(crate) fn kill(&self) {
        if let Limits::Group(group) = &self.limits {
            group.kill();
        }
    }

    /// Takes the group away, once nothing runs any more.
    pub(crate) fn close(&self) {
        if let Limits::Group(group) = &self.limits {
            group.remove();
        }
    }

    fn average(&mut self, now: Instant, cpu: f64) -> f64 {
        self.cpu.push_back((now, cpu));
        // The oldest stays until the one after it is old enough too.
        while self.cpu.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW) {
            self.cpu.pop_front();
        }
        let Some((since, before)) = self.cpu.front() else { return 0.0 };
        let seconds = now.duration_since(*since).as_secs_f64();
        if seconds > 0.0 { ((cpu - before) / seconds).max(0.0) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_use_is_averaged_over_the_last_ten_seconds() {
        let mut meter = Meter::new(Limits::Watched(String::new()), 1);
        let start = Instant::now();
        let mut at = |second: u64, cpu: f64| meter.average(start + Duration::from_secs(second), cpu);
        assert!(at(0, 100.0).abs() < 1e-9);
        assert!((at(2, 104.0) - 2.0).abs() < 1e-9);
        for second in 3..20 {
            at(second, 104.0);
        }
        assert!(at(20, 104.0).abs() < 1e-9, "what was used before the window does not count");
        assert!((at(25, 109.0) - 0.5).abs() < 1e-9);
    }
}
