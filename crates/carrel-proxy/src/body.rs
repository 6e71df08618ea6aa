//! The bodies on their way: counted, never collected.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::futures::OwnedNotified;

use crate::{
    Alive,
    house::{BoxError, HouseBody},
    upstream::{Conn, Upstream},
};

/// The right to go on ended in the middle of a body.
#[derive(Debug, thiserror::Error)]
#[error("the right to use it ended")]
struct Ended;

/// A request's body on its way up.
pub(crate) enum Up {
    Empty,
    Stream { body: Incoming, upstream: Arc<Upstream>, alive: Alive },
}

impl Up {
    pub(crate) fn new(body: Incoming, upstream: &Arc<Upstream>, alive: &Alive) -> Self {
        if body.is_end_stream() {
            return Self::Empty;
        }
        Self::Stream { body, upstream: Arc::clone(upstream), alive: alive.clone() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

impl Body for Up {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self::Stream { body, upstream, alive } = self.get_mut() else { return Poll::Ready(None) };
        if alive.has_ended() {
            return Poll::Ready(Some(Err(Ended.into())));
        }
        let polled = Pin::new(body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            upstream.count_up(data.len());
        }
        polled.map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Stream { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Stream { body, .. } => body.size_hint(),
        }
    }
}

/// An answer's body on its way down to the client.
pub(crate) enum Down {
    /// Nothing, or a few words of the proxy itself.
    Words(Option<Bytes>),
    /// From the house.
    House(HouseBody),
    /// From an upstream.
    Stream(Stream),
}

impl Down {
    pub(crate) const fn empty() -> Self {
        Self::Words(None)
    }

    /// The body of an upstream's answer. At its end the connection goes back to the pool; when it is dropped before, the
    /// connection is closed.
    pub(crate) fn of(body: Incoming, conn: Conn, alive: Alive) -> Self {
        if body.is_end_stream() {
            conn.give_back();
            return Self::empty();
        }
        let upstream = Arc::clone(&conn.upstream);
        Self::Stream(Stream { body, conn: Some(conn), upstream, alive, listening: None })
    }
}

/// An upstream's answer.
pub(crate) struct Stream {
    body: Incoming,
    conn: Option<Conn>,
    upstream: Arc<Upstream>,
    alive: Alive,
    /// Made when the answer first has to wait, which most never do.
    listening: Option<Pin<Box<OwnedNotified>>>,
}

impl Stream {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.alive.has_ended() {
            return Poll::Ready(Some(Err(Ended.into())));
        }
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.upstream.count_down(frame.data_ref().map_or(0, Bytes::len));
                if self.body.is_end_stream() {
                    self.finish();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                tracing::debug!(%error, "answer of the upstream broke off");
                self.conn = None;
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                self.finish();
                Poll::Ready(None)
            }
            Poll::Pending => self.wait(cx),
        }
    }

    fn finish(&mut self) {
        if let Some(conn) = self.conn.take() {
            conn.give_back();
        }
    }

    /// Nothing to send yet: be woken by the end of the right as well.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let alive = &self.alive;
        let listening = self.listening.get_or_insert_with(|| Box::pin(alive.listen()));
        if listening.as_mut().poll(cx).is_ready() || alive.has_ended() {
            return Poll::Ready(Some(Err(Ended.into())));
        }
        Poll::Pending
    }
}

impl Body for Down {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Words(words) => Poll::Ready(words.take().map(|words| Ok(Frame::data(words)))),
            Self::House(body) => Pin::new(body).poll_frame(cx),
            Self::Stream(stream) => stream.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Words(words) => words.is_none(),
            Self::House(body) => body.is_end_stream(),
            Self::Stream(stream) => stream.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Words(words) => SizeHint::with_exact(words.as_ref().map_or(0, |words| words.len() as u64)),
            Self::House(body) => body.size_hint(),
            Self::Stream(stream) => stream.body.size_hint(),
        }
    }
}
