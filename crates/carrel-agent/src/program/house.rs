//! The data socket: what the agent tells the proxy of requests, and what the proxy tells the agent of use.

use crate::folder::RunFolder;
use carrel_model::{Clock, Plan};
use carrel_proxy::{
    Alive, Edits, Failed, House, HouseBody, Pass, Peer, PoolSettings, Target, Upstream, Verdict, Watch,
    frames::{Frames, opcode},
    full_body,
};
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header, request::Parts};
use hyper::body::Incoming;
use jiff::Timestamp;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, Ordering},
};
use tokio::sync::Notify;

/// Set by the server: who is asking.
const CALLER: &str = "x-carrel-user";

/// Messages this near to each other, in microseconds, are not alone.
const COMPANY: i64 = 10_000_000;

/// When a person last did something, as the proxy's thread sees it.
#[derive(Debug)]
pub(crate) struct Use {
    clock: Clock,
    /// Microseconds since 1970; 0 for never.
    last: AtomicI64,
    /// Whether the next use is waited for: the clock says idle.
    asleep: AtomicBool,
    wake: Notify,
    prefix: String,
    ignore: Vec<Ignored>,
    quiet_bytes: u64,
    lone_is_quiet: bool,
    /// When the last message came that was long enough, in microseconds since 1970.
    loud: AtomicI64,
}

/// Requests that happen with nobody there.
#[derive(Debug)]
struct Ignored {
    method: Option<String>,
    path: String,
}

impl Use {
    /// Counts what `plan` says is use.
    pub(crate) fn new(plan: &Plan, clock: Clock) -> Self {
        let ignore = plan.probe.ignore.iter().map(|rule| Ignored::parse(rule)).collect();
        let prefix = if plan.http.strip_prefix { "/".into() } else { plan.http.prefix.clone() };
        Self {
            clock,
            last: AtomicI64::new(0),
            asleep: AtomicBool::new(false),
            wake: Notify::new(),
            prefix,
            ignore,
            quiet_bytes: plan.probe.quiet_bytes as u64,
            lone_is_quiet: plan.probe.lone_is_quiet,
            loud: AtomicI64::new(0),
        }
    }

    /// When a person last did something; `None` for never.
    pub(crate) fn last(&self) -> Option<Timestamp> {
        let last = self.last.load(Ordering::SeqCst);
        (last != 0).then(|| Timestamp::from_microsecond(last).ok()).flatten()
    }

    /// Says whether the next use is to be told at once, by [`Use::woken`].
    pub(crate) fn falls_asleep(&self, idle: bool) {
        self.asleep.store(idle, Ordering::SeqCst);
    }

    /// Waits for the first use after it fell asleep.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    fn now(&self) {
        self.last.store(self.clock.now().as_microsecond(), Ordering::SeqCst);
        // Most requests come while it is awake, and pay no more than a look.
        if self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst) {
            self.wake.notify_one();
        }
    }

    /// Whether a message that is long enough is use.
    fn counts(&self) -> bool {
        if !self.lone_is_quiet {
            return true;
        }
        let now = self.clock.now().as_microsecond();
        now - self.loud.swap(now, Ordering::Relaxed) < COMPANY
    }

    /// Whether a request is one that happens with nobody there. A websocket that opens says nothing: a tab that lost
    /// its connection comes back by itself; what goes through it counts.
    fn is_ignored(&self, head: &Parts) -> bool {
        let path = head.uri.path();
        let path = path.strip_prefix(&*self.prefix).unwrap_or(path).trim_start_matches('/');
        head.headers.contains_key(header::UPGRADE)
            || self.ignore.iter().any(|ignored| ignored.matches(head.method.as_str(), path))
    }
}

impl Watch for Use {
    fn request(&self, head: &Parts) {
        if !self.is_ignored(head) {
            self.now();
        }
    }

    fn up(&self, frames: &mut Frames, bytes: &[u8]) {
        let mut used = false;
        frames.feed(bytes, |frame| {
            let data = matches!(frame.opcode, opcode::TEXT | opcode::BINARY | opcode::CONTINUATION);
            used |= data && frame.payload_len > self.quiet_bytes && self.counts();
        });
        if used {
            self.now();
        }
    }
}

impl Ignored {
    /// `GET /api/kernels*`: a method or `*`, a space, a path below the prefix.
    fn parse(rule: &str) -> Self {
        let (method, path) = rule.split_once(' ').unwrap_or(("*", rule));
        Self {
            method: (method != "*").then(|| method.to_owned()),
            path: path.trim().trim_start_matches('/').to_owned(),
        }
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method) && glob(&self.path, path)
    }
}

