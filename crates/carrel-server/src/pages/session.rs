//! A session's own address while it does not run: what is, why, and what next.

mod output;

use crate::{
    app::App,
    caller::{Caller, Own},
    client::Client,
    house::session_of,
    origin::{is_from_here, is_upgrade},
    pages::{page, sign_in},
    problem::{Problem, wants_page},
    request_id::RequestId,
    view::{SessionView, StateName},
};
use axum::{
    extract::{FromRequestParts, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use carrel_model::{Session, SessionId};
use carrel_sessions::NewSize;
use http::{HeaderValue, StatusCode, header, request::Parts};
use minijinja::{context, value::Serde};

/// Whatever the proxy did not send to the session.
pub(crate) async fn show(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let page_wanted = wants_page(&request) && !is_upgrade(request.headers());
    let (mut parts, _) = request.into_parts();
    let Some(id) = session_of(parts.uri.path()) else { return with_slash(&parts) };
    let id = id.parse::<SessionId>().ok();
    let caller = match Caller::from_request_parts(&mut parts, &app).await {
        Err(problem) if page_wanted && problem.code == "not-signed-in" => return Ok(sign_in::redirect(&parts)),
        other => other?,
    };
    if !is_from_here(&parts, Client::of(&parts), &app.settings.now()) {
        let detail = "This request did not come from a page of this server, so the session never saw it.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "other-origin", detail));
    }
    let session = match id {
        Some(id) => app.store.session(&id).await?.filter(|s| s.owner == caller.user().id),
        None => None,
    };
    let session = session.ok_or_else(Problem::no_session)?;
    if let Some(problem) = app.live.no_way(&session) {
        return Err(problem);
    }
    let view = app.view(&session).await?;
    if !page_wanted || view.state == StateName::Stopped {
        return Err(not_running(&view));
    }
    let id = parts.extensions.get::<RequestId>().cloned().unwrap_or_default();
    Ok(state_page(&app, &session, &view, &id).await)
}

/// `/s/<id>` is meant as `/s/<id>/`: relative addresses in the IDE need the slash.
fn with_slash(parts: &Parts) -> Result<Response, Problem> {
    let path = parts.uri.path();
    let named = path.strip_prefix("/s/").and_then(|id| id.parse::<SessionId>().ok()).ok_or_else(Problem::no_session)?;
    let query = parts.uri.query().map(|q| format!("?{q}")).unwrap_or_default();
    Ok(Redirect::permanent(&format!("/s/{named}/{query}")).into_response())
}

/// What programs of the IDE get: its own page may still be open, and asks and asks.
fn not_running(view: &SessionView) -> Problem {
    let code = match view.state {
        StateName::Stopped => return Problem::new(StatusCode::GONE, "session-gone", view.sentence.clone()),
        StateName::Queued | StateName::Starting => "session-starting",
        StateName::Suspending | StateName::Suspended => "session-suspended",
        StateName::Failed => "session-failed",
        StateName::Stopping => "session-stopping",
        StateName::Lost => "session-lost",
        StateName::Active | StateName::Idle => "session-not-reached",
    };
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, view.sentence.clone()).after(2)
}

async fn state_page(app: &App, session: &Session, view: &SessionView, id: &RequestId) -> Response {
    let (kind, tone, says) = match view.state {
        StateName::Starting => ("starting", "start", " is starting"),
        StateName::Queued => ("waiting", "", " waits to be started"),
        StateName::Active | StateName::Idle => ("waiting", "start", " is about to open"),
        StateName::Suspending => ("waiting", "susp", " is being suspended"),
        StateName::Suspended => ("suspended", "susp", " is suspended"),
        StateName::Stopping => ("waiting", "", " is ending"),
        StateName::Failed => ("failed", "fail", " has failed"),
        StateName::Lost | StateName::Stopped => ("lost", "fail", " does not answer"),
    };
    let output = match kind {
        "failed" | "lost" => output::last(&app.sessions, session).await,
        _ => String::new(),
    };
    let values = context! {
        title => format!("{}{says}", view.name),
        session => Serde(view),
        request_id => id.as_str(),
        kind, tone, says, output,
    };
    let mut response = page(app, StatusCode::SERVICE_UNAVAILABLE, "session.html", values);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

/// The button Resume, or Start again.
pub(crate) async fn resume(own: Own, State(app): State<App>) -> Result<Redirect, Problem> {
    let session = app.sessions.resume(&own.caller.of_sessions(), &own.session.id, &NewSize::default()).await?;
    Ok(Redirect::to(&session.url()))
}

/// The button Cancel.
pub(crate) async fn quit(own: Own, State(app): State<App>) -> Result<Redirect, Problem> {
    app.sessions.stop(&own.caller.of_sessions(), &own.session.id, false).await?;
    Ok(Redirect::to("/"))
}
