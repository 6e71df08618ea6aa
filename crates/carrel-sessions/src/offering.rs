//! What one person may ask for here: the rights of the files, the sizes, and what the host has, put together. Pure.

mod r;

pub use r::{Rs, settle_r};

use crate::{
    ask::{LEAST_CPUS, LEAST_MEMORY_MB},
    pods::Pods,
};
use carrel_config::{
    At, ClusterKind, Settings,
    settings::rights::{For, Limit, NamedSize, Origin, PodSize, Rights},
};
use carrel_model::{Cause, IdleAction, IdleRule, Size, Who, size::usual_sizes};
use std::fmt;

/// The id of the size that the rules' defaults make, where no named one is like it.
const USUAL: &str = "default";

/// What sets a bound.
#[derive(Debug, Clone, PartialEq)]
pub enum By {
    /// A line of a profiles file.
    Rule(Origin),
    /// What the host has.
    Host,
    /// Lines of other files, or a section of a resources file.
    Lines(Vec<At>),
    /// The server: its options and defaults.
    Server,
}

impl By {
    /// The lines of files that say it; the server where none does.
    pub(crate) fn lines<'a>(lines: impl IntoIterator<Item = &'a At>) -> Self {
        let lines: Vec<At> = lines.into_iter().cloned().collect();
        if lines.is_empty() { Self::Server } else { Self::Lines(lines) }
    }

    /// For the person it holds for: `the profile of the group “devs”`.
    pub fn words(&self, user: &str) -> String {
        match self {
            Self::Rule(Origin { who: For::User(name), .. }) if name == user => "your profile".into(),
            Self::Rule(origin) => origin.who.words(),
            Self::Host => "the size of this machine".into(),
            Self::Lines(_) | Self::Server => "the settings of this server".into(),
        }
    }

    /// The same with the place, for somebody who is refused: `the profile of the group “devs” (profiles:3)`. Of the file
    /// its name: where it lies is nothing that people need to know.
    pub fn said(&self, user: &str) -> String {
        let at = match self {
            Self::Rule(origin) => Some(&origin.at),
            Self::Lines(lines) => lines.first(),
            Self::Host | Self::Server => None,
        };
        let Some(at) = at else { return self.words(user) };
        let name = at.file.file_name().unwrap_or_default().to_string_lossy();
        format!("{} ({name}:{})", self.words(user), at.line)
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(origin) => origin.fmt(f),
            Self::Lines(lines) => f.write_str(&lines.iter().map(At::to_string).collect::<Vec<_>>().join(", ")),
            Self::Host => f.write_str("the host"),
            Self::Server => f.write_str("default"),
        }
    }
}

/// A figure and what sets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Set<T> {
    /// The figure.
    pub value: T,
    /// What sets it.
    pub by: By,
}

impl<T> Set<T> {
    pub(crate) fn by_rule(limit: Limit<T>) -> Self {
        Self { value: limit.value, by: By::Rule(limit.origin) }
    }
}

/// A size, and why it cannot be had when it cannot.
#[derive(Debug, Clone, PartialEq)]
pub struct SizeOffer {
    /// The size.
    pub size: Size,
    /// What else pods of this size get.
    pub pod: PodSize,
    /// What says that it exists.
    pub by: By,
    /// Why not.
    pub available: Result<(), Cause>,
}

/// What one person may ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Offering {
    /// Who.
    pub user: String,
    /// The named sizes, also those that cannot be had.
    pub sizes: Vec<SizeOffer>,
    /// CPUs when no size is chosen and none are asked for.
    pub usual_cpus: Set<f64>,
    /// Memory in MiB, likewise.
    pub usual_memory_mb: Set<u64>,
    /// The most CPUs of a session; `None` for no bound.
    pub most_cpus: Option<Set<f64>>,
    /// The most memory of a session in MiB; `None` for no bound.
    pub most_memory_mb: Option<Set<u64>>,
    /// Whether CPUs, memory and GPUs of one's own may be asked for.
    pub custom: Set<bool>,
    /// The Rs that may be chosen.
    pub r: Rs,
    /// What only pods have; `None` where sessions run on this host.
    pub pods: Option<Pods>,
    /// How many sessions may run at once; `None` for no limit.
    pub sessions: Option<Set<u32>>,
}

