//! All addresses of the server's own, and what every request to them passes through.

use crate::{
    api, app::App, assets, body::MAX_BODY, entrance, guard, headers, health, health_check, pages, problem,
    problem::Problem, request_id,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use http::header;
use std::any::Any;
use tower_http::catch_panic::CatchPanicLayer;

/// Outermost first: the request gets its id, the answer its headers, problems their body; then those who may not come in
/// are refused, and requests that other sites make.
pub(crate) fn router(app: App) -> Router {
    let (api, _) = api::routes().split_for_parts();
    api.merge(others())
        .fallback(assets::page)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(app.clone(), guard::same_origin_only))
        .layer(from_fn_with_state(app.clone(), entrance::check))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), problem::dress))
        .layer(from_fn_with_state(app.clone(), headers::secure))
        .layer(from_fn_with_state(app.clone(), request_id::name))
        .with_state(app)
}

/// What stands outside the API.
fn others() -> Router<App> {
    Router::new()
        .route("/api/openapi.json", get(openapi))
        .route("/api/{*path}", any(no_endpoint))
        .route("/livez", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/health-check", get(health_check::show))
        .route("/sign-in", get(pages::sign_in::show).post(pages::sign_in::submit))
        .route("/sign-out", post(pages::sign_out::submit))
        .route("/signed-out", get(pages::sign_out::show))
        .route("/sessions/{id}/resume", post(pages::session::resume))
        .route("/sessions/{id}/quit", post(pages::session::quit))
        .route("/s/{*path}", any(pages::session::show))
        .route("/static/{file}", get(assets::own))
}

/// Addresses that change something and are not in the API's document: for the test that goes through all of them.
#[cfg(test)]
pub(crate) const PAGE_POSTS: [&str; 4] = ["/sign-in", "/sign-out", "/sessions/{id}/resume", "/sessions/{id}/quit"];

async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], include_str!("../openapi.json")).into_response()
}

async fn no_endpoint() -> Problem {
    Problem::new(http::StatusCode::NOT_FOUND, "no-such-endpoint", "The API has nothing at this address.")
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let told = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::internal(&told.unwrap_or("a panic that says nothing")).into_response()
}
