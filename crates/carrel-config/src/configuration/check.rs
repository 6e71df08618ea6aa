//! A file's values against its declaration.

use super::{Configuration, Setting};
use crate::{
    diagnostic::{Diagnostic, Level, Told},
    nearest::nearest,
    options::{File, Format, LineKind, Role, Row, Sections},
    read::{self, Block, Entry, Field, Part, Read, Section},
    source::{At, Source},
    value::{Kind, Value},
};
use std::{borrow::Cow, collections::HashMap, net::IpAddr, path::Path, sync::Arc};

/// What the chart writes for an empty value of values.yaml.
const NIL: &str = "<nil>";
/// For how many unknown words of a file the nearest known one is looked for: a file of nonsense costs no more.
const SUGGESTIONS: usize = 100;

/// Reads a file by its format, and keeps what it sets and what there is to tell.
pub(super) fn check(out: &mut Configuration, file: &'static File, source: &Source) {
    let mut check = Check { out, file, told: Told::default(), keys: Keys::of(file), suggestions: SUGGESTIONS };
    match file.format {
        Format::Ini(sections) => check.ini(sections, source),
        Format::Names => check.names(source),
        Format::Dcf => check.blocks(read::dcf(source)),
        Format::Blocks => check.blocks(read::blocks(source)),
        Format::Lines(kind) => check.lines(kind, source),
        Format::Json => check.keep(read::is_json(source)),
        Format::Template(variables) => check.template(variables, source),
        Format::Opaque | Format::Folder => {}
    }
    if file.rows.is_empty() {
        role(&mut check.told, file.role, file.name, &source.at(0));
    }
    let told = check.told.into_list(source.at(0));
    out.diagnostics.extend(told);
}

/// Tells when something is set that Carrel does not do.
pub(super) fn role(told: &mut Told, role: Role, name: &str, at: &At) {
    let (level, code) = match role {
        Role::Used => return,
        Role::Planned(_) => (Level::Warning, "not-yet"),
        Role::NoEffect(_) => (Level::Note, "no-effect"),
        Role::NotSupported(_) => (Level::Warning, "not-supported"),
    };
    told.tell(level, || {
        let text = match role {
            Role::Planned("") | Role::Used => format!("{name} has no effect yet"),
            Role::Planned(meanwhile) => format!("{name} has no effect yet: {meanwhile}"),
            Role::NoEffect(why) => format!("{name} changes nothing: {why}"),
            Role::NotSupported(instead) => format!("{name} is not supported: {instead}"),
        };
        Diagnostic::new(at.clone(), level, code, text)
    });
}

/// A file's options, to be found by name: a file may have many lines.
struct Keys {
    exact: HashMap<(&'static str, &'static str), &'static Row>,
    /// Those that stand for all names that begin so.
    families: Vec<&'static Row>,
    /// Whether an option belongs to its section only.
    by_section: bool,
    /// Whether names in capitals and small letters are the same: then `exact` has them in small ones.
    any_case: bool,
}

impl Keys {
    fn of(file: &'static File) -> Self {
        Self {
            exact: file.options().map(|row| ((row.section, row.key), row)).collect(),
            families: file.options().filter(|row| row.family().is_some()).collect(),
            by_section: matches!(file.format, Format::Ini(Sections::Named(_))),
            any_case: matches!(file.format, Format::Dcf | Format::Blocks),
        }
    }

    fn find(&self, section: &str, key: &str) -> Option<&'static Row> {
        let section = if self.by_section { section } else { "" };
        let exact = self.exact.get(&(section, key)).copied();
        let in_any_case = || self.exact.values().copied().find(|row| row.key.eq_ignore_ascii_case(key));
        let family = || {
            let here = self.families.iter().filter(|row| !self.by_section || row.section == section);
            here.copied().find(|row| row.family().is_some_and(|prefix| key.starts_with(prefix)))
        };
        exact.or_else(|| self.any_case.then(in_any_case).flatten()).or_else(family)
    }
}

/// Where each key stood last: one map for a whole file, since one for each of many small sections costs more than
/// everything else.
#[derive(Default)]
struct Seen<'e> {
    section: usize,
    keys: HashMap<&'e str, (usize, u32)>,
}

impl<'e> Seen<'e> {
    /// The line before this one that has the key too, in the same section.
    fn before(&mut self, key: &'e str, line: u32) -> Option<u32> {
        let before = self.keys.insert(key, (self.section, line));
        before.filter(|(section, _)| *section == self.section).map(|(_, line)| line)
    }
}

struct Check<'a> {
    out: &'a mut Configuration,
    file: &'static File,
    told: Told,
    keys: Keys,
    suggestions: usize,
}

