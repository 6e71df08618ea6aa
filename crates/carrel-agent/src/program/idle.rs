//! The idle clock: a pure state machine, moved by [`IdleClock::tick`].

use carrel_model::{Activity, IdleRule};
use jiff::{SignedDuration, Timestamp};

/// A longer time between two ticks was no time without use: the machine slept, or the agent was held.
const LONGEST_TICK: SignedDuration = SignedDuration::from_secs(60);

/// What is known of the use of the session at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Signals {
    /// When a person last did something.
    pub(crate) used_at: Option<Timestamp>,
    /// Why it is in use with nobody there.
    pub(crate) busy: Option<String>,
    /// Until when the person asked to keep it.
    pub(crate) keep_until: Option<Timestamp>,
}

/// Counts the time without use and says when it runs out.
#[derive(Debug, Clone)]
pub(crate) struct IdleClock {
    rule: IdleRule,
    last_active_at: Timestamp,
    last_tick_at: Timestamp,
    /// Time since the last use in which nobody could have used it.
    uncounted: SignedDuration,
    over: bool,
}

impl IdleClock {
    /// A clock that begins in use, now.
    pub(crate) fn new(rule: IdleRule, now: Timestamp) -> Self {
        Self { rule, last_active_at: now, last_tick_at: now, uncounted: SignedDuration::ZERO, over: false }
    }

    /// Moves the clock to `now`.
    pub(crate) fn tick(&mut self, now: Timestamp, signals: &Signals) -> Activity {
        let gap = now.duration_since(self.last_tick_at);
        if gap > LONGEST_TICK {
            self.uncounted = self.uncounted.saturating_add(gap);
        }
        self.last_tick_at = now;
        let used_at = if signals.busy.is_some() { Some(now) } else { signals.used_at };
        // The wall clock may have been set back: a use in the future would hold the clock for ever.
        self.last_active_at = self.last_active_at.min(now);
        if let Some(at) = used_at.map(|at| at.min(now)).filter(|at| *at > self.last_active_at) {
            self.last_active_at = at;
            self.uncounted = SignedDuration::ZERO;
        }
        let keep_until = signals.keep_until.filter(|until| *until > now);
        let in_use = signals.busy.is_some() || now < self.after(self.rule.idle_after_s);
        let ends_at = match self.rule.ends_after_s {
            Some(seconds) if signals.busy.is_none() => {
                Some(keep_until.map_or(self.after(seconds), |until| until.max(self.after(seconds))))
            }
            _ => None,
        };
        self.over = ends_at.is_some_and(|at| now >= at);
        Activity {
            last_active_at: self.last_active_at,
            idle_since: (!in_use).then_some(self.last_active_at),
            ends_at,
            action: self.rule.action,
            busy_because: signals.busy.clone(),
            keep_until,
        }
    }

    /// Whether the last tick found the time without use run out.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// `seconds` after the last use, as far as the clock counts.
    fn after(&self, seconds: u64) -> Timestamp {
        let wait = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        self.last_active_at.saturating_add(wait.saturating_add(self.uncounted)).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carrel_model::IdleAction;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn clock() -> IdleClock {
        let rule = IdleRule { idle_after_s: 100, ends_after_s: Some(300), action: IdleAction::Quit, busy_cpus: 0.5 };
        IdleClock::new(rule, at(0))
    }

    /// Ticks every 10 s up to `to`, as the agent does (more often).
    fn run(clock: &mut IdleClock, from: i64, to: i64, signals: &Signals) -> Activity {
        (from..=to).step_by(10).map(|s| clock.tick(at(s), signals)).last().unwrap()
    }

    #[test]
    fn without_use_it_goes_idle_and_then_runs_out() {
        let mut clock = clock();
        let still = run(&mut clock, 10, 90, &Signals::default());
        assert_eq!((still.idle_since, still.ends_at), (None, Some(at(300))));
        let idle = run(&mut clock, 100, 290, &Signals::default());
        assert_eq!((idle.idle_since, idle.ends_at, clock.is_over()), (Some(at(0)), Some(at(300)), false));
        clock.tick(at(300), &Signals::default());
        assert!(clock.is_over());
    }

    #[test]
    fn use_starts_the_clock_anew() {
        let mut clock = clock();
        run(&mut clock, 10, 200, &Signals::default());
        let used = clock.tick(at(210), &Signals { used_at: Some(at(205)), ..Signals::default() });
        assert_eq!((used.last_active_at, used.idle_since, used.ends_at), (at(205), None, Some(at(505))));
    }

    #[test]
    fn while_it_is_busy_nothing_runs_out_and_the_reason_is_said() {
        let mut clock = clock();
        let busy = Signals { busy: Some("A kernel is running.".into()), ..Signals::default() };
        let activity = run(&mut clock, 10, 5000, &busy);
        assert_eq!((activity.ends_at, activity.idle_since, clock.is_over()), (None, None, false));
        assert_eq!(activity.busy_because.as_deref(), Some("A kernel is running."));
        let after = clock.tick(at(5010), &Signals::default());
        assert_eq!((after.ends_at, after.busy_because), (Some(at(5300)), None));
    }

    #[test]
    fn keeping_holds_the_clock_until_then_and_no_longer() {
        let mut clock = clock();
        let keep = Signals { keep_until: Some(at(1000)), ..Signals::default() };
        let kept = run(&mut clock, 10, 990, &keep);
        assert_eq!((kept.ends_at, kept.keep_until, clock.is_over()), (Some(at(1000)), Some(at(1000)), false));
        assert_eq!(kept.idle_since, Some(at(0)), "it is kept, and idle all the same");
        let over = clock.tick(at(1000), &keep);
        assert_eq!((over.keep_until, clock.is_over()), (None, true));
    }

    #[test]
    fn keeping_never_makes_the_time_shorter() {
        let kept = clock().tick(at(10), &Signals { keep_until: Some(at(20)), ..Signals::default() });
        assert_eq!(kept.ends_at, Some(at(300)));
    }

    #[test]
    fn a_rule_without_an_end_never_runs_out() {
        let mut clock = clock();
        clock.rule.ends_after_s = None;
        let idle = run(&mut clock, 10, 100_000, &Signals::default());
        assert_eq!((idle.idle_since, idle.ends_at, clock.is_over()), (Some(at(0)), None, false));
    }

    #[test]
    fn the_sleep_of_a_laptop_is_not_time_without_use() {
        let mut clock = clock();
        run(&mut clock, 10, 50, &Signals::default());
        let woken = clock.tick(at(50 + 8 * 3600), &Signals::default());
        assert_eq!((woken.idle_since, clock.is_over()), (None, false));
        assert_eq!(woken.ends_at, Some(at(300 + 8 * 3600)));
    }

    #[test]
    fn a_wall_clock_that_is_set_back_holds_nothing_for_ever() {
        let mut clock = clock();
        clock.tick(at(50), &Signals { used_at: Some(at(50)), ..Signals::default() });
        let back = clock.tick(at(-7200), &Signals { used_at: Some(at(50)), ..Signals::default() });
        assert_eq!(back.last_active_at, at(-7200));
    }
}
