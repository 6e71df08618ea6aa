//! The values that the chart takes, as its schema says: the others are mistyped, or of a time that is gone.

use super::{node::Node, path_of};
use crate::{
    diagnostic::{Diagnostic, Level, Origin, Told},
    nearest::nearest,
};
use serde_json::Value;

/// What helm checks values with.
const SCHEMA: &str = include_str!("../../../../chart/values.schema.json");

/// Values with which the chart does not render any more, and what to write instead. The schema lets them pass, so that the
/// chart can say this.
const REMOVED: &[(&[&str], &str)] = &[
    (&["image", "tagPrefix"], "write image.os, or the whole of image.tag"),
    (&["session", "image", "tagPrefix"], "write session.image.os, .rVersion and .pythonVersion, or the whole of .tag"),
    (&["serviceAccountName"], "write rbac.serviceAccount.name"),
];

/// Tells about values that the chart refuses.
pub(super) fn check(values: &Node, told: &mut Told) {
    for (path, instead) in REMOVED {
        let node = values.get(path);
        if let Some(at) = &node.at {
            let name = path.join(".");
            told.tell(Level::Error, || {
                let text = format!("{name} was taken out of the chart, which does not render with it: {instead}");
                Diagnostic::new(at.clone(), Level::Error, "removed-value", text)
            });
        }
    }
    // It is one of our own files, and a test reads it.
    let schema = serde_json::from_str(SCHEMA).unwrap_or_default();
    check_below(&schema, values, &mut Vec::new(), told);
}

fn check_below<'a>(schema: &Value, values: &'a Node, path: &mut Vec<&'a str>, told: &mut Told) {
    let Some(known) = schema["properties"].as_object() else { return };
    let closed = schema["additionalProperties"] == Value::Bool(false);
    for (key, node) in values.entries() {
        path.push(key);
        match known.get(key) {
            Some(below) => check_below(below, node, path, told),
            None if closed => unknown(path, node, known.keys().map(String::as_str), told),
            None => {}
        }
        path.pop();
    }
}

fn unknown<'k>(path: &[&str], node: &Node, known: impl Iterator<Item = &'k str>, told: &mut Told) {
    let (Some(at), Some(key)) = (&node.at, path.last()) else { return };
    let path = path_of(path);
    told.tell(Level::Error, || {
        let meant = nearest(key, known);
        let text = format!("the chart does not know {path}, and does not render with it");
        let origin = Origin { at: at.clone(), path: path.clone() };
        Diagnostic::new(at.clone(), Level::Error, "unknown-value", text).meant(meant).from(Some(origin))
    });
}
