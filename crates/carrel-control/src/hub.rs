//! What is known of all runs, for those who listen now and those who come later.

use carrel_model::RunId;
use carrel_sessions::launcher::{Report, Seen};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// All runs of a launcher and all that listen to it. What is told in one order is heard in that order by all.
#[derive(Debug, Default)]
pub struct Hub(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    runs: BTreeMap<RunId, Vec<Seen>>,
    listeners: Vec<UnboundedSender<Report>>,
}

impl Hub {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a run in. False when it is known already.
    pub fn add(&self, run: &RunId) -> bool {
        match self.known().runs.entry(run.clone()) {
            Entry::Vacant(free) => {
                free.insert(Vec::new());
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    /// Forgets a run.
    pub fn remove(&self, run: &RunId) {
        self.known().runs.remove(run);
    }

    /// Tells everybody. What is told of a run that was forgotten is of no use.
    pub fn tell(&self, run: &RunId, seen: Seen) {
        let mut known = self.known();
        let Known { runs, listeners } = &mut *known;
        let Some(told) = runs.get_mut(run) else { return };
        listeners.retain(|listener| listener.send(Report::Run(run.clone(), seen.clone())).is_ok());
        keep(told, seen);
    }

    /// Tells everybody anew which runs there are, as after a listing that was fetched again.
    pub fn list(&self) {
        let mut known = self.known();
        let listing = Report::Listing(known.runs.keys().cloned().collect());
        known.listeners.retain(|listener| listener.send(listing.clone()).is_ok());
    }

    /// A new listener: hears the listing, what is known of each run, and then the news.
    pub fn listen(&self) -> UnboundedReceiver<Report> {
        let (sender, receiver) = unbounded_channel();
        let mut known = self.known();
        let listing = Report::Listing(known.runs.keys().cloned().collect());
        let told =
            known.runs.iter().flat_map(|(run, all)| all.iter().map(|seen| Report::Run(run.clone(), seen.clone())));
        for report in std::iter::once(listing).chain(told) {
            // The other end is in our hands.
            let _ = sender.send(report);
        }
        known.listeners.push(sender);
        receiver
    }
}

/// Keeps of a run what somebody who comes later has to know, in the order of its life.
fn keep(known: &mut Vec<Seen>, seen: Seen) {
    match &seen {
        Seen::Step(step, _) => known.retain(|old| !matches!(old, Seen::Step(same, _) if same == step)),
        Seen::Ready(_) => known.retain(|old| matches!(old, Seen::Step(..) | Seen::Activity(_))),
        Seen::Activity(_) => known.retain(|old| !matches!(old, Seen::Activity(_))),
        Seen::Unreachable(_) => known.retain(|old| !matches!(old, Seen::Unreachable(_))),
        Seen::Ended(_) => known.clear(),
    }
    if matches!(seen, Seen::Ready(_)) {
        // The use of it follows its readiness.
        let use_of_it = known.iter().position(|old| matches!(old, Seen::Activity(_))).unwrap_or(known.len());
        known.insert(use_of_it, seen);
    } else {
        known.push(seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carrel_model::{Activity, Address, Cause, Ending, IdleAction, Step, Who};
    use jiff::Timestamp;

    fn all(mut receiver: UnboundedReceiver<Report>) -> Vec<Report> {
        std::iter::from_fn(|| receiver.try_recv().ok()).collect()
    }

    #[test]
    fn who_comes_later_hears_a_listing_and_what_became_of_each_run() {
        let (hub, run): (Hub, RunId) = (Hub::default(), "abcdefghjkmnpqrs-1".parse().unwrap());
        let ready = Seen::Ready(Address::Unix("/r".into()));
        let used = Seen::Activity(Activity::began(Timestamp::UNIX_EPOCH, IdleAction::Quit));
        let lost = Seen::Unreachable(Cause::new("agent-silent", "It is silent.", Who::Nobody));
        assert!(hub.add(&run) && !hub.add(&run));
        let early = hub.listen();
        let step = Seen::Step(Step::RoomFound, None);
        for seen in [&step, &ready, &used, &lost, &ready] {
            hub.tell(&run, seen.clone());
        }
        let listing = Report::Listing([run.clone()].into());
        let report = |seen: &Seen| Report::Run(run.clone(), seen.clone());
        assert_eq!(all(hub.listen()), [listing.clone(), report(&step), report(&ready), report(&used)]);
        assert_eq!(all(early).len(), 6);
        hub.tell(&run, Seen::Ended(Ending::Quit));
        assert_eq!(all(hub.listen()), [listing, report(&Seen::Ended(Ending::Quit))]);
        hub.remove(&run);
        hub.tell(&run, ready);
        let mut late = hub.listen();
        assert_eq!(late.try_recv(), Ok(Report::Listing([].into())));
        hub.add(&run);
        hub.list();
        assert_eq!(all(late), [Report::Listing([run].into())]);
    }
}
