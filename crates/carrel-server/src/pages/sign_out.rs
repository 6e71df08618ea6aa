//! Signing out by a form, and the page after it.

use crate::{
    app::App,
    caller::Caller,
    pages::page,
    problem::Problem,
    signing_in::{no_cookie, sign_out},
};
use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use http::{StatusCode, header::SET_COOKIE};
use minijinja::context;

/// Ends the sign-in of this browser.
pub(crate) async fn submit(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    sign_out(&app, &caller).await?;
    let cookie = no_cookie(&app, caller.client());
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/signed-out")).into_response())
}

/// Says that it is done.
pub(crate) async fn show(State(app): State<App>) -> Response {
    page(&app, StatusCode::OK, "signed-out.html", context! { title => "Signed out" })
}
