//! Calls to an agent on its control socket.

use bytes::Bytes;
use futures::{Stream, StreamExt, future::ready};
use http_body_util::{BodyExt, BodyStream, Full, Limited};
use hyper::{Method, Request, Response, StatusCode, body::Incoming};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use std::{io, path::PathBuf, time::Duration};
use tokio::{net::UnixStream, time::timeout};

/// How long an agent may take to answer. It does so from memory.
pub(crate) const CALL_LIMIT: Duration = Duration::from_secs(5);
/// The longest answer that is taken as a whole.
const ANSWER_BYTES: usize = 1 << 20;

/// A call that came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// Nobody listens, or the connection broke.
    #[error("its agent cannot be reached: {0}")]
    Away(#[from] io::Error),
    /// There is no answer.
    #[error("its agent does not answer within {} s", CALL_LIMIT.as_secs())]
    Slow,
    /// It says no.
    #[error("its agent answers {0}: {1}")]
    Refused(StatusCode, String),
}

/// The control socket of an agent.
#[derive(Debug, Clone)]
pub(crate) struct Control(PathBuf);

impl Control {
    pub(crate) fn new(socket: PathBuf) -> Self {
        Self(socket)
    }

    /// Whether somebody listens.
    pub(crate) async fn listens(&self) -> bool {
        UnixStream::connect(&self.0).await.is_ok()
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Bytes, CallError> {
        self.call(Method::GET, path, Bytes::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &impl Serialize) -> Result<Bytes, CallError> {
        let body = serde_json::to_vec(body).map_err(io::Error::from)?;
        self.call(Method::POST, path, body.into()).await
    }

    /// An answer as it comes. Ends when the agent ends it or goes away.
    pub(crate) async fn stream(&self, path: &str) -> Result<impl Stream<Item = Bytes> + Send + use<>, CallError> {
        let answer = bounded(self.ask(Method::GET, path, Bytes::new())).await?;
        let frames = BodyStream::new(answer.into_body());
        // Trailers are the only other kind of frame, and come last.
        Ok(frames.map(|frame| frame.ok()?.into_data().ok()).take_while(|data| ready(data.is_some())).filter_map(ready))
    }

    async fn call(&self, method: Method, path: &str, body: Bytes) -> Result<Bytes, CallError> {
        bounded(async {
            let answer = self.ask(method, path, body).await?;
            let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await.map_err(io::Error::other)?;
            Ok(body.to_bytes())
        })
        .await
    }

    async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Response<Incoming>, CallError> {
        let stream = UnixStream::connect(&self.0).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // Ends when the answer was read, or dropped.
        tokio::spawn(connection);
        let request = Request::builder().method(method).uri(path).header(hyper::header::HOST, "agent");
        let request = request.body(Full::new(body)).map_err(io::Error::other)?;
        let answer = sender.send_request(request).await.map_err(io::Error::other)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await.map_err(io::Error::other)?;
        Err(CallError::Refused(status, String::from_utf8_lossy(&body.to_bytes()).trim().to_owned()))
    }
}

async fn bounded<T>(call: impl Future<Output = Result<T, CallError>>) -> Result<T, CallError> {
    timeout(CALL_LIMIT, call).await.unwrap_or(Err(CallError::Slow))
}
