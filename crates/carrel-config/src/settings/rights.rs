//! What users and groups may ask for: the rules of the profiles files and the sizes.
//!
//! A rule is a section: `[*]` holds for everybody, `[@group]` for a group, `[user]` for a user. For each key the rules
//! count in this order, and the last one that holds for somebody wins: `[*]`, then groups in the order of the file, then
//! the user. The original reads from top to bottom whatever the sections are; where that gives something else, it is told.
//!
//! Each cluster has files of its own. The local cluster takes those of Kubernetes where it has none.

mod check;
mod granted;

pub use granted::{Given, Limit, Rights};

use super::{Settings, cluster::ClusterKind};
use crate::{
    At, Configuration, Diagnostic, Value,
    configuration::Setting,
    options::{File, Row},
};
use std::{collections::HashMap, fmt};

/// Rules of the local cluster, or those of the other where there is no such file.
pub(super) const RULES: [&str; 2] = ["launcher.local.profiles.conf", "launcher.kubernetes.profiles.conf"];
/// Sizes, in the same way.
pub(super) const SIZES: [&str; 2] = ["launcher.local.resources.conf", "launcher.kubernetes.resources.conf"];
/// Rules that hold on every cluster.
const USERS: &str = "profiles";

/// All rules and sizes that the files set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profiles {
    /// In the order of files and lines.
    rules: Vec<Rule>,
    /// In the order of the file; none when no file sets any.
    sizes: Vec<NamedSize>,
}

/// A section that says what somebody may.
#[derive(Debug, Clone, PartialEq)]
struct Rule {
    who: For,
    /// What it sets, by key; of a repeated key the last one.
    set: HashMap<&'static str, (Value, At)>,
}

/// For whom a section holds. Later ones win.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum For {
    /// `[*]`
    Everybody,
    /// `[@group]`
    Group(String),
    /// `[user]`
    User(String),
}

impl For {
    fn of(section: &str) -> Self {
        match section.strip_prefix('@') {
            _ if section == "*" => Self::Everybody,
            Some(group) => Self::Group(group.trim().to_owned()),
            None => Self::User(section.to_owned()),
        }
    }

    /// Its place in the order in which rules count.
    fn rank(&self) -> usize {
        match self {
            Self::Everybody => 0,
            Self::Group(_) => 1,
            Self::User(_) => 2,
        }
    }

    fn holds_for(&self, user: &str, groups: &[String]) -> bool {
        match self {
            Self::Everybody => true,
            Self::Group(group) => groups.contains(group),
            Self::User(name) => name == user,
        }
    }

    /// For the person it holds for: `the profile of the group “devs”`.
    pub fn words(&self) -> String {
        match self {
            Self::Everybody => "the profile of everybody".into(),
            Self::Group(group) => format!("the profile of the group “{group}”"),
            Self::User(name) => format!("the profile of {name}"),
        }
    }
}

impl fmt::Display for For {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everybody => f.write_str("[*]"),
            Self::Group(group) => write!(f, "[@{group}]"),
            Self::User(name) => write!(f, "[{name}]"),
        }
    }
}

/// The line that decided, and whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The section.
    pub who: For,
    /// The line.
    pub at: At,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.who)
    }
}

/// A section of a resources file: a size that people choose by its name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedSize {
    /// The section.
    pub id: String,
    /// What pages call it.
    pub name: String,
    /// CPUs; the usual ones when not set.
    pub cpus: Option<f64>,
    /// Memory in MB; the usual one when not set.
    pub memory_mb: Option<u64>,
    /// GPUs of any kind.
    pub gpus: u64,
    /// The section's first line.
    pub at: At,
}

pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    let own = usize::from(settings.cluster.kind == ClusterKind::Kubernetes);
    let there = |names: [&'static str; 2]| names.into_iter().skip(own).find(|name| files.found(name).is_some());
    let mut rules = there(RULES).map(|file| rules(files, file)).unwrap_or_default();
    rules.extend(self::rules(files, USERS));
    let sizes = there(SIZES).map(|file| sizes(files, file)).unwrap_or_default();
    settings.profiles = Profiles { rules, sizes };
    check::check(files)
}

/// What a file sets, section by section. A section that stands there twice is two.
fn sections<'a>(files: &'a Configuration, file: &str) -> Vec<(&'a str, Vec<&'a Setting>)> {
    let mut found: Vec<(&str, Vec<&Setting>)> = Vec::new();
    for setting in files.settings().iter().filter(|setting| setting.file.name == file) {
        let Some(section) = setting.section.as_deref() else { continue };
        match found.last_mut() {
            Some((last, set)) if *last == section => set.push(setting),
            _ => found.push((section, vec![setting])),
        }
    }
    found
}

fn rules(files: &Configuration, file: &str) -> Vec<Rule> {
    let rule = |(section, set): (&str, Vec<&Setting>)| {
        let set = set.into_iter().filter_map(|s| Some((s.row?.key, (s.value.clone(), s.at.clone())))).collect();
        Rule { who: For::of(section), set }
    };
    sections(files, file).into_iter().map(rule).collect()
}

fn sizes(files: &Configuration, file: &str) -> Vec<NamedSize> {
    let mut found: Vec<NamedSize> = Vec::new();
    for (id, set) in sections(files, file) {
        let Some(first) = set.first() else { continue };
        let at = first.at.clone();
        let known = found.iter().position(|size| size.id == id);
        let known = known.unwrap_or_else(|| {
            let id = id.to_owned();
            found.push(NamedSize { name: id.clone(), id, cpus: None, memory_mb: None, gpus: 0, at });
            found.len() - 1
        });
        for setting in set {
            found[known].take(&setting.key, &setting.value);
        }
    }
    found
}

impl NamedSize {
    fn take(&mut self, key: &str, value: &Value) {
        match (key, value) {
            ("name", Value::Text(name)) if !name.is_empty() => self.name.clone_from(name),
            ("cpus", Value::Decimal(cpus)) if *cpus > 0.0 => self.cpus = Some(*cpus),
            ("mem-mb", Value::Decimal(memory)) if *memory > 0.0 => self.memory_mb = Some(granted::whole(*memory)),
            ("nvidia-gpus" | "amd-gpus", Value::Whole(gpus)) => self.gpus = self.gpus.saturating_add(*gpus),
            _ => {}
        }
    }
}

impl Profiles {
    /// What somebody may, by the rules that hold for them.
    pub fn of(&self, user: &str, groups: &[String]) -> Rights {
        let mut holding: Vec<&Rule> = self.rules.iter().filter(|rule| rule.who.holds_for(user, groups)).collect();
        // Stable: groups keep the order of the file.
        holding.sort_by_key(|rule| rule.who.rank());
        let mut given = std::collections::BTreeMap::new();
        for rule in holding {
            for (key, (value, at)) in &rule.set {
                let origin = Origin { who: rule.who.clone(), at: at.clone() };
                given.insert(*key, Given { value: value.clone(), origin });
            }
        }
        Rights::new(given)
    }

    /// The sizes that the files set; none when they set none.
    pub fn sizes(&self) -> &[NamedSize] {
        &self.sizes
    }
}

/// Whether a file holds rules for users and groups. `logging.conf` has such sections too, for programs.
fn has_rules(file: &File) -> bool {
    RULES.contains(&file.name) || file.name == USERS
}

/// The declaration of a key of a rule.
fn is_key(row: Option<&'static Row>, key: &str) -> bool {
    row.is_some_and(|row| row.key == key)
}

#[cfg(test)]
mod tests;
