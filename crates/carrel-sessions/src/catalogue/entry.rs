//! An entry of the catalogue.

use carrel_model::{IdeId, plan::Probe};
use std::path::PathBuf;

/// One of our drawings, by which pages tell IDEs apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// A window of several parts: JupyterLab.
    Panes,
    /// A sheet: Jupyter Notebook.
    Page,
    /// Brackets of code: VS Code.
    Brackets,
    /// A letter: RStudio.
    Letter,
    /// A ring: whatever else.
    Orbit,
}

impl Icon {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Panes, Self::Page, Self::Brackets, Self::Letter, Self::Orbit];

    /// The word of it, as in files and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Panes => "panes",
            Self::Page => "page",
            Self::Brackets => "brackets",
            Self::Letter => "letter",
            Self::Orbit => "orbit",
        }
    }
}

/// How to find, start, reach and watch one kind of session.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What the API, the store and the command line call it.
    pub id: IdeId,
    /// What pages call it.
    pub name: String,
    /// The drawing beside the name.
    pub icon: Icon,
    /// The programs that it needs; the first is the IDE's own.
    pub requires: Vec<String>,
    /// Folders searched for them last.
    pub places: Vec<PathBuf>,
    /// What the IDE's program is given to say its version; empty when it cannot.
    pub version: Vec<String>,
    /// The sentence when the IDE's program is not found; `None` for the usual one.
    pub missing: Option<String>,
    /// Its own variables, with the values that they have when no configuration file sets them.
    pub(super) variables: Vec<(String, String)>,
    pub(super) command: Vec<String>,
    /// Arguments that those of a configuration file replace.
    pub(super) arguments: Vec<String>,
    /// Arguments that are added when a configuration file sets a variable.
    pub(super) when: Vec<(String, Vec<String>)>,
    pub(super) env: Vec<(String, String)>,
    pub(super) files: Vec<EntryFile>,
    pub(super) extensions: Option<Extensions>,
    pub(super) http: HttpEntry,
    pub(super) probe: Probe,
}

/// One of `[[start.files]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EntryFile {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) keep: bool,
    /// Written only when a configuration file sets this variable.
    pub(super) when: Option<String>,
    /// The variable whose value is a JSON object, the keys of which are laid over the text's.
    pub(super) merge: Option<String>,
}

/// The `[start.extensions]` of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extensions {
    /// Installs the one whose name is added to it.
    pub(super) command: Vec<String>,
    /// Where they are afterwards.
    pub(super) folder: String,
}

/// The `[http]` of an entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HttpEntry {
    pub(super) strip_prefix: bool,
    pub(super) headers: Vec<(String, String)>,
    pub(super) ready: String,
    pub(super) keep_alive: usize,
}
