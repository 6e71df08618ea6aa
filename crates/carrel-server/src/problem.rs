//! The one shape of all errors: `application/problem+json` (RFC 9457) with a stable code.
//!
//! A [`Problem`] leaves a handler without a body. [`dress`] gives it one, as JSON or as a page, whichever the request
//! asked for, and puts the request's id on it: so no error can miss either.

use crate::{app::App, pages, request_id::RequestId};
use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::{borrow::Cow, fmt::Display};
use utoipa::ToSchema;

/// An error as the outside learns of it. Everything else is logged, never sent.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub status: StatusCode,
    pub code: Cow<'static, str>,
    pub detail: String,
    /// After how many seconds trying again makes sense.
    pub retry_after: Option<u64>,
}

/// What went wrong, for programs (`code`) and for people (`detail`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Always `about:blank`: the code tells problems apart.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The words of the status.
    #[schema(example = "Conflict")]
    title: String,
    /// The status of the answer.
    #[schema(example = 409)]
    status: u16,
    /// Stable, in kebab case.
    #[schema(example = "not-possible-now")]
    code: String,
    /// What is wrong, where, and what to do, in a sentence.
    detail: String,
    /// Names the request in the server's log.
    request_id: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self { status, code: code.into(), detail: detail.into(), retry_after: None }
    }

    pub(crate) fn after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The same for what belongs to somebody else and for what never was: the two cannot be told apart.
    pub(crate) fn no_session() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no-such-session", "There is no such session, or it is not yours.")
    }

    /// A session that runs, and is not to be heard.
    pub(crate) fn no_answer() -> Self {
        let detail = "The session does not answer at present. It may come back by itself; saved files are safe.";
        Self::new(StatusCode::BAD_GATEWAY, "session-no-answer", detail).after(3)
    }

    /// A session whose agent would not believe this server.
    pub(crate) fn no_key() -> Self {
        let detail = "This server has no secure-cookie-key, by which it would prove itself to the agent of the session. \
                      An administrator can give it the one that the other servers of this Carrel have.";
        Self::new(StatusCode::BAD_GATEWAY, "session-no-key", detail)
    }

    pub(crate) fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not-signed-in", "Sign in first, or send a token that is still valid.")
    }

    pub(crate) fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    pub(crate) fn unprocessable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    pub(crate) fn no_page() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no-such-page", "There is nothing at this address.")
    }

    /// The database did not do its part. Logged here, once; the outside learns only that.
    pub(crate) fn store(error: &dyn Display) -> Self {
        tracing::error!(%error, "the store did not answer as it should");
        let detail = "Carrel's database does not answer. Sessions that run go on; try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store-away", detail).after(5)
    }

    pub(crate) fn internal(error: &dyn Display) -> Self {
        tracing::error!(%error, "a request failed");
        let detail = "The server made a mistake. Its log says more under the id of this request.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    pub(crate) fn json(&self, request_id: &str) -> ProblemBody {
        ProblemBody {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_string(),
            detail: self.detail.clone(),
            request_id: request_id.to_owned(),
        }
    }

    /// The finished answer in JSON.
    pub(crate) fn json_response(&self, request_id: &str) -> Response {
        let body = serde_json::to_vec(&self.json(request_id)).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        self.add_headers(&mut response);
        response
    }

    pub(crate) fn add_headers(&self, response: &mut Response) {
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<carrel_store::Error> for Problem {
    fn from(error: carrel_store::Error) -> Self {
        Self::store(&error)
    }
}

/// Gives problems their body. axum's own refusals (no such route, wrong method) become problems here too.
pub(crate) async fn dress(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    let wants_page = wants_page(&request);
    let mut response = next.run(request).await;
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if response.status() == StatusCode::METHOD_NOT_ALLOWED => {
            let allow = response.headers().get(header::ALLOW).and_then(|v| v.to_str().ok()).unwrap_or("other methods");
            let detail = format!("This address does not take this method; it takes {allow}.");
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
        }
        None => return response,
    };
    let mut dressed = if wants_page { pages::error(&app, &problem, &id) } else { problem.json_response(id.as_str()) };
    for (name, value) in response.headers() {
        if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
            dressed.headers_mut().append(name, value.clone());
        }
    }
    dressed
}

/// Whether a person looks at the answer: a navigation of a browser outside the API.
pub(crate) fn wants_page(request: &Request) -> bool {
    let accepts_html = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let navigates = request.headers().get("sec-fetch-mode").is_none_or(|mode| mode == "navigate");
    accepts_html && navigates && !request.uri().path().starts_with("/api/")
}
