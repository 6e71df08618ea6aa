//! The way to one IDE: what is changed on each request, and which of them are use.
//!
//! Whoever speaks with the IDE goes by it: in a pod the agent, on one host the server, which learns the rules from the
//! agent ([`crate::door`]).

mod watcher;

use carrel_model::{
    Clock, Plan, UserName,
    plan::{Http, Probe},
};
use carrel_proxy::{Alive, Edits, Pass, PoolSettings, Target, Upstream};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};
use watcher::Watcher;

/// The header by which the server tells an agent in a pod who asks.
pub const CALLER: HeaderName = HeaderName::from_static("x-carrel-user");

/// Told of each use, on the thread of the proxy: must be quick.
pub type OnUse = Box<dyn Fn() + Send + Sync>;

/// How one IDE is spoken with. It holds the run's secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Who it runs for.
    pub user: UserName,
    /// As in the plan, with the variables of `headers` filled in; `{user}` stays: it is who asks, request by request.
    pub http: Http,
    /// What of the requests is use.
    pub probe: Probe,
}

impl Rules {
    /// The rules of a plan, whose headers `fill` makes complete.
    pub fn new(plan: &Plan, fill: impl Fn(&str) -> String) -> Self {
        let headers = plan.http.headers.iter().map(|(name, text)| (name.clone(), fill(text))).collect();
        let http = Http { headers, ..plan.http.clone() };
        Self { user: plan.user.clone(), http, probe: plan.probe.clone() }
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("user", &self.user).field("prefix", &self.http.prefix).finish_non_exhaustive()
    }
}

/// Lets requests through to the IDE.
pub struct Gate {
    /// For requests of the user it runs for: almost all there are.
    pass: Pass,
    /// Headers that are the same whoever asks.
    fixed: Vec<(HeaderName, HeaderValue)>,
    /// Headers whose value names who asks: the name, and the text with `{user}`.
    naming: Vec<(HeaderName, String)>,
    user: UserName,
}

impl Gate {
    /// A gate to the IDE at `target`. `edits` are made besides those of the rules, and say where cookies and service workers
    /// live if they say anything about it.
    pub fn new(rules: &Rules, target: Target, edits: Edits, clock: Clock, on_use: OnUse) -> Result<Self, http::Error> {
        let Rules { user, http, probe } = rules;
        let headers = http.headers.iter().map(|(name, text)| Ok((HeaderName::try_from(name)?, text.clone())));
        let headers = headers.collect::<Result<Vec<_>, http::Error>>()?;
        let (naming, fixed): (Vec<_>, Vec<_>) = headers.into_iter().partition(|(_, text)| text.contains("{user}"));
        let mut edits = Edits {
            strip_prefix: http.strip_prefix.then(|| http.prefix.trim_end_matches('/').to_owned()),
            cookie_path: edits.cookie_path.or_else(|| Some(http.prefix.clone())),
            service_worker_scope: edits.service_worker_scope.or_else(|| Some(http.prefix.clone())),
            watch: Some(Arc::new(Watcher::new(http, probe, clock, on_use))),
            ..edits
        };
        // What the browser sends under these names is not our word.
        edits.strip_request.extend(naming.iter().chain(&fixed).map(|(name, _)| name.clone()));
        let pool = PoolSettings { idle: http.keep_alive, ..PoolSettings::default() };
        let pass = Pass {
            upstream: Upstream::new(target, pool),
            edits: Arc::new(edits),
            alive: Alive::new(),
            set: Vec::new(),
        };
        let fixed = header_map(fixed.iter().map(|(name, text)| (name, text.as_str())));
        let mut gate = Self { pass, fixed, naming, user: user.clone() };
        gate.pass.set = gate.headers_for(gate.user.as_str());
        Ok(gate)
    }

    /// Leave for a request of this user; `None` for the one it runs for.
    pub fn pass(&self, caller: Option<&str>) -> Pass {
        let mut pass = self.pass.clone();
        let other = caller.filter(|caller| *caller != self.user.as_str() && !self.naming.is_empty());
        if let Some(other) = other {
            pass.set = self.headers_for(other);
        }
        pass
    }

    /// Where requests go.
    pub fn upstream(&self) -> &Arc<Upstream> {
        &self.pass.upstream
    }

    /// The headers that the agent's own questions to the IDE get.
    pub fn own_headers(&self) -> HeaderMap {
        self.pass.set.iter().cloned().collect()
    }

    fn headers_for(&self, user: &str) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = self.fixed.clone();
        let named: Vec<_> = self.naming.iter().map(|(name, text)| (name, text.replace("{user}", user))).collect();
        headers.extend(header_map(named.iter().map(|(name, text)| (*name, text.as_str()))));
        headers
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("user", &self.user).field("upstream", self.upstream()).finish_non_exhaustive()
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

#[cfg(test)]
mod tests;
