//! What has to be in order before sessions can run here.

use crate::folders::{Folders, no_room, room_of};
use carrel_agent::{folder::SOCKET_PATH_BYTES, room::disk_full};
use carrel_model::{RunId, SessionId};
use std::{
    fs::{self, File, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Where sessions run, and by what.
#[derive(Debug, Clone)]
pub struct LocalSettings {
    /// The data folder; the runs have a folder in it.
    pub data_dir: PathBuf,
    /// The agent's program.
    pub agent: PathBuf,
}

/// Why sessions cannot run here.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The paths of sockets would be too long.
    #[error(
        "the path of the data folder {} is too long by {by} bytes: the sockets of sessions stand in it, and the path \
         of a socket may have {SOCKET_PATH_BYTES}; choose another with --data-dir", path.display()
    )]
    PathTooLong {
        /// The data folder.
        path: PathBuf,
        /// By how many bytes.
        by: usize,
    },
    /// Nothing can be made there.
    #[error("the data folder {} cannot be written: {error}; give it to this account, or choose another with --data-dir", path.display())]
    NotWritable {
        /// The folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is no room.
    #[error("{text}")]
    Full {
        /// Which file system, and how much is free.
        text: String,
    },
    /// The agent is not there.
    #[error("the agent {} cannot be run: {why}; it belongs beside the carrel program, or name it with --agent", path.display())]
    NoAgent {
        /// Its program.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// Makes the folder of runs, private, and tries it.
pub(crate) fn folders(settings: &LocalSettings) -> Result<Folders, OpenError> {
    let data_dir = std::path::absolute(&settings.data_dir).unwrap_or_else(|_| settings.data_dir.clone());
    let folders = Folders::new(data_dir.join("run"));
    // Nobody resumes a session more often than that; a start checks its own path again.
    let longest = RunId { session: SessionId::from_random([0; 16]), generation: 9999 };
    if let Some(by) = folders.of(&longest).too_long_by() {
        return Err(OpenError::PathTooLong { path: data_dir, by });
    }
    try_folder(folders.root()).map_err(|error| match room_of(&data_dir) {
        room if no_room(&error) => OpenError::Full { text: disk_full(&data_dir, room).text },
        _ => OpenError::NotWritable { path: data_dir.clone(), error },
    })?;
    try_agent(&settings.agent).map_err(|why| OpenError::NoAgent { path: settings.agent.clone(), why })?;
    Ok(folders)
}

fn try_folder(root: &Path) -> io::Result<()> {
    fs::create_dir_all(root)?;
    fs::set_permissions(root, Permissions::from_mode(0o700))?;
    let probe = root.join(format!(".probe-{}", std::process::id()));
    let written = File::create(&probe).and_then(|mut file| {
        file.write_all(&[0; 4096])?;
        file.sync_all()
    });
    let _ = fs::remove_file(&probe);
    written
}

fn try_agent(agent: &Path) -> Result<(), String> {
    let found = fs::metadata(agent).map_err(|error| error.to_string())?;
    if found.is_file() && found.permissions().mode() & 0o111 != 0 { Ok(()) } else { Err("it is no program".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(data_dir: PathBuf) -> Result<Folders, OpenError> {
        folders(&LocalSettings { data_dir, agent: "/bin/sh".into() })
    }

    #[test]
    fn the_folder_of_runs_is_made_private() {
        let dir = tempfile::tempdir().unwrap();
        let folders = open(dir.path().join("data")).unwrap();
        assert_eq!(fs::metadata(folders.root()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(folders.root()).unwrap().count(), 0);
    }

    #[test]
    fn a_path_that_is_too_long_for_sockets_is_told_with_how_much() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x".repeat(100));
        let text = open(path).unwrap_err().to_string();
        assert!(text.contains("is too long by ") && text.contains("may have 107"), "{text}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_with_the_reason() {
        let text = open("/proc/carrel".into()).unwrap_err().to_string();
        assert!(text.starts_with("the data folder /proc/carrel cannot be written: "), "{text}");
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(open(file), Err(OpenError::NotWritable { .. })));
    }

    #[test]
    fn a_file_system_without_room_is_told_as_one_when_run_as_root() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8k", "tmpfs"]).arg(dir.path());
        assert!(mount.status().unwrap().success());
        let filled = fs::write(dir.path().join("filler"), [0; 8192]);
        let opened = open(dir.path().to_owned());
        let unmounted = std::process::Command::new("umount").arg("--lazy").arg(dir.path()).status();
        assert!(unmounted.unwrap().success());
        let text = opened.unwrap_err().to_string();
        assert!(
            text.starts_with("No space is left on the file system of ") && text.contains(" free)"),
            "{text} {filled:?}"
        );
    }

    #[test]
    fn an_agent_that_is_missing_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let settings = LocalSettings { data_dir: dir.path().into(), agent: "/no/such/carrel-agent".into() };
        let text = folders(&settings).unwrap_err().to_string();
        assert!(text.starts_with("the agent /no/such/carrel-agent cannot be run: No such file"), "{text}");
    }
}
