//! Requests that other sites make in a person's name are refused before they reach anything.
//!
//! Every method that may change something needs to come from a page of this origin, which browsers say in
//! `Sec-Fetch-Site` and `Origin`. A request with a token is let through: no browser adds one by itself. So is one
//! without our cookie and without those headers: it comes from no browser and carries nothing of a person's.

use crate::{app::App, caller, client::Client, origin, problem::Problem};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use carrel_config::Settings;
use http::{StatusCode, header, request::Parts};

/// See the module.
pub(crate) async fn same_origin_only(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if is_allowed(&parts, &app.settings.now()) {
        next.run(Request::from_parts(parts, body)).await
    } else {
        refused().into_response()
    }
}

fn is_allowed(parts: &Parts, settings: &Settings) -> bool {
    if parts.method.is_safe() {
        return true;
    }
    let says_where_from = parts.headers.contains_key("sec-fetch-site") || parts.headers.contains_key(header::ORIGIN);
    if says_where_from {
        return origin::is_ours(parts, Client::of(parts), settings);
    }
    let has_token = matches!(caller::bearer(&parts.headers), Ok(Some(_)));
    has_token || matches!(caller::cookie_secret(parts, Client::of(parts)), Ok(None))
}

fn refused() -> Problem {
    let detail = "This request did not come from a page of this server, so nothing was done. Programs send a token.";
    Problem::new(StatusCode::FORBIDDEN, "other-origin", detail)
}
