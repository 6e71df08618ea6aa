//! JSON files.

use super::Read;
use crate::{
    diagnostic::{Diagnostic, Level},
    source::Source,
};
use serde_json::Value;

/// Reads a JSON file. An empty one is an empty object: the chart writes such files.
pub fn json(source: &Source) -> Read<Value> {
    if source.text().trim().is_empty() {
        return Read { found: Value::Object(serde_json::Map::new()), diagnostics: Vec::new() };
    }
    match serde_json::from_str(source.text()) {
        Ok(found) => Read { found, diagnostics: Vec::new() },
        Err(error) => {
            let at = source.at(u32::try_from(error.line()).unwrap_or(u32::MAX));
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or(&what);
            let text = format!("this is not JSON: {what}, at column {}", error.column());
            let diagnostic = Diagnostic::new(at, Level::Error, "not-json", text);
            Read { found: Value::Null, diagnostics: vec![diagnostic] }
        }
    }
}
