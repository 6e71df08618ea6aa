//! The pages that need no JavaScript: sign-in, signed out, errors, and a session's own address while it does not run.
//! Their texts stand in `templates/`; what is put into them is escaped.

pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod sign_out;

use crate::{app::App, problem::Problem, request_id::RequestId};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use minijinja::{Environment, Value, context};
use std::sync::LazyLock;

const TEMPLATES: [(&str, &str); 6] = [
    ("base.html", include_str!("../../../templates/base.html")),
    ("error.html", include_str!("../../../templates/error.html")),
    ("not-built.html", include_str!("../../../templates/not-built.html")),
    ("session.html", include_str!("../../../templates/session.html")),
    ("sign-in.html", include_str!("../../../templates/sign-in.html")),
    ("signed-out.html", include_str!("../../../templates/signed-out.html")),
];

/// The templates, which are part of the program: a fault in one is seen by the test that renders all.
static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    for (name, text) in TEMPLATES {
        if let Err(error) = pages.add_template(name, text) {
            tracing::error!(%error, name, "a template has a fault");
        }
    }
    pages
});

/// A page of this template. Addresses in it begin with the root path below which browsers see the server.
pub(crate) fn page(app: &App, status: StatusCode, name: &str, values: Value) -> Response {
    let values = context! { root => app.settings.now().web.root.as_str(), ..values };
    match PAGES.get_template(name).and_then(|template| template.render(values)) {
        Ok(text) => {
            let mut response = (status, Body::from(text)).into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            response
        }
        Err(error) => {
            tracing::error!(%error, name, "a page could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be made. The server's log says why.\n")
                .into_response()
        }
    }
}

/// The page of a problem, with the real status.
pub(crate) fn error(app: &App, problem: &Problem, id: &RequestId) -> Response {
    let values = context! {
        title => title(problem),
        detail => problem.detail.as_str(),
        status => problem.status.as_u16(),
        code => problem.code.as_ref(),
        request_id => id.as_str(),
        retry_after => problem.retry_after,
    };
    let mut response = page(app, problem.status, "error.html", values);
    problem.add_headers(&mut response);
    response
}

fn title(problem: &Problem) -> &'static str {
    match problem.code.as_ref() {
        "no-such-session" => "No such session",
        "not-signed-in" => "Sign in first",
        "no-such-page" => "Nothing is here",
        "session-gone" => "This session has ended",
        "session-no-answer" | "session-no-key" => "The session does not answer",
        "store-away" | "not-ready" => "Carrel is away for a moment",
        "not-possible-now" | "too-many-sessions" => "Not possible now",
        "other-origin" | "address-refused" => "Not from here",
        "unknown-host" => "Not the name of this server",
        "internal" => "The server made a mistake",
        _ if problem.status.is_client_error() => "This was not understood",
        _ => "This did not work",
    }
}

/// What stands in place of the application when it was not built.
pub(crate) fn not_built(app: &App) -> Response {
    page(app, StatusCode::NOT_IMPLEMENTED, "not-built.html", context! { title => "The pages were not built" })
}
