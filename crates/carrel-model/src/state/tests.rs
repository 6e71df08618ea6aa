use super::*;
use proptest::prelude::*;
use std::path::PathBuf;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn socket() -> Address {
    Address::Unix(PathBuf::from("/run/carrel/a/data.sock"))
}

fn cause() -> Cause {
    Cause::new("out-of-memory", "Out of memory (8.0 of 8 GB).", Who::You)
}

fn walk(events: &[Event]) -> State {
    let start = State::Queued { since: at(0), cause: None };
    events.iter().enumerate().fold(start, |state, (i, event)| {
        state
            .next(event, at(i64::try_from(i).unwrap() + 1))
            .unwrap_or_else(|| panic!("{event:?} says nothing in {state:?}"))
    })
}

fn started() -> Vec<Event> {
    vec![Event::Taken, Event::Reached(Step::IdeAnswers, None), Event::Ready(socket(), IdleAction::Suspend)]
}

fn walk_on(more: &[Event]) -> State {
    walk(&[started(), more.to_vec()].concat())
}

#[test]
fn a_start_passes_its_steps_and_keeps_their_times() {
    let state = walk(&[
        Event::Taken,
        Event::Reached(Step::ImagePresent, Some("image 61 %".into())),
        Event::Reached(Step::IdeAnswers, None),
    ]);
    let State::Starting { steps, .. } = state else { panic!("{state:?}") };
    let told: Vec<_> = steps.iter().map(|s| (s.step, s.began_at, s.done_at)).collect();
    assert_eq!(
        told,
        [
            (Step::Accepted, at(0), Some(at(1))),
            (Step::RoomFound, at(1), Some(at(2))),
            (Step::ImagePresent, at(2), Some(at(3))),
            (Step::IdeAnswers, at(3), None),
        ]
    );
}

#[test]
fn a_step_that_was_passed_does_not_come_back() {
    let state = walk(&[Event::Taken, Event::Reached(Step::IdeAnswers, None)]);
    assert_eq!(state.next(&Event::Reached(Step::RoomFound, None), at(9)), None);
}

#[test]
fn suspending_and_resuming_keeps_the_session() {
    let suspended = walk_on(&[Event::SuspendAsked, Event::Ended(Ending::Asked)]);
    assert_eq!(suspended, State::Suspended { since: at(5), cause: None });
    assert_eq!(suspended.next(&Event::StartAsked, at(6)), Some(State::Queued { since: at(6), cause: None }));
}

#[test]
fn an_ide_that_fails_while_it_is_asked_to_stop_has_stopped() {
    let ending = Ending::Failed { cause: cause() };
    assert_eq!(walk_on(&[Event::StopAsked { force: false }, Event::Ended(ending.clone())]).name(), "Stopped");
    assert_eq!(walk_on(&[Event::SuspendAsked, Event::Ended(ending)]).name(), "Suspended");
}

#[test]
fn a_run_that_vanished_failed_and_says_so() {
    let state = walk_on(&[Event::Missing]);
    assert_eq!(state.cause().map(|c| c.code.as_str()), Some("process-gone"));
    assert_eq!(state.name(), "Failed");
}

#[test]
fn a_lost_session_comes_back_with_its_idle_clock() {
    let activity = Activity { idle_since: Some(at(3)), ..Activity::began(at(2), IdleAction::Suspend) };
    let lost = walk_on(&[Event::Used(activity.clone()), Event::Unreachable(cause())]);
    assert_eq!(lost.name(), "Lost");
    let back = lost.next(&Event::Ready(socket(), IdleAction::Suspend), at(9)).unwrap();
    assert_eq!(back, State::Idle { since: at(9), address: socket(), activity });
}

#[test]
fn a_force_quit_goes_over_a_quit_and_not_back() {
    let stopping = walk_on(&[Event::StopAsked { force: false }]);
    assert_eq!(stopping.next(&Event::StopAsked { force: false }, at(9)), None);
    let forced = stopping.next(&Event::StopAsked { force: true }, at(9)).unwrap();
    assert_eq!(forced, State::Stopping { since: at(9), force: true });
    assert_eq!(forced.next(&Event::StopAsked { force: false }, at(10)), None);
}

