//! Readers of the files' formats. Each takes any bytes, goes through them once, and keeps the line of every value.
//!
//! What they find borrows from the text: a file of a megabyte is not copied value by value.
//!
//! They take what the original's chart writes: white space at the ends of lines, lines of nothing but white space, keys in
//! any order. What a value means (`<nil>`, `1e+07`, `true` for `1`) is not their business.

mod blocks;
mod dcf;
mod ini;
mod json;
mod list;
mod overrides;
mod template;

pub use blocks::blocks;
pub(crate) use blocks::each_field as each_of_blocks;
pub use dcf::{Block, Field, dcf};
pub(crate) use dcf::{Piece as FieldPiece, each_field as each_of_dcf};
pub use ini::{Entry, Ini, Section, ini};
pub(crate) use ini::{Piece as IniPiece, each_line};
pub use json::{is_json, json};
pub use list::{Item, list};
pub use overrides::{NamedOverride, overrides, pointer_fault};
pub use template::{Part, template};

use crate::diagnostic::Told;

/// What a reader found in a file, and what it has to tell about it.
#[derive(Debug, Clone)]
pub struct Read<T> {
    /// All that could be read.
    pub found: T,
    /// In the order of lines.
    pub told: Told,
}

/// A line with nothing to read in it: white space, or a comment.
fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

#[cfg(test)]
mod tests;