/// Whether `text` is of the form `pattern`, in which `*` stands for any text.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.len() >= last.len() && text.ends_with(last)
}

/// Forwards everything to the IDE.
pub(crate) struct Gate {
    /// For requests of the user it runs for: almost all there are.
    pass: Pass,
    /// Headers that are the same whoever asks.
    fixed: Vec<(HeaderName, HeaderValue)>,
    /// Headers whose value names who asks: the name, the text before and after.
    naming: Vec<(HeaderName, String)>,
    user: String,
}

impl Gate {
    /// A gate to the IDE of this folder. `headers` are set on each request; `{user}` in them is who asks.
    pub(crate) fn new(plan: &Plan, folder: &RunFolder, headers: Vec<(HeaderName, String)>, watch: Arc<Use>) -> Self {
        let prefix = &plan.http.prefix;
        let edits = Edits {
            // What the browser sends under these names is not the agent's word.
            strip_request: headers.iter().map(|(name, _)| name.clone()).collect(),
            strip_request_prefixes: vec!["x-carrel-"],
            strip_prefix: plan.http.strip_prefix.then(|| prefix.trim_end_matches('/').to_owned()),
            cookie_path: Some(prefix.clone()),
            service_worker_scope: Some(prefix.clone()),
            watch: Some(watch),
            ..Edits::default()
        };
        let pool = PoolSettings { idle: plan.http.keep_alive, ..PoolSettings::default() };
        let (naming, fixed): (Vec<_>, Vec<_>) = headers.into_iter().partition(|(_, text)| text.contains("{user}"));
        let pass = Pass {
            upstream: Upstream::new(Target::Unix(folder.ide()), pool),
            edits: Arc::new(edits),
            alive: Alive::new(),
            set: Vec::new(),
        };
        let fixed = header_map(fixed.iter().map(|(name, text)| (name, text.as_str())));
        let mut gate = Self { pass, fixed, naming, user: plan.user.as_str().to_owned() };
        gate.pass.set = gate.headers_for(&gate.user);
        gate
    }

    /// What is answered for an IDE that does not.
    pub(crate) fn silent(failed: &Failed) -> Response<HouseBody> {
        refusal(StatusCode::BAD_GATEWAY, &format!("The IDE does not answer: {}.\n", failed.why))
    }

    /// The headers that the agent's own questions to the IDE get.
    pub(crate) fn own_headers(&self) -> HeaderMap {
        self.pass.set.iter().cloned().collect()
    }

    fn headers_for(&self, user: &str) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = self.fixed.clone();
        let named: Vec<_> = self.naming.iter().map(|(name, text)| (name, text.replace("{user}", user))).collect();
        headers.extend(header_map(named.iter().map(|(name, text)| (*name, text.as_str()))));
        headers
    }
}

/// Headers as the proxy sets them. An empty one only takes away what the browser sent.
fn header_map<'a>(headers: impl Iterator<Item = (&'a HeaderName, &'a str)>) -> Vec<(HeaderName, HeaderValue)> {
    let valid = |(name, text): (&HeaderName, &str)| Some((name.clone(), HeaderValue::from_str(text).ok()?));
    headers
        .filter(|(_, text)| !text.is_empty())
        .filter_map(valid)
        .map(|(name, mut value)| {
            // Among them is the secret.
            value.set_sensitive(true);
            (name, value)
        })
        .collect()
}

impl House for Gate {
    fn admit(&self, head: &Parts, _: &Peer) -> Verdict {
        let mut pass = self.pass.clone();
        let caller = head.headers.get(CALLER).and_then(|value| value.to_str().ok());
        if let Some(caller) = caller.filter(|caller| *caller != self.user && !self.naming.is_empty()) {
            pass.set = self.headers_for(caller);
        }
        Verdict::Forward(pass)
    }

    fn answer(self: Arc<Self>, _: Request<Incoming>, _: Peer) -> BoxFuture<'static, Response<HouseBody>> {
        // Everything is forwarded, so nothing comes here.
        Box::pin(async { refusal(StatusCode::NOT_FOUND, "There is nothing here.\n") })
    }

    fn failed(&self, failed: &Failed) -> Response<HouseBody> {
        Self::silent(failed)
    }
}

/// A plain answer of the agent itself.
pub(crate) fn refusal(status: StatusCode, text: &str) -> Response<HouseBody> {
    let mut answer = Response::new(full_body(text.to_owned()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

#[cfg(test)]
mod tests;
