//! What is changed on requests and answers: data, applied by the same functions to requests and to upgrades.

use std::{fmt, sync::Arc};

use http::{HeaderName, request::Parts};

use crate::frames::Frames;

/// The edits of one upstream, the same for all its requests. Hop-by-hop headers always go and need no mention.
#[derive(Clone, Default)]
pub struct Edits {
    /// Request headers that are not forwarded: the platform's credentials.
    pub strip_request: Vec<HeaderName>,
    /// Request headers are not forwarded when their name, in lower case, begins with one of these.
    pub strip_request_prefixes: Vec<&'static str>,
    /// Cookies that are not forwarded. With [`cookie_path`](Self::cookie_path), the upstream cannot set them either.
    pub strip_cookies: Vec<String>,
    /// Put before a path that does not begin with it, like `/carrel`: a proxy in front may have taken it away, and the
    /// upstream knows its paths with it.
    pub add_prefix: Option<String>,
    /// Taken off the front of the path, like `/s/01J…`; an empty rest becomes `/`. Paths of cookies that the upstream
    /// sets get it back.
    pub strip_prefix: Option<String>,
    /// Whether `X-Forwarded-For`, `-Host` and `-Proto` are set from this connection and all that came in is dropped.
    /// When false, they pass as they came.
    pub forwarded: bool,
    /// Answer headers that are not passed on.
    pub strip_answer: Vec<HeaderName>,
    /// Where the upstream's cookies live, like `/s/01J…/`: a `Set-Cookie` with a path outside, with a domain, without a
    /// name or with a name of [`strip_cookies`](Self::strip_cookies) is dropped.
    pub cookie_path: Option<String>,
    /// What `Service-Worker-Allowed` becomes when the upstream sends it.
    pub service_worker_scope: Option<String>,
    /// Somebody who looks on.
    pub watch: Option<Arc<dyn Watch>>,
}

impl fmt::Debug for Edits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edits")
            .field("strip_prefix", &self.strip_prefix)
            .field("forwarded", &self.forwarded)
            .field("cookie_path", &self.cookie_path)
            .finish_non_exhaustive()
    }
}

/// Sees what goes to the upstream, to tell use from silence. Runs on the proxy thread: must be quick.
pub trait Watch: Send + Sync {
    /// A request, as it is about to be forwarded.
    fn request(&self, head: &Parts);

    /// Bytes that go through a tunnel from the client to the upstream, in order, none left out. They may stop anywhere
    /// in a websocket frame; `frames`, one of each tunnel, keeps the place.
    fn up(&self, frames: &mut Frames, bytes: &[u8]);
}
