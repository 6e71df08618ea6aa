//! Carrel as people run it: `carrel serve`, a sign-in, sessions whose IDE is the backend on a Unix socket.

use super::{Row, Running};
use crate::{
    lab::{Lab, text},
    load::{Door, call, in_time},
    process::{self, Group},
    program::{self, Program, within},
};
use anyhow::{Context, bail};
use http::{Method, StatusCode, header};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The user of the bench.
const USER: &str = "bench";
const PASSWORD: &str = "the bench signs in";
/// The id of the backend in the catalogue.
pub(crate) const ECHO: &str = "echo";
/// How long a session has to start, and to end.
const SESSION_PATIENCE: Duration = Duration::from_mins(2);

/// A Carrel that runs, with somebody signed in.
pub(crate) struct Carrel {
    program: Program,
    /// The way in, without a session.
    door: Door,
    sessions: Sessions,
}

/// The sessions of a Carrel: they outlive it, and end when this is dropped.
pub(crate) struct Sessions {
    agent: PathBuf,
    folder: TempDir,
}

impl Sessions {
    /// Their agents.
    pub(crate) fn agents(&self) -> Vec<i32> {
        process::running(&self.agent, &text(self.folder.path()))
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        self.agents().into_iter().for_each(|pid| program::end(pid, Signal::SIGTERM));
    }
}

/// Carrel with one session, seen as the server alone and as all of Carrel's part of the way.
pub(super) async fn with_session(lab: &Lab) -> anyhow::Result<Running> {
    let carrel = Carrel::start(lab).await?;
    let session = carrel.launch(ECHO, "small").await?.session;
    let agents = carrel.sessions.agents();
    if agents.is_empty() {
        bail!("the session runs, and its agent is not found");
    }
    let server = carrel.program.pid()?;
    // Without what they started: agents stand below the server that started them, and the IDE below its agent.
    let together = std::iter::once(server).chain(agents.iter().copied()).collect();
    let rows = vec![
        Row { name: "Carrel, server", group: Group::alone(vec![server]) },
        Row { name: "Carrel, server + agent", group: Group::alone(together) },
    ];
    let door = carrel.door_of(&session);
    Ok(Running { door, rows, children: vec![carrel.program], sessions: Some(carrel.sessions) })
}

/// A session that came up.
pub(crate) struct Launched {
    /// Its id.
    pub(crate) session: String,
    /// From the answer that accepts it to the first answer of the IDE through the proxy.
    pub(crate) took: Duration,
}

impl Carrel {
    /// Starts it in a folder of its own, and signs somebody in.
    pub(crate) async fn start(lab: &Lab) -> anyhow::Result<Self> {
        let carrel = lab.programs.carrel.as_ref().context("carrel is not there")?;
        let agent = lab.programs.agent.as_ref().context("carrel-agent is not there")?;
        let sessions = Sessions { agent: agent.canonicalize()?, folder: lab.folder_of_account("data-")? };
        let folder = sessions.folder.path();
        let account = lab.programs.account.as_deref();
        let mut add = program::command(account, carrel);
        add.args(["user", "add", USER, "--password-stdin", "--data-dir"]).arg(folder);
        add_user(&mut add.into_std())?;
        let ides = lab.path("ides");
        std::fs::create_dir_all(&ides)?;
        std::fs::write(ides.join("echo.toml"), entry(&lab.me)?)?;
        let mut serve = program::command(account, carrel);
        serve.args(["serve", "--listen", "127.0.0.1:0", "--suspend-after", "0", "--log-level", "warn", "--data-dir"]);
        serve.arg(folder).arg("--agent").arg(agent).arg("--ides").arg(&ides);
        if let Some(ide_path) = &lab.programs.ide_path {
            serve.arg("--ide-path").arg(ide_path);
        }
        let log = lab.path("carrel.log");
        let (program, address) =
            Program::start_and_read("carrel", &mut serve, &log, "Carrel listens on http://").await?;
        let door = Door { address: address.parse()?, prefix: "/".into(), cookie: String::new(), guarded: true };
        let mut carrel = Self { program, door, sessions };
        carrel.door.cookie = carrel.sign_in().await?;
        Ok(carrel)
    }

