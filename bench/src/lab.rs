//! What all subjects share: a folder, the program behind them, and where their programs are.

use crate::{
    process,
    program::{self, Program},
};
use anyhow::Context;
use clap::Args;
use nix::unistd::{User, chown};
use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// The sign-in that the peers ask for: as long as Carrel's own.
pub(crate) const COOKIE: &str = "carrel=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
/// What stands before the names behind the peers: as long as a session's address.
pub(crate) const PREFIX: &str = "/s/0123456789abcdefghij/";

/// Where the programs of the subjects are. A subject whose program is not named is left out.
#[derive(Debug, Args)]
pub(crate) struct Programs {
    /// `carrel`
    #[arg(long)]
    pub(crate) carrel: Option<PathBuf>,
    /// `carrel-agent`
    #[arg(long)]
    pub(crate) agent: Option<PathBuf>,
    /// The account that `carrel` runs as: it refuses to be root
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// The folder of IDE programs, for the times of starts
    #[arg(long)]
    pub(crate) ide_path: Option<PathBuf>,
    /// `nginx`
    #[arg(long)]
    pub(crate) nginx: Option<PathBuf>,
    /// `haproxy`
    #[arg(long)]
    pub(crate) haproxy: Option<PathBuf>,
    /// `node`, for configurable-http-proxy
    #[arg(long)]
    pub(crate) node: Option<PathBuf>,
    /// The folder of the npm package configurable-http-proxy
    #[arg(long)]
    pub(crate) chp: Option<PathBuf>,
}

/// What all subjects share.
pub(crate) struct Lab {
    /// Where the programs are.
    pub(crate) programs: Programs,
    /// This program, which is also the backend.
    pub(crate) me: PathBuf,
    /// Where the backend listens.
    pub(crate) backend: SocketAddr,
    /// Where nginx asks whether somebody may pass.
    pub(crate) auth: SocketAddr,
    /// How many files a process may have open.
    pub(crate) files: u64,
    folder: TempDir,
    children: Vec<Program>,
}

impl Lab {
    /// Starts the backend. A second one answers the questions of nginx: its CPU time counts for nobody.
    pub(crate) async fn open(programs: Programs) -> anyhow::Result<Self> {
        let files = process::raise_file_limit()?;
        let folder = tempfile::Builder::new().prefix("carrel-bench-").tempdir()?;
        // Servers that run as another account look into it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let me = std::env::current_exe()?;
        let log = folder.path().join("backend.log");
        let mut children = Vec::new();
        let mut addresses = Vec::new();
        for name in ["the backend", "the backend for auth_request"] {
            let mut command = program::command(None, &me);
            command.args(["backend", "--listen", "127.0.0.1:0", "--cookie", COOKIE]);
            let (child, address) = Program::start_and_read(name, &mut command, &log, "").await?;
            children.push(child);
            addresses.push(address.parse()?);
        }
        let [backend, auth] = addresses[..] else { unreachable!("two were started") };
        Ok(Self { programs, me, backend, auth, files, folder, children })
    }

    /// Ends what it started.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        for child in self.children {
            child.stop().await?;
        }
        Ok(self.folder.close()?)
    }

    /// The number of the backend's process.
    pub(crate) fn backend_pid(&self) -> anyhow::Result<i32> {
        self.children.first().context("the backend was not started")?.pid()
    }

    /// A file of the shared folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the shared folder.
    pub(crate) fn write(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.path(name);
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(path)
    }

    /// A new folder that belongs to the account that `carrel` runs as.
    pub(crate) fn folder_of_account(&self, name: &str) -> anyhow::Result<TempDir> {
        let folder = tempfile::Builder::new().prefix(name).tempdir_in(self.folder.path())?;
        if let Some(account) = &self.programs.account {
            let user = User::from_name(account)?.with_context(|| format!("there is no account {account}"))?;
            chown(folder.path(), Some(user.uid), Some(user.gid))?;
        }
        Ok(folder)
    }
}

/// The path as text: all paths here are our own.
pub(crate) fn text(path: &Path) -> String {
    path.display().to_string()
}
