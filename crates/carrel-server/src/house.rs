//! The server as the proxy sees it: what goes to a session, and what is the server's own.
//!
//! A request to a running session is decided here, on the thread of its connection and from memory: caller, route,
//! right, origin, in this order, and the session is not touched before all four are settled. All else goes to the
//! router.

use crate::{
    app::App,
    caller::shown,
    client::Client,
    entrance,
    origin::is_from_here,
    pages,
    problem::Problem,
    request_id::RequestId,
    sign_ins::{Found, Hash, Known},
    way::{Route, Way},
};
use axum::{Router, body::Body};
use carrel_config::Settings;
use carrel_proxy::{Failed, HouseBody, Pass, Peer, Verdict, house_body, strip_path};
use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, Request, Response, header, request::Parts};
use hyper::body::Incoming;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};
use tower::ServiceExt;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HTTPS: HeaderValue = HeaderValue::from_static("https");

/// The server, as [`carrel_proxy::House`].
pub(crate) struct House {
    app: App,
    router: Router,
}

impl House {
    pub(crate) fn new(app: App, router: Router) -> Self {
        Self { app, router }
    }

    fn verdict(&self, head: &Parts, peer: &Peer) -> Option<Verdict> {
        let settings = self.app.settings.now();
        let id = session_of(settings.web.root.strip(head.uri.path()))?;
        let client = client(head, peer, &settings);
        if entrance::refusal(head, client, &settings).is_some() {
            return None;
        }
        let hash = shown(head, client).ok()??;
        let route = self.app.live.route(id).filter(|_| !self.app.live.is_stale());
        match (self.app.sign_ins.find(&hash), route) {
            (Found::Nobody, _) => None,
            (Found::Known(known), Some(route)) => {
                if known.user.id != route.owner || !is_from_here(head, client, &settings) {
                    return None;
                }
                let Some(way) = route.way() else { return Some(self.learn(hash, id)) };
                self.app.traffic.to_sessions.inc();
                Some(Verdict::Forward(pass(&known, way, head, client)))
            }
            (Found::Known(_), None) | (Found::Ask, _) => Some(self.learn(hash, id)),
        }
    }

    /// Asks for all that is missing, since this is done only once: who it is, a session that may have become ready a
    /// moment ago, and the way to it.
    fn learn(&self, hash: Hash, id: &str) -> Verdict {
        let (app, id) = (self.app.clone(), id.to_owned());
        Verdict::Learn(Box::pin(async move {
            match caller_and_route(&app, hash, &id).await {
                Ok(Some(route)) => {
                    if let Err(error) = app.live.open(&route).await {
                        tracing::warn!(%error, id, "there is no way to a session at present");
                    }
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "who goes where could not be looked up"),
            }
        }))
    }
}

/// The route of a session, if this is its owner. The store is asked for what is not known.
async fn caller_and_route(app: &App, hash: Hash, id: &str) -> Result<Option<Arc<Route>>, carrel_store::Error> {
    if matches!(app.sign_ins.find(&hash), Found::Ask) {
        app.sign_ins.learn(hash).await?;
    }
    if app.live.route(id).is_none() || app.live.is_stale() {
        app.live.refresh().await?;
    }
    let Found::Known(known) = app.sign_ins.find(&hash) else { return Ok(None) };
    Ok(app.live.route(id).filter(|route| route.owner == known.user.id))
}

fn client(head: &Parts, peer: &Peer, settings: &Settings) -> Client {
    Client::read(head, peer.ip().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), settings)
}

/// The id in `/s/<id>/…`, as it was sent: nothing is decoded to find a route.
pub(crate) fn session_of(path: &str) -> Option<&str> {
    path.strip_prefix("/s/")?.split_once('/').map(|(id, _)| id)
}

fn pass(known: &Known, way: &Way, head: &Parts, client: Client) -> Pass {
    let mut pass = way.pass(&known.name, &known.alive);
    if client.trusted {
        pass.set.extend(told_on(head, client));
    } else if client.secure {
        pass.set.push((X_FORWARDED_PROTO, HTTPS));
    }
    pass
}

/// What a trusted proxy says of the browser, for the IDE: it compares the host with the origin, and writes addresses.
fn told_on(head: &Parts, client: Client) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let address = HeaderValue::try_from(client.address.to_string()).ok();
    let host = client.host(&head.headers).cloned();
    let proto = if client.secure { HTTPS } else { HeaderValue::from_static("http") };
    let all = [
        (X_FORWARDED_FOR, address),
        (X_FORWARDED_PROTO, Some(proto)),
        (X_FORWARDED_HOST, host.clone()),
        (header::HOST, host),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

impl carrel_proxy::House for House {
    fn admit(&self, head: &Parts, peer: &Peer) -> Verdict {
        self.verdict(head, peer).unwrap_or(Verdict::House)
    }

    fn answer(self: Arc<Self>, request: Request<Incoming>, peer: Peer) -> BoxFuture<'static, Response<HouseBody>> {
        Box::pin(async move {
            self.app.traffic.to_carrel.inc();
            let (mut head, body) = request.into_parts();
            let settings = self.app.settings.now();
            let client = client(&head, &peer, &settings);
            if !settings.web.root.is_empty() {
                strip_path(&mut head.uri, settings.web.root.as_str());
            }
            head.extensions.insert(client);
            let request = Request::from_parts(head, Body::new(body));
            match self.router.clone().oneshot(request).await {
                Ok(response) => response.map(house_body),
                Err(never) => match never {},
            }
        })
    }

    fn failed(&self, failed: &Failed) -> Response<HouseBody> {
        tracing::warn!(why = %failed.why, path = failed.uri.path(), "a session did not answer");
        let problem = if matches!(failed.why, carrel_proxy::Why::Ended) {
            Problem::not_signed_in()
        } else {
            Problem::no_answer()
        };
        let wants_page = failed.accept.as_ref().and_then(|v| v.to_str().ok()).is_some_and(|a| a.contains("text/html"));
        let id = RequestId::new();
        let answer =
            if wants_page { pages::error(&self.app, &problem, &id) } else { problem.json_response(id.as_str()) };
        crate::headers::dressed(answer, false, &self.app.settings.now().web).map(house_body)
    }
}