impl Check<'_> {
    fn keep<T>(&mut self, read: Read<T>) -> T {
        self.told.append(read.told);
        read.found
    }

    /// The known word that was probably meant, for the first few that are asked for.
    fn meant(&mut self, word: &str, known: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
        let meant = if self.suggestions > 0 { nearest(word, known) } else { None };
        self.suggestions = self.suggestions.saturating_sub(1);
        meant
    }

    fn ini(&mut self, sections: Sections, source: &Source) {
        let mut seen = Seen::default();
        for section in self.keep(read::ini(source)).sections {
            let name = section.name;
            if !self.section_belongs(sections, &section) {
                continue;
            }
            seen.section += 1;
            let place: Option<Arc<str>> = name.filter(|_| sections != Sections::None).map(Into::into);
            for entry in &section.entries {
                self.entry(place.as_ref(), entry, &mut seen);
            }
        }
    }

    /// Whether the section's lines are to be read; tells when it should not be there.
    fn section_belongs(&mut self, sections: Sections, section: &Section<'_>) -> bool {
        let (name, at) = (section.name, section.at.clone());
        match (sections, name) {
            (Sections::None, None) | (Sections::Who | Sections::Ids, Some(_)) => true,
            (Sections::None, Some(name)) => {
                let text = "this file has no sections: the header is left out of account";
                self.told
                    .tell(Level::Warning, || Diagnostic::new(at, Level::Warning, "unknown-section", text).found(name));
                true
            }
            (Sections::Who | Sections::Ids, None) => {
                let text = "this stands before the first section, so it holds for nobody";
                self.told.tell(Level::Error, || {
                    Diagnostic::new(at, Level::Error, "no-section", text).allowed("a line `[*]` or `[name]` above it")
                });
                false
            }
            (Sections::Named(known), name) => {
                let name = name.unwrap_or("");
                if !known.contains(&name) {
                    let text = "there is no such section: its lines are not read";
                    let meant = self.meant(name, known.iter().copied());
                    self.told.tell(Level::Warning, || {
                        let told = Diagnostic::new(at, Level::Warning, "unknown-section", text).found(name);
                        told.allowed(known.join(", ")).meant(meant)
                    });
                }
                // A section without options (`[nodes]` of load-balancer) holds a list that nothing reads.
                self.file.options().any(|row| row.section == name)
            }
        }
    }

    fn entry<'e>(&mut self, section: Option<&Arc<str>>, entry: &Entry<'e>, seen: &mut Seen<'e>) {
        let Some(value) = entry.value else {
            self.told.tell(Level::Error, || {
                let text = "there is no `=` in this line";
                Diagnostic::new(entry.at.clone(), Level::Error, "no-equals-sign", text).allowed("`key=value`")
            });
            return;
        };
        if let Some(row) = self.known(section.map_or("", |name| name), entry.key, &entry.at) {
            self.once(row, entry.key, &entry.at, seen);
            self.set(section, entry.key, Some(row), value, &entry.at);
        }
    }

    fn names(&mut self, source: &Source) {
        let read = self.keep(read::ini(source));
        let mut seen = Seen::default();
        for entry in read.sections.iter().flat_map(|section| &section.entries) {
            let Some(value) = entry.value else {
                self.entry(None, entry, &mut seen);
                continue;
            };
            self.set(None, entry.key, None, value, &entry.at);
        }
        let has_cran = self.out.settings.iter().any(|s| s.file.name == "repos.conf" && s.key == "CRAN");
        if self.file.name == "repos.conf" && !has_cran {
            let text = "no repository is called CRAN: R asks people which one to use";
            self.told.tell(Level::Warning, || Diagnostic::new(source.at(0), Level::Warning, "no-cran", text));
        }
    }

    fn blocks(&mut self, read: Read<Vec<Block<'_>>>) {
        let mut seen = Seen::default();
        for block in self.keep(read) {
            seen.section += 1;
            let section: Arc<str> = seen.section.to_string().into();
            for field in &block.fields {
                if let Some(row) = self.known("", field.key, &field.at) {
                    self.once(row, field.key, &field.at, &mut seen);
                    self.set(Some(&section), row.key, Some(row), &whole(field), &field.at);
                }
            }
        }
    }

    fn lines(&mut self, kind: LineKind, source: &Source) {
        for item in self.keep(read::list(source)) {
            let (fine, allowed) = match kind {
                LineKind::Extension => (is_extension(item.text), "`publisher.name`"),
                LineKind::IpRule => (is_ip_rule(item.text), "`allow` or `deny`, then `all`, an address or a network"),
                LineKind::Any => (true, ""),
            };
            if fine {
                let value = Value::Text(item.text.to_owned());
                let setting =
                    Setting { file: self.file, section: None, key: Cow::Borrowed(""), row: None, value, at: item.at };
                self.out.settings.push(setting);
            } else {
                self.told.tell(Level::Error, || {
                    let text = format!("this is no line of {}", self.file.name);
                    Diagnostic::new(item.at, Level::Error, "wrong-line", text).found(item.text).allowed(allowed)
                });
            }
        }
    }

    fn template(&mut self, variables: &'static [&'static str], source: &Source) {
        for part in self.keep(read::template(source)) {
            let Part::Variable { name, at } = part else { continue };
            if variables.contains(&name) {
                continue;
            }
            let meant = self.meant(name, variables.iter().copied());
            self.told.tell(Level::Warning, || {
                let told = Diagnostic::new(at, Level::Warning, "unknown-variable", "there is no such variable");
                told.found(&format!("#{name}#")).allowed(variables.join(", ")).meant(meant)
            });
        }
    }

    /// The declaration of a key; tells when there is none.
    fn known(&mut self, section: &str, key: &str, at: &At) -> Option<&'static Row> {
        let row = self.keys.find(section, key);
        if row.is_none() {
            let file = self.file;
            let keys = file.options().filter(|row| row.family().is_none()).map(|row| row.key);
            let meant = self.meant(key, keys);
            self.told.tell(Level::Warning, || {
                let text = format!("{} has no such key", file.name);
                let told = Diagnostic::new(at.clone(), Level::Warning, "unknown-key", text).meant(meant);
                // In a file of secrets a line that is no key may be one.
                if file.secret && meant.is_none() { told } else { told.found(key) }
            });
        }
        row
    }

    /// Tells when a key that counts once stands there again.
    fn once<'e>(&mut self, row: &Row, key: &'e str, at: &At, seen: &mut Seen<'e>) {
        let Some(before) = seen.before(key, at.line).filter(|_| !row.repeats) else { return };
        self.told.tell(Level::Warning, || {
            let text = format!("{key} stands in line {before} too: the last one counts");
            Diagnostic::new(at.clone(), Level::Warning, "repeated", text)
        });
    }

    fn set(&mut self, section: Option<&Arc<str>>, key: &str, row: Option<&'static Row>, text: &str, at: &At) {
        if text == NIL {
            self.told.tell(Level::Note, || {
                let why = "is what the chart writes for an empty value of values.yaml: the default holds";
                Diagnostic::new(at.clone(), Level::Note, "nil", format!("{key}: {NIL} {why}"))
            });
            return;
        }
        let kind = row.map_or(Kind::Text, |row| row.kind);
        let text = row.filter(|_| text.trim().is_empty()).map_or(text, |row| row.when_empty);
        match kind.parse(text) {
            Ok(None) => {}
            Ok(Some(value)) => {
                if let Some(row) = row.filter(|row| asks_for_something(row, &value)) {
                    role(&mut self.told, row.role, key, at);
                }
                let named = row.filter(|row| row.key == key).map(|row| Cow::Borrowed(row.key));
                let (key, section) = (named.unwrap_or_else(|| Cow::Owned(key.to_owned())), section.cloned());
                self.out.settings.push(Setting { file: self.file, section, key, row, value, at: at.clone() });
            }
            Err(_) => self.wrong_value(key, kind, row, text, at),
        }
    }

    fn wrong_value(&mut self, key: &str, kind: Kind, row: Option<&'static Row>, text: &str, at: &At) {
        let secret = self.file.secret || row.is_some_and(|row| row.secret);
        let meant = self.meant(text, kind.known_words().iter().copied());
        self.told.tell(Level::Error, || {
            let told = Diagnostic::new(at.clone(), Level::Error, "wrong-value", format!("{key} cannot be this"));
            let told = told.allowed(kind.allowed()).meant(meant);
            if secret { told } else { told.found(text) }
        });
    }
}

/// Whether a value makes a difference that people may wait for in vain: something that is off by default and set to off
/// does not, and neither does a default that has no effect anyway.
fn asks_for_something(row: &Row, value: &Value) -> bool {
    match (row.role, value) {
        (Role::Used, _) => false,
        (_, Value::Flag(false)) if matches!(row.default, "0" | "") => false,
        (Role::NoEffect(_), _) => row.default_value().as_ref() != Some(value),
        _ => true,
    }
}

/// A field's own line and those that go on with it.
fn whole<'a>(field: &Field<'a>) -> Cow<'a, str> {
    if field.more.is_empty() {
        return Cow::Borrowed(field.value);
    }
    let lines = std::iter::once(field.value).chain(field.more.iter().map(|(text, _)| *text));
    Cow::Owned(lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"))
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
