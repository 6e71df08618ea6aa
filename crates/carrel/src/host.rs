//! What the commands of the server's host share: where its data is, and its database.

use crate::{
    commands::config::Folders,
    database,
    exit::{CANNOT_CREATE, CONFIG, failure},
};
use anyhow::Context;
use carrel_config::{
    Configuration, Database, Diagnostic,
    settings::{accounts, own},
};
use carrel_model::{AccountRules, Capacity, ID_CHARS, Size, UserName, size::sizes_of_host};
use carrel_store::{Actor, Store};
use clap::Args;
use std::{
    fs,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::PathBuf,
    time::Duration,
};

/// Where a server keeps its data.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// Folder of the database and of running sessions. Without it: `data-dir` of carrel.conf, or ~/.local/share/carrel.
    #[arg(long, env = "CARREL_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Database instead of what database.conf says, or SQLite in the data folder: `postgres://user@host/name`.
    #[arg(long, env = "CARREL_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    #[command(flatten)]
    pub(crate) folders: Folders,
}

fn default_data_dir() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    data.or_else(home).unwrap_or_else(|| PathBuf::from("/var/lib")).join("carrel")
}

impl Place {
    /// The data folder, whether it is there or not.
    pub(crate) fn data_dir(&self) -> PathBuf {
        let of_files = || own::data_dir(&Configuration::load(&self.folders.lookup()));
        self.data_dir.clone().or_else(of_files).unwrap_or_else(default_data_dir)
    }

    /// Makes the data folder (mode 0700) unless it is there, and answers its full path.
    pub(crate) fn make(&self) -> anyhow::Result<PathBuf> {
        let data_dir = self.data_dir();
        let refuse = |e: std::io::Error| {
            let why = format!("the data folder {} cannot be used: {e}", data_dir.display());
            failure(CANNOT_CREATE, format!("{why}. Choose another with --data-dir, or change who may write there"))
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&data_dir).map_err(refuse)?;
        let folder = data_dir.canonicalize().map_err(refuse)?;
        tempfile_in(&folder).map_err(refuse)?;
        let mode = fs::metadata(&folder).map_err(refuse)?.permissions().mode();
        if mode & 0o022 != 0 {
            let what = format!("the data folder {} can be written to by other accounts", folder.display());
            return Err(failure(CANNOT_CREATE, format!("{what} (mode {:04o}): chmod 0700 it", mode & 0o7777)));
        }
        Ok(folder)
    }

    /// Which numbers and folders new users get, as the files say. Errors elsewhere in them are no concern of it.
    pub(crate) fn account_rules(&self) -> anyhow::Result<AccountRules> {
        let told = |told: Vec<Diagnostic>| told.iter().map(Diagnostic::to_string).collect::<Vec<_>>().join("\n");
        let files = Configuration::load(&self.folders.lookup());
        accounts::of_files(&files).map_err(|errors| failure(CONFIG, told(errors)))
    }

    /// The database that the command line names.
    pub(crate) fn database(&self) -> Option<Database> {
        self.database.as_deref().map(Database::at)
    }

    /// Opens the database of the server and brings it up to date.
    pub(crate) async fn store(&self) -> anyhow::Result<Store> {
        let folder = self.make()?;
        let (database, files) = database::of_files(self, &folder)?;
        database::open(self, database, &files, Duration::ZERO).await
    }
}

fn tempfile_in(folder: &std::path::Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".carrel-can-write-{}", std::process::id()));
    fs::write(&probe, b"")?;
    fs::remove_file(probe)
}

/// What this host has. Memory is `MemTotal` of `/proc/meminfo`, or 4 GiB where that cannot be read.
pub(crate) fn capacity() -> Capacity {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    Capacity { cpus: f64::from(u32::try_from(cpus).unwrap_or(u32::MAX)), memory_mb: kib.map_or(4096, |kib| kib / 1024) }
}

/// The sizes that fit this host.
pub(crate) fn sizes() -> Vec<Size> {
    let Capacity { cpus, memory_mb } = capacity();
    sizes_of_host(cpus, memory_mb)
}

/// The name of the account that runs this, or its number where it has none.
pub(crate) fn account() -> String {
    let uid = nix::unistd::getuid();
    nix::unistd::User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
}

/// Who stands in the audit for what is done on the host: the account's name.
pub(crate) fn actor() -> Actor {
    Actor { user: None, name: format!("{} (command line)", account()), address: None }
}

/// Random bytes for an id.
pub(crate) fn random() -> anyhow::Result<[u8; ID_CHARS]> {
    let mut bytes = [0; ID_CHARS];
    getrandom::fill(&mut bytes).map_err(|e| anyhow::anyhow!("the system gives no random bytes: {e}"))?;
    Ok(bytes)
}

/// The user of this name, or an error that says how to see which there are.
pub(crate) async fn user(store: &Store, name: &UserName) -> anyhow::Result<carrel_model::User> {
    let found = store.user_by_name(name).await?;
    found.with_context(|| format!("there is no user “{name}”; `carrel user list` shows who there is"))
}

/// Runs a command's future on a runtime of its own.
pub(crate) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}
