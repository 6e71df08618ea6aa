//! How often somebody may try to sign in.
//!
//! Tries are counted by user name and by address (IPv6: by /64, which is what one host has). The first ones are free,
//! then each has to wait twice as long as the one before. A try counts when it begins, so that many at once are not
//! free either; a right password takes it back. A name's wait has a low bound, or anybody could keep a user out.

use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

/// A name's free tries.
const FREE_BY_NAME: u32 = 5;
/// An address's free tries: a class room may have one.
const FREE_BY_ADDRESS: u32 = 20;
/// The longest wait for a name, in seconds.
const LONGEST_BY_NAME: i64 = 60;
/// The longest wait for an address, in seconds.
const LONGEST_BY_ADDRESS: i64 = 900;
/// Tries are forgotten when there was none for so long, in seconds.
const FORGOTTEN_AFTER: i64 = 1800;
/// How many names and addresses are remembered; then the older half is forgotten.
const REMEMBERED: usize = 10_000;
/// A typed name is remembered up to here.
const NAME_CHARS: usize = 32;

/// Somebody has to wait before the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many tries: wait {seconds} s, then try again")]
pub struct Wait {
    /// How long, at least 1.
    pub seconds: u64,
}

/// Counts tries. Every replica counts its own.
#[derive(Debug, Default)]
pub struct Throttle {
    names: HashMap<String, Tries>,
    addresses: HashMap<IpAddr, Tries>,
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    count: u32,
    last: Timestamp,
}

impl Tries {
    /// Until when the next has to wait.
    fn until(self, free: u32, longest: i64) -> Timestamp {
        let wait = match self.count.checked_sub(free) {
            None => 0,
            Some(over) => 1_i64.checked_shl(over.min(32) + 1).unwrap_or(longest).min(longest),
        };
        self.last.saturating_add(SignedDuration::from_secs(wait)).unwrap_or(Timestamp::MAX)
    }

    /// The time after the last one and a pause, which is as long as for names at most.
    fn after(self, pause: Duration) -> Timestamp {
        let seconds = i64::try_from(pause.as_secs()).unwrap_or(i64::MAX).min(LONGEST_BY_NAME);
        self.last.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
    }

    fn is_forgotten(self, now: Timestamp) -> bool {
        now.duration_since(self.last).as_secs() > FORGOTTEN_AFTER
    }
}

impl Throttle {
    /// Begins a try to sign in as `name` from `address`, or says how long to wait. A try that has to wait does not
    /// count.
    /// After a wrong one the name waits at least for `pause`.
    pub fn begin(&mut self, address: IpAddr, name: &str, pause: Duration, now: Timestamp) -> Result<(), Wait> {
        let (address, name) = (network(address), short(name));
        let name_until = known(&self.names, &name, now)
            .map_or(now, |tries| tries.until(FREE_BY_NAME, LONGEST_BY_NAME).max(tries.after(pause)));
        let address_until =
            known(&self.addresses, &address, now).map_or(now, |tries| tries.until(FREE_BY_ADDRESS, LONGEST_BY_ADDRESS));
        let left = name_until.max(address_until).duration_since(now);
        if left.is_positive() {
            let seconds = left.as_secs() + i64::from(left.subsec_nanos() > 0);
            return Err(Wait { seconds: u64::try_from(seconds).unwrap_or(1) });
        }
        count(&mut self.names, name, now);
        count(&mut self.addresses, address, now);
        Ok(())
    }

    /// The try was right: takes it back, and forgets the wrong ones of the name. Those of the address stay, or an
    /// account of one's own would buy tries at others.
    pub fn succeeded(&mut self, address: IpAddr, name: &str) {
        self.names.remove(&short(name));
        if let Some(tries) = self.addresses.get_mut(&network(address)) {
            tries.count = tries.count.saturating_sub(1);
        }
    }
}

fn known<K: Hash + Eq>(map: &HashMap<K, Tries>, key: &K, now: Timestamp) -> Option<Tries> {
    map.get(key).copied().filter(|tries| !tries.is_forgotten(now))
}

fn count<K: Hash + Eq>(map: &mut HashMap<K, Tries>, key: K, now: Timestamp) {
    if map.len() >= REMEMBERED && !map.contains_key(&key) {
        forget_older_half(map);
    }
    let count = known(map, &key, now).map_or(0, |tries| tries.count);
    map.insert(key, Tries { count: count.saturating_add(1), last: now });
}

fn forget_older_half<K: Hash + Eq>(map: &mut HashMap<K, Tries>) {
    let mut times: Vec<Timestamp> = map.values().map(|tries| tries.last).collect();
    let middle = times.len() / 2;
    let median = *times.select_nth_unstable(middle).1;
    let mut room = middle;
    map.retain(|_, tries| {
        // Many of the same time: not more than half stay.
        let stays = tries.last >= median && room > 0;
        room -= usize::from(stays);
        stays
    });
}

