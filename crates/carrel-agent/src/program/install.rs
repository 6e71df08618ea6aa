//! `carrel-agent install`: what the init container of a pod does, as the user of the session.
//!
//! It makes the key of the agent and announces its certificate; copies the agent where the container of the IDE finds it, whatever image that is; writes the accounts and groups of
//! the container, in which the user has a name; and makes the home folder in the volume of all home folders, which no other
//! container sees as a whole.

mod accounts;
mod home;

pub(crate) use accounts::Account;

use crate::{
    folder::RunFolder,
    pod::{GROUP, PASSWD, PROGRAM, termination_message},
    protocol::End,
    trust::{AgentKey, Pin},
};
use carrel_model::{Cause, Clock, Ending, Who};
use nix::{sys::stat, unistd::getuid};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// What `carrel-agent install` is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// Where the program and the files go.
    pub(crate) to: PathBuf,
    /// The folder of the run, for the agent's key.
    pub(crate) run_folder: RunFolder,
    /// As whom the session runs, and this program already does.
    pub(crate) account: Account,
    /// The volume of home folders, and the name of this one in it.
    pub(crate) home: Option<(PathBuf, String)>,
    /// The accounts of the image.
    pub(crate) passwd: PathBuf,
    /// The groups of the image.
    pub(crate) group: PathBuf,
    /// Where the kubelet looks for the certificate, or what went wrong.
    pub(crate) termination_log: PathBuf,
}

/// Installs, and answers the exit code. The kubelet is told the agent's certificate, or what went wrong, which is said in
/// one line, too.
pub fn install(install: &Install) -> u8 {
    stat::umask(stat::Mode::from_bits_truncate(0o022));
    let installed = try_install(install, getuid().as_raw());
    let message = match &installed {
        Ok(pin) => pin.announcement(),
        Err(cause) => {
            let _ = writeln!(io::stdout(), "{}", cause.text.replace('\n', " "));
            let ending = Ending::Failed { cause: cause.clone() };
            termination_message(&End { at: Clock::System.now(), ending, last_output: String::new() })
        }
    };
    // It is a file of the kubelet's, mounted alone: it cannot be replaced, only written.
    let told = fs::write(&install.termination_log, message);
    if let Err(error) = &told {
        let _ = writeln!(io::stdout(), "{} cannot be written: {error}", install.termination_log.display());
    }
    u8::from(installed.is_err() || told.is_err())
}

fn try_install(install: &Install, uid: u32) -> Result<Pin, Cause> {
    let account = &install.account;
    account.check().map_err(|wrong| refused(format!("The account of the session cannot be used: {wrong}.")))?;
    if uid != account.uid {
        let text = format!("The pod runs as the account {uid} and not as {} ({}).", account.uid, account.name);
        return Err(refused(text));
    }
    let etc = install.to.join("etc");
    let made = fs::create_dir_all(&etc).and_then(|()| copy_program(&install.to.join(PROGRAM)));
    made.map_err(|error| not_written(&install.to, &error))?;
    let files = [
        (PASSWD, account.merged_passwd(&read(&install.passwd)?)),
        (GROUP, account.merged_group(&read(&install.group)?)),
    ];
    for (name, text) in files {
        let path = install.to.join(name);
        write(&path, text.as_bytes(), 0o644).map_err(|error| not_written(&path, &error))?;
    }
    if let Some((root, name)) = &install.home {
        home::make(root, name, account.uid, account.gid)?;
    }
    make_key(&install.run_folder.key())
}

/// Makes what the agent's key comes of. Who tries again has another.
fn make_key(path: &Path) -> Result<Pin, Cause> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| refused(format!("There are no random numbers: {error}.")))?;
    let key = AgentKey::new(&random).map_err(|error| refused(format!("There is no key for the agent: {error}.")))?;
    write(path, &random, 0o600).map_err(|error| not_written(path, &error))?;
    Ok(key.pin())
}

/// A file of the image; one that it has not is empty.
fn read(path: &Path) -> Result<String, Cause> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(refused(format!("{} of the image cannot be read: {error}.", path.display()))),
    }
}

fn copy_program(to: &Path) -> io::Result<()> {
    write(to, &fs::read("/proc/self/exe")?, 0o755)
}

/// Writes a file whole or not at all, so that another try finds nothing that is half done.
fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&new)?;
    file.write_all(bytes)?;
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    fs::rename(&new, path)
}

fn refused(text: String) -> Cause {
    Cause::new("install-failed", text, Who::Administrator)
}

fn not_written(path: &Path, error: &io::Error) -> Cause {
    refused(format!("{} cannot be written: {error}.", path.display()))
}

#[cfg(test)]
mod tests;
