//! Tells use from what happens with nobody there.

use super::OnUse;
use carrel_model::{
    Clock,
    plan::{Http, Probe},
};
use carrel_proxy::{
    Watch,
    frames::{Frames, opcode},
};
use http::{header, request::Parts};
use std::sync::atomic::{AtomicI64, Ordering};

/// Messages this near to each other, in microseconds, are not alone.
const COMPANY: i64 = 10_000_000;

/// Sees all that goes to one IDE, and tells of use.
pub(super) struct Watcher {
    clock: Clock,
    prefix: String,
    ignore: Vec<Ignored>,
    quiet_bytes: u64,
    lone_is_quiet: bool,
    /// When the last message came that was long enough, in microseconds since 1970.
    loud: AtomicI64,
    on_use: OnUse,
}

/// Requests that happen with nobody there.
#[derive(Debug)]
struct Ignored {
    method: Option<String>,
    path: String,
}

impl Watcher {
    /// Tells what `probe` says is use.
    pub(super) fn new(http: &Http, probe: &Probe, clock: Clock, on_use: OnUse) -> Self {
        Self {
            clock,
            prefix: if http.strip_prefix { "/".into() } else { http.prefix.clone() },
            ignore: probe.ignore.iter().map(|rule| Ignored::parse(rule)).collect(),
            quiet_bytes: probe.quiet_bytes as u64,
            lone_is_quiet: probe.lone_is_quiet,
            loud: AtomicI64::new(0),
            on_use,
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

impl Watch for Watcher {
    fn request(&self, head: &Parts) {
        if !self.is_ignored(head) {
            (self.on_use)();
        }
    }

    fn up(&self, frames: &mut Frames, bytes: &[u8]) {
        let mut used = false;
        frames.feed(bytes, |frame| {
            let data = matches!(frame.opcode, opcode::TEXT | opcode::BINARY | opcode::CONTINUATION);
            used |= data && frame.payload_len > self.quiet_bytes && self.counts();
        });
        if used {
            (self.on_use)();
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

#[cfg(test)]
mod tests;