impl Offering {
    /// What `user` may ask for.
    pub fn of(user: &str, rights: &Rights, settings: &Settings) -> Self {
        let sizes = named_sizes(settings);
        let first = sizes.first().map(|(size, _)| size);
        let (most_cpus, most_memory_mb) = (most_cpus(rights, settings, &sizes), most_memory(rights, settings, &sizes));
        let usual = |figure: Option<f64>| Set { value: figure.unwrap_or(LEAST_CPUS), by: By::Server };
        let cpus = rights.usual_cpus().map_or_else(|| usual(first.and_then(|f| f.cpus)), Set::by_rule);
        let server = Set { value: first.and_then(|f| f.memory_mb).unwrap_or(LEAST_MEMORY_MB), by: By::Server };
        let memory = rights.usual_memory_mb().map_or(server, Set::by_rule);
        let mut offering = Self {
            user: user.to_owned(),
            sizes: Vec::new(),
            usual_cpus: within(cpus, most_cpus.as_ref()),
            usual_memory_mb: within(memory, most_memory_mb.as_ref()),
            most_cpus,
            most_memory_mb,
            custom: rights.custom().map_or(Set { value: true, by: By::Server }, Set::by_rule),
            r: Rs::of(rights, settings),
            pods: (settings.cluster.kind == ClusterKind::Kubernetes).then(|| Pods::of(rights, settings)),
            sessions: sessions(rights, settings),
        };
        offering.sizes = sizes.into_iter().map(|(size, by)| offering.offer(&size, by, rights)).collect();
        offering.put_usual_first(rights, settings);
        offering
    }

    /// The size that is taken when nothing is asked for: the first that can be had.
    pub fn default_size(&self) -> Option<&SizeOffer> {
        self.sizes.iter().find(|offer| offer.available.is_ok())
    }

    fn offer(&self, named: &NamedSize, by: By, rights: &Rights) -> SizeOffer {
        let size = Size {
            id: named.id.clone(),
            name: named.name.clone(),
            cpus: named.cpus.unwrap_or(self.usual_cpus.value),
            memory_mb: named.memory_mb.unwrap_or(self.usual_memory_mb.value),
        };
        let available = self.available(&size, &named.pod, rights);
        SizeOffer { size, pod: named.pod.clone(), by, available }
    }

    fn available(&self, size: &Size, pod: &PodSize, rights: &Rights) -> Result<(), Cause> {
        let refuse = |text: String| Err(Cause::new("size-not-allowed", text, Who::Administrator));
        if let Some(only) = rights.sizes().filter(|only| !only.value.contains(&size.id)) {
            let by = By::Rule(only.origin).words(&self.user);
            return refuse(format!("It is not among the sizes that {by} allows."));
        }
        if let Some(most) = self.most_cpus.as_ref().filter(|most| size.cpus > most.value) {
            let (most, by) = (most.value, most.by.words(&self.user));
            return refuse(format!("It has {} CPUs, and {by} allows at most {most}.", size.cpus));
        }
        if let Some(most) = self.most_memory_mb.as_ref().filter(|most| size.memory_mb > most.value) {
            let (most, by) = (most.value, most.by.words(&self.user));
            return refuse(format!("It has {} MB of memory, and {by} allows at most {most}.", size.memory_mb));
        }
        for (gpu, gpus) in pod.gpus.iter().filter(|(_, gpus)| **gpus > 0) {
            if self.pods.is_none() {
                return refuse("It has GPUs, which sessions of this machine do not get.".into());
            }
            if let Some(most) = rights.most_gpus(*gpu).filter(|most| *gpus > most.value) {
                let (name, by, most) = (gpu.name(), By::Rule(most.origin).words(&self.user), most.value);
                return refuse(format!("It has {gpus} {name} GPUs, and {by} allows at most {most}."));
            }
        }
        Ok(())
    }

    /// Where rules say what is usual and no file sets sizes, the first choice is what they say.
    fn put_usual_first(&mut self, rights: &Rights, settings: &Settings) {
        let said = rights.usual_cpus().is_some() || rights.usual_memory_mb().is_some();
        if !settings.profiles.sizes().is_empty() || !said || rights.sizes().is_some() {
            return;
        }
        let (cpus, memory_mb) = (self.usual_cpus.value, self.usual_memory_mb.value);
        let like_it = |o: &SizeOffer| o.size.memory_mb == memory_mb && (o.size.cpus - cpus).abs() < f64::EPSILON;
        let usual = match self.sizes.iter().position(like_it) {
            Some(at) => self.sizes.remove(at),
            None => SizeOffer {
                size: Size { id: USUAL.into(), name: "Default".into(), cpus, memory_mb },
                pod: PodSize::default(),
                by: self.usual_cpus.by.clone(),
                available: Ok(()),
            },
        };
        self.sizes.insert(0, usual);
    }
}

/// The smaller one of a figure and its bound.
fn within<T: PartialOrd + Clone>(figure: Set<T>, most: Option<&Set<T>>) -> Set<T> {
    most.filter(|most| figure.value > most.value).cloned().unwrap_or(figure)
}

