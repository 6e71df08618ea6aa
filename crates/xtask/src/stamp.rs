//! Says whether work was done already: a hash of all that went into it, written last.

use anyhow::Context;
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// A hash of things, in the order they were added.
pub(crate) struct Inputs(Sha256);

impl Inputs {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self(Sha256::new())
    }

    /// Adds a text.
    #[must_use]
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.add(text.as_bytes());
        self
    }

    /// Adds a file, or all files below a folder but those whose name `skip` holds.
    pub(crate) fn files(mut self, path: &Path, skip: &[&str]) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        collect(path, skip, &mut files)?;
        files.sort();
        for file in files {
            self.add(file.strip_prefix(path)?.as_os_str().as_encoded_bytes());
            self.add(&fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?);
        }
        Ok(self)
    }

    fn add(&mut self, bytes: &[u8]) {
        // With its length, so that no two lists of things look the same.
        self.0.update(bytes.len().to_le_bytes());
        self.0.update(bytes);
    }

    /// The hash, short enough for the name of a folder.
    pub(crate) fn hash(self) -> String {
        let start = self.0.finalize()[..8].try_into().map_or(0, u64::from_be_bytes);
        format!("{start:016x}")
    }
}

fn collect(path: &Path, skip: &[&str], files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !path.is_dir() {
        files.push(path.into());
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("{} cannot be read", path.display()))? {
        let entry = entry?;
        if !skip.iter().any(|name| entry.file_name() == *name) {
            collect(&entry.path(), skip, files)?;
        }
    }
    Ok(())
}

/// A file that says which inputs the work beside it was done from.
pub(crate) struct Stamp {
    file: PathBuf,
    hash: String,
}

impl Stamp {
    /// The stamp in `file` for work on these inputs.
    pub(crate) fn new(file: PathBuf, inputs: Inputs) -> Self {
        Self { file, hash: inputs.hash() }
    }

    /// Whether the work was done to its end, from the same inputs.
    pub(crate) fn is_current(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|known| known.trim() == self.hash)
    }

    /// Says that the work is about to be done anew.
    pub(crate) fn unset(&self) -> anyhow::Result<()> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{} cannot be removed", self.file.display()))
            }
            _ => Ok(()),
        }
    }

    /// Says that the work is done.
    pub(crate) fn set(&self) -> anyhow::Result<()> {
        fs::write(&self.file, &self.hash).with_context(|| format!("{} cannot be written", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_name_or_content_changes_the_hash_and_a_skipped_folder_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let hash = || Inputs::new().files(folder.path(), &["dist"]).unwrap().hash();
        fs::write(folder.path().join("a"), "1").unwrap();
        let first = hash();
        fs::create_dir(folder.path().join("dist")).unwrap();
        fs::write(folder.path().join("dist/x"), "x").unwrap();
        assert_eq!(hash(), first);
        fs::write(folder.path().join("a"), "2").unwrap();
        let second = hash();
        assert_ne!(second, first);
        fs::rename(folder.path().join("a"), folder.path().join("b")).unwrap();
        assert_ne!(hash(), second);
    }

    #[test]
    fn work_that_was_not_finished_is_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = |text| Stamp::new(folder.path().join("stamp"), Inputs::new().text(text));
        assert!(!stamp("one").is_current());
        stamp("one").set().unwrap();
        assert!(stamp("one").is_current());
        stamp("one").unset().unwrap();
        assert!(!stamp("one").is_current());
        stamp("one").set().unwrap();
        assert!(!stamp("two").is_current());
    }
}
