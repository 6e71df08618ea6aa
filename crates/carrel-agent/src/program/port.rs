//! The port of an agent in a pod: both channels of the protocol, by TLS.

use crate::{
    folder::RunFolder,
    gate::{CALLER, Gate},
    pod::LISTENS_LINE,
    program::{
        agent::{Agent, Entrance},
        control,
    },
    trust::{AgentKey, Channel, PublicKey},
};
use carrel_proxy::{
    Failed, House, HouseBody, Listen, Peer, Proxy, ProxySettings, Running, Tls, Verdict, full_body, house_body,
};
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, StatusCode, header, request::Parts};
use hyper::body::Incoming;
use nix::errno::Errno;
use std::{
    fs,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    sync::Arc,
};
use tokio::runtime::Handle;

/// What there is at the port.
struct Port(Arc<Agent>);

/// Takes the key that the init container made. The IDE, which may read what the agent may, finds it no more.
pub(crate) fn take_key(folder: &RunFolder) -> io::Result<AgentKey> {
    let path = folder.key();
    let taken = fs::read(&path).and_then(|bytes| {
        fs::remove_file(&path)?;
        Ok(bytes)
    });
    let bytes = taken.map_err(|error| {
        let text = format!("its key {}, which `carrel-agent install` makes, cannot be taken: {error}", path.display());
        io::Error::new(error.kind(), text)
    })?;
    let bytes = <[u8; 32]>::try_from(bytes).map_err(|bytes| {
        io::Error::other(format!("its key {} has {} bytes and not 32", path.display(), bytes.len()))
    })?;
    AgentKey::new(&bytes).map_err(io::Error::other)
}

/// Listens for the server that has this key, and says so in the container's log.
pub(crate) fn open(agent: &Arc<Agent>, own: AgentKey, listen: SocketAddr, server: &PublicKey) -> io::Result<Running> {
    let config = own.server_config(server).map_err(io::Error::other)?;
    let tls = Tls { config, needs_protocol: true };
    let start = |address| {
        let settings = ProxySettings {
            threads: Some(NonZeroUsize::MIN),
            // The server keeps its connections for as long as it likes.
            head_timeout: None,
            tls: Some(tls.clone()),
            ..ProxySettings::new(Handle::current())
        };
        Proxy::start(Listen::Tcp(address), Arc::new(Port(agent.clone())), settings)
    };
    let running = match start(listen) {
        Err(error) if is_without_ipv6(listen, &error) => start((Ipv4Addr::UNSPECIFIED, listen.port()).into()),
        other => other,
    };
    let running =
        running.map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {listen}: {error}")))?;
    let address = running.local_addr().unwrap_or(listen);
    let mut log = io::stdout().lock();
    writeln!(log, "{LISTENS_LINE}{address}")?;
    log.flush()?;
    Ok(running)
}

/// Whether all addresses were meant, and the node has only those of IPv4.
fn is_without_ipv6(listen: SocketAddr, error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);
    listen.is_ipv6()
        && listen.ip().is_unspecified()
        && matches!(errno, Some(Errno::EAFNOSUPPORT | Errno::EADDRNOTAVAIL))
}

impl Port {
    /// The way to the IDE, for a connection that is meant for it, once there is one.
    fn gate(&self, peer: &Peer) -> Option<&Gate> {
        match &self.0.entrance {
            Entrance::Port(gate) if peer.protocol() == Some(Channel::Data.alpn()) => gate.get(),
            Entrance::Port(_) | Entrance::Sockets(_) => None,
        }
    }
}

impl House for Port {
    fn admit(&self, head: &Parts, peer: &Peer) -> Verdict {
        let Some(gate) = self.gate(peer) else { return Verdict::House };
        gate.pass(head.headers.get(CALLER).and_then(|value| value.to_str().ok())).into()
    }

    fn answer(self: Arc<Self>, request: Request<Incoming>, peer: Peer) -> BoxFuture<'static, Response<HouseBody>> {
        Box::pin(async move {
            if peer.protocol() == Some(Channel::Control.alpn()) {
                return control::answer(&self.0, request).await.map(house_body);
            }
            refusal(StatusCode::SERVICE_UNAVAILABLE, "The IDE was not started yet.\n")
        })
    }

    fn failed(&self, failed: &Failed) -> Response<HouseBody> {
        refusal(StatusCode::BAD_GATEWAY, &format!("The IDE does not answer: {}.\n", failed.why))
    }
}

/// A plain answer of the agent itself.
fn refusal(status: StatusCode, text: &str) -> Response<HouseBody> {
    let mut answer = Response::new(full_body(text.to_owned()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
