//! Blocks of `Key: value`, separated by blank lines (Debian control format).

use super::Read;
use crate::{
    diagnostic::{Diagnostic, Level, Told},
    source::{At, Line, Source},
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

/// Reads blocks of `Key: value`. An indented line goes on with the field above it; `#` at the beginning of a line makes it
/// a comment; a line of nothing but white space ends the block.
pub fn dcf(source: &Source) -> Read<Vec<Block<'_>>> {
    fields(source, |text| text.split_once(':'))
}

/// Cuts a line into key and value.
type Cut = fn(&str) -> Option<(&str, &str)>;

/// Reads blocks whose lines are cut in two by `cut`.
pub(super) fn fields(source: &Source, cut: Cut) -> Read<Vec<Block<'_>>> {
    let mut reader = Reader { read: Read { found: Vec::new(), told: Told::default() }, within: false, cut };
    for line in source.lines() {
        reader.line(source, line);
    }
    reader.read
}

struct Reader<'a> {
    read: Read<Vec<Block<'a>>>,
    /// Whether the line before belongs to a block.
    within: bool,
    cut: Cut,
}

impl<'a> Reader<'a> {
    fn line(&mut self, source: &Source, line: Line<'a>) {
        let text = line.text.trim();
        if text.is_empty() {
            self.within = false;
        } else if text.starts_with('#') {
            // A comment neither ends a block nor belongs to it.
        } else if line.text.starts_with([' ', '\t']) {
            self.go_on(source.at(line.number), text);
        } else {
            self.field(source.at(line.number), text);
        }
    }

    fn field(&mut self, at: At, text: &'a str) {
        let Some((key, value)) = (self.cut)(text).filter(|(key, _)| !key.trim().is_empty()) else {
            self.read.told.tell(Level::Error, || {
                let what = "this line is neither `Key: value` nor indented to go on with the one above";
                Diagnostic::new(at, Level::Error, "no-key", what)
            });
            return;
        };
        let field = Field { key: key.trim(), value: value.trim(), more: Vec::new(), at };
        match self.read.found.last_mut().filter(|_| self.within) {
            Some(block) => block.fields.push(field),
            None => self.read.found.push(Block { at: field.at.clone(), fields: vec![field] }),
        }
        self.within = true;
    }

    fn go_on(&mut self, at: At, text: &'a str) {
        let above = self.read.found.last_mut().filter(|_| self.within).and_then(|block| block.fields.last_mut());
        if let Some(field) = above {
            field.more.push((text, at));
            return;
        }
        self.read.told.tell(Level::Error, || {
            let what = "an indented line goes on with the field above it, and there is none in this block";
            Diagnostic::new(at, Level::Error, "nothing-to-go-on-with", what)
        });
    }
}
