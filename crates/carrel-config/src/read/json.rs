//! JSON files.

use super::Read;
use crate::{
    diagnostic::{Diagnostic, Level, Told},
    source::Source,
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

/// Reads a JSON file. An empty one is an empty object: the chart writes such files.
pub fn json(source: &Source) -> Read<Value> {
    if source.text().trim().is_empty() {
        return Read { found: Value::Object(serde_json::Map::new()), told: Told::default() };
    }
    of_type(source)
}

/// Reads a JSON file for nothing but its faults: a tree of a large file takes longer to build than the file to read.
pub fn is_json(source: &Source) -> Read<()> {
    let empty = source.text().trim().is_empty();
    let told = if empty { Told::default() } else { of_type::<Option<IgnoredAny>>(source).told };
    Read { found: (), told }
}

fn of_type<'a, T: Deserialize<'a> + Default>(source: &'a Source) -> Read<T> {
    let mut told = Told::default();
    let found = serde_json::from_str(source.text()).unwrap_or_else(|error| {
        told.tell(Level::Error, || {
            let at = source.at(u32::try_from(error.line()).unwrap_or(u32::MAX));
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or(&what);
            let text = format!("this is not JSON: {what}, at column {}", error.column());
            Diagnostic::new(at, Level::Error, "not-json", text)
        });
        T::default()
    });
    Read { found, told }
}
