//! What differs between two readings of the files, and what of it a running server cannot take over.

use crate::{
    Configuration,
    configuration::{Found, Setting},
    options::file_named,
};
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// What is fixed once the server runs: file, and key; `*` stands for the whole file. Everything else holds from the next
/// request or the next session on.
const RESTART: &[(&str, &str)] = &[
    ("carrel.conf", "agent"),
    ("carrel.conf", "data-dir"),
    ("carrel.conf", "ides"),
    ("carrel.conf", "proxy-threads"),
    ("carrel.conf", "redirect-port"),
    ("carrel.conf", "wait-for-database"),
    ("rserver.conf", "www-address"),
    ("rserver.conf", "www-port"),
    ("rserver.conf", "www-socket"),
    ("rserver.conf", "www-root-path"),
    ("rserver.conf", "ssl-enabled"),
    ("rserver.conf", "ssl-protocols"),
    ("rserver.conf", "ssl-redirect-http"),
    ("rserver.conf", "auth-none"),
    ("rserver.conf", "database-config-file"),
    ("rserver.conf", "secure-cookie-key-file"),
    ("rserver.conf", "launcher-default-cluster"),
    ("rserver.conf", "launcher-sessions-clusters"),
    ("rserver.conf", "metrics-enabled"),
    ("rserver.conf", "metrics-port"),
    ("rserver.conf", "metrics-address"),
    ("logging.conf", "logger-type"),
    ("logging.conf", "log-dir"),
    ("logging.conf", "log-message-format"),
    ("logging.conf", "log-file-mode"),
    ("logging.conf", "rotate"),
    ("logging.conf", "rotate-days"),
    ("logging.conf", "max-size-mb"),
    ("logging.conf", "delete-days"),
    ("logging.conf", "max-rotations"),
    ("launcher.conf", "*"),
    ("database.conf", "*"),
    ("secure-cookie-key", "*"),
    ("env-vars", "*"),
    ("launcher.kubernetes.conf", "api-url"),
    ("launcher.kubernetes.conf", "auth-token"),
    ("launcher.kubernetes.conf", "auth-token-path"),
    ("launcher.kubernetes.conf", "certificate-authority"),
    ("launcher.kubernetes.conf", "fetch-limit"),
    ("launcher.kubernetes.conf", "kubernetes-namespace"),
    ("launcher.kubernetes.conf", "verify-ssl-certs"),
    ("launcher.kubernetes.conf", "watch-timeout-seconds"),
];

/// What a secret value is shown as.
pub(crate) const SECRET: &str = "(secret)";

/// Something that the files say otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// In which file.
    pub file: &'static str,
    /// Which option, with its section: `www-port`, `[bob] max-cpus`; none for the file as a whole.
    pub key: Option<String>,
    /// What held; none when nothing was set.
    pub before: Option<String>,
    /// What holds; none when nothing is set any more.
    pub after: Option<String>,
    /// Whether it takes effect only after a restart.
    pub needs_restart: bool,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(not set)".into());
        write!(f, "{}: ", self.file)?;
        match &self.key {
            Some(key) => write!(f, "{key}: {} → {}", shown(&self.before), shown(&self.after))?,
            None if self.after.is_none() => f.write_str("the file is gone")?,
            None if self.before.is_none() => f.write_str("the file is new")?,
            None => f.write_str("the file has changed")?,
        }
        if self.needs_restart { f.write_str(", after a restart") } else { Ok(()) }
    }
}

/// What the second reading says otherwise than the first, in the order of files and keys.
pub fn changes(before: &Configuration, after: &Configuration) -> Vec<Change> {
    let (old, new) = (values(before), values(after));
    let mut changes: Vec<Change> = Vec::new();
    for key in old.keys().chain(new.keys().filter(|key| !old.contains_key(key))) {
        let (was, is) = (old.get(key), new.get(key));
        if was.map(|v| &v.raw) != is.map(|v| &v.raw) {
            changes.push(Change {
                file: key.0,
                key: Some(key.1.clone()),
                before: was.map(|v| v.shown.clone()),
                after: is.map(|v| v.shown.clone()),
                needs_restart: needs_restart(key.0, was.or(is).map_or("", |v| v.key)),
            });
        }
    }
    changes.extend(whole_files(before, after, &changes));
    changes.sort_by(|a, b| (a.file, &a.key).cmp(&(b.file, &b.key)));
    changes
}

/// Whether a change of this option takes effect only after a restart.
pub fn needs_restart(file: &str, key: &str) -> bool {
    RESTART.iter().any(|(f, k)| *f == file && (*k == "*" || *k == key))
}

/// A value, to compare and to show.
struct Held<'a> {
    key: &'a str,
    raw: Vec<String>,
    shown: String,
}

