//! `key=value` lines, with or without `[sections]`.

use super::{Read, is_blank_or_comment};
use crate::{
    diagnostic::{Diagnostic, Level, Told},
    source::{At, Line, Source},
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

/// Reads `key=value` lines.
///
/// A `#` or `;` at the beginning of a line makes it a comment, and ` #` within a value begins one, as in the original;
/// since that surprises, a note tells about the second. Lines without `=` are kept: `load-balancer` has a list in a section.
pub fn ini(source: &Source) -> Read<Ini<'_>> {
    let mut read = Read { found: Ini::default(), told: Told::default() };
    for line in source.lines() {
        let text = line.text.trim();
        if is_blank_or_comment(text) || text.starts_with(';') {
            continue;
        }
        match text.strip_prefix('[') {
            Some(header) => read.header(source, line, header),
            None => read.entry(source, line, text),
        }
    }
    read
}

impl<'a> Read<Ini<'a>> {
    fn header(&mut self, source: &Source, line: Line<'a>, header: &'a str) {
        let at = source.at(line.number);
        let (name, rest) = header.split_once(']').unwrap_or((header, "]"));
        if !is_blank_or_comment(rest) {
            self.told.tell(Level::Error, || {
                let text = "a section's header is not `[name]` alone on its line";
                Diagnostic::new(at.clone(), Level::Error, "wrong-header", text).found(line.text.trim())
            });
        }
        self.found.sections.push(Section { name: Some(name.trim()), at, entries: Vec::new() });
    }

    fn entry(&mut self, source: &Source, line: Line<'a>, text: &'a str) {
        let at = source.at(line.number);
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key.trim_end(), Some(self.without_comment(&at, key.trim_end(), value.trim_start()))),
            None => (text, None),
        };
        if key.is_empty() {
            self.told.tell(Level::Error, || {
                Diagnostic::new(at, Level::Error, "no-key", "a key is missing before `=`").allowed("`key=value`")
            });
            return;
        }
        let entry = Entry { key, value, at };
        match self.found.sections.last_mut() {
            Some(section) => section.entries.push(entry),
            None => self.found.sections.push(Section { name: None, at: entry.at.clone(), entries: vec![entry] }),
        }
    }

    fn without_comment(&mut self, at: &At, key: &str, value: &'a str) -> &'a str {
        let white_before = |at: &usize| value[..*at].chars().next_back().is_none_or(char::is_whitespace);
        let Some(comment) = value.match_indices('#').map(|(at, _)| at).find(white_before) else { return value };
        self.told.tell(Level::Note, || {
            let text = format!("what stands behind # in the value of {key} is taken for a comment");
            Diagnostic::new(at.clone(), Level::Note, "comment-in-value", text)
        });
        value[..comment].trim_end()
    }
}
