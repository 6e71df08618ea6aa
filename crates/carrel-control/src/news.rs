//! From what an agent says to what is reported. Pure.

use carrel_agent::protocol::{PROTOCOL, Phase, Status};
use carrel_model::{Activity, Address, Cause, Step, Who};
use carrel_sessions::launcher::Seen;
use serde::Deserialize;

/// What was told of a run, so that nothing is told twice.
#[derive(Debug, Default)]
pub struct Told {
    step: Option<(Step, Option<String>)>,
    ready: bool,
    activity: Option<Activity>,
    unreachable: bool,
}

/// The one field that every version has.
#[derive(Deserialize)]
struct Hello {
    protocol: u32,
}

/// Reads a line of an agent, or says why it cannot be understood.
pub(crate) fn read(line: &[u8]) -> Result<Status, Cause> {
    let hello: Option<Hello> = serde_json::from_slice(line).ok();
    match (hello, serde_json::from_slice(line)) {
        (Some(Hello { protocol: PROTOCOL }), Ok(status)) => Ok(status),
        (Some(Hello { protocol }), _) if protocol != PROTOCOL => Err(Cause::new(
            "agent-version",
            format!(
                "Its agent speaks version {protocol} of the protocol and this server version {PROTOCOL}. It goes on; \
                 quit and start it again to use it with this server."
            ),
            Who::You,
        )),
        _ => {
            Err(Cause::new("agent-version", "Its agent says what this server does not understand.", Who::Administrator))
        }
    }
}

impl Told {
    /// All steps up to this one were told by whoever brought the agent about.
    pub fn reached(step: Step) -> Self {
        Self { step: Some((step, None)), ..Self::default() }
    }

    /// What is new in `status`, for a run whose IDE is reached at `address`.
    pub(crate) fn news(&mut self, status: Status, address: &Address) -> Vec<Seen> {
        let mut news = Vec::new();
        if let Some(end) = status.end {
            news.push(Seen::Ended(end.ending));
            return news;
        }
        match (status.phase, status.step) {
            (Phase::Starting, Some(step)) => self.steps(step, status.detail, &mut news),
            (Phase::Ready, _) => {
                if !self.ready {
                    self.steps(Step::IdeAnswers, None, &mut news);
                }
                if !self.ready || self.unreachable {
                    news.push(Seen::Ready(address.clone()));
                }
                self.ready = true;
            }
            _ => {}
        }
        if self.ready && status.activity != self.activity {
            news.extend(status.activity.clone().map(Seen::Activity));
            self.activity = status.activity;
        }
        self.unreachable = false;
        news
    }

    /// It cannot be reached. Told once.
    pub(crate) fn unreachable(&mut self, cause: Cause) -> Option<Seen> {
        let told = std::mem::replace(&mut self.unreachable, true);
        (!told).then_some(Seen::Unreachable(cause))
    }

    /// Steps in between went by too fast to be seen, and are told all the same.
    fn steps(&mut self, to: Step, detail: Option<String>, news: &mut Vec<Seen>) {
        let now = (to, detail);
        let told = self.step.as_ref().map(|(step, _)| *step);
        let passed = Step::ALL.into_iter().filter(|step| *step > Step::Accepted && Some(*step) > told && *step < to);
        news.extend(passed.map(|step| Seen::Step(step, None)));
        let is_new = told < Some(to) || (told == Some(to) && now.1.is_some() && self.step.as_ref() != Some(&now));
        if is_new {
            news.push(Seen::Step(now.0, now.1.clone()));
            self.step = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carrel_agent::protocol::End;
    use carrel_model::{Ending, IdleAction};
    use jiff::Timestamp;

    fn status(phase: Phase) -> Status {
        Status::new("abcdefghjkmnpqrs-1".parse().unwrap(), phase)
    }

    fn address() -> Address {
        Address::Unix("/r/data.sock".into())
    }

    #[test]
    fn a_start_is_told_step_by_step_and_each_once() {
        let mut told = Told::default();
        assert_eq!(told.news(status(Phase::Waiting), &address()), []);
        let starting =
            Status { step: Some(Step::IdeAnswers), detail: Some("Started.".into()), ..status(Phase::Starting) };
        let passed = [Step::RoomFound, Step::ImagePresent, Step::StorageAttached].map(|step| Seen::Step(step, None));
        let news = told.news(starting.clone(), &address());
        assert_eq!(news[..3], passed);
        assert_eq!(news[3..], [Seen::Step(Step::IdeAnswers, Some("Started.".into()))]);
        assert_eq!(told.news(starting, &address()), []);
        assert_eq!(told.news(status(Phase::Ready), &address()), [Seen::Ready(address())]);
        assert_eq!(told.news(status(Phase::Ready), &address()), []);
    }

    #[test]
    fn steps_that_were_told_before_there_was_an_agent_are_not_told_again() {
        let mut told = Told::reached(Step::StorageAttached);
        let at = |step| Status { step: Some(step), ..status(Phase::Starting) };
        assert_eq!(told.news(at(Step::ImagePresent), &address()), []);
        assert_eq!(told.news(at(Step::IdeAnswers), &address()), [Seen::Step(Step::IdeAnswers, None)]);
    }

    #[test]
    fn a_run_that_is_found_again_is_told_as_ready_with_its_use() {
        let activity = Activity::began(Timestamp::UNIX_EPOCH, IdleAction::Quit);
        let ready = Status { activity: Some(activity.clone()), ..status(Phase::Ready) };
        let news = Told::default().news(ready, &address());
        assert_eq!(news[4..], [Seen::Ready(address()), Seen::Activity(activity)]);
    }

    #[test]
    fn a_run_that_is_reached_again_is_ready_again() {
        let mut told = Told::default();
        told.news(status(Phase::Ready), &address());
        let cause = Cause::new("agent-silent", "It is silent.", Who::Nobody);
        assert_eq!(told.unreachable(cause.clone()), Some(Seen::Unreachable(cause.clone())));
        assert_eq!(told.unreachable(cause), None);
        assert_eq!(told.news(status(Phase::Ready), &address()), [Seen::Ready(address())]);
    }

    #[test]
    fn the_end_is_all_there_is_to_say() {
        let end = End { at: Timestamp::UNIX_EPOCH, ending: Ending::Quit, last_output: String::new() };
        let ended = Status { end: Some(end), ..status(Phase::Ended) };
        assert_eq!(Told::default().news(ended, &address()), [Seen::Ended(Ending::Quit)]);
    }

    #[test]
    fn an_agent_of_another_version_is_not_misread() {
        assert_eq!(read(&serde_json::to_vec(&status(Phase::Ready)).unwrap()), Ok(status(Phase::Ready)));
        let cause = read(br#"{"protocol":1,"phase":{"of":"the moon"}}"#).unwrap_err();
        assert_eq!(cause.code, "agent-version");
        assert!(cause.text.starts_with("Its agent speaks version 1 of the protocol and this server version 2."));
        assert_eq!(read(b"nonsense").unwrap_err().text, "Its agent says what this server does not understand.");
    }
}
