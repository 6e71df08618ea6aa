//! The settings of an installation as people see them: in `carrel config show`, in the API and on the administrator's page.

use crate::{
    Configuration, Value,
    changes::{SECRET, needs_restart},
    configuration::Setting,
    options::{File, Format, Role, Row, files},
};
use serde::Serialize;
use std::collections::HashSet;

/// An option as it is shown. Secret values never get into it.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// The file.
    pub file: &'static str,
    /// The section, or the number of the block.
    pub section: Option<String>,
    /// The key as it stands there.
    pub key: String,
    /// What holds.
    pub value: Option<Value>,
    /// What holds when it is not set.
    pub default: Option<Value>,
    /// Where it is set; nowhere for a default.
    pub source: Option<Place>,
    /// What Carrel does with it, as a stable word: `used`, `not-yet`, `no-effect`, `not-supported`.
    pub role: &'static str,
    /// The same as a sentence's end: why it has no effect, what is done instead; empty when all is said.
    pub why: &'static str,
    /// Whether a change takes effect only after a restart.
    pub needs_restart: bool,
    /// How it is named to people.
    #[serde(skip)]
    pub label: String,
}

/// A line of a file.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
}

/// What the files set, in the order of files and lines; with `all` also what they do not.
pub fn shown(configuration: &Configuration, all: bool) -> Vec<Shown> {
    let mut shown: Vec<Shown> = configuration.settings().iter().map(Shown::set).collect();
    if all {
        shown.extend(unset(configuration));
    }
    shown
}

impl Shown {
    fn set(setting: &Setting) -> Self {
        let value = if setting.is_secret() { Value::Text(SECRET.into()) } else { setting.value.clone() };
        let role = setting.row.map_or(setting.file.role, |row| row.role);
        Self {
            file: setting.file.name,
            section: setting.section.as_deref().map(str::to_owned),
            key: setting.key.to_string(),
            value: Some(value),
            default: setting.row.and_then(Row::default_value),
            source: Some(Place { file: setting.at.file.display().to_string(), line: setting.at.line }),
            role: role.word(),
            why: role.why(),
            needs_restart: needs_restart(setting.file.name, &setting.key),
            label: setting.label(),
        }
    }

    fn default(file: &'static File, row: &'static Row) -> Self {
        let section = Some(row.section.to_owned()).filter(|section| !section.is_empty());
        Self {
            file: file.name,
            label: label(file, section.as_deref(), row.key),
            section,
            key: row.key.to_owned(),
            value: row.default_value(),
            default: row.default_value(),
            source: None,
            role: row.role.word(),
            why: row.role.why(),
            needs_restart: needs_restart(file.name, row.key),
        }
    }
}

/// The options that no file sets. Those of a section or a block belong to each one, so they are unset in none.
fn unset(configuration: &Configuration) -> impl Iterator<Item = Shown> {
    let set: HashSet<(&str, &str)> = configuration.settings().iter().map(|s| (s.file.name, s.key.as_ref())).collect();
    let plain = |file: &&File| matches!(file.format, Format::Ini(_));
    let options = files().filter(plain).flat_map(|file| file.options().map(move |row| (file, row)));
    let unset = options.filter(move |(file, row)| row.family().is_none() && !set.contains(&(file.name, row.key)));
    unset.map(|(file, row)| Shown::default(file, row))
}

/// `www-port`, `[bob] max-cpus`, `block 2: MountPath`.
pub(crate) fn label(file: &File, section: Option<&str>, key: &str) -> String {
    match (file.format, section) {
        (Format::Dcf | Format::Blocks, Some(number)) => format!("block {number}: {key}"),
        (_, Some(section)) => format!("[{section}] {key}"),
        (_, None) => key.to_owned(),
    }
}

impl Role {
    /// A stable word for scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Planned(_) => "not-yet",
            Self::NoEffect(_) => "no-effect",
            Self::NotSupported(_) => "not-supported",
        }
    }

    /// What holds meanwhile, why nothing changes, or what is done instead; empty when the word says all.
    pub fn why(self) -> &'static str {
        match self {
            Self::Used => "",
            Self::Planned(why) | Self::NoEffect(why) | Self::NotSupported(why) => why,
        }
    }
}
