//! The option table: every file, and every key in it, declared once.
//!
//! The reader of files, `carrel config show`, `carrel check`, the JSON Schema and the reference page all come from here.

mod databases;
mod ides;
mod launcher;
mod other;
mod own;
mod profiles;
mod rserver;
mod rserver_auth;
mod rserver_launcher;
mod rsession;
mod sessions;

pub(crate) use profiles::is_of_pods;

use crate::value::Kind;

/// What Carrel does with an option that stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It takes effect.
    Used,
    /// It will take effect, and does not yet; the text says what holds meanwhile, when something does.
    Planned(&'static str),
    /// It is accepted and changes nothing; the text says why.
    NoEffect(&'static str),
    /// What it asks for will not be done; the text says what Carrel does instead.
    NotSupported(&'static str),
}

/// A configuration file.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Its name below the configuration folder.
    pub name: &'static str,
    /// How it is read.
    pub format: Format,
    /// What it is for, as a sentence.
    pub meaning: &'static str,
    /// What Carrel does with the file as a whole; its options say it one by one where it has any.
    pub role: Role,
    /// Whether what stands in it is secret: then no value of it is ever shown.
    pub secret: bool,
    /// Its options, in groups.
    pub rows: &'static [&'static [Row]],
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `key=value`, in sections as given.
    Ini(Sections),
    /// `NAME=value` with names of the administrator's.
    Names,
    /// Blocks of `Key: value`.
    Dcf,
    /// Blocks of `Key: value` or `key=value`.
    Blocks,
    /// A thing a line, of this kind.
    Lines(LineKind),
    /// JSON.
    Json,
    /// Text with `#variables#`.
    Template(&'static [&'static str]),
    /// Not looked into.
    Opaque,
    /// A folder.
    Folder,
}

/// Which sections a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sections {
    /// None: keys stand alone.
    None,
    /// These; options say which of them they belong to.
    Named(&'static [&'static str]),
    /// `[*]`, `[@name]`, `[name]`, each with the same options.
    Who,
    /// Any name, each with the same options.
    Ids,
}

/// What a line of a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// `publisher.name` of an extension.
    Extension,
    /// `allow` or `deny`, and a network or `all`.
    IpRule,
    /// Anything.
    Any,
}

/// An option.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its name. One that ends in `*` stands for all that begin so: the original has a family of them that nobody needs
    /// one by one.
    pub key: &'static str,
    /// The section it belongs to, in files with [`Sections::Named`].
    pub section: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What holds when it is not set; empty for nothing.
    pub default: &'static str,
    /// What an empty value stands for; empty where that is the default.
    pub when_empty: &'static str,
    /// What a number counts; empty where the name says all.
    pub unit: &'static str,
    /// What it is for, as a sentence.
    pub meaning: &'static str,
    /// The original's release that brought it, where that is known.
    pub since: &'static str,
    /// Whether it may stand there more than once, each counting.
    pub repeats: bool,
    /// Whether its value is never shown.
    pub secret: bool,
    /// What Carrel does with it.
    pub role: Role,
}

/// Declares an option.
const fn row(key: &'static str, kind: Kind, default: &'static str, meaning: &'static str, role: Role) -> Row {
    Row {
        key,
        section: "",
        kind,
        default,
        when_empty: "",
        unit: "",
        meaning,
        since: "",
        repeats: false,
        secret: false,
        role,
    }
}

impl Row {
    const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    const fn since(self, since: &'static str) -> Self {
        Self { since, ..self }
    }

    const fn when_empty(self, value: &'static str) -> Self {
        Self { when_empty: value, ..self }
    }

    const fn section(self, section: &'static str) -> Self {
        Self { section, ..self }
    }

    const fn repeats(self) -> Self {
        Self { repeats: true, ..self }
    }

    const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// What the names of a family begin with, when this is one.
    pub fn family(&self) -> Option<&'static str> {
        self.key.strip_suffix('*')
    }
}

/// Declares a file.
const fn file(
    name: &'static str,
    format: Format,
    meaning: &'static str,
    role: Role,
    rows: &'static [&'static [Row]],
) -> File {
    File { name, format, meaning, role, secret: false, rows }
}

impl File {
    const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// Its options.
    pub fn options(&self) -> impl Iterator<Item = &'static Row> + use<> {
        self.rows.iter().flat_map(|group| group.iter())
    }

    /// Whether its lines are values of their own.
    pub fn has_settings(&self) -> bool {
        !matches!(self.format, Format::Json | Format::Template(_) | Format::Opaque | Format::Folder)
    }

    /// The option of this name in a section.
    pub fn option(&self, section: &str, key: &str) -> Option<&'static Row> {
        let here = |row: &&Row| row.section == section || !matches!(self.format, Format::Ini(Sections::Named(_)));
        let named = |row: &&Row| match self.format {
            Format::Dcf | Format::Blocks => row.key.eq_ignore_ascii_case(key),
            _ => row.key == key,
        };
        let family = |row: &&Row| row.family().is_some_and(|prefix| key.starts_with(prefix));
        self.options().filter(here).find(named).or_else(|| self.options().filter(here).find(family))
    }
}

/// The file with the answer of `/health-check`.
pub(crate) const HEALTH_CHECK: &str = "health-check";

/// The file of this name.
pub fn file_named(name: &str) -> Option<&'static File> {
    files().find(|file| file.name == name)
}

/// Every file, in the order of the reference page.
pub fn files() -> impl Iterator<Item = &'static File> {
    let groups: [&[File]; 9] = [
        own::FILES,
        rserver::FILES,
        rsession::FILES,
        ides::FILES,
        launcher::FILES,
        profiles::FILES,
        sessions::FILES,
        databases::FILES,
        other::FILES,
    ];
    groups.into_iter().flatten()
}

// Reasons that many options share.
const OWN_USERS: Role = Role::Planned("people sign in with users and passwords of Carrel (`carrel user add`)");
const ONE_CLUSTER: Role =
    Role::NoEffect("all sessions run on the one cluster that launcher.conf and rserver.conf name");
const NO_LICENSE: Role = Role::NoEffect("Carrel needs no license");
const NO_NGINX: Role = Role::NoEffect("Carrel has no web server inside but its own");
const IN_ONE_PROGRAM: Role = Role::NoEffect("the launcher is part of `carrel serve`: nothing connects to it");
const SERVICE_MANAGER: Role = Role::NoEffect("the service manager does this");
const ONE_AGENT: Role = Role::NoEffect("an agent beside each IDE does this");
const NOT_BUILT: Role = Role::NotSupported("nothing is done instead");

#[cfg(test)]
mod tests;
