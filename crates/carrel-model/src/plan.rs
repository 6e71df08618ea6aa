//! What a run is to do: the catalogue's entry and the session's spec, put together. Pure.

use crate::{Bounds, Container, IdeId, IdleRule, UserName};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// All that a launcher needs to run one IDE for one user. It holds no secret: those are made by the agent.
///
/// The texts of `command`, `env`, `files` and the paths of `http` may hold variables that the agent fills in, since
/// only it knows them: `{socket}` and `{ipc}` (paths of the IDE's own sockets), `{run}` (the private folder of the
/// run), `{secret_file}` (a file with the run's secret), `{home}`, `{folder}`, `{user}` (who it runs for), `{account}`
/// (the system account that it runs as), `{path}` (the account's `PATH`). Braces around anything else stay as they are: JSON and Python are full of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Who it runs for.
    pub user: UserName,
    /// Which IDE of the catalogue it is; `None` for something else.
    #[serde(default)]
    pub ide: Option<IdeId>,
    /// Program and arguments.
    pub command: Vec<String>,
    /// Variables set for the IDE, on top of what the account has.
    pub env: BTreeMap<String, String>,
    /// The folder to work in; `None` for the home folder.
    pub folder: Option<PathBuf>,
    /// Small files written before the start, by path: settings, the identity provider of Jupyter.
    pub files: Vec<PlanFile>,
    /// How to speak with the IDE.
    pub http: Http,
    /// How to learn what it does.
    pub probe: Probe,
    /// CPUs, fractions allowed.
    pub cpus: f64,
    /// Memory in MiB.
    pub memory_mb: u64,
    /// What the kernel holds its processes to.
    #[serde(default, skip_serializing_if = "Bounds::is_none")]
    pub bounds: Bounds,
    /// How long it may be without use.
    pub idle: IdleRule,
    /// How long a start may take without any progress, in seconds.
    pub start_limit_s: u64,
    /// The container to run it in; `None` on a host.
    #[serde(default)]
    pub container: Option<Container>,
}

/// A file that the agent writes before the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFile {
    /// Where, with variables.
    pub path: String,
    /// What, with variables.
    pub text: String,
    /// Leaves a file that is there already alone.
    pub keep: bool,
}

/// How HTTP is spoken with the IDE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http {
    /// The path under which browsers see the IDE: `/s/<id>/`.
    pub prefix: String,
    /// Whether the prefix is taken away before the IDE sees the path (code-server, RStudio) or kept (Jupyter).
    pub strip_prefix: bool,
    /// Headers set on every request over what the browser sent, with variables and `{secret}`. An empty one is taken away.
    pub headers: BTreeMap<String, String>,
    /// Answers with a status below 400 when the IDE is ready (RStudio redirects); as the IDE sees it, asked with
    /// `headers`.
    pub ready_path: String,
    /// How many connections to the IDE each thread of the proxy may keep open between requests.
    pub keep_alive: usize,
}

/// How use is learnt of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// What the IDE can tell of running kernels and consoles.
    pub busy: BusyProbe,
    /// Requests that happen with nobody there: `GET /api/kernels*`. A method (or `*`), a space, and a path below the
    /// prefix in which `*` stands for any text.
    pub ignore: Vec<String>,
    /// Websocket messages from the browser of at most this many bytes are no use (keep-alives of the IDE).
    pub quiet_bytes: usize,
    /// A longer message is no use either when it comes alone: what people do sends several within ten seconds, what a page
    /// does by itself every few minutes sends one.
    #[serde(default)]
    pub lone_is_quiet: bool,
}

/// What the IDE can tell of what it does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BusyProbe {
    /// Nothing; CPU use is all there is.
    #[default]
    None,
    /// Jupyter's `GET api/kernels`: `execution_state` of each kernel.
    Jupyter,
}
