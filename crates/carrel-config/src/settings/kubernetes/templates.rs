//! The values of session templates (`launcher.templateValues` of the chart), as the chart mounts them for the launcher.

use super::{FILE, Held, set};
use crate::{At, Configuration, Diagnostic, Level, nearest::nearest};
use serde_json::Value;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The file with the values: JSON within a template that only defines it.
const DATA: &str = "rstudio-library-templates-data.tpl";
/// Templates of the original, which make objects by a program of their own.
const PROGRAMS: [&str; 2] = ["job.tpl", "service.tpl"];
/// What the values may hold, and what becomes of it.
const SECTIONS: [(&str, &[&str]); 3] = [
    (
        "pod",
        &[
            "affinity",
            "annotations",
            "command",
            "containerSecurityContext",
            "defaultSecurityContext",
            "enableServiceLinks",
            "env",
            "ephemeralStorage",
            "extraContainers",
            "hostAliases",
            "imagePullPolicy",
            "imagePullSecrets",
            "initContainers",
            "labels",
            "nodeSelector",
            "priorityClassName",
            "securityContext",
            "serviceAccountName",
            "suppressStdinAnnotation",
            "tolerations",
            "volumeMounts",
            "volumes",
        ],
    ),
    ("job", &["annotations", "labels", "ttlSecondsAfterFinished"]),
    ("service", &["annotations", "labels", "type"]),
];

/// What templates set in every session's Job and Pod.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Templates {
    /// An object with `pod`, `job` and `service`; null when there are none.
    pub values: Value,
    /// Where they stand.
    pub at: Option<At>,
}

impl Templates {
    /// What stands at a key of a section, unless it is empty.
    pub fn get(&self, section: &str, key: &str) -> Option<&Value> {
        self.values.get(section)?.get(key).filter(|value| !is_empty(value))
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(items) => items.is_empty(),
        // An empty list in old charts.
        Value::Bool(on) => !on,
        Value::Number(_) => false,
    }
}

/// Reads the values from the folder of the launcher, when `use-templating` is set.
pub(super) fn read(files: &Configuration, cluster: &str, told: &mut Vec<Diagnostic>) -> Templates {
    if files.get(FILE, "use-templating").flag() != Some(true) {
        return Templates::default();
    }
    let folder = files.get(FILE, "scratch-path");
    let folder = set(&folder, Held::text).or(folder.text()).unwrap_or("/var/lib/rstudio-launcher/{name}");
    let folder = PathBuf::from(folder.replace("{name}", cluster));
    for path in PROGRAMS.map(|name| folder.join(name)).iter().filter(|path| path.exists()) {
        told.push(Diagnostic::new(
            At { file: path.as_path().into(), line: 1 },
            Level::Warning,
            "not-supported",
            PROGRAM,
        ));
    }
    let path = folder.join(DATA);
    match fs::read_to_string(&path) {
        Ok(text) => from_text(&path, &text, told),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Templates::default(),
        Err(error) => {
            let text = format!("the values of session templates cannot be read: {error}");
            told.push(Diagnostic::new(At::whole(path), Level::Error, "cannot-read", text));
            Templates::default()
        }
    }
}

const PROGRAM: &str = "this template is not used: Carrel builds Jobs itself, from launcher.templateValues and \
                       job-json-overrides; put there what was changed in it";

/// Reads the values from the text of their file.
pub(super) fn from_text(path: &Path, text: &str, told: &mut Vec<Diagnostic>) -> Templates {
    let wrong =
        |line: u32, text: String| Diagnostic::new(At { file: path.into(), line }, Level::Error, "wrong-value", text);
    let Some((before, json)) = json_of(text) else {
        told.push(wrong(1, "there is no JSON object between {{- define … -}} and {{ end }}".into()));
        return Templates::default();
    };
    let first = u32::try_from(before.matches('\n').count()).unwrap_or(u32::MAX).saturating_add(1);
    let values: Value = match serde_json::from_str(json) {
        Ok(values) => values,
        Err(error) => {
            let line = first.saturating_add(u32::try_from(error.line()).unwrap_or(1).saturating_sub(1));
            told.push(wrong(line, format!("the values of session templates are no JSON: {error}")));
            return Templates::default();
        }
    };
    let at = At { file: path.into(), line: first };
    told.extend(strangers(&values, &at));
    if values.pointer("/service").is_some_and(says_something) {
        let text =
            "launcher.templateValues.service has no effect: sessions need no Service, the server calls their pods";
        told.push(Diagnostic::new(at.clone(), Level::Note, "no-effect", text));
    }
    Templates { values, at: Some(at) }
}

/// Whether the values of the service say more than the chart's defaults.
fn says_something(service: &Value) -> bool {
    let keys = service.as_object().into_iter().flatten();
    keys.filter(|(key, value)| !(is_empty(value) || (*key == "type" && *value == "ClusterIP"))).count() > 0
}

/// What stands before the object, and the object.
fn json_of(text: &str) -> Option<(&str, &str)> {
    let inside = text.find("-}}").or_else(|| text.find("}}").map(|at| at - 1)).map(|at| at + 3)?;
    let end = text.rfind("{{")?;
    let begin = inside + text.get(inside..end)?.find('{')?;
    Some((&text[..begin], text[begin..end].trim_end()))
}

/// Keys that nobody knows.
fn strangers(values: &Value, at: &At) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let mut tell = |name: String, meant: Option<String>| {
        let text = format!("launcher.templateValues.{name} is not known, and has no effect");
        let meant = meant.as_deref();
        told.push(Diagnostic::new(at.clone(), Level::Warning, "unknown-option", text).meant(meant));
    };
    for (section, keys) in values.as_object().into_iter().flatten() {
        let Some((_, known)) = SECTIONS.iter().find(|(name, _)| name == section) else {
            let meant = nearest(section, SECTIONS.iter().map(|(name, _)| *name));
            tell(section.clone(), meant.map(str::to_owned));
            continue;
        };
        for key in keys.as_object().into_iter().flatten().map(|(key, _)| key) {
            if !known.contains(&key.as_str()) {
                tell(format!("{section}.{key}"), nearest(key, known.iter().copied()).map(str::to_owned));
            }
        }
    }
    told
}