#[test]
fn a_session_whose_owner_shut_the_ide_down_is_over() {
    assert_eq!(walk_on(&[Event::Ended(Ending::Quit)]).name(), "Stopped");
    assert_eq!(walk(&[Event::Taken, Event::Ended(Ending::Quit)]).name(), "Failed");
}

fn endings() -> impl Strategy<Value = Ending> {
    prop_oneof![
        Just(Ending::Asked),
        Just(Ending::Signalled),
        Just(Ending::IdleSuspend),
        Just(Ending::IdleQuit),
        Just(Ending::Quit),
        Just(Ending::Failed { cause: cause() }),
    ]
}

fn activities() -> impl Strategy<Value = Activity> {
    (0..50i64, proptest::option::of(0..50i64), any::<bool>()).prop_map(|(last, idle, busy)| Activity {
        last_active_at: at(last),
        idle_since: idle.map(at),
        ends_at: None,
        action: IdleAction::Suspend,
        busy_because: busy.then(|| "a kernel runs".to_owned()),
        keep_until: None,
    })
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::StartAsked),
        Just(Event::SuspendAsked),
        any::<bool>().prop_map(|force| Event::StopAsked { force }),
        Just(Event::Waits(cause())),
        Just(Event::Taken),
        (0..5usize, proptest::option::of("[a-z]{1,4}")).prop_map(|(i, detail)| Event::Reached(Step::ALL[i], detail)),
        Just(Event::Ready(socket(), IdleAction::Suspend)),
        activities().prop_map(Event::Used),
        Just(Event::Unreachable(cause())),
        endings().prop_map(Event::Ended),
        Just(Event::Missing),
        Just(Event::StartFailed(cause())),
    ]
}

/// The pairs of states that a session may pass between; a state to itself is news within it.
const LEGAL: &[(&str, &[&str])] = &[
    ("Queued", &["Queued", "Starting", "Stopped", "Failed"]),
    ("Starting", &["Starting", "Active", "Suspending", "Suspended", "Stopping", "Stopped", "Failed"]),
    ("Active", &["Active", "Idle", "Lost", "Suspending", "Suspended", "Stopping", "Stopped", "Failed"]),
    ("Idle", &["Active", "Idle", "Lost", "Suspending", "Suspended", "Stopping", "Stopped", "Failed"]),
    ("Lost", &["Active", "Idle", "Suspending", "Suspended", "Stopping", "Stopped", "Failed"]),
    ("Suspending", &["Suspended", "Stopping"]),
    ("Suspended", &["Queued", "Stopped"]),
    ("Stopping", &["Stopping", "Stopped"]),
    ("Failed", &["Queued", "Stopped"]),
    ("Stopped", &[]),
];

proptest! {
    #[test]
    fn any_order_of_events_stays_legal_and_stopped_never_leaves(events in proptest::collection::vec(events(), 0..60)) {
        let mut state = State::Queued { since: at(0), cause: None };
        for (i, event) in events.iter().enumerate() {
            let now = at(100 + i64::try_from(i).unwrap());
            let Some(next) = state.next(event, now) else { continue };
            let legal = LEGAL.iter().find(|(from, _)| *from == state.name()).unwrap().1;
            prop_assert!(legal.contains(&next.name()), "{} -> {} by {event:?}", state.name(), next.name());
            prop_assert!(next.since() >= state.since());
            prop_assert_ne!(&next, &state, "news that says nothing new must be None");
            if let State::Starting { steps, .. } = &next {
                prop_assert!(steps.windows(2).all(|w| w[0].step < w[1].step && w[0].done_at.is_some()));
            }
            state = next;
        }
    }

    #[test]
    fn whatever_happened_a_session_can_be_ended_and_its_end_is_final(events in proptest::collection::vec(events(), 0..40)) {
        let mut state = State::Queued { since: at(0), cause: None };
        for event in events.iter().chain(&[Event::StopAsked { force: true }, Event::Missing]) {
            state = state.next(event, at(1)).unwrap_or(state);
        }
        prop_assert_eq!(state.name(), "Stopped");
    }
}
