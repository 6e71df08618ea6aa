//! A proxy between a raw client and a scripted upstream.

use std::{
    future::Future,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use carrel_proxy::{
    Alive, Edits, Failed, House, HouseBody, Listen, Pass, Peer, PoolSettings, Proxy, ProxySettings, Running, Target,
    Tls, Upstream, Verdict, full_body,
};
use futures::future::BoxFuture;
use http::{HeaderName, Request, Response, header, request::Parts};
use hyper::body::Incoming;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Handle,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// No test waits longer for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Waits for something that must happen.
pub(crate) async fn soon<T>(what: &str, happens: impl Future<Output = T>) -> T {
    timeout(PATIENCE, happens).await.unwrap_or_else(|_| panic!("waited too long for {what}"))
}

/// Asks again and again until it is so.
pub(crate) async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < deadline, "waited too long for {what}");
        sleep(Duration::from_millis(2)).await;
    }
}

/// A program for the proxy: `/house…` is its own, `/learn…` it learns about first, the rest goes to the upstream.
pub(crate) struct Home {
    pub(crate) upstream: Mutex<Arc<Upstream>>,
    pub(crate) edits: Arc<Edits>,
    pub(crate) alive: Alive,
    pub(crate) learned: Arc<AtomicUsize>,
    pub(crate) failures: Mutex<Vec<String>>,
    pub(crate) peers: Mutex<Vec<Peer>>,
}

impl House for Home {
    fn admit(&self, head: &Parts, peer: &Peer) -> Verdict {
        self.peers.lock().unwrap().push(peer.clone());
        let path = head.uri.path();
        if path.starts_with("/house") {
            return Verdict::House;
        }
        if path.starts_with("/learn") && self.learned.load(Ordering::Relaxed) == 0 {
            let learned = Arc::clone(&self.learned);
            return Verdict::Learn(Box::pin(async move {
                learned.fetch_add(1, Ordering::Relaxed);
            }));
        }
        Verdict::Forward(Pass {
            upstream: Arc::clone(&self.upstream.lock().unwrap()),
            edits: Arc::clone(&self.edits),
            alive: self.alive.clone(),
            set: vec![(HeaderName::from_static("x-carrel-user"), "ada".parse().unwrap())],
        })
    }

    fn answer(self: Arc<Self>, request: Request<Incoming>, _: Peer) -> BoxFuture<'static, Response<HouseBody>> {
        Box::pin(async move {
            assert!(request.uri().path() != "/house/panic", "asked to");
            Response::new(full_body(format!("house {}", request.uri())))
        })
    }

    fn failed(&self, failed: &Failed) -> Response<HouseBody> {
        self.failures.lock().unwrap().push(format!("{} {}: {}", failed.method, failed.uri, failed.why));
        Response::builder().status(502).body(full_body("failed")).unwrap()
    }
}

pub(crate) fn edits() -> Edits {
    Edits {
        strip_request: vec![header::AUTHORIZATION],
        strip_request_prefixes: vec!["x-carrel-"],
        strip_cookies: vec!["carrel".into()],
        forwarded: true,
        cookie_path: Some("/s/01J/".into()),
        service_worker_scope: Some("/s/01J/".into()),
        ..Edits::default()
    }
}

/// The proxy of a test, one thread on a port that the kernel chose.
pub(crate) struct Rig {
    pub(crate) house: Arc<Home>,
    pub(crate) running: Running,
    pub(crate) addr: SocketAddr,
}

impl Rig {
    pub(crate) fn new(target: SocketAddr) -> Self {
        Self::with(Upstream::new(Target::Tcp(target), PoolSettings::default()), edits())
    }

    pub(crate) fn with(upstream: Arc<Upstream>, edits: Edits) -> Self {
        Self::secured(upstream, edits, None)
    }

    pub(crate) fn secured(upstream: Arc<Upstream>, edits: Edits, tls: Option<Tls>) -> Self {
        let house = Arc::new(Home {
            upstream: Mutex::new(upstream),
            edits: Arc::new(edits),
            alive: Alive::new(),
            learned: Arc::default(),
            failures: Mutex::default(),
            peers: Mutex::default(),
        });
        let settings =
            ProxySettings { threads: Some(1.try_into().unwrap()), tls, ..ProxySettings::new(Handle::current()) };
        let listen = Listen::Tcp("127.0.0.1:0".parse().unwrap());
        let running = Proxy::start(listen, Arc::clone(&house), settings).unwrap();
        let addr = running.local_addr().unwrap();
        Self { house, running, addr }
    }

