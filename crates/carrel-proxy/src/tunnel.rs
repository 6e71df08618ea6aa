//! Phase 8: after a 101, bytes both ways until one side is done, as they come and never framed anew.
//!
//! An idle tunnel holds no buffers: each thread reads into one scratch buffer, and only what the other side does not
//! take at once is kept.

mod pipe;

use std::{io, pin::pin, sync::Arc, task::Poll, time::Duration};

use futures::future::{BoxFuture, poll_fn, try_join};
use http::HeaderValue;
use hyper::upgrade::{OnUpgrade, Parts, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::time::{sleep, timeout};

use self::pipe::Pipe;
use crate::{
    Alive, Pass,
    io::{Front, Io},
    serve::Leave,
};

/// Close codes of RFC 6455: the service restarts; the policy says no.
const SERVICE_RESTART: u16 = 1012;
const POLICY_VIOLATION: u16 = 1008;
/// How long a client may take to close its side once the other has ended.
const GOODBYE: Duration = Duration::from_secs(2);

/// What a tunnel needs to know of the request it came from.
pub(crate) struct Opening {
    pub(crate) pass: Pass,
    pub(crate) leave: Arc<Leave>,
    pub(crate) protocol: HeaderValue,
}

impl Opening {
    /// Waits for both sides to have switched, then starts the tunnel as a task of its own: this one is larger.
    pub(crate) fn open(self, client: OnUpgrade, upstream: OnUpgrade) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            match try_join(client, upstream).await {
                Ok((client, upstream)) => {
                    if let Some(pipe) = self.pipe(client, upstream) {
                        self.leave.tasks.spawn(run(Box::new(pipe), self.pass.alive, Arc::clone(&self.leave)));
                    }
                }
                Err(error) => tracing::debug!(%error, "the switch of protocols broke off"),
            }
        })
    }

    fn pipe(&self, client: Upgraded, upstream: Upgraded) -> Option<Pipe> {
        let Parts { io: front, read_buf: from_client, .. } = client.downcast::<TokioIo<Front>>().ok()?;
        let Parts { io: back, read_buf: from_upstream, .. } = upstream.downcast::<TokioIo<Io>>().ok()?;
        let mut pipe = Pipe::new(front.into_inner().into_io(), back.into_inner(), self.pass.upstream.tunnel_opened());
        if self.protocol.as_bytes().eq_ignore_ascii_case(b"websocket") {
            pipe.follow_frames();
        }
        if let Some(watch) = &self.pass.edits.watch {
            pipe.watch(Arc::clone(watch));
        }
        // What came early, in the same packets as the heads.
        pipe.came_early(&from_client, &from_upstream);
        Some(pipe)
    }
}

/// How a tunnel came to its end.
enum End {
    /// The upstream ended, or a side broke.
    Done(io::Result<()>),
    /// The right to it ended.
    Ended,
    /// The proxy goes.
    Leaving,
}

/// A tunnel's task. It is small because there are many: what comes after the flow is made when it comes.
async fn run(mut pipe: Box<Pipe>, alive: Alive, leave: Arc<Leave>) {
    let end = flow(&mut pipe, &alive, &leave).await;
    Box::pin(finish(end, pipe, alive, leave)).await;
}

async fn finish(mut end: End, mut pipe: Box<Pipe>, alive: Alive, leave: Arc<Leave>) {
    if matches!(end, End::Leaving) {
        end = flow_until_turn(&mut pipe, &alive, &leave).await;
    }
    // A client that does not close its side in time is cut off by the drop.
    let _ = match end {
        End::Done(Ok(())) => timeout(GOODBYE, poll_fn(|cx| pipe.poll_up(cx))).await.map(drop),
        End::Done(Err(error)) => {
            tracing::debug!(%error, "tunnel broke");
            Ok(())
        }
        End::Ended => timeout(GOODBYE, pipe.goodbye(POLICY_VIOLATION)).await,
        End::Leaving => timeout(GOODBYE, pipe.goodbye(SERVICE_RESTART)).await,
    };
}

/// Moves bytes until the tunnel is done or must be. The two switches are listened to once and then only looked at: a
/// task's waker stays the same, and their locks are shared by all tunnels.
async fn flow(pipe: &mut Pipe, alive: &Alive, leave: &Leave) -> End {
    let mut ended = pin!(alive.ended());
    let mut leaving = pin!(leave.accepting.ended());
    let mut listening = false;
    poll_fn(|cx| {
        if !listening {
            listening = true;
            let _ = ended.as_mut().poll(cx);
            let _ = leaving.as_mut().poll(cx);
        }
        if alive.has_ended() {
            return Poll::Ready(End::Ended);
        }
        if leave.accepting.has_ended() {
            return Poll::Ready(End::Leaving);
        }
        pipe.poll_flow(cx).map(End::Done)
    })
    .await
}

/// Goes on until this tunnel's share of the grace time is over, so that not all clients come back at once.
async fn flow_until_turn(pipe: &mut Pipe, alive: &Alive, leave: &Leave) -> End {
    let turn = leave.turn();
    tokio::select! {
        biased;
        () = alive.ended() => End::Ended,
        () = sleep(turn) => End::Leaving,
        done = poll_fn(|cx| pipe.poll_flow(cx)) => End::Done(done),
    }
}
