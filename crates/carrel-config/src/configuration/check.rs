//! A file's values against its declaration.

use super::{Configuration, Setting};
use crate::{
    diagnostic::{Diagnostic, Level},
    nearest::nearest,
    options::{File, Format, LineKind, Role, Row, Sections},
    read::{self, Block, Entry, Field, Part, Read, Section},
    source::{At, Source},
    value::{Kind, Value},
};
use std::{collections::HashMap, net::IpAddr, path::Path};

/// What the chart writes for an empty value of values.yaml.
const NIL: &str = "<nil>";
/// For how many unknown keys of a file the nearest known one is looked for: a file of nonsense costs no more.
const SUGGESTIONS: usize = 100;

/// Reads a file by its format, and keeps what it sets and what there is to tell.
pub(super) fn check(out: &mut Configuration, file: &'static File, source: &Source) {
    let index = file.options().map(|row| ((row.section, row.key), row)).collect();
    let mut check = Check { out, file, index, suggestions: SUGGESTIONS };
    match file.format {
        Format::Ini(sections) => check.ini(sections, source),
        Format::Names => check.names(source),
        Format::Dcf => check.blocks(read::dcf(source)),
        Format::Blocks => check.blocks(read::blocks(source)),
        Format::Lines(kind) => check.lines(kind, source),
        Format::Json => drop(check.keep(read::json(source))),
        Format::Template(variables) => check.template(variables, source),
        Format::Opaque | Format::Folder => {}
    }
    if file.rows.is_empty() {
        role(check.out, file.role, file.name, &source.at(0));
    }
}

/// Tells when something is set that Carrel does not do.
pub(super) fn role(out: &mut Configuration, role: Role, name: &str, at: &At) {
    let (level, code, text) = match role {
        Role::Used => return,
        Role::Planned("") => (Level::Warning, "not-yet", format!("{name} has no effect yet")),
        Role::Planned(meanwhile) => (Level::Warning, "not-yet", format!("{name} has no effect yet: {meanwhile}")),
        Role::NoEffect(why) => (Level::Note, "no-effect", format!("{name} changes nothing: {why}")),
        Role::NotSupported(instead) => (Level::Warning, "not-supported", format!("{name} is not supported: {instead}")),
    };
    out.diagnostics.push(Diagnostic::new(at.clone(), level, code, text));
}

struct Check<'a> {
    out: &'a mut Configuration,
    file: &'static File,
    /// The options by section and key: a file may have many lines.
    index: HashMap<(&'static str, &'static str), &'static Row>,
    suggestions: usize,
}

