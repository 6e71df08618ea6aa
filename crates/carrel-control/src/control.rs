//! Calls to an agent.

use crate::Dial;
use bytes::Bytes;
use carrel_agent::protocol::{Keep, Status, Stop};
use carrel_model::{Cause, Plan, Usage, Who};
use carrel_sessions::launcher::{LauncherError, StartError};
use futures::{Stream, StreamExt, future::ready};
use http_body_util::{BodyExt, BodyStream, Full, Limited};
use hyper::{Method, Request, Response, StatusCode, body::Incoming};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use std::{io, time::Duration};
use tokio::time::timeout;

/// How long an agent may take to answer. It does so from memory.
pub const CALL_LIMIT: Duration = Duration::from_secs(5);
/// The longest answer that is taken as a whole.
const ANSWER_BYTES: usize = 1 << 20;

/// A call that came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody listens, or the connection broke.
    #[error("its agent cannot be reached: {0}")]
    Away(#[from] io::Error),
    /// There is no answer.
    #[error("its agent does not answer within {} s", CALL_LIMIT.as_secs())]
    Slow,
    /// It says no.
    #[error("its agent answers {0}: {1}")]
    Refused(StatusCode, String),
    /// It says what is not understood.
    #[error("its agent says what this server does not understand: {0}")]
    Garbled(#[from] serde_json::Error),
}

impl From<CallError> for LauncherError {
    fn from(error: CallError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// The control channel of an agent. Each call is a connection of its own.
#[derive(Debug, Clone)]
pub struct Control<D>(D);

impl<D: Dial> Control<D> {
    /// The agent at the other end of `dial`.
    pub fn new(dial: D) -> Self {
        Self(dial)
    }

    /// Whether somebody listens.
    pub async fn listens(&self) -> bool {
        matches!(timeout(CALL_LIMIT, self.0.dial()).await, Ok(Ok(_)))
    }

    /// All that it knows.
    pub async fn status(&self) -> Result<Status, CallError> {
        self.get("/status").await
    }

    /// Gives it the plan of its run. A second call changes nothing, even with another plan.
    pub async fn start(&self, plan: &Plan) -> Result<(), StartError> {
        match self.post("/start", plan).await {
            // It runs another plan of an earlier server: a second start changes nothing.
            Ok(()) | Err(CallError::Refused(StatusCode::CONFLICT, _)) => Ok(()),
            Err(CallError::Refused(status, said)) => {
                let text = format!("The agent of the session refuses the plan ({status}): {said}.");
                Err(StartError::Refused(Cause::new("agent-failed", text, Who::Administrator)))
            }
            Err(error) => {
                Err(StartError::NotNow(Cause::new("agent-slow", format!("The session waits: {error}."), Who::Nobody)))
            }
        }
    }

    /// Ends the run: the IDE has `grace` to end by itself, none at all when that is zero.
    pub async fn stop(&self, grace: Duration) -> Result<(), CallError> {
        self.post("/stop", &Stop { grace_ms: u64::try_from(grace.as_millis()).unwrap_or(u64::MAX) }).await
    }

    /// Holds the idle clock until then; `None` lets it go on.
    pub async fn keep(&self, until: Option<Timestamp>) -> Result<(), CallError> {
        self.post("/keep", &Keep { until }).await
    }

    /// What the run uses now: nothing while nothing was measured, as nothing runs yet.
    pub async fn usage(&self) -> Result<Usage, CallError> {
        let usage: Option<Usage> = self.get("/usage").await?;
        Ok(usage.unwrap_or_default())
    }

    /// What is kept of the output, with `follow` also what comes until the run ends.
    pub async fn output(&self, follow: bool) -> Result<impl Stream<Item = Bytes> + Send + use<D>, CallError> {
        self.stream(&format!("/output?follow={follow}")).await
    }

    /// An answer as it comes. Ends when the agent ends it or goes away.
    pub(crate) async fn stream(&self, path: &str) -> Result<impl Stream<Item = Bytes> + Send + use<D>, CallError> {
        let answer = bounded(self.ask(Method::GET, path, Bytes::new())).await?;
        let frames = BodyStream::new(answer.into_body());
        // Trailers are the only other kind of frame, and come last.
        Ok(frames.map(|frame| frame.ok()?.into_data().ok()).take_while(|data| ready(data.is_some())).filter_map(ready))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        Ok(serde_json::from_slice(&self.call(Method::GET, path, Bytes::new()).await?)?)
    }

    async fn post(&self, path: &str, body: &(impl Serialize + Sync)) -> Result<(), CallError> {
        let body = serde_json::to_vec(body).map_err(io::Error::from)?;
        self.call(Method::POST, path, body.into()).await?;
        Ok(())
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
        let stream = self.0.dial().await?;
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
