//! An IDE that tells what it was asked: over HTTP the head of the request, over a websocket what was said. An agent's data
//! socket, as this host has one for each session, leads to it.

use carrel_agent::{
    door::{self, Door},
    gate::Rules,
};
use carrel_model::plan::{Http, Probe};
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
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};

/// The heads that came, in order.
type Heads = Arc<Mutex<Vec<(String, HeaderMap)>>>;

#[derive(Clone)]
pub(super) struct Backend {
    pub door: Door,
    heads: Heads,
    /// Whether it hands over no connections.
    shut: Arc<AtomicBool>,
    /// How often the rules were asked for.
    opened: Arc<AtomicUsize>,
    /// How often use was told.
    used: Arc<AtomicUsize>,
}

impl Backend {
    /// With its data socket in this folder.
    pub(super) fn start(folder: &Path) -> Self {
        let path = folder.join("data.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let (heads, shut, opened, used) = Default::default();
        let backend = Self { door: Door(path), heads, shut, opened, used };
        let all = backend.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(all.clone().serve(stream));
            }
        });
        backend
    }

    async fn serve(self, mut stream: UnixStream) {
        if stream.read_u8().await.unwrap() == door::CONNECTION {
            if self.shut.load(Ordering::Relaxed) {
                return stream.write_all(b"the IDE takes no connection").await.unwrap();
            }
            let (ours, theirs) = UnixStream::pair().unwrap();
            door::hand(&stream, theirs).unwrap();
            let heads = self.heads;
            let answer = service_fn(move |request| std::future::ready(Ok::<_, Infallible>(answer(&heads, request))));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(ours), answer).with_upgrades().await;
            return;
        }
        self.opened.fetch_add(1, Ordering::Relaxed);
        let line = serde_json::to_string(&rules()).unwrap() + "\n";
        stream.write_all(line.as_bytes()).await.unwrap();
        while stream.read_u8().await.is_ok() {
            self.used.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The paths and headers of the requests that came so far.
    pub(super) fn heads(&self) -> Vec<(String, HeaderMap)> {
        self.heads.lock().unwrap().clone()
    }

    /// Hands over no connections from now on, or does.
    pub(super) fn shut(&self, shut: bool) {
        self.shut.store(shut, Ordering::Relaxed);
    }

    /// How often a server asked for the way.
    pub(super) fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    /// How often a server told of use.
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

/// Those of an IDE that knows the whole of its address.
fn rules() -> Rules {
    let headers = [("x-secret", "s3cret"), ("x-caller", "{user}")];
    let headers = headers.map(|(name, text)| (name.into(), text.into())).into();
    let http = Http { prefix: "/".into(), strip_prefix: false, headers, ready_path: "/".into(), keep_alive: 8 };
    let probe = Probe { ignore: vec!["GET s/*/polled".into()], quiet_bytes: 10, ..Probe::default() };
    Rules { user: "ada".parse().unwrap(), http, probe }
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