impl Check<'_> {
    fn tell(&mut self, diagnostic: Diagnostic) {
        self.out.diagnostics.push(diagnostic);
    }

    fn keep<T>(&mut self, read: Read<T>) -> T {
        self.out.diagnostics.extend(read.diagnostics);
        read.found
    }

    fn ini(&mut self, sections: Sections, source: &Source) {
        for section in self.keep(read::ini(source)).sections {
            let name = section.name.as_deref();
            if !self.section_belongs(sections, &section) {
                continue;
            }
            let mut seen = HashMap::new();
            let place = if sections == Sections::None { None } else { name };
            for entry in &section.entries {
                self.entry(place, entry, &mut seen);
            }
        }
    }

    /// Whether the section's lines are to be read; tells when it should not be there.
    fn section_belongs(&mut self, sections: Sections, section: &Section) -> bool {
        let (name, at) = (section.name.as_deref(), section.at.clone());
        match (sections, name) {
            (Sections::None, None) | (Sections::Who | Sections::Ids, Some(_)) => true,
            (Sections::None, Some(name)) => {
                let text = "this file has no sections: the header is left out of account";
                self.tell(Diagnostic::new(at, Level::Warning, "unknown-section", text).found(name));
                true
            }
            (Sections::Who | Sections::Ids, None) => {
                let text = "this stands before the first section, so it holds for nobody";
                self.tell(
                    Diagnostic::new(at, Level::Error, "no-section", text).allowed("a line `[*]` or `[name]` above it"),
                );
                false
            }
            (Sections::Named(known), name) => {
                let name = name.unwrap_or("");
                if !known.contains(&name) {
                    let text = "there is no such section: its lines are not read";
                    let told = Diagnostic::new(at, Level::Warning, "unknown-section", text).found(name);
                    self.tell(told.allowed(known.join(", ")).meant(nearest(name, known.iter().copied())));
                }
                // A section without options (`[nodes]` of load-balancer) holds a list that nothing reads.
                self.file.options().any(|row| row.section == name)
            }
        }
    }

    fn entry<'e>(&mut self, section: Option<&str>, entry: &'e Entry, seen: &mut HashMap<&'e str, u32>) {
        let Some(value) = &entry.value else {
            let told =
                Diagnostic::new(entry.at.clone(), Level::Error, "no-equals-sign", "there is no `=` in this line");
            self.tell(told.allowed("`key=value`"));
            return;
        };
        if let Some(row) = self.known(section.unwrap_or(""), &entry.key, &entry.at) {
            self.once(row, &entry.key, &entry.at, seen);
            self.set(section, &entry.key, Some(row), value, &entry.at);
        }
    }

    fn names(&mut self, source: &Source) {
        let read = self.keep(read::ini(source));
        let mut seen = HashMap::new();
        for entry in read.sections.iter().flat_map(|section| &section.entries) {
            let Some(value) = &entry.value else {
                self.entry(None, entry, &mut seen);
                continue;
            };
            self.set(None, &entry.key, None, value, &entry.at);
        }
        let has_cran = self.out.settings.iter().any(|s| s.file.name == "repos.conf" && s.key == "CRAN");
        if self.file.name == "repos.conf" && !has_cran {
            let text = "no repository is called CRAN: R asks people which one to use";
            self.tell(Diagnostic::new(source.at(0), Level::Warning, "no-cran", text));
        }
    }

    fn blocks(&mut self, read: Read<Vec<Block>>) {
        for (number, block) in (1..).zip(self.keep(read)) {
            let section = format!("{number}");
            let mut seen = HashMap::new();
            for field in &block.fields {
                if let Some(row) = self.known("", &field.key, &field.at) {
                    self.once(row, &field.key, &field.at, &mut seen);
                    self.set(Some(&section), row.key, Some(row), &whole(field), &field.at);
                }
            }
        }
    }

    fn lines(&mut self, kind: LineKind, source: &Source) {
        for item in self.keep(read::list(source)) {
            let (fine, allowed) = match kind {
                LineKind::Extension => (is_extension(&item.text), "`publisher.name`"),
                LineKind::IpRule => (is_ip_rule(&item.text), "`allow` or `deny`, then `all`, an address or a network"),
                LineKind::Any => (true, ""),
            };
            if fine {
                let value = Value::Text(item.text);
                let setting =
                    Setting { file: self.file, section: None, key: String::new(), row: None, value, at: item.at };
                self.out.settings.push(setting);
            } else {
                let text = format!("this is no line of {}", self.file.name);
                self.tell(
                    Diagnostic::new(item.at, Level::Error, "wrong-line", text).found(&item.text).allowed(allowed),
                );
            }
        }
    }

    fn template(&mut self, variables: &'static [&'static str], source: &Source) {
        for part in self.keep(read::template(source)) {
            let Part::Variable { name, at } = part else { continue };
            if !variables.contains(&name.as_str()) {
                let told = Diagnostic::new(at, Level::Warning, "unknown-variable", "there is no such variable");
                let meant = nearest(&name, variables.iter().copied());
                self.tell(told.found(&format!("#{name}#")).allowed(variables.join(", ")).meant(meant));
            }
        }
    }

    /// The declaration of a key; tells when there is none.
    fn known(&mut self, section: &str, key: &str, at: &At) -> Option<&'static Row> {
        let named = matches!(self.file.format, Format::Ini(Sections::Named(_)));
        let indexed = self.index.get(&(if named { section } else { "" }, key)).copied();
        let row = indexed.or_else(|| self.file.option(section, key));
        if row.is_none() {
            let keys = || self.file.options().filter(|row| row.family().is_none()).map(|row| row.key);
            let meant = if self.suggestions > 0 { nearest(key, keys()) } else { None };
            self.suggestions = self.suggestions.saturating_sub(1);
            let told = Diagnostic::new(
                at.clone(),
                Level::Warning,
                "unknown-key",
                format!("{} has no such key", self.file.name),
            );
            // In a file of secrets a line that is no key may be one.
            let shown = !self.file.secret || meant.is_some();
            let told = told.meant(meant);
            self.tell(if shown { told.found(key) } else { told });
        }
        row
    }

    /// Tells when a key that counts once stands there again.
    fn once<'e>(&mut self, row: &Row, key: &'e str, at: &At, seen: &mut HashMap<&'e str, u32>) {
        let Some(before) = seen.insert(key, at.line).filter(|_| !row.repeats) else { return };
        let text = format!("{key} stands in line {before} too: the last one counts");
        self.tell(Diagnostic::new(at.clone(), Level::Warning, "repeated", text));
    }

    fn set(&mut self, section: Option<&str>, key: &str, row: Option<&'static Row>, text: &str, at: &At) {
        if text == NIL {
            let why = "is what the chart writes for an empty value of values.yaml: the default holds";
            self.tell(Diagnostic::new(at.clone(), Level::Note, "nil", format!("{key}: {NIL} {why}")));
            return;
        }
        let kind = row.map_or(Kind::Text, |row| row.kind);
        let secret = self.file.secret || row.is_some_and(|row| row.secret);
        let text = row.filter(|_| text.trim().is_empty()).map_or(text, |row| row.when_empty);
        match kind.parse(text) {
            Ok(None) => {}
            Ok(Some(value)) => {
                if let Some(row) = row.filter(|row| asks_for_something(row, &value)) {
                    role(self.out, row.role, key, at);
                }
                let (key, section) = (key.to_owned(), section.map(str::to_owned));
                self.out.settings.push(Setting { file: self.file, section, key, row, value, at: at.clone() });
            }
            Err(_) => {
                let told = Diagnostic::new(at.clone(), Level::Error, "wrong-value", format!("{key} cannot be this"));
                let told = told.allowed(kind.allowed()).meant(nearest(text, kind.known_words().iter().copied()));
                self.tell(if secret { told } else { told.found(text) });
            }
        }
    }
}

