use super::*;
use carrel_model::{Activity, Address, Bounds, Cause, Ending, IdleAction, IdleRule, SessionId, Spec, UserId};
use jiff::SignedDuration;
use std::collections::BTreeMap;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn session() -> Session {
    Session {
        id: SessionId::from_random([7; 16]),
        owner: UserId::from_random([8; 16]),
        owner_name: "ada".parse().unwrap(),
        name: "sales-forecast".parse().unwrap(),
        ide: "jupyterlab".parse().unwrap(),
        spec: Spec {
            cluster: "local".into(),
            resource_profile: Some("small".into()),
            cpus: 1.0,
            memory_mb: 2048,
            folder: None,
            env: BTreeMap::new(),
            idle: IdleRule::default(),
            bounds: Bounds::default(),
            r_version: None,
            container: None,
        },
        state: State::Queued { since: at(0), cause: None },
        generation: 1,
        created_at: at(0),
        started_at: None,
        last_active_at: None,
        version: 0,
    }
}

fn after(events: &[Event]) -> Session {
    events.iter().fold(session(), |session, event| session.after(event, at(10)).unwrap_or(session))
}

fn view(session: &Session) -> SessionView {
    let ide_names = HashMap::from([("jupyterlab".to_owned(), "JupyterLab".to_owned())]);
    SessionView::new(session, &Beside { ide_names, ..Beside::default() }, at(20))
}

fn ready() -> Event {
    Event::Ready(Address::Unix("/x".into()), IdleAction::Suspend)
}

fn used(change: impl FnOnce(&mut Activity)) -> Event {
    let mut activity = Activity::began(at(10), IdleAction::Suspend);
    change(&mut activity);
    Event::Used(activity)
}

fn cause() -> Cause {
    Cause::new("out-of-memory", "Out of memory (2.0 of 2 GB).", carrel_model::Who::You)
}

/// One session in every state.
fn all() -> Vec<Session> {
    let running = [Event::Taken, ready()];
    let and = |more: &[Event]| after(&[&running, more].concat());
    vec![
        session(),
        after(&[Event::Waits(Cause::new("no-room", "Waits for room.", carrel_model::Who::Nobody))]),
        after(&[Event::Taken, Event::Reached(Step::ImagePresent, Some("image 61 %".into()))]),
        after(&[Event::Taken, Event::Reached(Step::IdeAnswers, Some("Started, waiting for its answer.".into()))]),
        and(&[]),
        and(&[used(|a| a.busy_because = Some("The kernel of a.ipynb is running.".into()))]),
        and(&[used(|a| a.last_active_at = at(-600))]),
        and(&[used(|a| (a.idle_since, a.ends_at) = (Some(at(-360)), Some(at(20 + 6840))))]),
        and(&[used(|a| (a.idle_since, a.ends_at) = (Some(at(-6480)), Some(at(20 + 720))))]),
        and(&[used(|a| (a.idle_since, a.keep_until) = (Some(at(-360)), Some(at(20 + 7200))))]),
        and(&[Event::SuspendAsked]),
        and(&[Event::SuspendAsked, Event::Missing]),
        and(&[Event::Ended(Ending::IdleSuspend)]),
        and(&[Event::StopAsked { force: false }]),
        and(&[Event::StopAsked { force: true }]),
        and(&[Event::StopAsked { force: true }, Event::Missing]),
        and(&[Event::Ended(Ending::Quit)]),
        and(&[Event::Ended(Ending::Failed { cause: cause() })]),
        and(&[Event::Unreachable(Cause::new("no-answer", "Its agent does not answer.", carrel_model::Who::Nobody))]),
    ]
}

