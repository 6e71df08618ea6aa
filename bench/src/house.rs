//! Carrel's proxy as a library in the smallest house: a cookie, a route, and nothing else. It shows what of Carrel's
//! cost is the proxy's own.

use anyhow::Context;
use carrel_proxy::{
    Alive, Edits, Failed, House, HouseBody, Listen, Pass, Peer, PoolSettings, Proxy, ProxySettings, Target, Upstream,
    Verdict, cookie, full_body,
};
use clap::Args;
use futures::future::BoxFuture;
use http::{Request, Response, StatusCode, request::Parts};
use hyper::body::Incoming;
use sha2::{Digest, Sha256};
use std::{collections::HashMap, net::SocketAddr, num::NonZeroUsize, sync::Arc};
use tokio::runtime::Handle;

/// What it stands in front of.
#[derive(Args)]
pub(crate) struct Options {
    /// Where it listens.
    #[arg(long)]
    listen: SocketAddr,
    /// Where requests go.
    #[arg(long)]
    upstream: SocketAddr,
    /// The address of the one session.
    #[arg(long)]
    prefix: String,
    /// The sign-in, as `name=value`.
    #[arg(long)]
    cookie: String,
}

struct OneSession {
    prefix: String,
    cookie_name: String,
    sign_ins: HashMap<[u8; 32], Alive>,
    upstream: Arc<Upstream>,
    edits: Arc<Edits>,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let (name, value) = options.cookie.split_once('=').context("the cookie is written name=value")?;
    let sign_ins = std::iter::once((Sha256::digest(value).into(), Alive::new()));
    let house = Arc::new(OneSession {
        prefix: options.prefix.clone(),
        cookie_name: name.into(),
        sign_ins: sign_ins.collect(),
        upstream: Upstream::new(Target::Tcp(options.upstream), PoolSettings::default()),
        edits: Arc::new(Edits {
            strip_cookies: vec![name.into()],
            strip_request_prefixes: vec!["x-carrel-"],
            forwarded: true,
            ..Edits::default()
        }),
    });
    // One thread, as the peers have one.
    let settings = ProxySettings { threads: Some(NonZeroUsize::MIN), ..ProxySettings::new(Handle::current()) };
    let _running = Proxy::start(Listen::Tcp(options.listen), house, settings)?;
    std::future::pending().await
}

impl House for OneSession {
    fn admit(&self, head: &Parts, _peer: &Peer) -> Verdict {
        let caller = cookie(head, &self.cookie_name).ok().flatten();
        let caller = caller.and_then(|value| self.sign_ins.get::<[u8; 32]>(&Sha256::digest(value).into()));
        match caller {
            Some(alive) if head.uri.path().starts_with(&self.prefix) => Verdict::Forward(Pass {
                upstream: Arc::clone(&self.upstream),
                edits: Arc::clone(&self.edits),
                alive: alive.clone(),
                set: Vec::new(),
            }),
            _ => Verdict::House,
        }
    }

    fn answer(self: Arc<Self>, _request: Request<Incoming>, _peer: Peer) -> BoxFuture<'static, Response<HouseBody>> {
        Box::pin(std::future::ready(status(StatusCode::NOT_FOUND)))
    }

    fn failed(&self, _failed: &Failed) -> Response<HouseBody> {
        status(StatusCode::BAD_GATEWAY)
    }
}

fn status(code: StatusCode) -> Response<HouseBody> {
    let mut response = Response::new(full_body(""));
    *response.status_mut() = code;
    response
}