    pub(crate) fn upstream(&self) -> Arc<Upstream> {
        Arc::clone(&self.house.upstream.lock().unwrap())
    }

    pub(crate) fn failures(&self) -> Vec<String> {
        self.house.failures.lock().unwrap().clone()
    }

    pub(crate) async fn client(&self) -> Wire {
        Wire::new(TcpStream::connect(self.addr).await.unwrap())
    }

    /// Sends these bytes on a connection of their own and reads until the proxy closes it.
    pub(crate) async fn exchange(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut client = self.client().await;
        client.write(bytes).await;
        client.rest().await
    }
}

/// An upstream that does as told with each connection.
pub(crate) struct Script {
    pub(crate) addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Script {
    /// Plays this for every connection; it is given the connection's number, from 0.
    pub(crate) async fn play<F, P>(play: P) -> Self
    where
        P: Fn(Wire, usize) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (connections, heads) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::default()));
        let (counted, noted) = (Arc::clone(&connections), Arc::clone(&heads));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut wire = Wire::new(stream);
                wire.heads = Some(Arc::clone(&noted));
                tokio::spawn(play(wire, counted.fetch_add(1, Ordering::SeqCst)));
            }
        });
        Self { addr, connections, heads, task }
    }

    /// Answers every request, without reading bodies, with these bytes.
    pub(crate) async fn answering(answer: &'static str) -> Self {
        Self::play(move |mut wire, _| async move {
            while wire.try_head().await.is_some() {
                wire.write(answer).await;
            }
        })
        .await
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The heads of all requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A connection, read and written raw, with bounded patience.
pub(crate) struct Wire {
    pub(crate) stream: TcpStream,
    buf: Vec<u8>,
    heads: Option<Arc<Mutex<Vec<String>>>>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream, buf: Vec::new(), heads: None }
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        // The other end may have gone; what it said before is what the test looks at.
        let _ = soon("room to write", self.stream.write_all(bytes.as_ref())).await;
    }

    /// The next head, in lower case, or nothing at the end of the connection.
    pub(crate) async fn try_head(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.buf.windows(4).position(|w| w == b"\r\n\r\n") {
                let head: Vec<u8> = self.buf.drain(..at + 4).collect();
                let head = String::from_utf8(head).unwrap();
                if let Some(heads) = &self.heads {
                    heads.lock().unwrap().push(head.clone());
                }
                return Some(head);
            }
            if !self.fill().await {
                return None;
            }
        }
    }

    pub(crate) async fn head(&mut self) -> String {
        soon("a head", self.try_head()).await.expect("the connection ended before a head")
    }

    pub(crate) async fn exactly(&mut self, len: usize) -> Vec<u8> {
        soon("bytes", async {
            while self.buf.len() < len {
                assert!(self.fill().await, "the connection ended after {:?}", String::from_utf8_lossy(&self.buf));
            }
        })
        .await;
        self.buf.drain(..len).collect()
    }

    pub(crate) async fn expect(&mut self, bytes: &str) {
        assert_eq!(String::from_utf8_lossy(&self.exactly(bytes.len()).await), bytes);
    }

    /// The body of a chunked message.
    pub(crate) async fn chunked(&mut self) -> String {
        let mut body = Vec::new();
        loop {
            let mut size = String::new();
            while !size.ends_with("\r\n") {
                size.push(char::from(self.exactly(1).await[0]));
            }
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            body.extend(self.exactly(size).await);
            self.expect("\r\n").await;
            if size == 0 {
                return String::from_utf8(body).unwrap();
            }
        }
    }

    /// All that comes until the other end closes.
    pub(crate) async fn rest(&mut self) -> String {
        soon("the end of the connection", async { while self.fill().await {} }).await;
        String::from_utf8_lossy(&std::mem::take(&mut self.buf)).into_owned()
    }

    /// False at the end of the connection.
    async fn fill(&mut self) -> bool {
        self.stream.read_buf(&mut self.buf).await.is_ok_and(|read| read > 0)
    }
}
