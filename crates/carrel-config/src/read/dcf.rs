//! Blocks of `Key: value`, separated by blank lines (Debian control format).

use super::Read;
use crate::{
    diagnostic::{Diagnostic, Level, Told},
    source::{At, Source, cut},
};

/// What stands between two blank lines. Fields may come in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block<'a> {
    /// The line of its first field.
    pub at: At,
    /// In the order of the file.
    pub fields: Vec<Field<'a>>,
}

/// A field of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name before the colon.
    pub key: &'a str,
    /// What stands on the same line.
    pub value: &'a str,
    /// The indented lines below it, without their indentation.
    pub more: Vec<(&'a str, At)>,
    /// Where the name stands.
    pub at: At,
}

impl<'a> Block<'a> {
    /// The field of this name, whatever its case.
    pub fn field(&self, key: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.key.eq_ignore_ascii_case(key))
    }
}

/// A line of blocks that is neither blank nor a comment.
pub(crate) enum Piece<'a> {
    /// See [`Field`].
    Field { begins_block: bool, key: &'a str, value: &'a str, line: u32 },
    /// A line that goes on with the field above it, without its indentation.
    More { text: &'a str, line: u32 },
}

/// Reads blocks of `Key: value`. An indented line goes on with the field above it; `#` at the beginning of a line makes it
/// a comment; a line of nothing but white space ends the block.
pub fn dcf(source: &Source) -> Read<Vec<Block<'_>>> {
    collected(source, each_field)
}

/// The same, line by line: nothing of a large file is kept.
pub(crate) fn each_field<'a>(source: &'a Source, found: &mut dyn FnMut(Piece<'a>)) -> Told {
    fields(source, |text| cut(text, b':'), found)
}

/// Goes through a file line by line.
type Each = for<'a> fn(&'a Source, &mut dyn FnMut(Piece<'a>)) -> Told;

/// What is found line by line, as blocks.
pub(super) fn collected(source: &Source, each: Each) -> Read<Vec<Block<'_>>> {
    let mut found: Vec<Block<'_>> = Vec::new();
    let told = each(source, &mut |piece| match (piece, found.last_mut()) {
        (Piece::Field { begins_block, key, value, line }, block) => {
            let field = Field { key, value, more: Vec::new(), at: source.at(line) };
            match block.filter(|_| !begins_block) {
                Some(block) => block.fields.push(field),
                None => found.push(Block { at: field.at.clone(), fields: vec![field] }),
            }
        }
        (Piece::More { text, line }, block) => {
            if let Some(field) = block.and_then(|block| block.fields.last_mut()) {
                field.more.push((text, source.at(line)));
            }
        }
    });
    Read { found, told }
}

/// Reads blocks whose lines are cut into key and value by `cut`.
pub(super) fn fields<'a>(
    source: &'a Source,
    cut: impl Fn(&'a str) -> Option<(&'a str, &'a str)>,
    found: &mut dyn FnMut(Piece<'a>),
) -> Told {
    let mut told = Told::default();
    // Whether the line before belongs to a block.
    let mut within = false;
    for line in source.lines() {
        let text = line.text.trim();
        if text.is_empty() {
            within = false;
        } else if text.starts_with('#') {
            // A comment neither ends a block nor belongs to it.
        } else if !line.text.starts_with([' ', '\t']) {
            match cut(text).map(|(key, value)| (key.trim(), value.trim())).filter(|(key, _)| !key.is_empty()) {
                Some((key, value)) => {
                    found(Piece::Field { begins_block: !within, key, value, line: line.number });
                    within = true;
                }
                None => told.tell(Level::Error, || {
                    let what = "this line is neither `Key: value` nor indented to go on with the one above";
                    Diagnostic::new(source.at(line.number), Level::Error, "no-key", what)
                }),
            }
        } else if within {
            found(Piece::More { text, line: line.number });
        } else {
            told.tell(Level::Error, || {
                let what = "an indented line goes on with the field above it, and there is none in this block";
                Diagnostic::new(source.at(line.number), Level::Error, "nothing-to-go-on-with", what)
            });
        }
    }
    told
}
