//! What sessions are given: `jupyter.conf`, `vscode.conf`, `rsession.conf`, `repos.conf`, `r-versions`, `launcher-*`.

mod arguments;
mod editors;
mod jupyter;
mod r;
mod rsession;
#[cfg(test)]
mod tests;
mod whom;

pub use arguments::refused_of;
pub use r::{ALL, R, Rs};
pub use whom::{ForWhom, Mount, Variables};

use super::Settings;
use crate::{At, Configuration, Diagnostic, configuration::Held};
use carrel_model::IdleAction;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// What the files say of sessions. Nothing of it stands here that no file sets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IdeSettings {
    one: BTreeMap<&'static str, OneIde>,
    /// R: which ones there are, and where their packages come from.
    pub r: Rs,
    /// What pip is told, as `pip.conf` has it.
    pub pip: Option<String>,
    /// Variables of sessions' environment, in the order of the file.
    pub variables: Vec<Variables>,
    /// What is mounted into sessions, where a session has a file system of its own.
    pub mounts: Vec<Mount>,
    /// How long a session that is over stays listed.
    pub listed_for: Option<Duration>,
}

/// What the files say of one IDE.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OneIde {
    /// By whom it is not offered: an option and its place.
    pub disabled: Option<String>,
    /// Its program, instead of the one that is looked for.
    pub program: Option<Program>,
    /// The name of the program that is looked for, instead of its usual one.
    pub program_name: Option<String>,
    /// Arguments, instead of those that may be replaced.
    pub arguments: Option<Vec<String>>,
    /// Values of variables of its entry in the catalogue, by their names.
    pub values: BTreeMap<&'static str, String>,
    /// Extensions that its sessions install.
    pub extensions: Vec<String>,
    /// How long it may be without use.
    pub times: Option<Times>,
}

/// A program that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// What makes it this IDE: `lab` for `jupyter`.
    pub first_arguments: Vec<String>,
    /// Who says so: an option and its place.
    pub said: String,
}

/// What is done without use, and after how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    /// After this long; `None` for never.
    pub ends_after_s: Option<u64>,
    /// This.
    pub action: IdleAction,
    /// The lines that say it.
    pub lines: Vec<At>,
}

impl IdeSettings {
    /// What is said of the IDE of this id.
    pub fn of(&self, ide: &str) -> Option<&OneIde> {
        self.one.get(ide)
    }

    pub(super) fn forget_times(&mut self) {
        self.one.values_mut().for_each(|one| one.times = None);
    }

    fn one(&mut self, ide: &'static str) -> &mut OneIde {
        self.one.entry(ide).or_default()
    }
}

/// Takes over what the files say of sessions.
pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    rsession::apply(settings, files);
    jupyter::apply(settings, files, &mut told);
    editors::apply(settings, files, &mut told);
    r::apply(settings, files, &mut told);
    whom::apply(&mut settings.ides, files);
    let hours = set_whole(&files.get("launcher.local.conf", "job-expiry-hours"));
    settings.ides.listed_for = hours.map(|hours| Duration::from_secs(hours.saturating_mul(3600)));
    settings.ides.pip = text_of(files, "pip.conf");
    told
}

/// An option and its place: `labs-enabled of /etc/rstudio/jupyter.conf:3`.
fn said(key: &str, at: &At) -> String {
    format!("{key} of {at}")
}

/// The text that a file sets an option to, and where.
fn set_text(held: &Held) -> Option<(&str, &At)> {
    let (text, at) = (held.text()?, held.at.as_ref()?);
    (!text.is_empty()).then_some((text, at))
}

/// The number that a file sets an option to.
fn set_whole(held: &Held) -> Option<u64> {
    held.at.as_ref().and(held.whole())
}

/// The text of a file that is there and not empty.
fn text_of(files: &Configuration, name: &str) -> Option<String> {
    let text = files.text(name)?.trim_end();
    (!text.is_empty()).then(|| format!("{text}\n"))
}

/// A path as the agent fills it in: `~` and `$HOME` are the home folder, `$USER` is the account.
fn of_the_account(path: &str) -> String {
    let path = match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("$HOME{rest}"),
        _ => path.to_owned(),
    };
    expand(&path, &[("HOME", "{home}"), ("USER", "{account}")])
}

/// `text` with `$NAME` and `${NAME}` replaced for each of `known`; others stay as they are.
fn expand(text: &str, known: &[(&str, &str)]) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let braced = after.strip_prefix('{').and_then(|after| after.split_once('}'));
        let bare =
            || after.split_at(after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len()));
        let (name, behind) = braced.unwrap_or_else(bare);
        if let Some((_, value)) = known.iter().find(|(known, _)| *known == name) {
            expanded.push_str(value);
            rest = behind;
        } else {
            expanded.push('$');
            rest = after;
        }
    }
    expanded + rest
}
