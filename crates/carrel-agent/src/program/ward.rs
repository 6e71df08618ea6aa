//! Looks after an IDE that was started, until something ends it.

use crate::{
    program::{
        agent::Agent,
        causes::Exit,
        child::Child,
        idle::{IdleClock, Signals},
        meter::Meter,
        used::Use,
    },
    protocol::Phase,
};
use carrel_model::{Activity, IdleAction, IdleRule, Usage};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};

/// How often everything is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// News of use that change little are told this seldom: each is a row written and a page redrawn.
const NEWS: Duration = Duration::from_secs(5);
/// News that say no more than that it is still in use are told this seldom.
const STILL: Duration = Duration::from_secs(15);

/// What ended it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// It ended by itself.
    Exited {
        /// How.
        exit: Exit,
        /// Whether it had answered before.
        was_ready: bool,
    },
    /// It did not get ready; this was seen last.
    NotReady(String),
    /// A stop was asked.
    Asked,
    /// The idle clock ran out.
    Idle(IdleAction),
    /// It used this much memory.
    OutOfMemory(u64),
}

/// Keeps the clocks of one run.
pub(crate) struct Ward<'a> {
    agent: &'a Arc<Agent>,
    rule: IdleRule,
    used: &'a Use,
    busy_because: watch::Receiver<Option<String>>,
    /// From the first answer on.
    clock: Option<IdleClock>,
    told_at: Instant,
}

impl<'a> Ward<'a> {
    /// A ward by this rule.
    pub(crate) fn new(
        agent: &'a Arc<Agent>,
        rule: IdleRule,
        used: &'a Use,
        busy_because: watch::Receiver<Option<String>>,
    ) -> Self {
        Self { agent, rule, used, busy_because, clock: None, told_at: Instant::now() }
    }

    /// Looks after `child` until something ends it. `ready` says when the IDE answers, `probe` runs from then on.
    pub(crate) async fn run(
        mut self,
        child: &mut Child,
        meter: &mut Meter,
        ready: impl Future<Output = Result<(), String>>,
        probe: impl Future<Output = ()>,
    ) -> Outcome {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut stop, mut keep) = (self.agent.stop.subscribe(), self.agent.keep.subscribe());
        let (mut busy, mut probed) = (self.busy_because.clone(), false);
        tokio::pin!(ready, probe);
        loop {
            let is_ready = self.clock.is_some();
            tokio::select! {
                _ = stop.wait_for(Option::is_some) => return Outcome::Asked,
                exit = child.exited() => return Outcome::Exited { exit, was_ready: is_ready },
                answers = &mut ready, if !is_ready => match answers {
                    Ok(()) => self.begin_clock(),
                    Err(seen) => return Outcome::NotReady(seen),
                },
                () = &mut probe, if is_ready && !probed => probed = true,
                Ok(()) = keep.changed() => {}
                () = self.used.woken() => {}
                Ok(()) = busy.changed(), if !probed => {}
                _ = look.tick() => self.agent.used(meter.read(Instant::now())),
            }
            if let Some(used) = meter.too_much_memory() {
                return Outcome::OutOfMemory(used);
            }
            if let Some(action) = self.tick() {
                return Outcome::Idle(action);
            }
        }
    }

    fn begin_clock(&mut self) {
        self.clock = Some(IdleClock::new(self.rule.clone(), self.agent.clock.now()));
        self.agent.came_to(Phase::Ready);
    }

    /// Moves the idle clock and tells what is new. What is to be done, if it ran out.
    fn tick(&mut self) -> Option<IdleAction> {
        let clock = self.clock.as_mut()?;
        let computes = self.agent.usage().and_then(|usage| computing(usage, self.rule.busy_cpus));
        let signals = Signals {
            used_at: self.used.last(),
            busy: self.busy_because.borrow().clone().or(computes),
            keep_until: *self.agent.keep.borrow(),
        };
        let news = clock.tick(self.agent.clock.now(), &signals);
        let over = clock.is_over();
        self.used.falls_asleep(news.idle_since.is_some());
        let known = self.agent.status().activity;
        if known.is_none_or(|known| is_due(&known, &news, self.told_at.elapsed())) {
            self.told_at = Instant::now();
            self.agent.active(news);
        }
        over.then_some(self.rule.action)
    }
}

fn computing(usage: Usage, bound: f64) -> Option<String> {
    (usage.cpus > bound).then(|| format!("It is computing: CPU use is above {bound}."))
}

/// Whether what is new is worth telling `since` the last telling.
fn is_due(known: &Activity, news: &Activity, since: Duration) -> bool {
    let flips = known.idle_since.is_some() != news.idle_since.is_some()
        || known.busy_because.is_some() != news.busy_because.is_some()
        || known.keep_until != news.keep_until;
    let differs = known.busy_because != news.busy_because || known.ends_at.is_some() != news.ends_at.is_some();
    flips || (differs && since >= NEWS) || (known != news && since >= STILL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn activity(second: i64) -> Activity {
        Activity::began(Timestamp::from_second(1_800_000_000 + second).unwrap(), IdleAction::Suspend)
    }

    #[test]
    fn going_idle_is_told_at_once_and_mere_use_seldom() {
        let known = activity(0);
        let idle = Activity { idle_since: Some(known.last_active_at), ..known.clone() };
        let kept = Activity { keep_until: Some(Timestamp::MAX), ..known.clone() };
        assert!(is_due(&known, &idle, Duration::ZERO) && is_due(&idle, &known, Duration::ZERO));
        assert!(is_due(&known, &kept, Duration::ZERO));
        assert!(!is_due(&known, &activity(3), Duration::from_secs(3)));
        assert!(is_due(&known, &activity(15), Duration::from_secs(15)));
        assert!(!is_due(&known, &known, Duration::from_secs(1000)));
    }

    #[test]
    fn computing_counts_above_the_bound_only() {
        let usage = |cpus| Usage { cpus, ..Usage::default() };
        assert_eq!(computing(usage(0.5), 0.5), None);
        assert_eq!(computing(usage(0.9), 0.5).as_deref(), Some("It is computing: CPU use is above 0.5."));
    }
}
