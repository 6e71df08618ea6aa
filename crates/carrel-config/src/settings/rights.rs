//! What users and groups may ask for: the rules of the profiles files and the sizes.
//!
//! A rule is a section: `[*]` holds for everybody, `[@group]` for a group, `[user]` for a user. For each key the rules
//! count in this order, and the last one that holds for somebody wins: `[*]`, then groups in the order of the file, then
//! the user. The original reads from top to bottom whatever the sections are; where that gives something else, it is told.
//!
//! Each cluster has files of its own. The local cluster takes those of Kubernetes where it has none.

mod bounds;
mod check;
mod granted;
mod overrides;
mod sizes;

pub use bounds::KEYS;
pub use granted::{Given, Limit, Rights};
pub use sizes::{NamedSize, PodSize, placement_of};

use super::{Settings, cluster::ClusterKind};
use crate::{
    At, Configuration, Diagnostic, Value,
    configuration::{OVERRIDES, Setting},
    options::{File, Row},
};
use overrides::Overrides;
use std::{collections::HashMap, fmt};

/// Rules of the local cluster, or those of the other where there is no such file.
pub(super) const RULES: [&str; 2] = ["launcher.local.profiles.conf", "launcher.kubernetes.profiles.conf"];
/// Sizes, in the same way.
pub(super) const SIZES: [&str; 2] = ["launcher.local.resources.conf", "launcher.kubernetes.resources.conf"];
/// The keys of rules that name images.
const IMAGES: [&str; 2] = ["container-images", "default-container-image"];
/// Rules that hold on every cluster.
const USERS: &str = "profiles";

/// All rules and sizes that the files set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profiles {
    /// In the order of files and lines.
    rules: Vec<Rule>,
    /// In the order of the file; none when no file sets any.
    sizes: Vec<NamedSize>,
    /// What the lines with changes of Jobs say, by their places.
    overrides: Overrides,
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

pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    let own = usize::from(settings.cluster.kind == ClusterKind::Kubernetes);
    let there = |names: [&'static str; 2]| names.into_iter().skip(own).find(|name| files.found(name).is_some());
    let mut rules = there(RULES).map(|file| rules(files, file)).unwrap_or_default();
    rules.extend(self::rules(files, USERS));
    let sizes = there(SIZES).map(|file| sizes::of(files, file)).unwrap_or_default();
    let mut told = check::check(files, settings.cluster.kind);
    let overrides = match settings.cluster.kind {
        ClusterKind::Local => Overrides::default(),
        ClusterKind::Kubernetes => overrides::of(files, RULES[1], &mut told),
    };
    settings.profiles = Profiles { rules, sizes, overrides };
    told
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
        let overrides = given.get(OVERRIDES).and_then(|given| self.overrides.get(&given.origin.at));
        let overrides = overrides.cloned().unwrap_or_default();
        Rights::new(given, overrides)
    }

    /// The images that rules name, in the order of the file.
    pub(super) fn images(&self) -> impl Iterator<Item = (&str, &At)> {
        let set = self.rules.iter().flat_map(|rule| IMAGES.into_iter().filter_map(|key| rule.set.get(key)));
        set.flat_map(|(value, at)| value.words().iter().map(move |word| (word.as_str(), at)))
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
