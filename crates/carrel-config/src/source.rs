//! A configuration file's text, and the places in it.

use crate::diagnostic::{Diagnostic, Level};
use std::{fmt, path::Path, sync::Arc};

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// The file as it was found.
    pub file: Arc<Path>,
    /// The line, counted from 1; 0 stands for the whole file.
    pub line: u32,
}

impl At {
    /// A file as a whole.
    pub fn whole(file: impl Into<Arc<Path>>) -> Self {
        Self { file: file.into(), line: 0 }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}", self.file.display()),
        }
    }
}

/// One line of a [`Source`], without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: u32,
    /// The text, white space and all, without the line's end.
    pub text: &'a str,
}

/// A file's text, decoded.
#[derive(Debug, Clone)]
pub struct Source {
    file: Arc<Path>,
    text: Arc<str>,
}

impl Source {
    /// Decodes a file: UTF-8, or UTF-16 when it begins with that byte order mark. Bytes that are neither become `�`, and
    /// the diagnostic names the first line with one.
    pub fn new(file: impl Into<Arc<Path>>, bytes: &[u8]) -> (Self, Option<Diagnostic>) {
        let file = file.into();
        let (text, clean) = decode(bytes);
        let source = Self { file, text };
        let diagnostic = (!clean).then(|| {
            let line = source.lines().find(|line| line.text.contains('\u{fffd}')).map_or(0, |line| line.number);
            Diagnostic::new(
                source.at(line),
                Level::Warning,
                "not-utf-8",
                "this is not UTF-8; the text is not read as meant",
            )
        });
        (source, diagnostic)
    }

    /// The lines, whatever ends them (`\n` or `\r\n`).
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut rest = Some(self.text());
        let ended = std::iter::from_fn(move || {
            let (line, after) = cut(rest?, b'\n').map_or((rest?, None), |(line, after)| (line, Some(after)));
            rest = after;
            Some(line.strip_suffix('\r').unwrap_or(line))
        });
        (1..).zip(ended).map(|(number, text)| Line { number, text })
    }

    /// How many lines there are.
    pub(crate) fn count(&self) -> usize {
        self.text.bytes().filter(|byte| *byte == b'\n').count() + 1
    }

    /// The whole text, without a byte order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same, to be kept.
    pub(crate) fn shared_text(&self) -> Arc<str> {
        self.text.clone()
    }

    /// A line of this file as a place.
    pub fn at(&self, line: u32) -> At {
        At { file: self.file.clone(), line }
    }
}

/// What stands before and behind the first of an ASCII sign. Lines and keys are short: to look at each byte is quicker than
/// to set up the search that `str::split_once` makes.
pub(crate) fn cut(text: &str, sign: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == sign)?;
    Some((&text[..at], &text[at + 1..]))
}

/// The text, and whether every byte of it could be read.
fn decode(bytes: &[u8]) -> (Arc<str>, bool) {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        let clean = rest.len().is_multiple_of(2) && char::decode_utf16(units.iter().copied()).all(|c| c.is_ok());
        (String::from_utf16_lossy(&units).into(), clean)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => match std::str::from_utf8(rest) {
            Ok(text) => (text.into(), true),
            Err(_) => (String::from_utf8_lossy(rest).into(), false),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> (Vec<String>, Option<String>) {
        let (source, diagnostic) = Source::new(Path::new("f.conf"), bytes);
        (source.lines().map(|line| line.text.to_owned()).collect(), diagnostic.map(|d| d.to_string()))
    }

    #[test]
    fn byte_order_marks_and_line_ends_are_no_part_of_the_text() {
        let expected = (vec!["a=1".to_owned(), "b=2".into(), String::new()], None);
        assert_eq!(lines(b"a=1\nb=2\n"), expected);
        assert_eq!(lines(b"\xef\xbb\xbfa=1\r\nb=2\r\n"), expected);
        assert_eq!(lines(b"\xff\xfea\0=\x001\0\n\0b\0=\x002\0\r\0\n\0"), expected);
        assert_eq!(lines(b"\xfe\xff\0a\0=\x001\0\n\0b\0=\x002\0\n"), expected);
    }

    #[test]
    fn the_first_line_that_is_not_utf_8_is_named() {
        let (text, diagnostic) = lines(b"a=1\nb=\xe4\n");
        assert_eq!(text[1], "b=\u{fffd}");
        assert!(diagnostic.unwrap().starts_with("f.conf:2: warning: this is not UTF-8"));
    }
}
