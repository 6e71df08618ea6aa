//! The IDE catalogue: data that says how to find, start, reach and watch each kind of session.
//!
//! Four entries are built in (`ides/*.toml`); a folder of the administrator's adds more, or replaces one by its id. The
//! format stands in `ides/README.md`.

mod detect;
mod entry;
mod fill;
mod given;
mod plan;
mod read;
mod section;

pub use detect::{Found, Offer, can_run};
pub use entry::{Entry, Icon};

use carrel_model::IdeId;
use detect::Versions;
use std::{fmt, path::Path, sync::Arc};

/// The entries that come with the program, in the order in which pages show them.
const BUILT_IN: [(&str, &str); 4] = [
    ("jupyterlab.toml", include_str!("../ides/jupyterlab.toml")),
    ("notebook.toml", include_str!("../ides/notebook.toml")),
    ("vscode.toml", include_str!("../ides/vscode.toml")),
    ("rstudio.toml", include_str!("../ides/rstudio.toml")),
];
/// The files that built-in entries name as `source`.
const BUILT_IN_SOURCES: [(&str, &str); 1] =
    [("jupyter_server_config.py", include_str!("../ides/jupyter_server_config.py"))];

/// All kinds of session that this Carrel knows.
#[derive(Debug, Clone)]
pub struct Catalogue {
    entries: Vec<Entry>,
    versions: Arc<Versions>,
}

/// Everything that is wrong in the administrator's folder of entries, found in one go.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct CatalogueError {
    /// One for each fault, in the order of files.
    pub faults: Vec<Fault>,
}

/// One thing wrong in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: String,
    /// The key in it (`start.command`); `None` where the file as a whole cannot be read.
    pub key: Option<String>,
    /// What is wrong, and what would be right.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{}: {key}: {}", self.file, self.text),
            None => write!(f, "{}: {}", self.file, self.text),
        }
    }
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the IDE catalogue cannot be used:")?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl Catalogue {
    /// The built-in entries, and those of `ides_dir`: each `*.toml` in it adds an entry, or replaces the one of its id.
    pub fn load(ides_dir: Option<&Path>) -> Result<Self, CatalogueError> {
        let mut faults = Vec::new();
        let mut entries = Vec::new();
        for (file, text) in BUILT_IN {
            let source = |name: &str| {
                BUILT_IN_SOURCES
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, text)| (*text).to_owned())
                    .ok_or_else(String::new)
            };
            entries.extend(read::entry(file, text, &source, &mut faults));
        }
        if let Some(dir) = ides_dir {
            add_folder(dir, &mut entries, &mut faults);
        }
        if faults.is_empty() { Ok(Self { entries, versions: Arc::default() }) } else { Err(CatalogueError { faults }) }
    }

    /// The entries, in the order in which pages show them.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of this id.
    pub fn get(&self, id: &IdeId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == *id)
    }
}

/// Puts the entries of the administrator's folder among `entries`, by the order of their file names.
fn add_folder(dir: &Path, entries: &mut Vec<Entry>, faults: &mut Vec<Fault>) {
    let unreadable = |path: &Path, error: std::io::Error| Fault {
        file: path.display().to_string(),
        key: None,
        text: format!("it cannot be read: {error}"),
    };
    let listed = std::fs::read_dir(dir).and_then(|list| list.map(|item| item.map(|i| i.path())).collect());
    let mut paths: Vec<std::path::PathBuf> = match listed {
        Ok(paths) => paths,
        Err(error) => return faults.push(unreadable(dir, error)),
    };
    paths.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    paths.sort();
    let mut theirs: Vec<(IdeId, String)> = Vec::new();
    for path in paths {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                faults.push(unreadable(&path, error));
                continue;
            }
        };
        let source = |name: &str| std::fs::read_to_string(dir.join(name)).map_err(|error| error.to_string());
        let file = path.display().to_string();
        let Some(entry) = read::entry(&file, &text, &source, faults) else { continue };
        if let Some((_, first)) = theirs.iter().find(|(id, _)| *id == entry.id) {
            let text = format!("{first} has an entry called “{}” already", entry.id);
            faults.push(Fault { file, key: Some("id".into()), text });
            continue;
        }
        theirs.push((entry.id.clone(), file));
        match entries.iter_mut().find(|known| known.id == entry.id) {
            Some(known) => *known = entry,
            None => entries.push(entry),
        }
    }
}

#[cfg(test)]
mod tests;
