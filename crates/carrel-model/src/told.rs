//! The history of a session in sentences.

use crate::{Ending, Event, Session, State, Step};

/// One line of a session's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Stable, in kebab case.
    pub code: String,
    /// For the owner.
    pub text: String,
}

#[expect(clippy::unnecessary_wraps, reason = "keeps the tables below free of `Some`")]
fn say(code: &str, text: impl Into<String>) -> Option<Told> {
    Some(Told { code: code.into(), text: text.into() })
}

/// What is worth telling of a change that `event` made; `None` where nothing is, such as a clock that moved on.
/// `before` is missing for a session that is new.
pub fn told(before: Option<&Session>, event: &Event, after: &Session) -> Option<Told> {
    let Some(before) = before else { return say("accepted", "New Session: accepted.") };
    match event {
        Event::StartAsked => match before.state {
            State::Suspended { .. } => say("resume", "Resume: accepted."),
            _ => say("start-again", "Start again: accepted."),
        },
        Event::SuspendAsked => say("suspend", "Suspend: the IDE is asked to stop, the session is kept."),
        Event::StopAsked { force: true } => say("force-quit", "Force Quit: everything of it is killed."),
        Event::StopAsked { force: false } => match after.state {
            State::Stopped { .. } => say("stopped", "Quit: nothing of it ran, so it is over."),
            _ => say("quit", "Quit: the IDE is asked to stop."),
        },
        Event::Waits(cause) | Event::StartFailed(cause) | Event::Unreachable(cause) => say(&cause.code, &cause.text),
        Event::Taken => say("taken", "The start began."),
        Event::Reached(step, detail) => step_told(before, *step, detail.as_ref()),
        Event::Ready(..) => match before.state {
            State::Lost { .. } => say("found-again", "It answers again."),
            State::Starting { since, .. } => say(
                "ready",
                format!(
                    "The IDE answers, {:.1} s after the start.",
                    after.state.since().duration_since(since).as_secs_f64()
                ),
            ),
            _ => None,
        },
        Event::Used(activity) => match (&before.state, &after.state) {
            (State::Active { .. }, State::Idle { .. }) => say("idle", "Nobody uses it."),
            (State::Idle { .. }, State::Active { .. }) => say(
                "active",
                activity
                    .busy_because
                    .as_ref()
                    .map_or_else(|| "In use again.".into(), |why| format!("In use again: {why}.")),
            ),
            _ => None,
        },
        Event::Ended(ending) => ended_told(ending, after),
        Event::Missing => say("gone", after.state.cause().map_or("Nothing of it runs any more.", |c| c.text.as_str())),
    }
}

fn step_told(before: &Session, step: Step, detail: Option<&String>) -> Option<Told> {
    let known = matches!(&before.state, State::Starting { steps, .. } if steps.iter().any(|s| s.step == step));
    if known {
        return None;
    }
    let text = match step {
        Step::Accepted => "Accepted.",
        Step::RoomFound => "Looking for room.",
        Step::ImagePresent => "Getting the programs ready.",
        Step::StorageAttached => "Attaching storage.",
        Step::IdeAnswers => "Starting the IDE.",
    };
    say(
        "step",
        detail.map_or_else(
            || text.to_owned(),
            |detail| format!("{} ({}).", text.trim_end_matches('.'), detail.trim_end_matches('.')),
        ),
    )
}

fn ended_told(ending: &Ending, after: &Session) -> Option<Told> {
    let cause = after.state.cause();
    match (&after.state, ending) {
        (State::Failed { cause, .. }, _) => say(&cause.code, &cause.text),
        (State::Suspended { .. }, _) => say("suspended", cause.map_or("Suspended.", |c| c.text.as_str())),
        _ => say("stopped", cause.map_or("Stopped.", |c| c.text.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Activity, Address, IdleAction, session::tests::session};
    use jiff::Timestamp;

    #[test]
    fn a_life_is_told_in_sentences_and_clocks_are_not() {
        let at = |s| Timestamp::from_second(1_800_000_000 + s).unwrap();
        let used = |idle| Event::Used(Activity { idle_since: idle, ..Activity::began(at(2), IdleAction::Suspend) });
        let ready = Event::Ready(Address::Unix("/x".into()), IdleAction::Suspend);
        let events = [
            Event::Taken,
            Event::Reached(Step::IdeAnswers, None),
            Event::Reached(Step::IdeAnswers, Some("still".into())),
            ready,
            used(Some(at(5))),
            used(Some(at(6))),
            used(None),
            Event::Ended(Ending::IdleSuspend),
            Event::StartAsked,
            Event::StopAsked { force: false },
        ];
        let mut now = session();
        let mut codes = vec![told(None, &Event::StartAsked, &now).unwrap().code];
        for (i, event) in events.iter().enumerate() {
            let next = now.after(event, at(i64::try_from(i).unwrap())).unwrap_or_else(|| panic!("{event:?}"));
            codes.extend(told(Some(&now), event, &next).map(|t| t.code));
            now = next;
        }
        assert_eq!(codes, ["accepted", "taken", "step", "ready", "idle", "active", "suspended", "resume", "stopped"]);
    }
}
