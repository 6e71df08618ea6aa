//! A table of an entry, read key by key, and the faults found on the way.

use super::{Fault, fill};
use std::collections::BTreeSet;
use toml::{Table, Value};

/// Where faults go.
pub(super) struct Notes<'a> {
    file: &'a str,
    faults: &'a mut Vec<Fault>,
    found: bool,
    /// The entry's own variables.
    own: Vec<String>,
}

impl<'a> Notes<'a> {
    pub(super) fn of(file: &'a str, faults: &'a mut Vec<Fault>) -> Self {
        Self { file, faults, found: false, own: Vec::new() }
    }

    /// Takes a variable of the entry's own for known.
    pub(super) fn declare(&mut self, name: &str) {
        self.own.push(name.to_owned());
    }

    /// Whether a path begins with a variable of the entry's own, which stands for a folder of the user's.
    pub(super) fn owns_beginning_of(&self, path: &str) -> bool {
        self.own.iter().any(|own| path.starts_with(&format!("{{{own}}}/")))
    }

    /// Whether this file has any.
    pub(super) fn found_any(&self) -> bool {
        self.found
    }

    pub(super) fn fault(&mut self, key: &str, text: impl Into<String>) {
        self.found = true;
        self.faults.push(Fault { file: self.file.into(), key: Some(key.into()), text: text.into() });
    }

    /// Complains of variables that nobody fills in.
    pub(super) fn variables(&mut self, key: &str, text: &str, requires: &[String], secret: bool) {
        for (_, name) in fill::variables(text) {
            let known = fill::OURS.contains(&name)
                || fill::AGENTS.contains(&name)
                || self.own.iter().any(|own| own == name)
                || (secret && name == fill::SECRET);
            match name.split_once(':') {
                Some((_, program)) if requires.iter().any(|r| r == program) => {}
                Some((_, program)) => self.fault(key, format!("{{{name}}}: “{program}” is not in program.requires")),
                None if known => {}
                None if name == fill::SECRET => {
                    self.fault(key, "{secret} may stand in http.headers only: use {secret_file}");
                }
                None => {
                    let names = fill::OURS.iter().chain(&fill::AGENTS).copied();
                    let names = names.chain(self.own.iter().map(String::as_str));
                    let hint =
                        did_you_mean(name, names).map(|n| format!(", did you mean {{{n}}}?")).unwrap_or_default();
                    self.fault(key, format!("there is no variable {{{name}}}{hint}"));
                }
            }
        }
    }
}

/// A table of the file, from which keys are taken; what is left in the end is unknown.
pub(super) struct Section {
    path: String,
    table: Table,
    asked: BTreeSet<&'static str>,
}

impl Section {
    pub(super) fn new(path: impl Into<String>, table: Table) -> Self {
        Self { path: path.into(), table, asked: BTreeSet::new() }
    }

    pub(super) fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Takes `key` and turns its value into what is wanted, or says what is.
    fn take<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        notes: &mut Notes<'_>,
        turn: impl FnOnce(Value) -> Option<T>,
    ) -> Option<T> {
        self.asked.insert(key);
        let value = self.table.remove(key)?;
        let kind = value.type_str();
        let turned = turn(value);
        if turned.is_none() {
            let kind = shown(kind);
            let not = if wanted.starts_with(kind) { String::new() } else { format!(", not {kind}") };
            notes.fault(&self.key(key), format!("{wanted} is wanted here{not}"));
        }
        turned
    }

    pub(super) fn text(&mut self, key: &'static str, notes: &mut Notes<'_>) -> Option<String> {
        self.take(key, "a text", notes, |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    /// A text that has to be there and not empty.
    pub(super) fn needed(&mut self, key: &'static str, notes: &mut Notes<'_>) -> String {
        let there = self.has(key);
        let text = self.text(key, notes);
        match text {
            Some(text) if !text.trim().is_empty() => return text,
            Some(_) => notes.fault(&self.key(key), "it may not be empty"),
            None if !there => notes.fault(&self.key(key), "it is missing"),
            None => {}
        }
        String::new()
    }

    pub(super) fn texts(&mut self, key: &'static str, notes: &mut Notes<'_>) -> Vec<String> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        self.take(key, "a list of texts", notes, |value| value.as_array()?.iter().map(text).collect())
            .unwrap_or_default()
    }

    pub(super) fn pairs(&mut self, key: &'static str, notes: &mut Notes<'_>) -> Vec<(String, String)> {
        let pair = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        self.take(key, "a table of texts", notes, |value| value.as_table()?.iter().map(pair).collect())
            .unwrap_or_default()
    }

    /// A table of lists.
    pub(super) fn lists(&mut self, key: &'static str, notes: &mut Notes<'_>) -> Vec<(String, Vec<String>)> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let list = |(name, value): (&String, &Value)| {
            Some((name.clone(), value.as_array()?.iter().map(text).collect::<Option<_>>()?))
        };
        self.take(key, "a table of lists of texts", notes, |value| value.as_table()?.iter().map(list).collect())
            .unwrap_or_default()
    }

    pub(super) fn flag(&mut self, key: &'static str, notes: &mut Notes<'_>) -> Option<bool> {
        self.take(key, "true or false", notes, |value| value.as_bool())
    }

    pub(super) fn count(&mut self, key: &'static str, notes: &mut Notes<'_>) -> Option<usize> {
        self.take(key, "a number from 0", notes, |value| value.as_integer()?.try_into().ok())
    }

    pub(super) fn section(&mut self, key: &'static str, notes: &mut Notes<'_>) -> Self {
        let path = self.key(key);
        let table = self.take(key, "a table", notes, |value| match value {
            Value::Table(table) => Some(table),
            _ => None,
        });
        Self::new(path, table.unwrap_or_default())
    }

    pub(super) fn tables(&mut self, key: &'static str, notes: &mut Notes<'_>) -> Vec<Self> {
        let path = self.key(key);
        let table = |value: &Value| value.as_table().cloned();
        let tables: Vec<Table> = self
            .take(key, "a list of tables", notes, |value| value.as_array()?.iter().map(table).collect())
            .unwrap_or_default();
        tables.into_iter().enumerate().map(|(i, table)| Self::new(format!("{path}[{i}]"), table)).collect()
    }

    /// Complains of keys that nobody asked for.
    pub(super) fn finish(self, notes: &mut Notes<'_>) {
        for key in self.table.keys() {
            let text = if let Some(hint) = did_you_mean(key, self.asked.iter().copied()) {
                format!("there is no such key, did you mean {hint}?")
            } else {
                let asked: Vec<&str> = self.asked.iter().copied().collect();
                format!("there is no such key; there are {}", asked.join(", "))
            };
            notes.fault(&self.key(key), text);
        }
    }
}

fn shown(kind: &str) -> &'static str {
    match kind {
        "string" => "a text",
        "integer" | "float" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "table" => "a table",
        _ => "this",
    }
}

/// The nearest of `names` when it is near enough to be meant.
fn did_you_mean<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names.map(|name| (distance(word, name), name)).filter(|(d, name)| *d <= 2 && *d < name.len()).min().map(|(_, n)| n)
}

/// How many letters to add, drop or change to get from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let next = (corner + usize::from(ca != *cb)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}
