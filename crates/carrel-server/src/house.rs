//! The server as the proxy sees it: what goes to a session, and what is the server's own.
//!
//! A request to a running session is decided here, on the thread of its connection and from memory: caller, route,
//! right, origin, in this order, and the session is not touched before all four are settled. All else goes to the
//! router.

use crate::{
    app::App,
    caller::{bearer, shown},
    client::Client,
    live::Route,
    pages,
    problem::Problem,
    request_id::RequestId,
    sign_ins::{Found, Hash, Known},
};
use axum::{Router, body::Body};
use carrel_proxy::{Failed, HouseBody, Pass, Peer, Verdict, house_body, same_origin};
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, Request, Response, StatusCode, header, request::Parts};
use hyper::body::Incoming;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};
use tower::ServiceExt;

/// Tells the agent who it is.
const USER: HeaderName = HeaderName::from_static("x-carrel-user");

/// The server, as [`carrel_proxy::House`].
pub(crate) struct House {
    app: App,
    router: Router,
}

impl House {
    pub(crate) fn new(app: App, router: Router) -> Self {
        Self { app, router }
    }

    fn client(&self, head: &Parts, peer: &Peer) -> Client {
        Client::read(head, peer.ip().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), &self.app.settings.now())
    }

    fn verdict(&self, head: &Parts, peer: &Peer) -> Option<Verdict> {
        let id = session_of(head.uri.path())?;
        let hash = shown(head, self.client(head, peer)).ok()??;
        let route = self.app.live.route(id).filter(|_| !self.app.live.is_stale());
        match (self.app.sign_ins.find(&hash), route) {
            (Found::Nobody, _) => None,
            (Found::Known(known), Some(route)) => {
                may_enter(head, &known, &route).then(|| Verdict::Forward(pass(&known, &route)))
            }
            (Found::Known(_), None) => Some(self.learn(None, true)),
            (Found::Ask, route) => Some(self.learn(Some(hash), route.is_none())),
        }
    }

    /// Asks the store for all that is missing, since it is asked only once: who it is, and for a session that may have
    /// become ready a moment ago.
    fn learn(&self, caller: Option<Hash>, routes: bool) -> Verdict {
        let app = self.app.clone();
        Verdict::Learn(Box::pin(async move {
            let learned = async {
                if let Some(hash) = caller {
                    app.sign_ins.learn(hash).await?;
                }
                if routes { app.live.refresh().await } else { Ok(()) }
            };
            if let Err(error) = learned.await {
                tracing::warn!(%error, "who goes where could not be looked up");
            }
        }))
    }
}

/// The id in `/s/<id>/…`, as it was sent: nothing is decoded to find a route.
pub(crate) fn session_of(path: &str) -> Option<&str> {
    path.strip_prefix("/s/")?.split_once('/').map(|(id, _)| id)
}

/// Right and origin. A request of another page reaches a session only by being opened like a link.
fn may_enter(head: &Parts, known: &Known, route: &Route) -> bool {
    known.user.id == route.owner && is_from_here(head)
}

/// Upgrades and methods that change something have to come from a page of this origin, or with a token. Refused ones
/// go to the router, which says so.
pub(crate) fn is_from_here(head: &Parts) -> bool {
    let harmless = head.method.is_safe() && !is_upgrade(&head.headers);
    harmless || same_origin(head) || (matches!(bearer(&head.headers), Ok(Some(_))) && no_browser(&head.headers))
}

/// Only browsers say where a request comes from.
fn no_browser(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::ORIGIN) && !headers.contains_key("sec-fetch-site")
}

pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}

fn pass(known: &Arc<Known>, route: &Route) -> Pass {
    Pass {
        upstream: route.upstream.clone(),
        edits: route.edits.clone(),
        alive: known.alive.clone(),
        set: vec![(USER, known.name.clone())],
    }
}

impl carrel_proxy::House for House {
    fn admit(&self, head: &Parts, peer: &Peer) -> Verdict {
        self.verdict(head, peer).unwrap_or(Verdict::House)
    }

    fn answer(self: Arc<Self>, request: Request<Incoming>, peer: Peer) -> BoxFuture<'static, Response<HouseBody>> {
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            let client = self.client(&head, &peer);
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
            let detail = "The session does not answer at present. It may come back by itself; saved files are safe.";
            Problem::new(StatusCode::BAD_GATEWAY, "session-no-answer", detail).after(3)
        };
        let wants_page = failed.accept.as_ref().and_then(|v| v.to_str().ok()).is_some_and(|a| a.contains("text/html"));
        let id = RequestId::new();
        let answer = if wants_page { pages::error(&problem, &id) } else { problem.json_response(id.as_str()) };
        crate::headers::dressed(answer, false).map(house_body)
    }
}
