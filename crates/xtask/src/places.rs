//! Where things lie, and as whom the server runs.

use anyhow::{Context, bail};
use nix::unistd::{Uid, User};
use std::{
    env,
    ffi::OsStr,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

/// The account that a server started by root runs as.
pub(crate) const ACCOUNT: &str = "carrel";
/// Its home folder, outside root's.
pub(crate) const ACCOUNT_HOME: &str = "/var/lib/carrel";

/// Where things lie.
pub(crate) struct Places {
    /// This clone.
    pub(crate) root: PathBuf,
    /// What is installed once and shared by clones: IDEs, Node, built programs.
    pub(crate) cache: PathBuf,
    /// The database and runs of `up`.
    pub(crate) data: PathBuf,
    /// The folders with the server's configuration files, when they are not the usual ones.
    pub(crate) config: Vec<PathBuf>,
    /// Whether the server runs as the account of its own, since this is root.
    pub(crate) as_account: bool,
}

impl Places {
    /// The places of this clone and this user.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("xtask lies outside the project")?;
        let as_account = Uid::effective().is_root();
        let (cache, data) = if as_account {
            // The data lies where the account would have it, were it started by hand as that account.
            ("/var/cache/carrel".into(), Path::new(ACCOUNT_HOME).join(".local/share/carrel"))
        } else {
            (user_folder("XDG_CACHE_HOME", ".cache")?, user_folder("XDG_DATA_HOME", ".local/share")?)
        };
        fs::create_dir_all(&cache).with_context(|| format!("{} cannot be made", cache.display()))?;
        Ok(Self { root: root.into(), cache, data, config: Vec::new(), as_account })
    }

    /// A program that runs as the server does: ended together with xtask, and never as root.
    pub(crate) fn as_server(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM"]);
        if self.as_account {
            command.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups", "--reset-env"]);
            // The account may not be able to stand where root stands.
            command.current_dir("/");
        }
        command.arg("--").arg(program);
        command
    }

    /// The arguments of `carrel` that say where data and configuration are.
    pub(crate) fn arguments(&self) -> Vec<&OsStr> {
        let folders = self.config.iter().flat_map(|folder| ["--config-dir".as_ref(), folder.as_os_str()]);
        ["--data-dir".as_ref(), self.data.as_os_str()].into_iter().chain(folders).collect()
    }

    /// Holds everybody else off one kind of work in the cache, until the file is dropped.
    pub(crate) fn lock(&self, name: &str, wait: impl FnOnce()) -> anyhow::Result<File> {
        let path = self.cache.join(format!(".{name}.lock"));
        let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
        if file.try_lock().is_err() {
            wait();
            file.lock()?;
        }
        Ok(file)
    }
}

fn user_folder(variable: &str, usual: &str) -> anyhow::Result<PathBuf> {
    if let Some(folder) = env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute()) {
        return Ok(folder.join("carrel"));
    }
    match env::var_os("HOME") {
        Some(home) if !home.is_empty() => Ok(Path::new(&home).join(usual).join("carrel")),
        _ => bail!("neither {variable} nor HOME is set: nowhere to keep things"),
    }
}

/// Makes the account that the server runs as, when it is not there. True when it was made.
pub(crate) fn make_account() -> anyhow::Result<bool> {
    if User::from_name(ACCOUNT)?.is_some() {
        return Ok(false);
    }
    // With a shell, since terminals of sessions start it; without a password, so nobody signs in with it.
    let made = Command::new("useradd")
        .args(["--system", "--user-group", "--create-home", "--home-dir", ACCOUNT_HOME, "--shell", "/bin/bash"])
        .args(["--comment", "Carrel", ACCOUNT])
        .output()
        .context("useradd could not be started (Debian package: passwd)")?;
    if !made.status.success() {
        bail!("the account {ACCOUNT} could not be made: {}", String::from_utf8_lossy(&made.stderr).trim());
    }
    fs::set_permissions(ACCOUNT_HOME, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(true)
}
