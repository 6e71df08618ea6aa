//! A data folder with a launcher over it, real agents, and a stand-in for an IDE (`stand_in_ide.py` of carrel-agent).

use async_trait::async_trait;
use carrel_agent::{folder::RunFolder, process};
use carrel_local::{LocalLauncher, LocalSettings};
use carrel_model::{Plan, RunId};
use carrel_sessions::{
    contract::{self, GREETING, Heard, StandIn, new_run},
    launcher::{Launcher, Seen},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// A data folder of a test.
pub(crate) struct Local(tempfile::TempDir);

impl Local {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// For the contract, whose places may take their time.
    #[expect(clippy::unused_async, reason = "other places have to wait")]
    pub(crate) async fn fresh() -> Self {
        Self::new()
    }

    pub(crate) fn dir(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn open(&self) -> LocalLauncher {
        open(self.dir())
    }

    pub(crate) fn folder(&self, run: &RunId) -> RunFolder {
        folder(self.dir(), run)
    }

    /// A run that is ready, and what is reported from then on.
    pub(crate) async fn ready(&self, launcher: &LocalLauncher, plan: &Plan) -> (RunId, Heard) {
        let (run, mut reports) = (new_run(), Heard::of(launcher));
        launcher.start(&run, plan).await.unwrap();
        reports.until(&run, |seen| matches!(seen, Seen::Ready(_))).await;
        (run, reports)
    }
}

impl Drop for Local {
    /// A test that failed leaves runs behind, of which nobody would know once the folder is gone.
    fn drop(&mut self) {
        let names = std::fs::read_dir(self.dir().join("run")).into_iter().flatten().flatten();
        for name in names.filter_map(|entry| entry.file_name().into_string().ok()) {
            let agent = RunFolder::new(self.dir().join("run").join(&name)).read_pid();
            let alive = |pid: i32, start: u64| process::Stat::of(pid).is_some_and(|stat| stat.start_ticks == start);
            let agent = agent.filter(|agent| alive(agent.pid, agent.start_ticks)).map(|agent| agent.pid);
            let left = process::all().map(|(pid, _)| pid).filter(|pid| process::belongs_to(*pid, &name));
            for pid in agent.into_iter().chain(left) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
    }
}

#[async_trait]
impl contract::Place for Local {
    async fn launcher(&self) -> Arc<dyn Launcher> {
        Arc::new(self.open())
    }

    fn plan(&self, ide: StandIn) -> Plan {
        match ide {
            StandIn::Good => plan(&[]),
            StandIn::Deaf => plan(&["--ignore-term"]),
            StandIn::Fails => plan(&["--exit", "3"]),
            StandIn::Missing => contract::plan(vec!["/no/such/program/of-an-ide".into()]),
        }
    }
}

pub(crate) fn folder(dir: &Path, run: &RunId) -> RunFolder {
    RunFolder::new(dir.join("run").join(run.to_string()))
}

pub(crate) fn open(dir: &Path) -> LocalLauncher {
    LocalLauncher::open(LocalSettings { data_dir: dir.to_owned(), agent: agent() }).unwrap()
}

/// A plan for the stand-in with these arguments.
pub(crate) fn plan(arguments: &[&str]) -> Plan {
    let stand_in = concat!(env!("CARGO_MANIFEST_DIR"), "/../carrel-agent/tests/stand_in_ide.py");
    let command = ["/usr/bin/python3", stand_in, "{socket}", "--say", GREETING.trim_end()];
    contract::plan(command.iter().chain(arguments).map(ToString::to_string).collect())
}

/// The agent, which cargo builds into the folder above that of the tests.
fn agent() -> PathBuf {
    let me = std::env::current_exe().unwrap();
    let agent = me.parent().unwrap().parent().unwrap().join("carrel-agent");
    assert!(
        agent.exists(),
        "{} is missing: build it with `cargo build -p carrel-agent`, as `cargo xtask test` does",
        agent.display()
    );
    agent
}

/// Whether a process of this number lives.
pub(crate) fn lives(pid: i32) -> bool {
    process::Stat::of(pid).is_some_and(|stat| stat.state != 'Z')
}
