//! How long a session takes to come up, over the same program started by hand.

use crate::{
    figures::{Spread, spread},
    lab::{Lab, text},
    load::in_time,
    program::{self, Program, within},
    screen::say,
    subject::{Carrel, ECHO},
};
use anyhow::Context;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::net::UnixStream;

/// What is started.
#[derive(Debug, Clone, Copy)]
struct Ide {
    id: &'static str,
    name: &'static str,
    /// Below the address of the session.
    ready: &'static str,
    times: u32,
}

/// The times of one kind of session.
#[derive(Debug)]
pub(crate) struct Starts {
    /// What was started.
    pub(crate) name: &'static str,
    /// How often.
    pub(crate) times: u32,
    /// By hand: from the start of the program to its first answer.
    pub(crate) by_hand: Spread,
    /// By Carrel: from its "accepted" to the first answer through the proxy.
    pub(crate) by_carrel: Spread,
    /// The difference, pair by pair, for the two take turns.
    pub(crate) more: Spread,
}

/// Measures the kinds of session that are there.
pub(crate) async fn measure(lab: &Lab, quick: bool) -> anyhow::Result<Vec<Starts>> {
    let mut ides = vec![Ide { id: ECHO, name: "stand-in", ready: "small", times: if quick { 3 } else { 20 } }];
    let lab_program = lab.programs.ide_path.as_ref().map(|path| path.join("jupyter-lab"));
    if lab_program.is_some_and(|program| program.exists()) {
        ides.push(Ide { id: "jupyterlab", name: "JupyterLab", ready: "api/status", times: if quick { 1 } else { 7 } });
    }
    let carrel = Carrel::start(lab).await?;
    let mut all = Vec::new();
    for ide in ides {
        say(&format!("starts of {}: {} times", ide.name, ide.times));
        all.push(starts(lab, &carrel, ide).await.with_context(|| format!("the starts of {}", ide.name))?);
    }
    carrel.stop().await?;
    Ok(all)
}

async fn starts(lab: &Lab, carrel: &Carrel, ide: Ide) -> anyhow::Result<Starts> {
    let (mut by_hand, mut by_carrel, mut more) = (Vec::new(), Vec::new(), Vec::new());
    for time in 0..=ide.times {
        let hand = start_by_hand(lab, ide).await?.as_secs_f64() * 1e3;
        let launched = carrel.launch(ide.id, ide.ready).await?;
        carrel.quit(&launched.session).await?;
        let took = launched.took.as_secs_f64() * 1e3;
        // The first reads programs from the disk, and is not counted.
        if time > 0 {
            by_hand.push(hand);
            by_carrel.push(took);
            more.push(took - hand);
        }
    }
    let spread = |values| spread(values).context("nothing was measured");
    Ok(Starts {
        name: ide.name,
        times: ide.times,
        by_hand: spread(by_hand)?,
        by_carrel: spread(by_carrel)?,
        more: spread(more)?,
    })
}

/// Starts the same program without Carrel; what it serves is asked on its socket.
async fn start_by_hand(lab: &Lab, ide: Ide) -> anyhow::Result<Duration> {
    let folder = lab.folder_of_account("hand-")?;
    let socket = folder.path().join("ide.sock");
    let mut command = by_hand(lab, ide, &socket, folder.path())?;
    let began = Instant::now();
    let program = Program::start(ide.name, &mut command, &lab.path("by-hand.log"))?;
    let path = format!("/s/hand/{}", ide.ready);
    within(Duration::from_mins(2), ide.name, async || {
        Ok(matches!(in_time(ask(&socket, &path)).await, Ok(StatusCode::OK)).then_some(()))
    })
    .await?;
    let took = began.elapsed();
    program.stop().await?;
    Ok(took)
}

fn by_hand(lab: &Lab, ide: Ide, socket: &Path, home: &Path) -> anyhow::Result<tokio::process::Command> {
    let account = lab.programs.account.as_deref();
    if ide.id == ECHO {
        let mut command = program::command(account, &lab.me);
        command.args(["backend", "--socket"]).arg(socket);
        return Ok(command);
    }
    let program: PathBuf = lab.programs.ide_path.as_ref().context("no folder of IDEs")?.join("jupyter-lab");
    let mut command = program::command(account, program);
    command.args(["--no-browser", "--ServerApp.base_url=/s/hand/", "--ServerApp.port=8888"]);
    command.args(["--ServerApp.sock_mode=0600", "--IdentityProvider.token=", "--ServerApp.allow_remote_access=True"]);
    command.args(["--ServerApp.quit_button=False", "--LabApp.extension_manager=readonly"]);
    command.arg(format!("--ServerApp.sock={}", text(socket)));
    command.arg(format!("--ServerApp.root_dir={}", text(home)));
    Ok(command)
}

async fn ask(socket: &Path, path: &str) -> anyhow::Result<StatusCode> {
    let stream = UnixStream::connect(socket).await?;
    let (mut send, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::get(path).header(header::HOST, "localhost").body(Empty::<Bytes>::new())?;
    let answer = send.send_request(request).await?;
    let status = answer.status();
    answer.into_body().collect().await?;
    connection.abort();
    Ok(status)
}
