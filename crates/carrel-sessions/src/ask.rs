//! What may be asked for a session: names, sizes, folders, variables. Pure.

use crate::offering::{By, Offering};
use carrel_model::{NameError, SessionName};
use std::collections::BTreeMap;

/// The longest value of a variable, in bytes; of all together, eight times as much.
const ENV_VALUE_BYTES: usize = 32 * 1024;
/// The longest folder, in bytes (`PATH_MAX` with its end).
const FOLDER_BYTES: usize = 4095;
/// The smallest memory of a session, in MiB: below it no IDE starts.
pub const LEAST_MEMORY_MB: u64 = 256;
/// The smallest share of a CPU.
pub const LEAST_CPUS: f64 = 0.1;

/// What somebody asks for. Whatever is missing is filled in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewSession {
    /// The IDE's id.
    pub ide: String,
    /// What to call it.
    pub name: Option<String>,
    /// The folder that the IDE opens.
    pub folder: Option<String>,
    /// Where to run it.
    pub cluster: Option<String>,
    /// A named size.
    pub resource_profile: Option<String>,
    /// CPUs, instead of the size's.
    pub cpus: Option<f64>,
    /// Memory in MiB, instead of the size's.
    pub memory_mb: Option<u64>,
    /// Variables for the IDE.
    pub env: BTreeMap<String, String>,
}

/// A wish that cannot be granted, with the field it is about.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AskError {
    /// The name.
    #[error("{0}")]
    Name(NameError),
    /// No size has this name.
    #[error("no size is called “{asked}”; {} are offered", .offered.join(", "))]
    NoSuchSize {
        /// As asked.
        asked: String,
        /// Ids of the sizes there are.
        offered: Vec<String>,
    },
    /// A size that is there, and not for this person.
    #[error("the size “{asked}” cannot be had: {why}")]
    SizeNotAllowed {
        /// As asked.
        asked: String,
        /// The reason, as a sentence without its full stop.
        why: String,
    },
    /// Figures of one's own where only named sizes are allowed.
    #[error("CPUs and memory of your own are not allowed by {by}; {} are offered", .offered.join(", "))]
    NoCustomSize {
        /// What says so.
        by: String,
        /// Ids of the sizes that can be had.
        offered: Vec<String>,
    },
    /// Below or above the bounds.
    #[error("{what} must be between {least} and {most}, not {asked}; the most is set by {by}")]
    OutOfBounds {
        /// `cpus` or `memory_mb`.
        what: &'static str,
        /// As asked.
        asked: String,
        /// The lower bound.
        least: String,
        /// The upper bound.
        most: String,
        /// What sets it.
        by: String,
    },
    /// The folder.
    #[error("the folder {0}")]
    Folder(&'static str),
    /// A variable.
    #[error("the variable “{name}” {why}")]
    Env {
        /// Its name, cut to what can be shown.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl AskError {
    /// The field of the request it is about.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Name(_) => "name",
            Self::NoSuchSize { .. } | Self::SizeNotAllowed { .. } => "resource_profile",
            Self::NoCustomSize { .. } => "cpus",
            Self::OutOfBounds { what, .. } => what,
            Self::Folder(_) => "folder",
            Self::Env { .. } => "env",
        }
    }
}

/// A size that was settled: the name of the chosen one (none for figures of one's own), CPUs, MiB.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The named size, unless figures of one's own were given.
    pub resource_profile: Option<String>,
    /// CPUs.
    pub cpus: f64,
    /// Memory in MiB.
    pub memory_mb: u64,
    /// What the CPUs come from; nothing when they were asked for.
    pub cpus_by: Option<By>,
    /// What the memory comes from; nothing when it was asked for.
    pub memory_by: Option<By>,
}