#[test]
fn every_state_has_one_word_one_sentence_and_one_next_action() {
    let lines: Vec<String> =
        all().iter().map(view).map(|v| format!("{:<10} [{:<11}] {}", v.word, v.next.text, v.sentence)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    Pending    [Cancel     ] Accepted; it starts as soon as the server takes it.
    Pending    [Cancel     ] Waits for room.
    Starting   [Watch      ] Step 3 of 5: Programs present, image 61 %.
    Starting   [Watch      ] Step 5 of 5: IDE answers. Started, waiting for its answer.
    Active     [Open       ] In use now.
    Active     [Open       ] Counts as in use: the kernel of a.ipynb is running.
    Active     [Open       ] Last used 10 min ago.
    Idle       [Open       ] Without use for 6 min; suspends in 1 h 54 min.
    Idle       [Keep       ] Without use for 1 h 48 min; suspends in 12 min.
    Idle       [Open       ] Without use for 6 min; kept for another 2 h.
    Suspending [           ] Its process is being stopped; the session is kept.
    Suspended  [Resume     ] Files and the layout of JupyterLab are kept, what was in memory is not.
    Suspended  [Resume     ] Suspended after the time without use that is allowed. Files and the layout of JupyterLab are kept, what was in memory is not.
    Stopping   [           ] JupyterLab is being asked to end.
    Stopping   [           ] Its processes are being killed.
    Stopped    [           ] It was ended.
    Stopped    [           ] The IDE ended without an error: shut down from inside, or by a signal from outside Carrel.
    Failed     [Start again] Out of memory (2.0 of 2 GB).
    Lost       [Details    ] Its agent does not answer.
    ");
}

#[test]
fn what_may_be_done_follows_from_the_state() {
    let lines: Vec<String> = all()
        .iter()
        .map(view)
        .map(|v| {
            let May { open, suspend, resume, quit, force_quit, rename, keep } = v.may;
            let may = [
                (open, "open"),
                (suspend, "suspend"),
                (resume, "resume"),
                (quit, "quit"),
                (force_quit, "force-quit"),
                (rename, "rename"),
                (keep, "keep"),
            ];
            let may: Vec<&str> = may.into_iter().filter_map(|(yes, word)| yes.then_some(word)).collect();
            format!("{:<10} {}", v.word, may.join(" ")).trim_end().to_owned()
        })
        .collect();
    let mut lines = lines;
    lines.dedup();
    insta::assert_snapshot!(lines.join("\n"), @r"
    Pending    quit rename
    Starting   suspend quit force-quit rename
    Active     open suspend quit force-quit rename keep
    Idle       open suspend quit force-quit rename keep
    Suspending quit force-quit rename
    Suspended  resume quit rename
    Stopping   force-quit rename
    Stopping   rename
    Stopped
    Failed     resume quit rename
    Lost       suspend quit force-quit rename
    ");
}

#[test]
fn a_start_shows_all_five_steps_and_one_that_was_passed_over_is_done() {
    let v = view(&after(&[
        Event::Taken,
        Event::Reached(Step::ImagePresent, Some("image 61 %".into())),
        Event::Reached(Step::IdeAnswers, None),
    ]));
    let told: Vec<_> = v.steps.iter().map(|s| (s.number, s.text, s.began_at.is_some(), s.done_at.is_some())).collect();
    assert_eq!(
        told,
        [
            (1, "Accepted", true, true),
            (2, "Room found", true, true),
            (3, "Programs present", true, true),
            (4, "Storage attached", false, true),
            (5, "IDE answers", true, false),
        ]
    );
    assert_eq!(v.step, Some(CurrentStep { n: 5, of: 5, text: "IDE answers", detail: None }));
    assert!(view(&session()).steps.is_empty());
}

#[test]
fn use_is_shown_only_of_what_runs() {
    let running = after(&[Event::Taken, ready()]);
    let point = UsagePoint { at: at(15), cpus: 0.5, memory_bytes: 512 << 20, processes: 3 };
    let beside = Beside {
        usage: HashMap::from([(running.id.to_string(), UsageView::new(&point, vec![0.1, 0.5]))]),
        ..Beside::default()
    };
    let usage = SessionView::new(&running, &beside, at(20)).usage.unwrap();
    assert_eq!((usage.memory_mb, usage.cpu_history.len()), (512, 2));
    let suspended = running.after(&Event::SuspendAsked, at(20)).unwrap();
    assert_eq!(SessionView::new(&suspended, &beside, at(20)).usage, None);
    assert_eq!(SessionView::new(&running, &beside, at(20)).ide_name, "jupyterlab", "an entry that is gone has its id");
}

#[test]
fn spans_are_said_as_people_say_them() {
    let told: Vec<String> = [-5, 0, 45, 89, 90, 720, 3600, 6480, 86_400, 200_000].map(words::span).into();
    assert_eq!(told, ["0 s", "0 s", "45 s", "89 s", "1 min", "12 min", "1 h", "1 h 48 min", "24 h", "2 days"]);
    assert_eq!(words::span(SignedDuration::from_mins(5).as_secs()), "5 min");
}
