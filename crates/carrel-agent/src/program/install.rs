//! `carrel-agent install`: what the init container of a pod does, as the user of the session.
//!
//! It copies the agent where the container of the IDE finds it, whatever image that is; writes the accounts and groups of
//! the container, in which the user has a name; and makes the home folder in the volume of all home folders, which no other
//! container sees as a whole.

mod accounts;
mod home;

pub(crate) use accounts::Account;

use crate::{
    pod::{GROUP, PASSWD, PROGRAM, termination_message},
    protocol::End,
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
    /// As whom the session runs, and this program already does.
    pub(crate) account: Account,
    /// The volume of home folders, and the name of this one in it.
    pub(crate) home: Option<(PathBuf, String)>,
    /// The accounts of the image.
    pub(crate) passwd: PathBuf,
    /// The groups of the image.
    pub(crate) group: PathBuf,
    /// Where the kubelet looks for what went wrong.
    pub(crate) termination_log: PathBuf,
}

/// Installs, and answers the exit code. What went wrong is told in one line, and to the kubelet.
pub fn install(install: &Install) -> u8 {
    stat::umask(stat::Mode::from_bits_truncate(0o022));
    let Err(cause) = try_install(install, getuid().as_raw()) else { return 0 };
    let _ = writeln!(io::stdout(), "{}", cause.text.replace('\n', " "));
    let end = End { at: Clock::System.now(), ending: Ending::Failed { cause }, last_output: String::new() };
    if let Err(error) = fs::write(&install.termination_log, termination_message(&end)) {
        let _ = writeln!(io::stdout(), "{} cannot be written: {error}", install.termination_log.display());
    }
    1
}

fn try_install(install: &Install, uid: u32) -> Result<(), Cause> {
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
    match &install.home {
        Some((root, name)) => home::make(root, name, account.uid, account.gid),
        None => Ok(()),
    }
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
