//! `key=value` lines, with or without `[sections]`.

use super::{Read, is_blank_or_comment};
use crate::{
    diagnostic::{Diagnostic, Level, Told},
    source::{At, Line, Source, cut},
};

/// A whole file. Sections and entries stand in the order of the file, repeated ones too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ini<'a> {
    /// The first one without a name, when something stands before the first header.
    pub sections: Vec<Section<'a>>,
}

/// A `[header]` and what stands under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section<'a> {
    /// What stands in the brackets: `*`, `@group`, `user`, `cluster`; nothing before the first header.
    pub name: Option<&'a str>,
    /// The header's line, or that of the first entry.
    pub at: At,
    /// In the order of the file.
    pub entries: Vec<Entry<'a>>,
}

/// One line of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What stands before the first `=`, or the whole line where there is none.
    pub key: &'a str,
    /// What stands behind it; nothing where there is no `=`.
    pub value: Option<&'a str>,
    /// Where.
    pub at: At,
}

/// A line of a file of `key=value` lines that is neither blank nor a comment.
pub(crate) enum Piece<'a> {
    /// `[name]`.
    Header { name: &'a str, line: u32 },
    /// See [`Entry`].
    Entry { key: &'a str, value: Option<&'a str>, line: u32 },
}

/// Reads `key=value` lines.
///
/// A `#` or `;` at the beginning of a line makes it a comment, and ` #` within a value begins one, as in the original;
/// since that surprises, a note tells about the second. Lines without `=` are kept: `load-balancer` has a list in a section.
pub fn ini(source: &Source) -> Read<Ini<'_>> {
    let mut found = Ini::default();
    let told = each_line(source, |piece| match piece {
        Piece::Header { name, line } => {
            found.sections.push(Section { name: Some(name), at: source.at(line), entries: Vec::new() });
        }
        Piece::Entry { key, value, line } => {
            let entry = Entry { key, value, at: source.at(line) };
            match found.sections.last_mut() {
                Some(section) => section.entries.push(entry),
                None => found.sections.push(Section { name: None, at: entry.at.clone(), entries: vec![entry] }),
            }
        }
    });
    Read { found, told }
}

/// The same, line by line: nothing of a large file is kept.
pub(crate) fn each_line<'a>(source: &'a Source, mut found: impl FnMut(Piece<'a>)) -> Told {
    let mut told = Told::default();
    for line in source.lines() {
        let text = line.text.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = text.strip_prefix('[') {
            found(Piece::Header { name: name(source, line, header, &mut told), line: line.number });
            continue;
        }
        let (key, value) = match cut(text, b'=') {
            Some((key, value)) => {
                let key = key.trim_end();
                (key, Some(without_comment(source, line, key, value.trim_start(), &mut told)))
            }
            None => (text, None),
        };
        if key.is_empty() {
            told.tell(Level::Error, || {
                let text = "a key is missing before `=`";
                Diagnostic::new(source.at(line.number), Level::Error, "no-key", text).allowed("`key=value`")
            });
        } else {
            found(Piece::Entry { key, value, line: line.number });
        }
    }
    told
}

/// The name in a header's brackets.
fn name<'a>(source: &Source, line: Line<'a>, header: &'a str, told: &mut Told) -> &'a str {
    let (name, rest) = header.split_once(']').unwrap_or((header, "]"));
    if !is_blank_or_comment(rest) {
        told.tell(Level::Error, || {
            let text = "a section's header is not `[name]` alone on its line";
            Diagnostic::new(source.at(line.number), Level::Error, "wrong-header", text).found(line.text.trim())
        });
    }
    name.trim()
}

fn without_comment<'a>(source: &Source, line: Line<'_>, key: &str, value: &'a str, told: &mut Told) -> &'a str {
    let white_before = |at: &usize| value[..*at].chars().next_back().is_none_or(char::is_whitespace);
    let mut signs = value.bytes().enumerate().filter(|(_, byte)| *byte == b'#').map(|(at, _)| at);
    let Some(comment) = signs.find(white_before) else { return value };
    told.tell(Level::Note, || {
        let text = format!("what stands behind # in the value of {key} is taken for a comment");
        Diagnostic::new(source.at(line.number), Level::Note, "comment-in-value", text)
    });
    value[..comment].trim_end()
}