/// By file and label; what stands there several times is one value.
fn values(files: &Configuration) -> BTreeMap<(&'static str, String), Held<'_>> {
    let mut values: BTreeMap<_, Held<'_>> = BTreeMap::new();
    for setting in files.settings() {
        let raw = setting.value.to_string();
        let shown = if setting.is_secret() { SECRET.to_owned() } else { raw.replace(['\n', '\r'], " ") };
        let held = values.entry((setting.file.name, setting.label()));
        let held = held.or_insert_with(|| Held { key: &setting.key, raw: Vec::new(), shown: String::new() });
        if !held.shown.is_empty() {
            held.shown.push_str(", ");
        }
        held.raw.push(raw);
        held.shown.push_str(&shown);
    }
    values
}

/// Files without options whose text differs: templates, keys, and what only other programs read.
fn whole_files(before: &Configuration, after: &Configuration, told: &[Change]) -> Vec<Change> {
    let mark = |files: &Configuration, name: &str| files.files().iter().find(|f| f.file.name == name).map(Found::mark);
    let mut names: Vec<&'static str> = before.files().iter().chain(after.files()).map(|f| f.file.name).collect();
    names.sort_unstable();
    names.dedup();
    let is_read_as_a_whole = |name: &&str| {
        file_named(name).is_some_and(|file| file.rows.is_empty()) && !told.iter().any(|change| change.file == *name)
    };
    let changed = names.into_iter().filter(is_read_as_a_whole).filter_map(|file| {
        let (was, is) = (mark(before, file), mark(after, file));
        let is_there = |mark: Option<u64>| mark.map(|_| String::new());
        (was != is).then(|| Change {
            file,
            key: None,
            before: is_there(was),
            after: is_there(is),
            needs_restart: needs_restart(file, "*"),
        })
    });
    changed.collect()
}

impl Setting {
    /// How the option is named to people: `www-port`, `[bob] max-cpus`, `block 2: MountPath`.
    pub fn label(&self) -> String {
        crate::report::label(self.file, self.section.as_deref(), &self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Format, Role, Sections};

    fn files(files: &[(&str, &str)]) -> Configuration {
        let mut read = Configuration::default();
        for (name, text) in files {
            read.read(file_named(name).unwrap(), std::path::Path::new(name), text.as_bytes());
        }
        read
    }

    fn said(before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<String> {
        changes(&files(before), &files(after)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_changed_is_said_with_both_values_and_secrets_are_hidden() {
        let before = [("rserver.conf", "admin-enabled=1\nwww-port=80\n"), ("database.conf", "password=one\n")];
        let after = [("rserver.conf", "www-port=81\nserver-access-log=1\n"), ("database.conf", "password=two\n")];
        let expected = [
            "database.conf: password: (secret) → (secret), after a restart",
            "rserver.conf: admin-enabled: 1 → (not set)",
            "rserver.conf: server-access-log: (not set) → 1",
            "rserver.conf: www-port: 80 → 81, after a restart",
        ];
        assert_eq!(said(&before, &after), expected);
    }

    #[test]
    fn where_a_value_stands_and_how_it_is_written_is_no_change() {
        let before = [("rserver.conf", "admin-enabled=1\nwww-port=80\n")];
        let after = [("rserver.conf", "# moved\nwww-port = 80\nadmin-enabled=true\n")];
        assert!(said(&before, &after).is_empty());
    }

    #[test]
    fn sections_repeated_lines_and_files_as_a_whole_are_compared() {
        let before = [
            ("profiles", "[*]\nsession-limit=1\n[bob]\nsession-limit=1\n"),
            ("rserver.conf", "server-add-header=A: 1\nserver-add-header=B: 1\n"),
            ("health-check", "sessions #active-sessions#\n"),
        ];
        let after = [
            ("profiles", "[*]\nsession-limit=1\n[bob]\nsession-limit=2\n"),
            ("rserver.conf", "server-add-header=A: 1\n"),
            ("health-check", "n #active-sessions#\n"),
        ];
        let expected = [
            "health-check: the file has changed",
            "profiles: [bob] session-limit: 1 → 2",
            "rserver.conf: server-add-header: A: 1, B: 1 → A: 1",
        ];
        assert_eq!(said(&before, &after), expected);
        assert_eq!(said(&[], &before[2..]), ["health-check: the file is new"]);
        assert_eq!(said(&before[2..], &[]), ["health-check: the file is gone"]);
    }

    #[test]
    fn what_needs_a_restart_is_in_the_option_table() {
        for (name, key) in RESTART {
            let file = file_named(name).unwrap_or_else(|| panic!("{name}"));
            let section = if file.format == Format::Ini(Sections::Who) { "*" } else { "" };
            let role = if *key == "*" { file.role } else { file.option(section, key).unwrap().role };
            assert_eq!(role, Role::Used, "{name}: {key} has no effect, after a restart or not");
        }
    }
}
