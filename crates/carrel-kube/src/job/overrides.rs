//! `job-json-overrides`: values set in a Job by JSON pointers.

use carrel_model::{Cause, Who, container::Override};
use k8s_openapi::api::batch::v1::Job;
use serde_json::{Map, Value, json};

/// The Job with one value set. Objects on the way are made where there are none; `-` is the place after the last item of a
/// list (RFC 6901).
pub(super) fn set(job: &Job, one: &Override) -> Result<Job, Cause> {
    let refused = |why: String| {
        let text = format!("job-json-overrides “{}” cannot be applied: {why}.", one.target);
        Cause::new("override-wrong", text, Who::Administrator)
    };
    let value: Value =
        serde_json::from_str(&one.json).map_err(|error| refused(format!("its file is no JSON: {error}")))?;
    let mut whole = serde_json::to_value(job).map_err(|error| refused(error.to_string()))?;
    *place(&mut whole, &one.target).map_err(refused)? = value;
    let job: Job =
        serde_json::from_value(whole.clone()).map_err(|error| refused(format!("it makes no Job: {error}")))?;
    match lost(&whole, &serde_json::to_value(&job).unwrap_or_default()) {
        None => Ok(job),
        Some(field) => Err(refused(format!("a Job has no field {field}"))),
    }
}

/// The place that a pointer leads to.
fn place<'v>(whole: &'v mut Value, pointer: &str) -> Result<&'v mut Value, String> {
    let Some(rest) = pointer.strip_prefix('/') else { return Err("it does not begin with “/”".into()) };
    let mut here = whole;
    for token in rest.split('/') {
        let token = token.replace("~1", "/").replace("~0", "~");
        if here.is_null() {
            *here = if token == "-" || token == "0" { json!([]) } else { Value::Object(Map::new()) };
        }
        here = match here {
            Value::Object(fields) => fields.entry(token).or_insert(Value::Null),
            Value::Array(items) => {
                let at = if token == "-" { Some(items.len()) } else { token.parse().ok() };
                let at = at.filter(|at| *at <= items.len());
                let at = at.ok_or_else(|| format!("a list of {} has no place “{token}”", items.len()))?;
                if at == items.len() {
                    items.push(Value::Null);
                }
                &mut items[at]
            }
            _ => return Err(format!("“{token}” is looked for in something that is neither object nor list")),
        };
    }
    Ok(here)
}

/// A field of `given` that is not in `kept`: nobody knows it.
pub(super) fn lost(given: &Value, kept: &Value) -> Option<String> {
    match (given, kept) {
        (Value::Object(given), _) => given.iter().filter(|(_, value)| !value.is_null()).find_map(|(name, value)| {
            let below = match kept.get(name) {
                Some(kept) => lost(value, kept)?,
                None if is_empty(value) => return None,
                None => String::new(),
            };
            Some(format!("/{name}{below}"))
        }),
        (Value::Array(given), Value::Array(kept)) => {
            let mut pairs = given.iter().zip(kept).enumerate();
            pairs.find_map(|(at, (given, kept))| Some(format!("/{at}{}", lost(given, kept)?)))
        }
        _ => None,
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}
