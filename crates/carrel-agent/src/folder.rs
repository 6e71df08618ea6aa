//! The private folder of a run: which files stand in it, and what they say when no agent answers any more.

use crate::protocol::{End, LAST_OUTPUT_BYTES, OUTPUT_BYTES, Pid};
use std::{
    fs, io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

/// The longest path of a Unix socket, in bytes (`sun_path` holds 108 with the closing zero).
pub const SOCKET_PATH_BYTES: usize = 107;

/// The folder of one run, mode 0700.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder(PathBuf);

impl RunFolder {
    /// The folder at this path, made or not.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The socket of the agent's control protocol.
    pub fn control(&self) -> PathBuf {
        self.0.join("control.sock")
    }

    /// The socket that hands over connections to the IDE.
    pub fn data(&self) -> PathBuf {
        self.0.join("data.sock")
    }

    /// The socket on which the IDE listens.
    pub fn ide(&self) -> PathBuf {
        self.0.join("ide.sock")
    }

    /// A second socket for the IDE's own use.
    pub fn ipc(&self) -> PathBuf {
        self.0.join("ipc.sock")
    }

    /// Locked while the agent lives.
    pub fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// Says which process the agent is or was ([`Pid`]).
    pub fn pid(&self) -> PathBuf {
        self.0.join("pid")
    }

    /// Holds what the agent in a pod makes its key of, until the agent has read it.
    pub fn key(&self) -> PathBuf {
        self.0.join("key")
    }

    /// Holds the run's secret. It is there once the agent took a plan.
    pub fn secret(&self) -> PathBuf {
        self.0.join("secret")
    }

    /// The newer output of the IDE.
    pub fn output(&self) -> PathBuf {
        self.0.join("output.log")
    }

    /// The older output of the IDE.
    pub fn older_output(&self) -> PathBuf {
        self.0.join("output.log.1")
    }

    /// What the agent itself has to say.
    pub fn agent_log(&self) -> PathBuf {
        self.0.join("agent.log")
    }

    /// How it ended ([`End`]); written last.
    pub fn end(&self) -> PathBuf {
        self.0.join("end.json")
    }

    /// By how many bytes the longest socket path of the folder is too long, when it is.
    pub fn too_long_by(&self) -> Option<usize> {
        let bytes = self.control().as_os_str().as_bytes().len();
        bytes.checked_sub(SOCKET_PATH_BYTES).filter(|more| *more > 0)
    }

    /// How the run ended, if it did and could write so.
    pub fn read_end(&self) -> Option<End> {
        serde_json::from_slice(&fs::read(self.end()).ok()?).ok()
    }

    /// Which process the agent is or was.
    pub fn read_pid(&self) -> Option<Pid> {
        serde_json::from_slice(&fs::read(self.pid()).ok()?).ok()
    }

    /// The output that is kept, oldest first.
    pub fn read_output(&self) -> io::Result<Vec<u8>> {
        let mut text = read_or_nothing(&self.older_output())?;
        text.extend(read_or_nothing(&self.output())?);
        text.drain(..text.len().saturating_sub(OUTPUT_BYTES));
        Ok(text)
    }

    /// The end of the output that is kept, as text.
    pub fn last_output(&self) -> String {
        last_text(&self.read_output().unwrap_or_default())
    }
}

/// The last whole lines of `output`, at most [`LAST_OUTPUT_BYTES`].
pub fn last_text(output: &[u8]) -> String {
    let cut = output.len().saturating_sub(LAST_OUTPUT_BYTES);
    let mut last = &output[cut..];
    if cut > 0
        && let Some(line) = last.iter().position(|byte| *byte == b'\n')
    {
        last = &last[line + 1..];
    }
    String::from_utf8_lossy(last).into_owned()
}

fn read_or_nothing(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_whose_sockets_cannot_be_named_says_by_how_much() {
        let folder = |bytes: usize| RunFolder::new(format!("/{}", "d".repeat(bytes - 1)));
        assert_eq!(folder(94).too_long_by(), None);
        assert_eq!(folder(95).too_long_by(), Some(1));
    }

    #[test]
    fn the_last_text_begins_with_a_whole_line() {
        let long = format!("{}\nlast\n", "x".repeat(LAST_OUTPUT_BYTES));
        assert_eq!(last_text(long.as_bytes()), "last\n");
        assert_eq!(last_text(b"all of it"), "all of it");
    }

    #[test]
    fn output_is_read_from_both_files_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(dir.path());
        assert_eq!(folder.read_output().unwrap(), b"");
        fs::write(folder.output(), "new").unwrap();
        fs::write(folder.older_output(), "old ").unwrap();
        assert_eq!(folder.last_output(), "old new");
    }
}
