//! `carrel config`: what the configuration files say, and where.

mod reload;

use crate::commands::{
    encrypt_password::EncryptPassword,
    table::{say, table},
};
use carrel_config::{
    Configuration, Lookup, Value,
    report::{Shown, shown},
    schema::schema,
};
use clap::{Args, Subcommand};
use reload::Reload;
use std::path::PathBuf;

/// What can be asked about the configuration files.
#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show what the files set, and in which line.
    Show(Show),
    /// Have a running server read its files again, as SIGHUP does. Ends with 78 when they have errors.
    Reload(Reload),
    /// Print the JSON Schema of all files.
    Schema,
    EncryptPassword(EncryptPassword),
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
            Self::Reload(reload) => reload.run(),
            Self::Schema => say(format!("{:#}", schema())),
            Self::EncryptPassword(encrypt) => encrypt.run(),
        }
    }
}

impl Show {
    fn run(self) -> anyhow::Result<()> {
        let lookup = self.folders.lookup();
        let configuration = Configuration::load(&lookup);
        let shown = shown(&configuration, self.all);
        if self.json {
            return say(serde_json::to_string_pretty(&shown)?);
        }
        if shown.is_empty() {
            return say(nothing_found(&lookup));
        }
        let rows: Vec<[String; 5]> = shown.iter().map(cells).collect();
        table(["FILE", "OPTION", "VALUE", "FROM", "DEFAULT"], &rows)
    }
}

/// A sentence that names the folders without a file.
pub(crate) fn nothing_found(lookup: &Lookup) -> String {
    let folders: Vec<String> = lookup.folders().iter().map(|folder| folder.display().to_string()).collect();
    format!("there is no configuration file in {}", folders.join(", "))
}

pub(super) fn cells(shown: &Shown) -> [String; 5] {
    let text = |value: &Option<Value>| value.as_ref().map(one_line).unwrap_or_default();
    let from = shown.source.as_ref().map_or_else(|| "default".into(), |s| format!("{}:{}", s.file, s.line));
    [shown.file.into(), shown.label.clone(), text(&shown.value), from, text(&shown.default)]
}

fn one_line(value: &Value) -> String {
    value.to_string().replace(['\n', '\r'], " ")
}
