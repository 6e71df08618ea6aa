//! The words of a session: one word, one sentence, one next action for each state.

use super::{Next, NextAction};
use carrel_model::{Activity, IdleAction, Session, State, Step};
use jiff::Timestamp;

/// From this long before the idle rule acts, keeping the session is the next action.
const WARN_BEFORE_S: i64 = 15 * 60;
/// Use within this time is use now.
const NOW_S: i64 = 90;

/// What pages call a state.
pub(super) fn word(state: &State) -> &'static str {
    match state {
        State::Queued { .. } => "Pending",
        other => other.name(),
    }
}

/// What pages call a step.
pub(super) fn step(step: Step) -> &'static str {
    match step {
        Step::Accepted => "Accepted",
        Step::RoomFound => "Room found",
        Step::ImagePresent => "Programs present",
        Step::StorageAttached => "Storage attached",
        Step::IdeAnswers => "IDE answers",
    }
}

/// What is, in one sentence.
pub(super) fn sentence(session: &Session, ide_name: &str, now: Timestamp) -> String {
    match &session.state {
        State::Queued { cause: Some(cause), .. }
        | State::Stopped { cause: Some(cause), .. }
        | State::Failed { cause, .. }
        | State::Lost { cause, .. } => cause.text.clone(),
        State::Queued { cause: None, .. } => "Accepted; it starts as soon as the server takes it.".into(),
        State::Starting { steps, .. } => steps.last().map_or_else(
            || "It is being started.".into(),
            |s| {
                let of = Step::ALL.len();
                let detail = match s.detail.as_deref() {
                    None => ".".into(),
                    Some(whole) if whole.ends_with('.') => format!(". {whole}"),
                    Some(part) => format!(", {part}."),
                };
                format!("Step {} of {of}: {}{detail}", s.step.number(), step(s.step))
            },
        ),
        State::Active { activity, .. } => active(activity, now),
        State::Idle { activity, .. } => idle(activity, now),
        State::Suspending { .. } => "Its process is being stopped; the session is kept.".into(),
        State::Suspended { cause, .. } => suspended(session, ide_name, cause.as_ref().map(|c| c.text.as_str())),
        State::Stopping { force: false, .. } => format!("{ide_name} is being asked to end."),
        State::Stopping { force: true, .. } => "Its processes are being killed.".into(),
        State::Stopped { cause: None, .. } => "It was ended.".into(),
    }
}

fn active(activity: &Activity, now: Timestamp) -> String {
    if let Some(because) = &activity.busy_because {
        return format!("Counts as in use: {}.", within(because));
    }
    let quiet = now.as_second() - activity.last_active_at.as_second();
    if quiet < NOW_S { "In use now.".into() } else { format!("Last used {} ago.", span(quiet)) }
}

/// A sentence behind a colon: without its full stop, and beginning small unless it begins with a name (`CPU`).
fn within(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut letters = sentence.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(letters).collect(),
        _ => sentence.to_owned(),
    }
}

fn idle(activity: &Activity, now: Timestamp) -> String {
    let since = activity.idle_since.unwrap_or(activity.last_active_at);
    let quiet = format!("Without use for {}", span(now.as_second() - since.as_second()));
    if let Some(until) = activity.keep_until.filter(|until| *until > now) {
        return format!("{quiet}; kept for another {}.", span(until.as_second() - now.as_second()));
    }
    let word = match activity.action {
        IdleAction::Suspend => "suspends",
        IdleAction::Quit => "ends",
    };
    match activity.ends_at {
        Some(at) => format!("{quiet}; {word} in {}.", span(at.as_second() - now.as_second())),
        None => format!("{quiet}."),
    }
}

/// RStudio writes its R state down by its own suspend; what other IDEs had in memory is gone.
fn suspended(session: &Session, ide_name: &str, why: Option<&str>) -> String {
    let kept = if session.ide.as_str() == "rstudio" {
        "Files and the R workspace are kept.".into()
    } else {
        format!("Files and the layout of {ide_name} are kept, what was in memory is not.")
    };
    why.map_or_else(|| kept.clone(), |why| format!("{why} {kept}"))
}

/// The one next action.
pub(super) fn next(session: &Session, now: Timestamp) -> Next {
    let (action, text) = match &session.state {
        State::Queued { .. } => (NextAction::Cancel, "Cancel"),
        State::Starting { .. } => (NextAction::Watch, "Watch"),
        State::Idle { activity, .. } if ends_soon(activity, now) => (NextAction::Keep, "Keep"),
        State::Active { .. } | State::Idle { .. } => (NextAction::Open, "Open"),
        State::Suspended { .. } => (NextAction::Resume, "Resume"),
        State::Failed { .. } => (NextAction::StartAgain, "Start again"),
        State::Lost { .. } => (NextAction::Details, "Details"),
        State::Suspending { .. } | State::Stopping { .. } | State::Stopped { .. } => (NextAction::None, ""),
    };
    Next { action, text }
}

fn ends_soon(activity: &Activity, now: Timestamp) -> bool {
    activity.ends_at.is_some_and(|at| at.as_second() - now.as_second() <= WARN_BEFORE_S)
}

/// A span of time as people say it: `45 s`, `12 min`, `1 h 48 min`, `3 days`.
pub(crate) fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..=89 => format!("{seconds} s"),
        90..=3599 => format!("{minutes} min"),
        3600..=172_799 if minutes % 60 == 0 => format!("{hours} h"),
        3600..=172_799 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} days"),
    }
}
