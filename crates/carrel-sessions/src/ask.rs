//! What may be asked for a session: names, sizes, folders, variables. Pure.

mod error;

pub use error::AskError;

use crate::offering::{By, Offering, Set};
use carrel_model::{Gpu, SessionName};
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
    /// The R, by its folder.
    pub r_version: Option<String>,
    /// The image, where sessions run in pods.
    pub image: Option<String>,
    /// GPUs by their kind, instead of the size's.
    pub gpus: BTreeMap<Gpu, u32>,
    /// Labels that the node must have.
    pub placement: BTreeMap<String, String>,
    /// Variables for the IDE.
    pub env: BTreeMap<String, String>,
}

impl NewSession {
    /// Whether it asks for figures of its own instead of a size.
    fn has_figures(&self) -> bool {
        self.cpus.is_some() || self.memory_mb.is_some() || !self.gpus.is_empty()
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
    let own_figures = asked.has_figures();
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
        return Err(AskError::NoCustomSize { by: offering.custom.by.said(&offering.user), offered });
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
    bounded("cpus", cpus, LEAST_CPUS, f64::MAX, offering.most_cpus.as_ref(), offering)?;
    bounded("memory_mb", memory_mb, LEAST_MEMORY_MB, u64::MAX, offering.most_memory_mb.as_ref(), offering)
}

/// `highest` is where numbers end.
fn bounded<T: PartialOrd + Copy + ToString>(
    what: &'static str,
    asked: T,
    least: T,
    highest: T,
    most: Option<&Set<T>>,
    offering: &Offering,
) -> Result<(), AskError> {
    let least = most.map(|most| most.value).filter(|most| *most < least).unwrap_or(least);
    // What is not a number is within no bounds.
    if (least..=most.map_or(highest, |most| most.value)).contains(&asked) {
        return Ok(());
    }
    let (asked, least) = (asked.to_string(), least.to_string());
    Err(match most {
        Some(most) => {
            let by = most.by.said(&offering.user);
            AskError::OutOfBounds { what, asked, least, most: most.value.to_string(), by }
        }
        None => AskError::TooLittle { what, asked, least },
    })
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

/// GPUs as people type them: `1` for one of NVIDIA, `amd:2`.
pub fn parse_gpus(words: &[String]) -> Result<BTreeMap<Gpu, u32>, String> {
    let one = |word: &String| {
        let (kind, number) = word.split_once(':').unwrap_or(("nvidia", word));
        let number = number.parse().map_err(|_| format!("“{}” is no number of GPUs: 1 or amd:2 is", shown(word)))?;
        Ok((kind.parse()?, number))
    };
    words.iter().map(one).collect()
}

/// Labels of nodes as people type them: `pool:highmem`.
pub fn parse_placement(words: &[String]) -> Result<BTreeMap<String, String>, String> {
    let one = |word: &String| {
        let pair = word.split_once(':').map(|(label, value)| (label.trim().to_owned(), value.trim().to_owned()));
        pair.ok_or_else(|| format!("“{}” is no placement: label:value is", shown(word)))
    };
    words.iter().map(one).collect()
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

/// What can be shown of a text that somebody sent.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests;
