//! Bodies of requests, and what is said of bad ones.

use crate::problem::Problem;
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{FromRequest, FromRequestParts, OptionalFromRequest, Request, rejection::BytesRejection},
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt};
use http::{HeaderMap, StatusCode, header, request::Parts};
use serde::{Serialize, de::DeserializeOwned};

/// How long a body may be. Long enough that what is wrong in it can be said by name ("the name is too long").
pub(crate) const MAX_BODY: usize = 2 << 20;

/// JSON in and out. Unlike axum's, a bad body is a [`Problem`] that says what is wrong and where.
#[derive(Debug)]
pub(crate) struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "The body has to be JSON, said by the header Content-Type: application/json.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", detail));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|e| too_long(&e))?;
        if bytes.is_empty() {
            return Err(Problem::bad_request("not-json", "The body is empty, and JSON is needed."));
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|e| bad_json(&e))
    }
}

/// A body that may be missing: then it says nothing of its kind either.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        if request.body().size_hint().exact() == Some(0) {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A media type of JSON. Forms and plain text are refused: those are what a page of another site can send unasked.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn too_long(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = format!("The body is too long: at most {MAX_BODY} bytes are taken.");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-long", detail);
    }
    Problem::bad_request("body-broken", "The body ended before it was whole.")
}

fn bad_json(error: &serde_json::Error) -> Problem {
    // serde_json ends its message with the place; the place is said in our words.
    let (line, column) = (error.line(), error.column());
    let told = error.to_string();
    let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(what, _)| what);
    let told: String = told.chars().take(300).collect();
    if error.is_data() {
        let detail = format!("The body does not fit: {told}, at line {line}, column {column}.");
        return Problem::unprocessable("body-does-not-fit", detail);
    }
    Problem::bad_request("not-json", format!("The body is not JSON: {told}, at line {line}, column {column}."))
}

/// Parameters of the path.
pub(crate) struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // Whatever cannot be an id is the id of nothing.
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|p| Self(p.0))
            .map_err(|_| Problem::no_session())
    }
}

/// Parameters of the query.
pub(crate) struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Query::from_request_parts(parts, state)
            .await
            .map(|q| Self(q.0))
            .map_err(|e| Problem::bad_request("bad-query", format!("The query of the address is wrong: {e}.")))
    }
}

/// A body that is made on the house's runtime and only handed over on the thread of the connection, which carries the
/// bytes of others too. Ends when nobody reads it any more.
pub(crate) fn streamed(stream: impl Stream<Item = Bytes> + Send + 'static) -> Body {
    let (send, receive) = tokio::sync::mpsc::channel(16);
    tokio::spawn(async move {
        let mut stream = std::pin::pin!(stream);
        loop {
            tokio::select! {
                () = send.closed() => break,
                piece = stream.next() => {
                    let Some(piece) = piece else { break };
                    if send.send(piece).await.is_err() { break }
                }
            }
        }
    });
    Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(receive).map(Ok::<_, std::convert::Infallible>))
}
