//! The control channel: the protocol of [`crate::protocol`], on whichever connection the server came by.

use crate::{
    program::agent::Agent,
    protocol::{HEARTBEAT, Keep, Phase, Status, Stop},
};
use bytes::Bytes;
use carrel_model::Plan;
use futures::{Stream, StreamExt, stream};
use http::{Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::{body::Frame, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use std::{convert::Infallible, io, os::unix::fs::PermissionsExt, sync::Arc, time::Duration};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{broadcast, broadcast::error::RecvError, watch},
    time::timeout,
};

/// The longest body that is taken. Plans hold small files.
const BODY_BYTES: usize = 4 << 20;

/// The body of an answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Serves connections of these accounts until the program ends.
pub(crate) async fn serve(agent: Arc<Agent>, listener: UnixListener, peers: [u32; 2]) {
    let served = agent.clone();
    accept(agent, listener, peers, move |stream| connection(served.clone(), stream)).await;
}

/// Takes connections of these accounts, and drives what is made of each, until the program ends.
pub(crate) async fn accept<F: Future<Output = ()> + Send + 'static>(
    agent: Arc<Agent>,
    listener: UnixListener,
    peers: [u32; 2],
    serve: impl Fn(UnixStream) -> F,
) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) if is_allowed(&stream, peers) => {
                tokio::spawn(serve(stream));
            }
            // Closed without a word: whoever it is has no business here.
            Ok(_) => agent.log("refused a connection of another account"),
            Err(error) => {
                agent.log(&format!("a socket takes no connection: {error}"));
                // Out of file descriptors, most likely: trying at once would only burn CPU.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Whether the kernel says that the other end is one of these accounts.
fn is_allowed(stream: &UnixStream, peers: [u32; 2]) -> bool {
    stream.peer_cred().is_ok_and(|peer| peers.contains(&peer.uid()))
}

async fn connection(agent: Arc<Agent>, stream: UnixStream) {
    let service = service_fn(move |request| {
        let agent = agent.clone();
        async move { Ok::<_, Infallible>(answer(&agent, request).await) }
    });
    // The server went away, which it may at any time.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Answers a request of the server.
pub(crate) async fn answer(agent: &Arc<Agent>, request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let done = match (request.method(), path.as_str()) {
        (&Method::GET, "/status") => return json(&agent.status()),
        (&Method::GET, "/usage") => return json(&agent.usage()),
        (&Method::GET, "/watch") => return lines(agent),
        (&Method::GET, "/output") => return output(agent, request.uri().query() == Some("follow=true")),
        (&Method::POST, "/start") => read(request).await.map(|plan| start(agent, plan)),
        (&Method::POST, "/stop") => read(request).await.map(|stop: Stop| {
            agent.ask_stop(Duration::from_millis(stop.grace_ms));
            empty(StatusCode::ACCEPTED)
        }),
        (&Method::POST, "/keep") => read(request).await.map(|keep: Keep| {
            agent.keep.send_replace(keep.until);
            empty(StatusCode::NO_CONTENT)
        }),
        _ => return text(StatusCode::NOT_FOUND, "no such request"),
    };
    done.unwrap_or_else(|wrong| text(StatusCode::BAD_REQUEST, &wrong))
}

fn start(agent: &Agent, plan: Plan) -> Response<Body> {
    let mut other = false;
    agent.plan.send_if_modified(|known| {
        other = known.as_deref().is_some_and(|known| *known != plan);
        let first = known.is_none();
        if first {
            *known = Some(Arc::new(plan));
        }
        first
    });
    if other { text(StatusCode::CONFLICT, "it runs another plan") } else { empty(StatusCode::NO_CONTENT) }
}

/// Reads a body, or says what is wrong with it.
async fn read<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, String> {
    let body = Limited::new(request.into_body(), BODY_BYTES).collect().await.map_err(|error| error.to_string())?;
    serde_json::from_slice(&body.to_bytes()).map_err(|error| error.to_string())
}

/// The status now and at each change, a line each.
fn lines(agent: &Arc<Agent>) -> Response<Body> {
    let mut changes = agent.changes();
    changes.mark_changed();
    streamed("application/x-ndjson", stream::unfold(Some((agent.clone(), changes)), next_line))
}

type Watched = Option<(Arc<Agent>, watch::Receiver<Status>)>;

async fn next_line(watched: Watched) -> Option<(Bytes, Watched)> {
    let (agent, mut changes) = watched?;
    if timeout(HEARTBEAT, changes.changed()).await.is_err() {
        return Some((Bytes::from_static(b"\n"), Some((agent, changes))));
    }
    let ended = changes.borrow_and_update().phase == Phase::Ended;
    let mut line = serde_json::to_vec(&agent.status()).unwrap_or_default();
    line.push(b'\n');
    Some((line.into(), (!ended).then_some((agent, changes))))
}

/// What is kept of the output and, if that is asked for, all that follows until the IDE ended.
fn output(agent: &Arc<Agent>, follow: bool) -> Response<Body> {
    match followed(agent) {
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, &format!("the output cannot be read: {error}")),
        Ok((kept, following)) => {
            let kept = stream::once(async { kept });
            let kind = "application/octet-stream";
            if follow { streamed(kind, kept.chain(following)) } else { streamed(kind, kept) }
        }
    }
}

/// What is kept of the output, and what comes after it until the IDE ended.
pub(crate) fn followed(agent: &Agent) -> io::Result<(Bytes, impl Stream<Item = Bytes> + Send + use<>)> {
    let (kept, news) = agent.output.follow()?;
    let following = stream::unfold((news, agent.changes()), |(mut news, mut changes)| async move {
        let chunk = tokio::select! {
            biased;
            chunk = next_chunk(&mut news) => chunk,
            // All of the output is there by then.
            _ = changes.wait_for(|status| status.phase == Phase::Ended) => None,
        };
        chunk.map(|chunk| (chunk, (news, changes)))
    });
    Ok((kept, following))
}

/// The next chunk. Who is too slow loses some: waiting for them would hold up the IDE.
async fn next_chunk(news: &mut broadcast::Receiver<Bytes>) -> Option<Bytes> {
    loop {
        match news.recv().await {
            Ok(chunk) => return Some(chunk),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

fn streamed(kind: &'static str, chunks: impl Stream<Item = Bytes> + Send + 'static) -> Response<Body> {
    let frames = chunks.map(|chunk| Ok(Frame::data(chunk)));
    with_type(kind, StreamBody::new(frames).boxed_unsync())
}

fn json(value: &impl Serialize) -> Response<Body> {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    with_type("application/json", Full::from(bytes).boxed_unsync())
}

fn with_type(kind: &'static str, body: Body) -> Response<Body> {
    let mut answer = Response::new(body);
    answer.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    answer
}

fn text(status: StatusCode, text: &str) -> Response<Body> {
    let mut answer = with_type("text/plain; charset=utf-8", Full::from(format!("{text}\n")).boxed_unsync());
    *answer.status_mut() = status;
    answer
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Full::default().boxed_unsync());
    *answer.status_mut() = status;
    answer
}

/// Binds a socket of mode 0600 where an earlier one may have been left.
pub(crate) fn bind(path: &std::path::Path) -> io::Result<std::os::unix::net::UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = std::os::unix::net::UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_peer_is_known_by_its_account_and_not_by_what_it_says() {
        let me = nix::unistd::getuid().as_raw();
        let (ours, _theirs) = UnixStream::pair().unwrap();
        assert!(is_allowed(&ours, [me, me + 1]) && is_allowed(&ours, [me + 1, me]));
        assert!(!is_allowed(&ours, [me + 1, me + 2]));
    }
}
