//! The model's words as the API writes them.

use super::{CauseView, IdleActionName, IdleView, StateName, StepName, WhoName};
use carrel_model::{Activity, Cause, IdleAction, State, Step, Who};

impl From<&State> for StateName {
    fn from(state: &State) -> Self {
        match state {
            State::Queued { .. } => Self::Queued,
            State::Starting { .. } => Self::Starting,
            State::Active { .. } => Self::Active,
            State::Idle { .. } => Self::Idle,
            State::Suspending { .. } => Self::Suspending,
            State::Suspended { .. } => Self::Suspended,
            State::Stopping { .. } => Self::Stopping,
            State::Stopped { .. } => Self::Stopped,
            State::Failed { .. } => Self::Failed,
            State::Lost { .. } => Self::Lost,
        }
    }
}

impl From<Step> for StepName {
    fn from(step: Step) -> Self {
        match step {
            Step::Accepted => Self::Accepted,
            Step::RoomFound => Self::RoomFound,
            Step::ImagePresent => Self::ImagePresent,
            Step::StorageAttached => Self::StorageAttached,
            Step::IdeAnswers => Self::IdeAnswers,
        }
    }
}

impl From<&Cause> for CauseView {
    fn from(cause: &Cause) -> Self {
        let who = match cause.who {
            Who::You => WhoName::You,
            Who::Administrator => WhoName::Administrator,
            Who::Nobody => WhoName::Nobody,
        };
        Self { code: cause.code.clone(), text: cause.text.clone(), who }
    }
}

impl From<&Activity> for IdleView {
    fn from(activity: &Activity) -> Self {
        Self {
            since: activity.idle_since,
            ends_at: activity.ends_at,
            action: match activity.action {
                IdleAction::Suspend => IdleActionName::Suspend,
                IdleAction::Quit => IdleActionName::Quit,
            },
            busy_because: activity.busy_because.clone(),
            keep_until: activity.keep_until,
        }
    }
}
