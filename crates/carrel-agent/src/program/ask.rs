//! Short questions to the IDE on its own socket.

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header::HOST};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use std::{io, path::Path, time::Duration};
use tokio::{net::UnixStream, time::timeout};

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// The longest answer that is read.
const ANSWER_BYTES: usize = 1 << 20;

/// Asks for `path` with these headers, on a connection of its own.
pub(crate) async fn get(socket: &Path, path: &str, headers: &HeaderMap) -> io::Result<(StatusCode, Bytes)> {
    let asked = timeout(ANSWER_LIMIT, get_unbounded(socket, path, headers));
    asked.await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)))
}

async fn get_unbounded(socket: &Path, path: &str, headers: &HeaderMap) -> io::Result<(StatusCode, Bytes)> {
    let stream = UnixStream::connect(socket).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let mut request = Request::get(path).body(Empty::<Bytes>::new()).map_err(io::Error::other)?;
    *request.headers_mut() = headers.clone();
    request.headers_mut().insert(HOST, http::HeaderValue::from_static("localhost"));
    let answered = async {
        let answer = sender.send_request(request).await.map_err(io::Error::other)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await.map_err(io::Error::other)?;
        Ok((status, body.to_bytes()))
    };
    // Dropping the connection with the answer in hand closes it: the IDE must not count it as somebody's.
    tokio::pin!(answered);
    tokio::pin!(connection);
    tokio::select! {
        answer = &mut answered => answer,
        closed = &mut connection => match closed {
            Ok(()) => answered.await,
            Err(error) => Err(io::Error::other(error)),
        },
    }
}
