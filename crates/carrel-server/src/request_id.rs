//! Every request has an id: in its log line, in the header `x-request-id` of the answer, and on each error.

use crate::{app::App, client::Client};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue};
use tracing::Instrument;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of one request: twelve letters and digits. Made here, never taken from outside, so that it cannot be used
/// to write into the log.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestId(String);

impl RequestId {
    pub(crate) fn new() -> Self {
        const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        Self(crate::random::<12>().iter().map(|b| char::from(LETTERS[usize::from(b % 32)])).collect())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names the request, and writes its line in the log when it is answered. The line holds the path and never the query:
/// programs put secrets there.
pub(crate) async fn name(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Client>().map(|client| client.address);
    let id = RequestId::new();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", id = id.as_str());
    request.extensions_mut().insert(id.clone());
    async move {
        let mut response = next.run(request).await;
        if let Ok(value) = HeaderValue::from_str(id.as_str()) {
            response.headers_mut().insert(HEADER, value);
        }
        let status = response.status().as_u16();
        if app.settings.now().web.access_log {
            tracing::info!(%method, path, status, ?client, "answered");
        } else {
            tracing::debug!(%method, path, status, ?client, "answered");
        }
        response
    }
    .instrument(span)
    .await
}
