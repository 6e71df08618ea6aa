//! The program the proxy stands in, and what the two say to each other.

use std::{io, sync::Arc};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri, request::Parts};
use http_body::Body;
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::Incoming;

use crate::{Alive, Edits, Peer, Upstream};

/// An error of a body, of any kind.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body that the house answers with.
pub type HouseBody = UnsyncBoxBody<Bytes, BoxError>;

/// Any body as a [`HouseBody`].
pub fn house_body<B>(body: B) -> HouseBody
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    body.map_err(Into::into).boxed_unsync()
}

/// Text or bytes as a [`HouseBody`].
pub fn full_body(bytes: impl Into<Bytes>) -> HouseBody {
    house_body(Full::new(bytes.into()))
}

/// The program the proxy stands in: it knows who may go where, and answers what is not forwarded.
pub trait House: Send + Sync + 'static {
    /// Where a request goes. Runs on a proxy thread for every request: answers from memory and never waits.
    ///
    /// The head has passed the framing checks: one `Host` (or none with HTTP/1.0), no smuggling, a path as the browser
    /// sent it, never decoded.
    fn admit(&self, head: &Parts, peer: &Peer) -> Verdict;

    /// Answers a request that got [`Verdict::House`]. Runs on the house's own runtime, so it may be slow; the body of
    /// the answer, though, is polled on the proxy thread and should only hand over what was made elsewhere.
    fn answer(self: Arc<Self>, request: Request<Incoming>, peer: Peer) -> BoxFuture<'static, Response<HouseBody>>;

    /// What the browser gets when the upstream could not be reached or broke before it answered.
    fn failed(&self, failed: &Failed) -> Response<HouseBody>;
}

/// Where a request goes.
pub enum Verdict {
    /// To an upstream.
    Forward(Pass),
    /// To [`House::answer`].
    House,
    /// Not known yet: run this on the house's runtime, then ask [`House::admit`] once more. A second `Learn` for the
    /// same request counts as [`Verdict::House`].
    Learn(BoxFuture<'static, ()>),
}

impl From<Pass> for Verdict {
    fn from(pass: Pass) -> Self {
        Self::Forward(pass)
    }
}

/// Leave for one request to go to an upstream.
#[derive(Clone)]
pub struct Pass {
    /// Where to.
    pub upstream: Arc<Upstream>,
    /// What is changed on the way.
    pub edits: Arc<Edits>,
    /// Ends the tunnel or the streaming answer that may come of it.
    pub alive: Alive,
    /// Headers set on the forwarded request, after all stripping; each replaces what was there.
    pub set: Vec<(HeaderName, HeaderValue)>,
}

/// A request that the upstream did not answer.
#[derive(Debug)]
pub struct Failed {
    /// The method of the request.
    pub method: Method,
    /// The path and query as the browser sent them.
    pub uri: Uri,
    /// What the browser would like: a page (`text/html`) or something else.
    pub accept: Option<HeaderValue>,
    /// The upstream that failed.
    pub upstream: Arc<Upstream>,
    /// What went wrong.
    pub why: Why,
}

/// Why there is no answer from the upstream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// Nobody listens at the target, or it refuses.
    #[error("cannot connect: {0}")]
    Dial(#[source] io::Error),
    /// The connection broke, or what came was not HTTP.
    #[error("no valid answer: {0}")]
    Broken(#[source] BoxError),
    /// The upstream switched protocols without being asked to.
    #[error("it switched protocols unasked")]
    Switched,
    /// [`Alive::end`] came before the answer.
    #[error("the right to use it ended")]
    Ended,
}