/// Whether a value makes a difference that people may wait for in vain: something that is off by default and set to off
/// does not, and neither does a default that has no effect anyway.
fn asks_for_something(row: &Row, value: &Value) -> bool {
    let is_default = row.default_value().as_ref() == Some(value);
    match (row.role, value) {
        (_, Value::Flag(false)) if matches!(row.default, "0" | "") => false,
        (Role::NoEffect(_), _) => !is_default,
        _ => true,
    }
}

/// A field's own line and those that go on with it.
fn whole(field: &Field) -> String {
    let lines = std::iter::once(field.value.as_str()).chain(field.more.iter().map(|(text, _)| text.as_str()));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// `publisher.name`, with or without `@version`, or the path of a packed extension.
fn is_extension(line: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let id = line.split_once('@').map_or(line, |(id, _)| id);
    let named = id.split_once('.').is_some_and(|(publisher, name)| !publisher.is_empty() && !name.is_empty());
    Path::new(line).extension().is_some_and(|extension| extension == "vsix") || (named && id.chars().all(letter))
}

fn is_ip_rule(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    matches!(words[..], ["allow" | "deny", who] if who == "all" || is_network(who))
}

fn is_network(text: &str) -> bool {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let most = if address.is_ipv4() { 32 } else { 128 };
    bits.is_none_or(|bits| bits.parse::<u8>().is_ok_and(|bits| bits <= most))
}