fn short(name: &str) -> String {
    name.chars().take(NAME_CHARS).collect()
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_PAUSE: Duration = Duration::ZERO;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn host(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    /// Tries until it has to wait, as fast as allowed; the waits.
    fn waits(throttle: &mut Throttle, address: impl Fn(u8) -> IpAddr, name: impl Fn(u8) -> String) -> Vec<u64> {
        let (mut waits, mut now) = (Vec::new(), at(0));
        for n in 0..40 {
            if let Err(wait) = throttle.begin(address(n), &name(n), NO_PAUSE, now) {
                waits.push(wait.seconds);
                now = now.saturating_add(SignedDuration::from_secs(wait.seconds.try_into().unwrap())).unwrap();
                throttle.begin(address(n), &name(n), NO_PAUSE, now).unwrap();
            }
        }
        waits
    }

    #[test]
    fn after_five_tries_at_a_name_the_wait_doubles_up_to_a_minute_wherever_they_come_from() {
        let waits = waits(&mut Throttle::default(), host, |_| "ada".into());
        assert_eq!(waits[..7], [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(waits.len(), 35);
    }

    #[test]
    fn after_twenty_tries_from_an_address_the_wait_doubles_whatever_the_names() {
        let waits = waits(&mut Throttle::default(), |_| host(1), |n| format!("user{n}"));
        assert_eq!(waits[..11], [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    }

    #[test]
    fn waiting_is_told_in_seconds_and_trying_meanwhile_makes_it_no_longer() {
        let mut throttle = Throttle::default();
        for _ in 0..6 {
            let _ = throttle.begin(host(1), "ada", NO_PAUSE, at(0));
        }
        let refused = throttle.begin(host(1), "ada", NO_PAUSE, at(0)).unwrap_err();
        assert_eq!(refused.to_string(), "too many tries: wait 2 s, then try again");
        for _ in 0..100 {
            assert_eq!(throttle.begin(host(1), "ada", NO_PAUSE, at(1)), Err(Wait { seconds: 1 }));
        }
        assert_eq!(throttle.begin(host(1), "ada", NO_PAUSE, at(2)), Ok(()));
        assert_eq!(throttle.begin(host(1), "grace", NO_PAUSE, at(2)), Ok(()));
    }

    #[test]
    fn a_right_password_clears_its_name_and_not_its_address() {
        let mut throttle = Throttle::default();
        for n in 0..19 {
            throttle.begin(host(1), &format!("user{n}"), NO_PAUSE, at(0)).unwrap();
        }
        throttle.begin(host(1), "mallory", NO_PAUSE, at(0)).unwrap();
        throttle.succeeded(host(1), "mallory");
        throttle.begin(host(1), "ada", NO_PAUSE, at(0)).unwrap();
        assert_eq!(throttle.begin(host(1), "grace", NO_PAUSE, at(0)), Err(Wait { seconds: 2 }));
        for _ in 0..20 {
            throttle.begin(host(2), "mallory", NO_PAUSE, at(0)).unwrap();
            throttle.succeeded(host(2), "mallory");
        }
    }

    #[test]
    fn a_pause_is_kept_after_each_wrong_try_and_is_no_longer_than_the_longest_wait() {
        let mut throttle = Throttle::default();
        let pause = Duration::from_secs(5);
        throttle.begin(host(1), "ada", pause, at(0)).unwrap();
        assert_eq!(throttle.begin(host(2), "ada", pause, at(1)), Err(Wait { seconds: 4 }));
        throttle.begin(host(1), "grace", pause, at(1)).unwrap();
        throttle.begin(host(1), "ada", pause, at(5)).unwrap();
        throttle.succeeded(host(1), "ada");
        throttle.begin(host(1), "ada", pause, at(5)).unwrap();
        assert_eq!(throttle.begin(host(1), "ada", Duration::MAX, at(5)), Err(Wait { seconds: 60 }));
    }

    #[test]
    fn half_an_hour_of_quiet_forgets() {
        let mut throttle = Throttle::default();
        for _ in 0..5 {
            throttle.begin(host(1), "ada", NO_PAUSE, at(0)).unwrap();
        }
        assert!(throttle.begin(host(1), "ada", NO_PAUSE, at(0)).is_err());
        throttle.begin(host(1), "ada", NO_PAUSE, at(FORGOTTEN_AFTER + 1)).unwrap();
        throttle.begin(host(1), "ada", NO_PAUSE, at(FORGOTTEN_AFTER + 1)).unwrap();
    }

    #[test]
    fn one_host_of_ipv6_is_one_address_and_a_mapped_one_is_its_ipv4() {
        let v6 = |text: &str| network(text.parse().unwrap());
        assert_eq!(v6("2001:db8::1"), v6("2001:db8::ffff:1"));
        assert_ne!(v6("2001:db8::1"), v6("2001:db8:0:1::1"));
        assert_eq!(v6("::ffff:192.0.2.1"), host(1));
    }

    #[test]
    fn a_flood_of_names_and_addresses_takes_no_more_memory() {
        let mut throttle = Throttle::default();
        for n in 0..30_000_u32 {
            let _ = throttle.begin(
                IpAddr::from(n.to_be_bytes()),
                &n.to_string().repeat(100),
                NO_PAUSE,
                at(i64::from(n / 9000)),
            );
        }
        assert!(throttle.names.len() <= REMEMBERED && throttle.addresses.len() <= REMEMBERED);
        assert!(throttle.names.keys().all(|name| name.len() <= NAME_CHARS));
    }
}