/// Settles the size: the named one or the first that can be had, with `cpus` and `memory_mb` over it, within the bounds.
pub fn settle_size(offering: &Offering, asked: &NewSession) -> Result<Settled, AskError> {
    let own_figures = asked.cpus.is_some() || asked.memory_mb.is_some();
    let named = match &asked.resource_profile {
        // Figures of one's own go over the usual ones.
        None if own_figures => None,
        None => offering.default_size().or_else(|| offering.sizes.first()),
        Some(id) => Some(offering.sizes.iter().find(|s| s.size.id == *id).ok_or_else(|| AskError::NoSuchSize {
            asked: shown(id),
            offered: offering.sizes.iter().map(|s| s.size.id.clone()).collect(),
        })?),
    };
    if let Some((size, cause)) = named.and_then(|size| Some((size, size.available.as_ref().err()?))) {
        let why = cause.text.trim_end_matches('.').to_owned();
        return Err(AskError::SizeNotAllowed { asked: size.size.id.clone(), why });
    }
    let usual_cpus = named.map_or((offering.usual_cpus.value, &offering.usual_cpus.by), |s| (s.size.cpus, &s.by));
    let usual_memory =
        named.map_or((offering.usual_memory_mb.value, &offering.usual_memory_mb.by), |s| (s.size.memory_mb, &s.by));
    let (cpus, memory_mb) = (asked.cpus.unwrap_or(usual_cpus.0), asked.memory_mb.unwrap_or(usual_memory.0));
    if own_figures && !offering.custom.value {
        let free = offering.sizes.iter().filter(|s| s.available.is_ok());
        let offered = free.map(|s| s.size.id.clone()).collect();
        return Err(AskError::NoCustomSize { by: offering.custom.by.words(&offering.user), offered });
    }
    within_bounds(offering, cpus, memory_mb)?;
    Ok(Settled {
        resource_profile: named.filter(|_| !own_figures).map(|s| s.size.id.clone()),
        cpus,
        memory_mb,
        cpus_by: asked.cpus.is_none().then(|| usual_cpus.1.clone()),
        memory_by: asked.memory_mb.is_none().then(|| usual_memory.1.clone()),
    })
}

/// The least is what an IDE needs, or the most where that is less.
fn within_bounds(offering: &Offering, cpus: f64, memory_mb: u64) -> Result<(), AskError> {
    let (most_cpus, most_memory) = (&offering.most_cpus, &offering.most_memory_mb);
    let least_cpus = LEAST_CPUS.min(most_cpus.value);
    if !(least_cpus..=most_cpus.value).contains(&cpus) {
        let by = most_cpus.by.words(&offering.user);
        return Err(out_of_bounds("cpus", &cpus, &least_cpus, &most_cpus.value, by));
    }
    let least_memory = LEAST_MEMORY_MB.min(most_memory.value);
    if !(least_memory..=most_memory.value).contains(&memory_mb) {
        let by = most_memory.by.words(&offering.user);
        return Err(out_of_bounds("memory_mb", &memory_mb, &least_memory, &most_memory.value, by));
    }
    Ok(())
}

fn out_of_bounds<T: ToString>(what: &'static str, asked: &T, least: &T, most: &T, by: String) -> AskError {
    AskError::OutOfBounds { what, asked: asked.to_string(), least: least.to_string(), most: most.to_string(), by }
}

/// Checks the folder: one line, no end-of-text, not too long. Whether it is there is seen by the agent, as the user.
pub fn check_folder(folder: Option<&str>) -> Result<Option<String>, AskError> {
    let Some(folder) = folder.map(str::trim).filter(|f| !f.is_empty()) else { return Ok(None) };
    if folder.len() > FOLDER_BYTES {
        return Err(AskError::Folder("is longer than a path may be"));
    }
    if folder.chars().any(char::is_control) {
        return Err(AskError::Folder("may not hold control characters"));
    }
    Ok(Some(folder.to_owned()))
}

/// Checks variables: portable names (POSIX.1-2017 §8.1), none that would change what runs or speaks for Carrel.
pub fn check_env(env: &BTreeMap<String, String>) -> Result<(), AskError> {
    const RESERVED: [&str; 9] =
        ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "BASH_ENV", "ENV", "PYTHONSTARTUP", "NODE_OPTIONS"];
    const PREFIXES: [&str; 3] = ["LD_", "CARREL_", "KUBERNETES_"];
    let portable = |name: &str| {
        name.bytes().enumerate().all(|(i, b)| b == b'_' || b.is_ascii_alphabetic() || (i > 0 && b.is_ascii_digit()))
    };
    let mut total = 0;
    for (name, value) in env {
        total += name.len() + value.len();
        let why = if name.is_empty() || name.len() > 256 || !portable(name) {
            "needs a name of letters, digits and “_” that does not begin with a digit"
        } else if RESERVED.contains(&name.as_str()) || PREFIXES.iter().any(|p| name.starts_with(p)) {
            "is reserved and cannot be set"
        } else if value.contains('\0') {
            "has a value with a NUL character"
        } else if value.len() > ENV_VALUE_BYTES || total > 8 * ENV_VALUE_BYTES {
            "is too long: 32 KiB each and 256 KiB together are allowed"
        } else {
            continue;
        };
        return Err(AskError::Env { name: shown(name), why });
    }
    Ok(())
}

