//! What is compared: each subject is started alike, and answers alike.

mod carrel;
mod peers;

use crate::{lab::Lab, load::Door, process::Group, program::Program};
use anyhow::Context;
use carrel::Sessions;
pub(crate) use carrel::{Carrel, ECHO};
use std::path::Path;

/// What is compared, in the order of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Subject {
    /// No proxy: what the backend itself spends.
    Direct,
    /// nginx with one worker, which checks nothing.
    Nginx,
    /// nginx that asks a server with each request whether it may pass.
    NginxAuth,
    /// `HAProxy` with one thread, which finds the cookie in a map.
    Haproxy,
    /// configurable-http-proxy, the proxy of `JupyterHub`, which checks nothing.
    Chp,
    /// Carrel's proxy as a library, in a program that finds the cookie in a map.
    ProxyAlone,
    /// Carrel as people run it.
    Carrel,
}

impl Subject {
    /// All of them.
    pub(crate) const ALL: [Self; 7] =
        [Self::Direct, Self::Nginx, Self::NginxAuth, Self::Haproxy, Self::Chp, Self::ProxyAlone, Self::Carrel];

    /// What tables call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Nginx => "nginx",
            Self::NginxAuth => "nginx auth_request",
            Self::Haproxy => "HAProxy cookie map",
            Self::Chp => "configurable-http-proxy",
            Self::ProxyAlone => "carrel-proxy alone",
            Self::Carrel => "Carrel",
        }
    }

    /// Whether its programs are there.
    pub(crate) fn is_there(self, lab: &Lab) -> bool {
        let there = |path: &Option<_>| path.as_deref().is_some_and(Path::exists);
        let programs = &lab.programs;
        match self {
            Self::Direct | Self::ProxyAlone => true,
            Self::Nginx | Self::NginxAuth => there(&programs.nginx),
            Self::Haproxy => there(&programs.haproxy),
            Self::Chp => there(&programs.node) && there(&programs.chp),
            Self::Carrel => there(&programs.carrel) && there(&programs.agent),
        }
    }

    /// Starts it, and sees that it works.
    pub(crate) async fn start(self, lab: &Lab) -> anyhow::Result<Running> {
        let started = match self {
            Self::Direct => peers::direct(lab),
            Self::Nginx => peers::nginx(lab, false).await,
            Self::NginxAuth => peers::nginx(lab, true).await,
            Self::Haproxy => peers::haproxy(lab).await,
            Self::Chp => peers::chp(lab).await,
            Self::ProxyAlone => peers::proxy_alone(lab).await,
            Self::Carrel => carrel::with_session(lab).await,
        };
        started.with_context(|| format!("{} does not start", self.name()))
    }
}

/// A line of the tables.
pub(crate) struct Row {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Whose use it shows.
    pub(crate) group: Group,
}

/// A subject that runs.
pub(crate) struct Running {
    /// The way to it.
    pub(crate) door: Door,
    /// Whose use is shown, a line each.
    pub(crate) rows: Vec<Row>,
    children: Vec<Program>,
    /// Carrel's sessions, which outlive it.
    sessions: Option<Sessions>,
}

impl Running {
    /// The processes that it does not start as children of its own: they outlive it unless they are ended.
    pub(crate) fn detached(&self) -> Vec<i32> {
        self.sessions.as_ref().map(Sessions::agents).unwrap_or_default()
    }

    /// Ends it.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        drop(self.sessions);
        for child in self.children {
            child.stop().await?;
        }
        Ok(())
    }
}
