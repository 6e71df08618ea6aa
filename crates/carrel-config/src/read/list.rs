//! One thing a line.

use super::{Read, is_blank_or_comment};
use crate::{
    diagnostic::Told,
    source::{At, Source},
};

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item<'a> {
    /// The line without white space at its ends.
    pub text: &'a str,
    /// Where.
    pub at: At,
}

/// Reads a file with one thing a line (`vscode.extensions.conf`, `ip-rules`). Blank lines and comments are left out.
pub fn list(source: &Source) -> Read<Vec<Item<'_>>> {
    let items = source.lines().filter(|line| !is_blank_or_comment(line.text));
    let found = items.map(|line| Item { text: line.text.trim(), at: source.at(line.number) }).collect();
    Read { found, told: Told::default() }
}