/// The sizes of the files, or those made from the host.
fn named_sizes(settings: &Settings) -> Vec<(NamedSize, By)> {
    let of_files = settings.profiles.sizes();
    if !of_files.is_empty() {
        return of_files.iter().map(|size| (size.clone(), By::lines([&size.at]))).collect();
    }
    let named = |size: &Size| NamedSize {
        id: size.id.clone(),
        name: size.name.clone(),
        cpus: Some(size.cpus),
        memory_mb: Some(size.memory_mb),
        pod: PodSize::default(),
        at: At::whole(std::path::Path::new("")),
    };
    let sizes = match settings.cluster.kind {
        ClusterKind::Local => settings.sizes.clone(),
        // What the server's own host has is no matter.
        ClusterKind::Kubernetes => usual_sizes().into(),
    };
    sizes.iter().map(|size| (named(size), By::Server)).collect()
}

/// The smallest of what a rule and the host allow; without both, the largest size of the host.
fn most_cpus(rights: &Rights, settings: &Settings, sizes: &[(NamedSize, By)]) -> Option<Set<f64>> {
    let largest = || sizes.iter().filter_map(|(size, _)| size.cpus).fold(LEAST_CPUS, f64::max);
    let host = settings.capacity.map(|host| host.cpus);
    most(rights.most_cpus(), host, largest, settings)
}

fn most_memory(rights: &Rights, settings: &Settings, sizes: &[(NamedSize, By)]) -> Option<Set<u64>> {
    let largest = || sizes.iter().filter_map(|(size, _)| size.memory_mb).fold(LEAST_MEMORY_MB, u64::max);
    let host = settings.capacity.map(|host| host.memory_mb);
    most(rights.most_memory_mb(), host, largest, settings)
}

fn most<T: PartialOrd>(
    rule: Option<Limit<T>>,
    host: Option<T>,
    largest: impl Fn() -> T,
    settings: &Settings,
) -> Option<Set<T>> {
    let rule = rule.map(Set::by_rule);
    if settings.cluster.kind == ClusterKind::Kubernetes {
        return rule;
    }
    let host = host.map(|value| Set { value, by: By::Host });
    Some(match (rule, host) {
        (Some(rule), Some(host)) if host.value < rule.value => host,
        (Some(rule), _) => rule,
        (None, Some(host)) if !settings.profiles.sizes().is_empty() => host,
        (None, _) => Set { value: largest(), by: By::Server },
    })
}

/// The smaller one of what the rules and the server allow.
fn sessions(rights: &Rights, settings: &Settings) -> Option<Set<u32>> {
    let rule = rights.sessions().map(Set::by_rule);
    let server = settings.max_sessions.map(|value| Set { value, by: By::lines(&settings.max_sessions_at) });
    [rule, server].into_iter().flatten().min_by_key(|limit| limit.value)
}

/// What sets each part of an [`IdleRule`].
#[derive(Debug, Clone, PartialEq)]
pub struct IdleBy {
    /// When it is called idle.
    pub idle_after: By,
    /// When it ends.
    pub ends_after: By,
    /// How it ends.
    pub action: By,
}

/// How long a session of an IDE may be without use: what is usual, unless a rule of the person says another time. Of two
/// times the one that comes first counts.
pub fn idle_rule(ide: &str, rights: &Rights, settings: &Settings) -> (IdleRule, IdleBy) {
    let lines = settings.idle_lines_of(ide);
    let mut by = IdleBy {
        idle_after: By::lines(&lines.idle_after),
        ends_after: By::lines(&lines.ends_after),
        action: By::lines(&lines.action),
    };
    let suspend = rights.suspend_minutes().map(Set::by_rule);
    let quit = rights.quit_hours().filter(|hours| hours.value > 0).map(Set::by_rule);
    let mut rule = settings.idle_of(ide);
    if let Some(minutes) = suspend {
        rule.ends_after_s = (minutes.value > 0).then(|| minutes.value.saturating_mul(60));
        by.ends_after = minutes.by;
    }
    if let Some(hours) = quit {
        let seconds = hours.value.saturating_mul(3600);
        if rule.ends_after_s.is_none_or(|first| seconds < first) {
            rule = IdleRule { ends_after_s: Some(seconds), action: IdleAction::Quit, ..rule };
            (by.ends_after, by.action) = (hours.by.clone(), hours.by);
        }
    }
    if let Some(ends) = rule.ends_after_s.filter(|ends| *ends < rule.idle_after_s) {
        (rule.idle_after_s, by.idle_after) = (ends, by.ends_after.clone());
    }
    (rule, by)
}

#[cfg(test)]
mod tests;
