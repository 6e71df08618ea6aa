//! `/api/v1/sessions`: an endpoint is a file.

pub(crate) mod events;
pub(crate) mod keep;
pub(crate) mod launch;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod rename;
pub(crate) mod resume;
pub(crate) mod show;
pub(crate) mod stop;
pub(crate) mod suspend;
pub(crate) mod usage;

use crate::{app::App, body::Json, problem::Problem, view::SessionView};
use carrel_model::Session;
use carrel_sessions::ChangeError;
use http::StatusCode;

/// What an accepted change answers: 202, for the supervisor acts on it afterwards.
pub(crate) async fn accepted(app: &App, session: &Session) -> Result<(StatusCode, Json<SessionView>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(app.view(session).await?)))
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        let detail = sentence(&error);
        match error {
            ChangeError::NotFound => Self::no_session(),
            ChangeError::NotPossible { .. } => Self::new(StatusCode::CONFLICT, "not-possible-now", detail),
            ChangeError::TooMany(_) => Self::new(StatusCode::CONFLICT, "too-many-sessions", detail),
            ChangeError::Name(_) => Self::unprocessable("bad-name", detail),
            ChangeError::Size(error) => error.into(),
            ChangeError::Launcher(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "launcher-away", detail).after(5),
            ChangeError::Store(error) => error.into(),
        }
    }
}

/// The words of an error as a sentence: libraries begin in lower case and have no full stop.
pub(crate) fn sentence(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let rest = letters.as_str();
    let stop = if rest.ends_with('.') { "" } else { "." };
    format!("{first}{rest}{stop}")
}
