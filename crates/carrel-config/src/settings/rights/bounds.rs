//! What `profiles` says of the processes of sessions.

use super::{Rights, is_key, sections};
use crate::{Configuration, Diagnostic, Level, Value, configuration::Setting};
use carrel_model::Bounds;

const AFFINITY: &str = "cpu-affinity";
const PRIORITY: &str = "priority";
/// The keys of [`Bounds`].
pub const KEYS: [&str; 4] = [AFFINITY, "max-processes", "max-open-files", PRIORITY];
/// The kernel's own list of CPUs has no more.
const MOST_CPUS: u32 = 1024;

impl Rights {
    /// What the kernel holds the processes of a session to.
    pub fn bounds(&self) -> Bounds {
        let text = |key: &str| match &self.given().find(|(given, _)| *given == key)?.1.value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        Bounds {
            processes: self.bound("max-processes").map(|limit| limit.value),
            open_files: self.bound("max-open-files").map(|limit| limit.value),
            priority: text(PRIORITY).and_then(|text| priority(&text)),
            cpus: text(AFFINITY).and_then(|text| cpus(&text)).unwrap_or_default(),
        }
    }
}

/// From -20 to 19.
fn priority(text: &str) -> Option<i32> {
    text.parse().ok().filter(|number| (-20..=19).contains(number))
}

/// `1,3-4`, counted from 1 as in the original, as the kernel counts.
fn cpus(text: &str) -> Option<Vec<u32>> {
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|cpu| (1..=MOST_CPUS).contains(cpu));
    let mut found = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return None;
        }
        found.extend(first - 1..last);
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

/// Values that are none of these, and those that the kernel will not grant.
pub(super) fn check(files: &Configuration, file: &str, told: &mut Vec<Diagnostic>) {
    for setting in sections(files, file).into_iter().flat_map(|(_, set)| set) {
        let Value::Text(text) = &setting.value else { continue };
        if text.is_empty() {
            continue;
        }
        if is_key(setting.row, PRIORITY) {
            match priority(text) {
                None => told.push(wrong(setting, text, "a whole number from -20 to 19")),
                Some(number) if number < 0 => {
                    let what = "priority below 0 takes rights that no session has: it is that of the server";
                    told.push(Diagnostic::new(setting.at.clone(), Level::Warning, "no-effect", what));
                }
                Some(_) => {}
            }
        } else if is_key(setting.row, AFFINITY) && cpus(text).is_none() {
            told.push(wrong(setting, text, "CPUs counted from 1, as `1-4` or `1,3,5-6`"));
        }
    }
}

fn wrong(setting: &Setting, text: &str, allowed: &str) -> Diagnostic {
    let what = format!("{} cannot be this", setting.key);
    Diagnostic::new(setting.at.clone(), Level::Error, "wrong-value", what).found(text).allowed(allowed)
}
