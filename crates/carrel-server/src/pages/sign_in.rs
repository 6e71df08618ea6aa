//! The sign-in page.

use crate::{
    app::App,
    caller::{Caller, cookie_secret},
    client::Client,
    pages::page,
    problem::Problem,
    signing_in::{Tried, sign_in, sign_in_everybody, user_agent},
};
use axum::{
    Extension, Form,
    extract::{FromRequestParts, Query, Request, State, rejection::FormRejection},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use carrel_auth::safe_next;
use http::{HeaderMap, StatusCode, header::SET_COOKIE, request::Parts};
use minijinja::{Value, context};
use secrecy::SecretString;
use serde::Deserialize;

/// How much of a user name is shown again after a refusal.
const USER_CHARS: usize = 128;

/// To the sign-in page, and from there back here.
pub(crate) fn redirect(from: &Parts) -> Response {
    let here = from.uri.path_and_query().map_or("/", |p| p.as_str());
    if here == "/" {
        return Redirect::to("/sign-in").into_response();
    }
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.' | b'~');
    let next: String =
        here.bytes().map(|b| if is_plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    Redirect::to(&format!("/sign-in?next={next}")).into_response()
}

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

/// Shows the form; who is signed in already goes on.
pub(crate) async fn show(State(app): State<App>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let asked = Query::<Next>::from_request_parts(&mut parts, &app).await.map(|q| q.0).unwrap_or_default();
    let settings = app.settings.now();
    let next = settings.web.root.strip(safe_next(&asked.next));
    match Caller::from_request_parts(&mut parts, &app).await {
        Ok(_) => Redirect::to(next).into_response(),
        Err(_) if settings.admission.everybody => {
            match sign_in_everybody(&app, Client::of(&parts), user_agent(&parts.headers)).await {
                Ok(cookie) => (AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to(next)).into_response(),
                Err(problem) => problem.into_response(),
            }
        }
        Err(problem) => {
            // A cookie that opens nothing any more: they were signed in before.
            let had_one = matches!(cookie_secret(&parts, Client::of(&parts)), Ok(Some(_)));
            let ended = had_one && problem.code == "not-signed-in";
            form(&app, &Shown { next, ended, ..Shown::default() })
        }
    }
}

/// What the form shows.
#[derive(Default)]
struct Shown<'a> {
    next: &'a str,
    user: &'a str,
    ended: bool,
    refused: Option<&'a Problem>,
}

fn form(app: &App, shown: &Shown<'_>) -> Response {
    let status = shown.refused.map_or(StatusCode::OK, |problem| problem.status);
    let (settings, now) = (app.settings.now(), app.clock.now());
    let told = settings.operation.notices.iter().filter(|notice| notice.is_told(now));
    let notices: Vec<String> = told.map(|notice| notice.message.clone()).collect();
    let values = context! {
        title => "Sign in",
        site_name => settings.site_name.as_str(),
        // The administrator's own words; the policy of the page keeps scripts and styles in it from running.
        fragment => settings.web.login_html.as_deref().map(|html| Value::from_safe_string(html.to_owned())),
        version => env!("CARGO_PKG_VERSION"),
        next => shown.next,
        user => shown.user,
        ended => shown.ended,
        to_session => shown.next.starts_with("/s/"),
        notices => notices,
        refused => shown.refused.map(|problem| problem.detail.as_str()),
    };
    let mut response = page(app, status, "sign-in.html", values);
    if let Some(problem) = shown.refused {
        problem.add_headers(&mut response);
    }
    response
}

/// The form, filled in.
#[derive(Deserialize)]
pub(crate) struct Filled {
    user: String,
    password: SecretString,
    #[serde(default)]
    next: String,
}

/// Signs in and goes on, or says why not.
pub(crate) async fn submit(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    filled: Result<Form<Filled>, FormRejection>,
) -> Result<Response, Problem> {
    let bad = |e: FormRejection| Problem::new(e.status(), "bad-form", "The form has to hold user name and password.");
    let Form(Filled { user, password, next }) = filled.map_err(bad)?;
    let settings = app.settings.now();
    let next = settings.web.root.strip(safe_next(&next));
    let shown: String = user.chars().take(USER_CHARS).collect();
    let tried = Tried { name: user, password, client, user_agent: user_agent(&headers) };
    match sign_in(&app, tried).await {
        Ok(cookie) => Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to(next)).into_response()),
        Err(problem) if problem.status.is_client_error() => {
            Ok(form(&app, &Shown { next, user: &shown, refused: Some(&problem), ..Shown::default() }))
        }
        Err(problem) => Err(problem),
    }
}
