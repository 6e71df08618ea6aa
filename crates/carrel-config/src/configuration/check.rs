//! A file's values against its declaration.

use super::{
    Configuration, Setting,
    keys::{Keys, Known, Seen, is_same},
};
use crate::{
    diagnostic::{Diagnostic, Level, Told},
    nearest::nearest,
    options::{File, Format, LineKind, Role, Row, Sections},
    read::{self, FieldPiece, IniPiece, Part, Read},
    source::{At, Source},
    value::{Kind, Value},
};
use std::{borrow::Cow, fmt::Write as _, net::IpAddr, path::Path, sync::Arc};

/// What the chart writes for an empty value of values.yaml.
const NIL: &str = "<nil>";
/// For how many unknown words of a file the nearest known one is looked for: a file of nonsense costs no more.
const SUGGESTIONS: usize = 100;

/// Reads a file by its format, and keeps what it sets and what there is to tell.
pub(super) fn check(out: &mut Configuration, file: &'static File, source: &Source) {
    // Making room anew while the settings grow costs as much as reading them.
    let most = if file.has_settings() { source.count() } else { 0 };
    out.settings.reserve(most);
    let mut check = Check { out, file, source, told: Told::default(), keys: Keys::of(file), suggestions: SUGGESTIONS };
    match file.format {
        Format::Ini(sections) => check.ini(sections),
        Format::Names => check.names(),
        Format::Dcf => check.blocks(read::each_of_dcf),
        Format::Blocks => check.blocks(read::each_of_blocks),
        Format::Lines(kind) => check.lines(kind),
        Format::Json => check.keep(read::is_json(source)),
        Format::Template(variables) => check.template(variables),
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

struct Check<'a> {
    out: &'a mut Configuration,
    file: &'static File,
    source: &'a Source,
    told: Told,
    keys: Keys,
    suggestions: usize,
}

/// A reader of blocks.
type EachField = for<'s> fn(&'s Source, &mut dyn FnMut(FieldPiece<'s>)) -> Told;

impl<'a> Check<'a> {
    fn at(&self, line: u32) -> At {
        self.source.at(line)
    }

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

    fn ini(&mut self, sections: Sections) {
        let mut seen = self.keys.seen();
        // The section that is read, unless its lines are none of this file.
        let mut section: Option<Option<Arc<str>>> = None;
        let mut began = false;
        let told = read::each_line(self.source, |piece| {
            let (name, line) = match piece {
                IniPiece::Header { name, line } => (Some(name), line),
                IniPiece::Entry { line, .. } => (None, line),
            };
            if name.is_some() || !began {
                began = true;
                seen.section += 1;
                let belongs = self.section_belongs(sections, name, line);
                section = belongs.then(|| name.filter(|_| sections != Sections::None).map(Into::into));
            }
            if let (IniPiece::Entry { key, value, line }, Some(section)) = (piece, &section) {
                self.entry(section.as_ref(), key, value, line, &mut seen);
            }
        });
        self.told.append(told);
    }

    /// Whether the section's lines are to be read; tells when it should not be there.
    fn section_belongs(&mut self, sections: Sections, name: Option<&str>, line: u32) -> bool {
        let at = self.at(line);
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
                if !known.iter().any(|known| is_same(known, name)) {
                    let text = "there is no such section: its lines are not read";
                    let meant = self.meant(name, known.iter().copied());
                    self.told.tell(Level::Warning, || {
                        let told = Diagnostic::new(at, Level::Warning, "unknown-section", text).found(name);
                        told.allowed(known.join(", ")).meant(meant)
                    });
                }
                // A section without options (`[nodes]` of load-balancer) holds a list that nothing reads.
                self.file.options().any(|row| is_same(row.section, name))
            }
        }
    }

    fn entry(&mut self, section: Option<&Arc<str>>, key: &'a str, value: Option<&str>, line: u32, seen: &mut Seen<'a>) {
        let Some(value) = value else { return self.no_equals_sign(line) };
        if let Some(known) = self.known(section.map_or("", |name| name), key, line) {
            self.once(known, key, line, seen);
            self.set(section, key, Some(known.row), value, line);
        }
    }

    fn no_equals_sign(&mut self, line: u32) {
        let source = self.source;
        self.told.tell(Level::Error, || {
            let text = "there is no `=` in this line";
            Diagnostic::new(source.at(line), Level::Error, "no-equals-sign", text).allowed("`key=value`")
        });
    }

    fn names(&mut self) {
        let told = read::each_line(self.source, |piece| match piece {
            IniPiece::Entry { key, value: Some(value), line } => self.set(None, key, None, value, line),
            IniPiece::Entry { line, .. } => self.no_equals_sign(line),
            IniPiece::Header { .. } => {}
        });
        self.told.append(told);
        let has_cran = self.out.settings.iter().any(|s| s.file.name == "repos.conf" && s.key == "CRAN");
        if self.file.name == "repos.conf" && !has_cran {
            let at = self.at(0);
            let text = "no repository is called CRAN: R asks people which one to use";
            self.told.tell(Level::Warning, || Diagnostic::new(at, Level::Warning, "no-cran", text));
        }
    }

    fn blocks(&mut self, each: EachField) {
        let mut seen = self.keys.seen();
        let mut section: Arc<str> = "".into();
        let mut number = String::new();
        let mut open: Option<Open<'a>> = None;
        let told = each(self.source, &mut |piece| match piece {
            FieldPiece::Field { begins_block, key, value, line } => {
                self.close(open.take(), &section, &mut seen);
                if begins_block {
                    seen.section += 1;
                    number.clear();
                    // Writing to a String cannot fail.
                    let _ = write!(number, "{}", seen.section);
                    section = number.as_str().into();
                }
                open = Some(Open { key, value: Cow::Borrowed(value), line });
            }
            FieldPiece::More { text, .. } => {
                if let Some(open) = &mut open {
                    open.go_on(text);
                }
            }
        });
        self.close(open, &section, &mut seen);
        self.told.append(told);
    }

    /// A field of a block, read to its end.
    fn close(&mut self, field: Option<Open<'a>>, section: &Arc<str>, seen: &mut Seen<'a>) {
        let Some(Open { key, value, line }) = field else { return };
        if let Some(known) = self.known("", key, line) {
            self.once(known, key, line, seen);
            self.set(Some(section), known.row.key, Some(known.row), &value, line);
        }
    }

    fn lines(&mut self, kind: LineKind) {
        for item in self.keep(read::list(self.source)) {
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

    fn template(&mut self, variables: &'static [&'static str]) {
        for part in self.keep(read::template(self.source)) {
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
    fn known(&mut self, section: &str, key: &str, line: u32) -> Option<Known> {
        let known = self.keys.find(section, key);
        if known.is_none() {
            let (file, source) = (self.file, self.source);
            let keys = file.options().filter(|row| row.family().is_none()).map(|row| row.key);
            let meant = self.meant(key, keys);
            self.told.tell(Level::Warning, || {
                let text = format!("{} has no such key", file.name);
                let told = Diagnostic::new(source.at(line), Level::Warning, "unknown-key", text).meant(meant);
                // In a file of secrets a line that is no key may be one.
                if file.secret && meant.is_none() { told } else { told.found(key) }
            });
        }
        known
    }

    /// Tells when a key that counts once stands there again.
    fn once(&mut self, known: Known, key: &'a str, line: u32, seen: &mut Seen<'a>) {
        let Some(before) = seen.before(known, key, line).filter(|_| !known.row.repeats) else { return };
        let source = self.source;
        self.told.tell(Level::Warning, || {
            let text = format!("{key} stands in line {before} too: the last one counts");
            Diagnostic::new(source.at(line), Level::Warning, "repeated", text)
        });
    }

    fn set(&mut self, section: Option<&Arc<str>>, key: &str, row: Option<&'static Row>, text: &str, line: u32) {
        let source = self.source;
        if text == NIL {
            self.told.tell(Level::Note, || {
                let why = "is what the chart writes for an empty value of values.yaml: the default holds";
                Diagnostic::new(source.at(line), Level::Note, "nil", format!("{key}: {NIL} {why}"))
            });
            return;
        }
        let kind = row.map_or(Kind::Text, |row| row.kind);
        let text = row.filter(|_| text.trim().is_empty()).map_or(text, |row| row.when_empty);
        match kind.parse(text) {
            Ok(None) => {}
            Ok(Some(value)) => {
                if let Some(row) = row.filter(|row| asks_for_something(row, text, &value)) {
                    role(&mut self.told, row.role, key, &source.at(line));
                }
                let named = row.filter(|row| row.key == key).map(|row| Cow::Borrowed(row.key));
                let (key, section) = (named.unwrap_or_else(|| Cow::Owned(key.to_owned())), section.cloned());
                self.out.settings.push(Setting { file: self.file, section, key, row, value, at: source.at(line) });
            }
            Err(_) => self.wrong_value(key, kind, row, text, line),
        }
    }

    fn wrong_value(&mut self, key: &str, kind: Kind, row: Option<&'static Row>, text: &str, line: u32) {
        let source = self.source;
        let secret = self.file.secret || row.is_some_and(|row| row.secret);
        let meant = self.meant(text, kind.known_words().iter().copied());
        self.told.tell(Level::Error, || {
            let told = Diagnostic::new(source.at(line), Level::Error, "wrong-value", format!("{key} cannot be this"));
            let told = told.allowed(kind.allowed()).meant(meant);
            if secret { told } else { told.found(text) }
        });
    }
}

/// Whether a value makes a difference that people may wait for in vain: something that is off by default and set to off
/// does not, and neither does a default that has no effect anyway.
fn asks_for_something(row: &Row, text: &str, value: &Value) -> bool {
    match (row.role, value) {
        (Role::Used, _) => false,
        (_, Value::Flag(false)) if matches!(row.default, "0" | "") => false,
        (Role::NoEffect(_), _) => text != row.default && row.default_value().as_ref() != Some(value),
        _ => true,
    }
}

/// A field of a block, and what of it was read so far.
struct Open<'a> {
    key: &'a str,
    value: Cow<'a, str>,
    line: u32,
}

impl Open<'_> {
    fn go_on(&mut self, text: &str) {
        let value = self.value.to_mut();
        if !value.is_empty() {
            value.push('\n');
        }
        value.push_str(text);
    }
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
