//! One request through all phases.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Version, header, request::Parts};
use hyper::{body::Incoming, upgrade::OnUpgrade};

use crate::{
    Edits, Failed, House, Pass, Peer, Verdict, answer,
    body::{Down, Up},
    forward::{self, Unanswered},
    framing::{self, Refusal},
    headers::switches,
    house::Why,
    serve::Thread,
    set, strip,
    tunnel::Opening,
};

/// What all requests of a connection share.
pub(crate) struct Connection<H> {
    pub(crate) thread: Arc<Thread<H>>,
    pub(crate) peer: Peer,
    /// Set by the socket when it read a head with two lengths.
    pub(crate) ambiguous: Arc<AtomicBool>,
}

/// Framing, admit, and then the house or the upstream.
pub(crate) async fn handle<H: House>(cx: &Connection<H>, request: Request<Incoming>) -> Response<Down> {
    let (mut head, body) = request.into_parts();
    let ambiguous = cx.ambiguous.load(Ordering::Relaxed) && cx.ambiguous.swap(false, Ordering::Relaxed);
    if let Err(refusal) = framing::check(&mut head, ambiguous) {
        return refused(refusal);
    }
    let verdict = match cx.thread.house.admit(&head, &cx.peer) {
        Verdict::Learn(learning) => {
            // An error is a panic of the house, which has told about it.
            let _ = cx.thread.runtime.spawn(learning).await;
            cx.thread.house.admit(&head, &cx.peer)
        }
        known => known,
    };
    match verdict {
        Verdict::Forward(pass) => to_upstream(cx, head, body, pass).await,
        Verdict::House | Verdict::Learn(_) => to_house(cx, Request::from_parts(head, body)).await,
    }
}

async fn to_house<H: House>(cx: &Connection<H>, request: Request<Incoming>) -> Response<Down> {
    let answer = Arc::clone(&cx.thread.house).answer(request, cx.peer.clone());
    match cx.thread.runtime.spawn(answer).await {
        Ok(answer) => answer.map(Down::House),
        Err(_) => words(StatusCode::INTERNAL_SERVER_ERROR, "This request failed. The log says why."),
    }
}

async fn to_upstream<H: House>(cx: &Connection<H>, mut head: Parts, body: Incoming, pass: Pass) -> Response<Down> {
    let mut failed = Failed {
        method: head.method.clone(),
        uri: head.uri.clone(),
        accept: head.headers.get(header::ACCEPT).cloned(),
        upstream: Arc::clone(&pass.upstream),
        why: Why::Ended,
    };
    let switch = prepare(cx, &mut head, &pass);
    pass.upstream.count_request();
    let request = Request::from_parts(head, Up::new(body, &pass.upstream, &pass.alive));
    let (conn, answer) = match forward::send(&pass.upstream, request).await {
        // An upload that was stopped for the same reason ends as the client's error.
        Ok(_) | Err(Unanswered::Client) if pass.alive.has_ended() => {
            return cx.thread.house.failed(&failed).map(Down::House);
        }
        Ok(answered) => answered,
        Err(Unanswered::Client) => return refused(Refusal::Body),
        Err(Unanswered::Upstream(why)) => {
            failed.why = why;
            return cx.thread.house.failed(&failed).map(Down::House);
        }
    };
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        return edited(answer, &pass.edits).map(|body| Down::of(body, conn, pass.alive));
    }
    let Some(switch) = switch else {
        failed.why = Why::Switched;
        return cx.thread.house.failed(&failed).map(Down::House);
    };
    switched(cx, switch, answer, pass)
}

/// Strips and sets; what the client wants to switch to, if it does.
fn prepare<H>(cx: &Connection<H>, head: &mut Parts, pass: &Pass) -> Option<Switch> {
    let switch = Switch::of(head);
    strip::headers(&mut head.headers, &pass.edits);
    if let Some(prefix) = &pass.edits.add_prefix {
        strip::back(&mut head.uri, prefix);
    }
    if let Some(prefix) = &pass.edits.strip_prefix {
        strip::path(&mut head.uri, prefix);
    }
    set::headers(&mut head.headers, &cx.peer, cx.thread.proto, pass);
    if let Some(switch) = &switch {
        set::switch(&mut head.headers, switch.protocol.clone());
    }
    head.version = Version::HTTP_11;
    if let Some(watch) = &pass.edits.watch {
        watch.request(head);
    }
    switch
}

/// A client's wish to switch protocols.
struct Switch {
    on_client: OnUpgrade,
    protocol: HeaderValue,
}

impl Switch {
    fn of(head: &mut Parts) -> Option<Self> {
        if !switches(&head.headers) {
            return None;
        }
        let protocol = head.headers.get(header::UPGRADE)?.clone();
        let on_client = head.extensions.remove::<OnUpgrade>()?;
        Some(Self { on_client, protocol })
    }
}

/// Agrees to switch, and opens the tunnel once both sides have.
fn switched<H>(cx: &Connection<H>, switch: Switch, mut answer: Response<Incoming>, pass: Pass) -> Response<Down> {
    let Switch { on_client, protocol } = switch;
    let on_upstream = hyper::upgrade::on(&mut answer);
    let protocol = answer.headers().get(header::UPGRADE).cloned().unwrap_or(protocol);
    let mut answer = edited(answer, &pass.edits).map(|_| Down::empty());
    set::switch(answer.headers_mut(), protocol.clone());
    let leave = Arc::clone(&cx.thread.leave);
    let opening = Opening { pass, leave: Arc::clone(&leave), protocol };
    leave.tasks.spawn(opening.open(on_client, on_upstream));
    answer
}

/// An upstream's answer as the client may see it.
fn edited(mut answer: Response<Incoming>, edits: &Edits) -> Response<Incoming> {
    answer::strip(answer.headers_mut(), edits);
    answer::rewrite(answer.headers_mut(), edits);
    *answer.version_mut() = Version::HTTP_11;
    answer
}

/// A refusal, after which the connection is closed: where the next request would begin is anybody's guess.
fn refused(refusal: Refusal) -> Response<Down> {
    tracing::debug!(?refusal, "refused a request");
    let mut answer = words(refusal.status(), refusal.text());
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn words(status: StatusCode, text: &'static str) -> Response<Down> {
    let mut answer = Response::new(Down::Words(Some(Bytes::from_static(text.as_bytes()))));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
