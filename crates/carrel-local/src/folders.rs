//! The folders of runs, and what they tell of those without asking anybody.

use carrel_agent::{folder::RunFolder, protocol::End, room::Room};
use carrel_model::RunId;
use nix::{
    fcntl::{Flock, FlockArg},
    sys::statvfs::statvfs,
};
use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

/// All folders of runs.
#[derive(Debug, Clone)]
pub(crate) struct Folders(PathBuf);

/// What a folder tells of its run.
#[derive(Debug)]
pub(crate) enum Found {
    /// There is none.
    Nothing,
    /// It was made, and no agent ever took a plan in it.
    Unbegun,
    /// An agent lives.
    Alive,
    /// It ended.
    Ended(Box<End>),
    /// Its agent is gone and did not write how it ended.
    Gone,
}

impl Folders {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self(root)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    pub(crate) fn of(&self, run: &RunId) -> RunFolder {
        RunFolder::new(self.0.join(run.to_string()))
    }

    /// Makes the folder of a run, for this account only.
    pub(crate) fn make(&self, run: &RunId) -> io::Result<RunFolder> {
        let folder = self.of(run);
        match DirBuilder::new().mode(0o700).create(folder.path()) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(folder),
        }
    }

    /// All runs that have begun and were not forgotten.
    pub(crate) fn runs(&self) -> io::Result<BTreeSet<RunId>> {
        let names = fs::read_dir(&self.0)?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let runs = names.filter_map(|name| name.parse().ok());
        Ok(runs.filter(|run| !matches!(self.look(run), Found::Nothing | Found::Unbegun)).collect())
    }

    /// What the folder of `run` tells.
    pub(crate) fn look(&self, run: &RunId) -> Found {
        let folder = self.of(run);
        if !folder.path().is_dir() {
            Found::Nothing
        } else if let Some(end) = folder.read_end() {
            // The agent writes it last; what it does after that is saying so to those who listen.
            Found::Ended(Box::new(end))
        } else if is_locked(&folder.lock()) {
            Found::Alive
        } else if folder.read_end().is_some() {
            // It ended between the two looks.
            self.look(run)
        } else if folder.secret().exists() {
            Found::Gone
        } else {
            Found::Unbegun
        }
    }
}

/// Whether an agent holds the lock. Others that look at the same moment hold it with us.
fn is_locked(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    Flock::lock(file, FlockArg::LockSharedNonblock).is_err()
}

/// The room of the file system that holds `path`.
pub(crate) fn room_of(path: &Path) -> Option<Room> {
    let room = path.ancestors().find_map(|path| statvfs(path).ok())?;
    let block = room.fragment_size();
    Some(Room { free: room.blocks_available() * block, all: room.blocks() * block })
}

/// Whether something failed for want of room.
pub(crate) fn no_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_tells_of_its_run_without_an_agent() {
        let dir = tempfile::tempdir().unwrap();
        let folders = Folders::new(dir.path().into());
        let run: RunId = "abcdefghjkmnpqrs-1".parse().unwrap();
        assert!(matches!(folders.look(&run), Found::Nothing));
        let folder = folders.make(&run).unwrap();
        folders.make(&run).unwrap();
        assert!(matches!(folders.look(&run), Found::Unbegun));
        assert_eq!(folders.runs().unwrap(), BTreeSet::new());
        fs::write(folder.secret(), "s").unwrap();
        assert!(matches!(folders.look(&run), Found::Gone));
        let lock = Flock::lock(File::create(folder.lock()).unwrap(), FlockArg::LockExclusiveNonblock).unwrap();
        assert!(matches!(folders.look(&run), Found::Alive));
        fs::create_dir(dir.path().join("not-a-run")).unwrap();
        assert_eq!(folders.runs().unwrap(), BTreeSet::from([run.clone()]));
        fs::write(folder.end(), r#"{"at":"2026-01-01T00:00:00Z","ending":{"how":"asked"},"last_output":""}"#).unwrap();
        assert!(matches!(folders.look(&run), Found::Ended(_)), "although its agent is still there");
        drop(lock);
    }
}