/// The name asked for, or one that is free: `jupyterlab-2`.
pub fn settle_name(asked: Option<&str>, ide: &str, taken: &[&SessionName]) -> Result<SessionName, AskError> {
    match asked.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => name.parse().map_err(AskError::Name),
        None => free_name(ide, taken).parse().map_err(AskError::Name),
    }
}

/// A name for a session of this IDE that none of `taken` has.
pub fn free_name(ide: &str, taken: &[&SessionName]) -> String {
    let is_free = |name: &String| !taken.iter().any(|t| t.as_str() == name);
    // Among one more name than there are taken ones, one is free.
    (1..=taken.len() + 1).map(|n| format!("{ide}-{n}")).find(is_free).unwrap_or_else(|| ide.to_owned())
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use carrel_config::{Settings, settings::rights::Rights};
    use carrel_model::size::sizes_of_host;
    use proptest::prelude::*;

    fn asked() -> NewSession {
        NewSession { ide: "jupyterlab".into(), ..NewSession::default() }
    }

    /// What a host of this size offers where no file says anything.
    fn of_host(cpus: f64, memory_mb: u64) -> Offering {
        let settings = Settings::local("/d".into(), "/a".into(), sizes_of_host(cpus, memory_mb));
        Offering::of("ada", &Rights::default(), &settings)
    }

    #[test]
    fn the_first_size_is_the_default_and_figures_go_over_it() {
        let sizes = of_host(4.0, 32_000);
        assert_eq!(settle_size(&sizes, &asked()).unwrap().resource_profile.as_deref(), Some("small"));
        let custom = settle_size(&sizes, &NewSession { cpus: Some(3.0), ..asked() }).unwrap();
        assert_eq!((custom.resource_profile, custom.cpus, custom.memory_mb), (None, 3.0, 2048));
    }

    #[test]
    fn a_size_that_is_not_offered_is_refused_with_what_is() {
        let error = settle_size(&of_host(2.0, 8000), &NewSession { resource_profile: Some("huge".into()), ..asked() });
        assert_eq!(error.unwrap_err().to_string(), "no size is called “huge”; small, medium are offered");
    }

    #[test]
    fn figures_out_of_bounds_are_refused_with_the_bounds() {
        let sizes = of_host(2.0, 8000);
        for cpus in [0.0, -1.0, f64::NAN, f64::INFINITY, 2.5] {
            let error = settle_size(&sizes, &NewSession { cpus: Some(cpus), ..asked() }).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("cpus must be between 0.1 and 2, not {cpus}; the most is set by the settings of this server")
            );
        }
        assert!(settle_size(&sizes, &NewSession { memory_mb: Some(u64::MAX), ..asked() }).is_err());
    }

    #[test]
    fn variables_that_change_what_runs_are_refused() {
        for name in
            ["LD_PRELOAD", "PATH", "BASH_ENV", "PYTHONSTARTUP", "KUBERNETES_PORT", "CARREL_X", "1A", "A-B", "", "A=B"]
        {
            assert!(check_env(&BTreeMap::from([(name.into(), "x".into())])).is_err(), "{name}");
        }
        assert_eq!(check_env(&BTreeMap::from([("MY_KEY2".into(), "two\nlines".into())])), Ok(()));
        let long = BTreeMap::from([("A".into(), "x".repeat(1 << 20))]);
        assert_eq!(
            check_env(&long).unwrap_err().to_string(),
            "the variable “A” is too long: 32 KiB each and 256 KiB together are allowed"
        );
    }

    #[test]
    fn a_name_that_is_free_is_suggested() {
        let taken: Vec<SessionName> = ["vscode-1", "vscode-2"].map(|n| n.parse().unwrap()).into();
        let taken: Vec<&SessionName> = taken.iter().collect();
        assert_eq!(settle_name(None, "vscode", &taken).unwrap().as_str(), "vscode-3");
        assert_eq!(settle_name(Some(" mine "), "vscode", &taken).unwrap().as_str(), "mine");
    }

    proptest! {
        #[test]
        fn nothing_that_is_asked_panics_and_what_is_settled_is_within_bounds(
            cpus in proptest::option::of(any::<f64>()),
            memory_mb in proptest::option::of(any::<u64>()),
            resource_profile in proptest::option::of("small|medium|x"),
        ) {
            let sizes = of_host(2.0, 8000);
            if let Ok(s) = settle_size(&sizes, &NewSession { resource_profile, cpus, memory_mb, ..asked() }) {
                prop_assert!(s.cpus >= LEAST_CPUS && s.cpus <= 2.0 && s.memory_mb <= 4096);
            }
        }
    }
}
