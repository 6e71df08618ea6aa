//! The program behind the proxies, which stands for an IDE: it does as little as can be, so that what is measured is
//! the way to it.

use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use futures::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};

/// Bytes of the small answer.
pub(crate) const SMALL: usize = 200;
/// Bytes of the middle answer.
pub(crate) const MIDDLE: usize = 64 << 10;
/// Bytes of the large answer.
pub(crate) const LARGE: usize = 1 << 20;
/// How many events a stream of events has.
pub(crate) const EVENTS: usize = 20;
/// How far apart they are.
pub(crate) const BETWEEN_EVENTS: Duration = Duration::from_millis(20);

/// Where it listens.
#[derive(Args)]
pub(crate) struct Options {
    /// An address; with port 0 the one that was found free is printed.
    #[arg(long, required_unless_present = "socket", conflicts_with = "socket")]
    listen: Option<SocketAddr>,
    /// A Unix socket.
    #[arg(long)]
    socket: Option<PathBuf>,
    /// The cookie that `/auth` accepts, as `name=value`.
    #[arg(long, default_value = "")]
    cookie: String,
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Bodies are made once: the answers share their bytes.
struct Bodies {
    small: Bytes,
    middle: Bytes,
    large: Bytes,
    cookie: String,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let filled = |length| Bytes::from(vec![b'c'; length]);
    let (small, middle, large) = (filled(SMALL), filled(MIDDLE), filled(LARGE));
    let bodies = Arc::new(Bodies { small, middle, large, cookie: options.cookie.clone() });
    if let Some(path) = &options.socket {
        let listener = UnixListener::bind(path).with_context(|| format!("{} cannot be listened on", path.display()))?;
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(serve(stream, Arc::clone(&bodies)));
        }
    }
    let address = options.listen.context("an address or a socket is needed")?;
    let listener = TcpListener::bind(address).await.with_context(|| format!("{address} cannot be listened on"))?;
    crate::screen::say(&listener.local_addr()?.to_string());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve(stream, Arc::clone(&bodies)));
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, bodies: Arc<Bodies>) {
    let service = service_fn(move |request| {
        let bodies = Arc::clone(&bodies);
        async move { Ok::<_, Infallible>(answer(request, &bodies)) }
    });
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A connection that broke is the proxy's business: it shows in the client's count of errors.
    let _ = connection.with_upgrades().await;
}

/// The last part of the path decides, so that any prefix will do.
fn answer(request: Request<Incoming>, bodies: &Bodies) -> Response<Body> {
    match request.uri().path().rsplit('/').next().unwrap_or_default() {
        "small" => full(bodies.small.clone()),
        "middle" => full(bodies.middle.clone()),
        "large" => full(bodies.large.clone()),
        "auth" if may_pass(request.headers(), &bodies.cookie) => status(StatusCode::NO_CONTENT),
        "auth" => status(StatusCode::UNAUTHORIZED),
        "events" => events(),
        "socket" => websocket(request),
        _ => status(StatusCode::NOT_FOUND),
    }
}

fn full(bytes: Bytes) -> Response<Body> {
    let mut response = Response::new(Full::new(bytes).boxed_unsync());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

fn status(code: StatusCode) -> Response<Body> {
    let mut response = Response::new(Full::default().boxed_unsync());
    *response.status_mut() = code;
    response
}

fn may_pass(headers: &HeaderMap, cookie: &str) -> bool {
    headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok()).any(|line| line.contains(cookie))
}

/// Each event names its number; the client knows from the distance between them whether they were held back.
fn events() -> Response<Body> {
    let stream = futures::stream::unfold(0, |sent| async move {
        if sent == EVENTS {
            return None;
        }
        tokio::time::sleep(BETWEEN_EVENTS).await;
        Some((Ok(Frame::data(Bytes::from(format!("data: {sent}\n\n")))), sent + 1))
    });
    let mut response = Response::new(StreamBody::new(stream).boxed_unsync());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

fn websocket(mut request: Request<Incoming>) -> Response<Body> {
    let Some(key) = request.headers().get(header::SEC_WEBSOCKET_KEY) else { return status(StatusCode::BAD_REQUEST) };
    let Ok(accept) = HeaderValue::try_from(derive_accept_key(key.as_bytes())) else {
        return status(StatusCode::BAD_REQUEST);
    };
    tokio::spawn(async move {
        if let Ok(upgraded) = hyper::upgrade::on(&mut request).await {
            echo(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await).await;
        }
    });
    let mut response = status(StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    response
}

async fn echo(mut socket: WebSocketStream<impl AsyncRead + AsyncWrite + Unpin>) {
    while let Some(Ok(message)) = socket.next().await {
        let said = message.is_text() || message.is_binary();
        if said && socket.send(message).await.is_err() {
            break;
        }
    }
}
