//! An entry of the catalogue, and the plan that it makes of a session.

use super::{Found, fill};
use carrel_config::Settings;
use carrel_model::{
    IdeId, Plan, Session,
    plan::{Http, PlanFile, Probe},
};
use std::path::PathBuf;

/// One of our drawings, by which pages tell IDEs apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// A window of several parts: JupyterLab.
    Panes,
    /// A sheet: Jupyter Notebook.
    Page,
    /// Brackets of code: VS Code.
    Brackets,
    /// A letter: RStudio.
    Letter,
    /// A ring: whatever else.
    Orbit,
}

impl Icon {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Panes, Self::Page, Self::Brackets, Self::Letter, Self::Orbit];

    /// The word of it, as in files and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Panes => "panes",
            Self::Page => "page",
            Self::Brackets => "brackets",
            Self::Letter => "letter",
            Self::Orbit => "orbit",
        }
    }
}

/// How to find, start, reach and watch one kind of session.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What the API, the store and the command line call it.
    pub id: IdeId,
    /// What pages call it.
    pub name: String,
    /// The drawing beside the name.
    pub icon: Icon,
    /// The programs that it needs; the first is the IDE's own.
    pub requires: Vec<String>,
    /// Folders searched for them last.
    pub places: Vec<PathBuf>,
    /// What the IDE's program is given to say its version; empty when it cannot.
    pub version: Vec<String>,
    /// The sentence when the IDE's program is not found; `None` for the usual one.
    pub missing: Option<String>,
    pub(super) command: Vec<String>,
    pub(super) env: Vec<(String, String)>,
    pub(super) files: Vec<PlanFile>,
    pub(super) http: HttpEntry,
    pub(super) probe: Probe,
}

/// The `[http]` of an entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HttpEntry {
    pub(super) strip_prefix: bool,
    pub(super) headers: Vec<(String, String)>,
    pub(super) ready: String,
    pub(super) keep_alive: usize,
}

impl Entry {
    /// What a launcher is to do for `session`, with the programs of `found`. Pure; it holds no secret.
    ///
    /// Where entry and session set the same variable of the environment, the entry's stays: it is how the IDE is reached.
    pub fn plan(&self, found: &Found, session: &Session, settings: &Settings) -> Plan {
        let value = |name: &str| self.value(name, found, session);
        let fill = |text: &String| fill::fill(text, value);
        let pair = |(name, text): &(String, String)| (name.clone(), fill(text));
        let spec = &session.spec;
        let mut env = spec.env.clone();
        env.extend(self.env.iter().map(pair));
        Plan {
            user: session.owner_name.clone(),
            command: self.command.iter().map(fill).collect(),
            env,
            folder: spec.folder.as_ref().map(PathBuf::from),
            files: self
                .files
                .iter()
                .map(|file| PlanFile { path: fill(&file.path), text: fill(&file.text), keep: file.keep })
                .collect(),
            http: Http {
                prefix: session.url(),
                strip_prefix: self.http.strip_prefix,
                headers: self.http.headers.iter().map(pair).collect(),
                ready_path: fill(&self.http.ready),
                keep_alive: self.http.keep_alive,
            },
            probe: self.probe.clone(),
            cpus: spec.cpus,
            memory_mb: spec.memory_mb,
            idle: spec.idle.clone(),
            start_limit_s: settings.start_limit.as_secs(),
        }
    }

    /// The value of a variable that is known here.
    fn value(&self, name: &str, found: &Found, session: &Session) -> Option<String> {
        let program = |name: &str| found.programs.get(name).map(|path| path.display().to_string());
        match name.split_once(':') {
            Some((_, name)) => program(name),
            None => match name {
                "program" => program(self.requires.first()?),
                "prefix" => Some(session.url()),
                "base" => Some(session.url().trim_end_matches('/').to_owned()),
                "session" => Some(session.id.to_string()),
                _ => None,
            },
        }
    }
}
