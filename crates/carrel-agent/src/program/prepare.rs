//! What has to be there before the IDE is started: its program, the folders, the files, the secret.

use crate::{folder::RunFolder, pod, process, program::fill::Variables};
use carrel_model::{Container, Plan, plan::PlanFile};
use nix::unistd::{AccessFlags, access};
use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Where programs are looked for when the account does not say where.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// What is missing.
#[derive(Debug)]
pub(crate) enum Missing {
    /// The program.
    Program(String),
    /// A home folder.
    Home,
    /// The folder to work in.
    Folder(PathBuf),
    /// A file could not be written.
    File(PathBuf, io::Error),
    /// The file system that holds this has no room.
    Room(PathBuf),
    /// Not even a process.
    Process(io::Error),
}

/// The variables of the account, as they were handed to the agent.
pub(crate) type Account = BTreeMap<String, String>;

/// What the plan says, with nothing left to be looked up.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The program, by its full path.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
    /// Its whole environment.
    pub(crate) environment: BTreeMap<String, String>,
    /// Where it begins to work.
    pub(crate) folder: PathBuf,
    /// The home folder.
    pub(crate) home: PathBuf,
    /// The variables of the plan. The secret is not among them.
    pub(crate) variables: Variables,
}

/// The variables of the account that the plan runs as.
pub(crate) fn account(plan: &Plan) -> Account {
    let own = std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
    match &plan.container {
        None => own.filter(|(name, _)| process::is_account_variable(name)).collect(),
        Some(container) => in_container(plan, container, own),
    }
}

/// What a container has is the account's, as its image and its pod say, but for what is the agent's. Who the account is
/// says the plan: the image knows nothing of it.
fn in_container(plan: &Plan, container: &Container, own: impl Iterator<Item = (String, String)>) -> Account {
    let mut account: Account = own.filter(|(name, _)| !name.starts_with(pod::OWN_VARIABLES)).collect();
    let path = |path: &Path| path.to_string_lossy().into_owned();
    account.insert("HOME".into(), path(&container.account.home));
    account.insert("SHELL".into(), path(&container.account.shell));
    for name in ["USER", "LOGNAME"] {
        account.insert(name.into(), plan.user.as_str().to_owned());
    }
    account
}

impl Prepared {
    /// Finds the program and the folders.
    pub(crate) fn new(plan: &Plan, run: &str, folder: &RunFolder, account: &Account) -> Result<Self, Missing> {
        let home = account.get("HOME").map(PathBuf::from).filter(|home| home.is_dir()).ok_or(Missing::Home)?;
        let work = plan.folder.as_ref().map_or_else(|| home.clone(), |folder| home.join(folder));
        if !work.is_dir() || access(&work, AccessFlags::X_OK).is_err() {
            return Err(Missing::Folder(work));
        }
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let variables = Variables::new(vec![
            ("socket", text(folder.ide())),
            ("ipc", text(folder.ipc())),
            ("run", text(folder.path().to_owned())),
            ("secret_file", text(folder.secret())),
            ("home", text(home.clone())),
            ("folder", text(work.clone())),
            ("user", plan.user.as_str().to_owned()),
            ("account", account_name(plan, account)),
            ("path", account.get("PATH").map_or(USUAL_PATH, |path| path).to_owned()),
        ]);
        let environment = environment(plan, run, &variables, account);
        let mut command = plan.command.iter().map(|text| variables.fill(text));
        let name = command.next().unwrap_or_default();
        let program = find(&name, environment.get("PATH")).ok_or(Missing::Program(name))?;
        Ok(Self { program, arguments: command.collect(), environment, folder: work, home, variables })
    }

    /// Writes the secret and the files of the plan. Returns the secret.
    pub(crate) fn write(&self, plan: &Plan, folder: &RunFolder) -> Result<String, Missing> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| Missing::Process(io::Error::other(error)))?;
        let secret: String = random.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex).collect();
        write_new(&folder.secret(), secret.as_bytes(), false).map_err(|error| refused(folder.secret(), error))?;
        for file in &plan.files {
            self.write_file(file)?;
        }
        Ok(secret)
    }

    fn write_file(&self, file: &PlanFile) -> Result<(), Missing> {
        let path = PathBuf::from(self.variables.fill(&file.path));
        let text = self.variables.fill(&file.text);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| refused(parent.to_owned(), error))?;
        }
        write_new(&path, text.as_bytes(), file.keep).map_err(|error| refused(path, error))
    }
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0')
}

/// The system account that the run has. Asking the system would need name look-ups, which a static program has not.
fn account_name(plan: &Plan, account: &Account) -> String {
    let name = ["USER", "LOGNAME"].into_iter().find_map(|name| account.get(name));
    name.map_or_else(|| plan.user.as_str().to_owned(), Clone::clone)
}

/// What the IDE gets to see: the account's own variables, those of the plan, and the name of the run.
fn environment(plan: &Plan, run: &str, variables: &Variables, account: &Account) -> BTreeMap<String, String> {
    let mut environment = account.clone();
    for name in ["USER", "LOGNAME"] {
        environment.entry(name.into()).or_insert_with(|| account_name(plan, account));
    }
    environment.entry("SHELL".into()).or_insert_with(|| "/bin/sh".into());
    environment.entry("PATH".into()).or_insert_with(|| USUAL_PATH.into());
    environment.entry("LANG".into()).or_insert_with(|| "C.UTF-8".into());
    environment.extend(plan.env.iter().map(|(name, text)| (name.clone(), variables.fill(text))));
    environment.insert(process::RUN_VARIABLE.into(), run.into());
    environment
}

/// The program `name`, as a shell would find it.
fn find(name: &str, path: Option<&String>) -> Option<PathBuf> {
    let runs = |path: &PathBuf| path.is_file() && access(path, AccessFlags::X_OK).is_ok();
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(runs);
    }
    let folders = path.map(String::as_str).unwrap_or_default().split(':').filter(|folder| folder.starts_with('/'));
    folders.map(|folder| Path::new(folder).join(name)).find(runs)
}

fn refused(path: PathBuf, error: io::Error) -> Missing {
    if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        Missing::Room(path)
    } else {
        Missing::File(path, error)
    }
}

/// Writes a file of mode 0600, whole or not at all. With `keep` one that is there stays.
pub(crate) fn write_new(path: &Path, bytes: &[u8], keep: bool) -> io::Result<()> {
    if keep && path.exists() {
        return Ok(());
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    let new = path.with_file_name(name);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        // Some file systems tell only now that they have no room.
        file.sync_all()?;
        fs::rename(&new, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

#[cfg(test)]
mod tests;
