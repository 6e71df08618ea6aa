//! Phase 5: hand a request to the upstream, over a kept connection when there is one.

use std::{error::Error, sync::Arc, time::Duration};

use http::{Method, Request, Response};
use hyper::{Error as HyperError, body::Incoming};

use crate::{
    body::Up,
    house::Why,
    upstream::{Conn, Upstream, dial},
};

/// A request that cannot be sent twice only takes a connection used within this time, which no server has closed yet.
const FRESH: Duration = Duration::from_secs(1);

/// Why a request was not answered.
pub(crate) enum Unanswered {
    /// The client's body was malformed or broke off.
    Client,
    /// The upstream failed.
    Upstream(Why),
}

/// Sends a request and waits for the head of the answer.
///
/// A kept connection may be closed by the upstream just as the request is written to it. What was never written is sent
/// again, whatever it is. What was written is sent again, once, when it is a `GET` or `HEAD` without a body.
pub(crate) async fn send(
    upstream: &Arc<Upstream>,
    mut request: Request<Up>,
) -> Result<(Conn, Response<Incoming>), Unanswered> {
    let replayable = request.body().is_empty() && matches!(*request.method(), Method::GET | Method::HEAD);
    let at_most = if replayable { Duration::MAX } else { FRESH };
    let mut spare = None;
    let mut replayed = false;
    loop {
        let kept = if replayed { None } else { Conn::take(upstream, at_most) };
        let reused = kept.is_some();
        let mut conn = match kept {
            Some(conn) => conn,
            None => dial(upstream).await.map_err(Unanswered::Upstream)?,
        };
        if reused && replayable && spare.is_none() {
            spare = Some(copy_of_head(&request));
        }
        match conn.send.try_send_request(request).await {
            Ok(answer) => return Ok((conn, answer)),
            Err(mut failed) => match failed.take_message() {
                Some(unwritten) if reused => request = unwritten,
                None if reused && !replayed && was_closed(failed.error()) && spare.is_some() => {
                    replayed = true;
                    // Just seen to be there.
                    let Some(again) = spare.take() else { return Err(broken(failed.into_error())) };
                    request = again;
                }
                _ => return Err(broken(failed.into_error())),
            },
        }
    }
}

fn copy_of_head(request: &Request<Up>) -> Request<Up> {
    let mut copy = Request::new(Up::Empty);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    copy
}

/// Whether the connection ended before any answer came, as opposed to a wrong answer.
fn was_closed(error: &HyperError) -> bool {
    let reset = || error.source().is_some_and(<dyn Error>::is::<std::io::Error>);
    error.is_incomplete_message() || error.is_canceled() || error.is_closed() || reset()
}

fn broken(error: HyperError) -> Unanswered {
    // The only code of ours inside hyper's client is the body, which passes on errors of the client's connection.
    if error.is_user() { Unanswered::Client } else { Unanswered::Upstream(Why::Broken(error.into())) }
}
