//! `key=value` lines, with or without `[sections]`.

use super::{Read, is_blank_or_comment};
use crate::{
    diagnostic::{Diagnostic, Level},
    source::{At, Line, Source},
};

/// A whole file. Sections and entries stand in the order of the file, repeated ones too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ini {
    /// The first one without a name, when something stands before the first header.
    pub sections: Vec<Section>,
}

/// A `[header]` and what stands under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What stands in the brackets: `*`, `@group`, `user`, `cluster`; nothing before the first header.
    pub name: Option<String>,
    /// The header's line, or that of the first entry.
    pub at: At,
    /// In the order of the file.
    pub entries: Vec<Entry>,
}

/// One line of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What stands before the first `=`, or the whole line where there is none.
    pub key: String,
    /// What stands behind it; nothing where there is no `=`.
    pub value: Option<String>,
    /// Where.
    pub at: At,
}

/// Reads `key=value` lines.
///
/// A `#` or `;` at the beginning of a line makes it a comment, and ` #` within a value begins one, as in the original;
/// since that surprises, a note tells about the second. Lines without `=` are kept: `load-balancer` has a list in a section.
pub fn ini(source: &Source) -> Read<Ini> {
    let mut read = Read { found: Ini::default(), diagnostics: Vec::new() };
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

impl Read<Ini> {
    fn header(&mut self, source: &Source, line: Line<'_>, header: &str) {
        let at = source.at(line.number);
        let (name, rest) = header.split_once(']').unwrap_or((header, "]"));
        if !is_blank_or_comment(rest) {
            let text = "a section's header is not `[name]` alone on its line";
            self.diagnostics
                .push(Diagnostic::new(at.clone(), Level::Error, "wrong-header", text).found(line.text.trim()));
        }
        self.found.sections.push(Section { name: Some(name.trim().to_owned()), at, entries: Vec::new() });
    }

    fn entry(&mut self, source: &Source, line: Line<'_>, text: &str) {
        let at = source.at(line.number);
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key.trim(), Some(self.without_comment(&at, key.trim(), value.trim()))),
            None => (text, None),
        };
        if key.is_empty() {
            let text = "a key is missing before `=`";
            self.diagnostics.push(Diagnostic::new(at, Level::Error, "no-key", text).allowed("`key=value`"));
            return;
        }
        let entry = Entry { key: key.to_owned(), value: value.map(str::to_owned), at: at.clone() };
        match self.found.sections.last_mut() {
            Some(section) => section.entries.push(entry),
            None => self.found.sections.push(Section { name: None, at, entries: vec![entry] }),
        }
    }

    fn without_comment<'a>(&mut self, at: &At, key: &str, value: &'a str) -> &'a str {
        let white_before = |at: &usize| value[..*at].chars().next_back().is_none_or(char::is_whitespace);
        let Some(comment) = value.match_indices('#').map(|(at, _)| at).find(white_before) else { return value };
        let text = format!("what stands behind # in the value of {key} is taken for a comment");
        self.diagnostics.push(Diagnostic::new(at.clone(), Level::Note, "comment-in-value", text));
        value[..comment].trim_end()
    }
}