    async fn sign_in(&self) -> anyhow::Result<String> {
        let body = json!({ "user": USER, "password": PASSWORD }).to_string();
        let (status, headers, body) = call(&self.door, Method::POST, "/api/v1/sign-in", Some(body)).await?;
        let cookies = headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        let cookie = cookies.filter_map(|line| line.split(';').next()).find(|pair| pair.starts_with("carrel="));
        let said = || format!("signing in was answered {status}: {}", String::from_utf8_lossy(&body));
        Ok(cookie.with_context(said)?.to_owned())
    }

    /// Launches a session, and waits until `path` below its address answers 200.
    pub(crate) async fn launch(&self, ide: &str, path: &str) -> anyhow::Result<Launched> {
        let asked = Some(json!({ "ide": ide }).to_string());
        let (status, _, body) = call(&self.door, Method::POST, "/api/v1/sessions", asked).await?;
        let began = Instant::now();
        if status != StatusCode::ACCEPTED {
            bail!("a launch of {ide} was answered {status}: {}", String::from_utf8_lossy(&body));
        }
        let view: Value = serde_json::from_slice(&body)?;
        let session = view["id"].as_str().context("the answer to a launch has no id")?.to_owned();
        let path = format!("{}{path}", self.door_of(&session).prefix);
        let mut looked = began;
        within(SESSION_PATIENCE, &format!("{ide} to answer"), async || {
            let (status, _, body) = in_time(call(&self.door, Method::GET, &path, None)).await?;
            if status == StatusCode::OK && !is_page(&body) {
                return Ok(Some(()));
            }
            // Seldom, for each question takes time from the start.
            if looked.elapsed() > Duration::from_secs(1) {
                let view = self.view(&session).await?;
                if matches!(view["state"].as_str(), Some("Failed" | "Stopped" | "Lost")) {
                    bail!("{ide} did not start: {}", view["cause"]);
                }
                looked = Instant::now();
            }
            Ok(None)
        })
        .await?;
        Ok(Launched { session, took: began.elapsed() })
    }

    /// Quits a session, and waits for its end.
    pub(crate) async fn quit(&self, session: &str) -> anyhow::Result<()> {
        call(&self.door, Method::DELETE, &format!("/api/v1/sessions/{session}?force=true"), None).await?;
        within(SESSION_PATIENCE, "a session to end", async || {
            Ok((self.view(session).await?["state"] == "Stopped").then_some(()))
        })
        .await
    }

    async fn view(&self, session: &str) -> anyhow::Result<Value> {
        let (_, _, body) = in_time(call(&self.door, Method::GET, &format!("/api/v1/sessions/{session}"), None)).await?;
        Ok(serde_json::from_slice(&body)?)
    }

    fn door_of(&self, session: &str) -> Door {
        Door { prefix: format!("/s/{session}/"), ..self.door.clone() }
    }

    /// Ends it, with what is left of its sessions.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        drop(self.sessions);
        self.program.stop().await
    }
}

/// Whether it is one of Carrel's own pages, which stand at a session's address while it starts.
fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().to_ascii_lowercase().starts_with(b"<!doctype html")
}

fn add_user(command: &mut std::process::Command) -> anyhow::Result<()> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    writeln!(child.stdin.take().context("it takes no password")?, "{PASSWORD}")?;
    let status = child.wait()?;
    if !status.success() {
        bail!("`carrel user add` ended with {status}");
    }
    Ok(())
}

/// The backend as an entry of the administrator's.
fn entry(me: &Path) -> anyhow::Result<String> {
    let name = me.file_name().context("a program without a name")?.to_string_lossy();
    let place = text(me.parent().context("a program without a folder")?);
    Ok(format!(
        "id = \"{ECHO}\"
name = \"Echo\"

[program]
requires = [\"{name}\"]
places = [\"{place}\"]

[start]
command = [\"{{program}}\", \"backend\", \"--socket\", \"{{socket}}\"]

[http]
strip_prefix = false
ready = \"{{prefix}}small\"
"
    ))
}
