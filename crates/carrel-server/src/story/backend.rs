//! An IDE that tells what it was asked: over HTTP the head of the request, over a websocket what was said.

use futures::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};

/// The heads that came, in order.
type Heads = Arc<Mutex<Vec<(String, HeaderMap)>>>;

#[derive(Clone)]
pub(super) struct Backend {
    pub address: SocketAddr,
    heads: Heads,
}

impl Backend {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let backend = Self { address: listener.local_addr().unwrap(), heads: Heads::default() };
        let heads = backend.heads.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let heads = heads.clone();
                let serve = service_fn(move |request| std::future::ready(Ok::<_, Infallible>(answer(&heads, request))));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), serve).with_upgrades());
            }
        });
        backend
    }

    /// The paths and headers of the requests that came so far.
    pub(super) fn heads(&self) -> Vec<(String, HeaderMap)> {
        self.heads.lock().unwrap().clone()
    }
}

fn answer(heads: &Heads, mut request: Request<Incoming>) -> Response<Full<Bytes>> {
    let path = request.uri().to_string();
    heads.lock().unwrap().push((path.clone(), request.headers().clone()));
    let mut response = Response::new(Full::from(format!("IDE at {path}")));
    let headers = response.headers_mut();
    if let Some(key) = request.headers().get(header::SEC_WEBSOCKET_KEY) {
        let accept = derive_accept_key(key.as_bytes());
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, HeaderValue::try_from(accept).unwrap());
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        *response.body_mut() = Full::default();
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let io = TokioIo::new(upgrade.await.unwrap());
            let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
            while let Some(Ok(message)) = socket.next().await {
                if !message.is_text() || socket.send(message).await.is_err() {
                    break;
                }
            }
        });
        return response;
    }
    // What an IDE may try: our cookie, one for the whole host, and its own.
    for cookie in ["carrel=stolen; Path=/", "wide=1; Path=/", "_xsrf=2; Path=/s/"] {
        headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
    }
    headers.insert("x-ide", HeaderValue::from_static("yes"));
    response
}
