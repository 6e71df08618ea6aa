//! `job-json-overrides`: changes of Jobs, from the files that the lines name.

use super::is_key;
use crate::{
    At, Configuration, Diagnostic, Level, Source, Value,
    configuration::{OVERRIDES, Setting},
    read::{self, NamedOverride, pointer_fault},
};
use carrel_model::container::Override;
use std::collections::BTreeMap;

/// What each line says, by its place.
pub(super) type Overrides = BTreeMap<At, Vec<Override>>;

/// Takes the files that the lines of a profiles file name. Whatever is wrong with lines and files is an error: a Job
/// without a change that an administrator wants is not the one that they want.
pub(super) fn of(files: &Configuration, file: &str, told: &mut Vec<Diagnostic>) -> Overrides {
    let mut found = Overrides::new();
    for setting in files.settings().iter().filter(|s| s.file.name == file && is_key(s.row, OVERRIDES)) {
        let Value::Text(text) = &setting.value else { continue };
        let Some(named) = read::overrides(text) else {
            told.push(wrong(setting, "job-json-overrides cannot be this").found(text).allowed(FORM));
            continue;
        };
        let changes = named.into_iter().filter_map(|named| change(files, setting, named, told));
        found.insert(setting.at.clone(), changes.collect());
    }
    found
}

const FORM: &str = "`\"/pointer\":\"/file\"`, with commas between several";

fn wrong(setting: &Setting, text: impl Into<String>) -> Diagnostic {
    Diagnostic::new(setting.at.clone(), Level::Error, "wrong-override", text)
}

fn change(
    files: &Configuration,
    setting: &Setting,
    named: NamedOverride,
    told: &mut Vec<Diagnostic>,
) -> Option<Override> {
    let NamedOverride { target, file } = named;
    if let Some(fault) = pointer_fault(&target) {
        told.push(wrong(setting, fault).found(&target).allowed("`/spec/template/spec/…`, as in RFC 6901"));
    }
    if !file.starts_with('/') {
        told.push(wrong(setting, "the file of an override is named by its whole path").found(&file));
        return None;
    }
    match files.named(&file)? {
        Err(error) => {
            told.push(wrong(setting, format!("{file} cannot be read: {error}")));
            None
        }
        Ok(source) => {
            let json = json(source, told)?;
            Some(Override { target, json })
        }
    }
}

/// What stands in a file, once it is sure to be JSON.
fn json(source: &Source, told: &mut Vec<Diagnostic>) -> Option<String> {
    if source.text().trim().is_empty() {
        told.push(Diagnostic::new(source.at(0), Level::Error, "not-json", "this file is empty, and JSON is needed"));
        return None;
    }
    let read = read::is_json(source).told;
    // Two lines may name one file.
    told.extend(read.list().iter().filter(|one| !told.contains(one)).cloned().collect::<Vec<_>>());
    read.list().is_empty().then(|| source.text().trim().to_owned())
}
