//! `carrel session`: your sessions, through the API.

use crate::{
    commands::{
        api::{Api, Remote},
        table::{pass, relative, say, table},
    },
    host,
};
use anyhow::{anyhow, bail};
use carrel_model::Clock;
use carrel_sessions::ask::{parse_gpus, parse_placement};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};

/// How often a command that waits looks again.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What can be done with sessions. A session is named by its name or its id.
#[derive(Subcommand)]
pub(crate) enum SessionCommand {
    /// Show your sessions.
    List(List),
    /// Launch a new one.
    Launch(Launch),
    /// Show one.
    Show(Show),
    /// Print the output of one.
    Logs(Logs),
    /// Stop its process and keep the session.
    Suspend(Named),
    /// Start a suspended or failed one again, in another size if wanted.
    Resume(Resume),
    /// End one (Quit), or with --force kill it at once (Force Quit).
    Stop(Stop),
}

#[derive(Args)]
pub(crate) struct List {
    /// Those that ended, instead of those that are there.
    #[arg(long)]
    stopped: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(crate) struct Launch {
    /// Which IDE: jupyterlab, notebook, vscode, rstudio, or another of the catalogue.
    #[arg(long)]
    ide: String,
    /// What to call it.
    #[arg(long)]
    name: Option<String>,
    /// The folder it opens.
    #[arg(long)]
    folder: Option<String>,
    /// A named size: small, medium, large.
    #[arg(long)]
    resource_profile: Option<String>,
    /// CPUs, instead of the size's.
    #[arg(long)]
    cpus: Option<f64>,
    /// Memory in MiB, instead of the size's.
    #[arg(long)]
    memory_mb: Option<u64>,
    /// The R, by its folder: /opt/R/4.4.1.
    #[arg(long, value_name = "PATH")]
    r_version: Option<String>,
    /// The image, where sessions run in pods.
    #[arg(long)]
    image: Option<String>,
    /// GPUs, instead of the size's: 1 for one of NVIDIA, or amd:2.
    #[arg(long, value_name = "[KIND:]N", value_delimiter = ',')]
    gpus: Vec<String>,
    /// A label that the node must have. May be given more than once.
    #[arg(long, value_name = "LABEL:VALUE", value_delimiter = ',')]
    placement: Vec<String>,
    /// A variable for the IDE. May be given more than once.
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Wait until the IDE answers.
    #[arg(long)]
    wait: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(crate) struct Show {
    /// Name or id.
    session: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(crate) struct Logs {
    /// Name or id.
    session: String,
    /// Go on until it ends.
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(crate) struct Named {
    /// Name or id.
    session: String,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(crate) struct Resume {
    #[command(flatten)]
    named: Named,
    /// A named size instead of the one that it had.
    #[arg(long, value_name = "NAME")]
    resource_profile: Option<String>,
    /// CPUs instead of those that it had.
    #[arg(long, value_name = "N")]
    cpus: Option<f64>,
    /// Memory in MiB instead of what it had, as after an end for want of memory.
    #[arg(long, value_name = "N")]
    memory_mb: Option<u64>,
}

#[derive(Args)]
pub(crate) struct Stop {
    /// Name or id.
    session: String,
    /// Kill it at once.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    remote: Remote,
}

/// What the commands read of a session; the rest is passed on as it came.
#[derive(Deserialize, Serialize)]
struct Session {
    id: String,
    name: String,
    ide_name: String,
    state: String,
    word: String,
    sentence: String,
    url: String,
    cpus: f64,
    memory_mb: u64,
    r_version: Option<String>,
    image: Option<String>,
    gpus: BTreeMap<String, u32>,
    placement: BTreeMap<String, String>,
    created_at: Timestamp,
    last_active_at: Option<Timestamp>,
    generation: u32,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Session {
    fn size(&self) -> String {
        let gpus = self.gpus.iter().map(|(kind, number)| format!(", {number} {kind} GPU"));
        format!("{} CPU, {} MiB{}", self.cpus, self.memory_mb, gpus.collect::<String>())
    }
}

/// `pool:highmem, zone:a`.
fn pairs(labels: &BTreeMap<String, String>) -> String {
    labels.iter().map(|(label, value)| format!("{label}:{value}")).collect::<Vec<_>>().join(", ")
}

impl SessionCommand {
    /// Does it.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        host::block_on(async {
            match self {
                Self::List(list) => list.run().await,
                Self::Launch(launch) => launch.run().await,
                Self::Show(show) => show.run().await,
                Self::Logs(logs) => logs.run().await,
                Self::Suspend(named) => named.ask("suspend", &json!({})).await,
                Self::Resume(resume) => resume.run().await,
                Self::Stop(stop) => stop.run().await,
            }
        })
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let state = if self.stopped { "stopped" } else { "live" };
        let sessions: Vec<Session> = self.remote.open()?.get(&format!("sessions?state={state}")).await?;
        if self.json {
            return say(serde_json::to_string_pretty(&sessions)?);
        }
        if sessions.is_empty() {
            return say("No sessions. `carrel session launch --ide jupyterlab` starts one.");
        }
        let now = Clock::System.now();
        let row = |s: &Session| {
            let used = s.last_active_at.map_or_else(|| "never".into(), |at| relative(at, now));
            [s.name.clone(), s.ide_name.clone(), s.word.clone(), used, s.id.clone()]
        };
        table(["NAME", "IDE", "STATE", "LAST USED", "ID"], &sessions.iter().map(row).collect::<Vec<_>>())
    }
}

impl Launch {
    async fn run(self) -> anyhow::Result<()> {
        let mut env = Map::new();
        for pair in &self.env {
            let (name, value) = pair.split_once('=').ok_or_else(|| anyhow!("--env {pair}: NAME=VALUE is needed"))?;
            env.insert(name.into(), value.into());
        }
        let gpus = parse_gpus(&self.gpus).map_err(|fault| anyhow!("--gpus: {fault}"))?;
        let placement = parse_placement(&self.placement).map_err(|fault| anyhow!("--placement: {fault}"))?;
        let mut body = json!({
            "ide": self.ide, "name": self.name, "folder": self.folder, "resource_profile": self.resource_profile,
            "cpus": self.cpus, "memory_mb": self.memory_mb, "r_version": self.r_version, "image": self.image, "gpus": gpus,
            "placement": placement, "env": env,
        });
        if let Value::Object(fields) = &mut body {
            fields.retain(|_, value| !value.is_null() && value.as_object().is_none_or(|map| !map.is_empty()));
        }
        let api = self.remote.open()?;
        let mut session: Session = api.post("sessions", &body).await?;
        while self.wait && matches!(session.state.as_str(), "Queued" | "Starting") {
            tokio::time::sleep(LOOK_EVERY).await;
            session = api.get(&format!("sessions/{}", session.id)).await?;
        }
        if self.json {
            return say(serde_json::to_string_pretty(&session)?);
        }
        if self.wait && session.state == "Failed" {
            bail!("{}: {}", session.name, session.sentence);
        }
        say(format!("{} ({}): {}", session.name, session.id, session.word))?;
        say(self.remote.address(&session.url))
    }
}

impl Show {
    async fn run(self) -> anyhow::Result<()> {
        let session = find(&self.remote.open()?, &self.session).await?;
        if self.json {
            return say(serde_json::to_string_pretty(&session)?);
        }
        let now = Clock::System.now();
        say(format!("{}  {}", session.name, session.word))?;
        say(&session.sentence)?;
        let used = session.last_active_at.map_or_else(|| "never".into(), |at| relative(at, now));
        let facts = [
            ("Id", session.id.clone()),
            ("IDE", session.ide_name.clone()),
            ("Size", session.size()),
            ("R", session.r_version.clone().unwrap_or_default()),
            ("Image", session.image.clone().unwrap_or_default()),
            ("Placement", pairs(&session.placement)),
            ("Asked for", relative(session.created_at, now)),
            ("Last used", used),
            ("Starts", session.generation.to_string()),
            ("Address", self.remote.address(&session.url)),
        ];
        let known = facts.iter().filter(|(_, text)| !text.is_empty());
        known.into_iter().try_for_each(|(what, text)| say(format!("{what:10} {text}")))
    }
}

impl Logs {
    async fn run(self) -> anyhow::Result<()> {
        let api = self.remote.open()?;
        let session = find(&api, &self.session).await?;
        let mut answer = api.stream(&format!("sessions/{}/logs?follow={}", session.id, self.follow)).await?;
        while let Some(bytes) = answer.chunk().await? {
            pass(&bytes)?;
        }
        Ok(())
    }
}

impl Named {
    async fn ask(self, what: &str, body: &Value) -> anyhow::Result<()> {
        let api = self.remote.open()?;
        let session = find(&api, &self.session).await?;
        let session: Session = api.post(&format!("sessions/{}/{what}", session.id), body).await?;
        say(format!("{} ({}): {}", session.name, session.id, session.word))
    }
}

impl Resume {
    async fn run(self) -> anyhow::Result<()> {
        let Self { named, resource_profile, cpus, memory_mb } = self;
        let body = json!({ "resource_profile": resource_profile, "cpus": cpus, "memory_mb": memory_mb });
        named.ask("resume", &body).await
    }
}

impl Stop {
    async fn run(self) -> anyhow::Result<()> {
        let api = self.remote.open()?;
        let session = find(&api, &self.session).await?;
        api.delete(&format!("sessions/{}?force={}", session.id, self.force)).await?;
        say(format!("{} ({}): {}", session.name, session.id, if self.force { "killed" } else { "asked to stop" }))
    }
}

/// The session of this name or id. Two of one name are told apart by their ids.
async fn find(api: &Api, wanted: &str) -> anyhow::Result<Session> {
    let sessions: Vec<Session> = api.get("sessions").await?;
    let mut found: Vec<Session> = sessions.into_iter().filter(|s| s.id == wanted || s.name == wanted).collect();
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => bail!("there is no session “{wanted}”; `carrel session list` shows which there are"),
        n => {
            let ids: Vec<&str> = found.iter().map(|s| s.id.as_str()).collect();
            bail!("{n} sessions are called “{wanted}”; name one by its id: {}", ids.join(", "))
        }
    }
}
