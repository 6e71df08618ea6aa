//! The template of the health check's answer.

use super::Read;
use crate::{
    diagnostic::Told,
    source::{At, Source},
};

/// A piece of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// Goes into the answer as it is.
    Text(String),
    /// `#name#`: its value goes into the answer.
    Variable {
        /// The name between the two `#`.
        name: &'a str,
        /// Where.
        at: At,
    },
}

/// Reads a template with `#variables#`. A `#` that begins no variable (`# HELP` of Prometheus) is text.
pub fn template(source: &Source) -> Read<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut text = String::new();
    for line in source.lines() {
        if line.number > 1 {
            text.push('\n');
        }
        let mut rest = line.text;
        while let Some((before, behind)) = rest.split_once('#') {
            text.push_str(before);
            rest = if let Some(name) = name(behind) {
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Variable { name, at: source.at(line.number) });
                &behind[name.len() + 1..]
            } else {
                text.push('#');
                behind
            };
        }
        text.push_str(rest);
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Read { found: parts, told: Told::default() }
}

/// The name of a variable, when the text goes on with one and its closing `#`.
fn name(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_lowercase() || c == '-'))?;
    (end > 0 && text[end..].starts_with('#')).then(|| &text[..end])
}
