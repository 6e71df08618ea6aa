//! `carrel config`: what the configuration files say, and where.

use crate::commands::table::{say, table};
use carrel_config::{
    Configuration, Lookup, Value,
    configuration::Setting,
    options::{File, Format, Role, Row, files},
    schema::schema,
};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::{collections::HashSet, path::PathBuf};

/// What can be asked about the configuration files.
#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show what the files set, and in which line.
    Show(Show),
    /// Print the JSON Schema of all files.
    Schema,
}

/// Where the files are.
#[derive(Debug, Clone, Args)]
pub(crate) struct Folders {
    /// A folder with configuration files, instead of the usual ones. May be given more than once; the first one that has
    /// a file counts.
    #[arg(long, value_name = "DIR")]
    config_dir: Vec<PathBuf>,
}

impl Folders {
    /// The folders that are looked at.
    pub(crate) fn lookup(&self) -> Lookup {
        if self.config_dir.is_empty() {
            return Lookup::from_env(|name| std::env::var_os(name));
        }
        Lookup::in_folders(self.config_dir.clone())
    }
}

#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    folders: Folders,
    /// Show options that are not set, too.
    #[arg(long)]
    all: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl ConfigCommand {
    /// Runs the command.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Show(show) => show.run(),
            Self::Schema => say(format!("{:#}", schema())),
        }
    }
}

impl Show {
    fn run(self) -> anyhow::Result<()> {
        let lookup = self.folders.lookup();
        let configuration = Configuration::load(&lookup);
        let mut shown: Vec<Shown> = configuration.settings().iter().map(Shown::set).collect();
        if self.all {
            shown.extend(unset(&configuration));
        }
        if self.json {
            return say(serde_json::to_string_pretty(&shown)?);
        }
        if shown.is_empty() {
            return say(nothing_found(&lookup));
        }
        let rows: Vec<[String; 5]> = shown.iter().map(Shown::cells).collect();
        table(["FILE", "OPTION", "VALUE", "FROM", "DEFAULT"], &rows)
    }
}

/// A sentence that names the folders without a file.
pub(crate) fn nothing_found(lookup: &Lookup) -> String {
    let folders: Vec<String> = lookup.folders().iter().map(|folder| folder.display().to_string()).collect();
    format!("there is no configuration file in {}", folders.join(", "))
}

/// What a secret value is shown as.
const SECRET: &str = "(secret)";

/// An option as it is shown.
#[derive(Serialize)]
struct Shown {
    file: &'static str,
    section: Option<String>,
    key: String,
    value: Option<Value>,
    default: Option<Value>,
    /// Where it is set; nowhere for a default.
    source: Option<Source>,
    role: &'static str,
    #[serde(skip)]
    label: String,
}

#[derive(Serialize)]
struct Source {
    file: String,
    line: u32,
}

impl Shown {
    fn set(setting: &Setting) -> Self {
        let value = if setting.is_secret() { Value::Text(SECRET.into()) } else { setting.value.clone() };
        Self {
            file: setting.file.name,
            section: setting.section.clone(),
            key: setting.key.clone(),
            value: Some(value),
            default: setting.row.and_then(Row::default_value),
            source: Some(Source { file: setting.at.file.display().to_string(), line: setting.at.line }),
            role: word(setting.row.map_or(setting.file.role, |row| row.role)),
            label: label(setting.file, setting.section.as_deref(), &setting.key),
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
            role: word(row.role),
        }
    }

    fn cells(&self) -> [String; 5] {
        let text = |value: &Option<Value>| value.as_ref().map(one_line).unwrap_or_default();
        let from = self.source.as_ref().map_or_else(|| "default".into(), |s| format!("{}:{}", s.file, s.line));
        [self.file.into(), self.label.clone(), text(&self.value), from, text(&self.default)]
    }
}

/// The options that no file sets. Those of a section or a block belong to each one, so they are unset in none.
fn unset(configuration: &Configuration) -> impl Iterator<Item = Shown> {
    let set: HashSet<(&str, &str)> = configuration.settings().iter().map(|s| (s.file.name, s.key.as_str())).collect();
    let plain = |file: &&File| matches!(file.format, Format::Ini(_));
    let options = files().filter(plain).flat_map(|file| file.options().map(move |row| (file, row)));
    let unset = options.filter(move |(file, row)| row.family().is_none() && !set.contains(&(file.name, row.key)));
    unset.map(|(file, row)| Shown::default(file, row))
}

fn one_line(value: &Value) -> String {
    value.to_string().replace(['\n', '\r'], " ")
}

/// `www-port`, `[bob] max-cpus`, `block 2: MountPath`.
fn label(file: &File, section: Option<&str>, key: &str) -> String {
    match (file.format, section) {
        (Format::Dcf | Format::Blocks, Some(number)) => format!("block {number}: {key}"),
        (_, Some(section)) => format!("[{section}] {key}"),
        (_, None) => key.to_owned(),
    }
}

/// A stable word for scripts.
fn word(role: Role) -> &'static str {
    match role {
        Role::Used => "used",
        Role::Planned(_) => "not-yet",
        Role::NoEffect(_) => "no-effect",
        Role::NotSupported(_) => "not-supported",
    }
}
