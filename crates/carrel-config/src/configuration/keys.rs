//! A file's options, to be found by name, and where each stood last: a file may have many lines.

use crate::options::{File, Format, Row, Sections};
use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// An option that a line sets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// Its declaration.
    pub(super) row: &'static Row,
    /// Its number among the file's options; none where one declaration stands for many names.
    number: Option<usize>,
}

/// See the module.
pub(super) struct Keys {
    /// By name; of several the one of the section counts.
    exact: HashMap<&'static str, Vec<Known>, BuildHasherDefault<Quick>>,
    /// Those that stand for all names that begin so.
    families: Vec<&'static Row>,
    /// Whether an option belongs to its section only.
    by_section: bool,
    /// Whether names in capitals and small letters are the same.
    any_case: bool,
}

impl Keys {
    pub(super) fn of(file: &'static File) -> Self {
        let mut exact: HashMap<_, Vec<Known>, _> = HashMap::default();
        for (number, row) in file.options().enumerate() {
            exact.entry(row.key).or_default().push(Known { row, number: Some(number) });
        }
        Self {
            exact,
            families: file.options().filter(|row| row.family().is_some()).collect(),
            by_section: matches!(file.format, Format::Ini(Sections::Named(_))),
            any_case: matches!(file.format, Format::Dcf | Format::Blocks),
        }
    }

    pub(super) fn find(&self, section: &str, key: &str) -> Option<Known> {
        let is_here = |row: &'static Row| !self.by_section || is_same(row.section, section);
        let exact = self.exact.get(key).and_then(|known| known.iter().copied().find(|known| is_here(known.row)));
        let in_any_case =
            || self.exact.values().flatten().copied().find(|known| known.row.key.eq_ignore_ascii_case(key));
        let family = || {
            let here = self.families.iter().filter(|row| is_here(row));
            let row = here.copied().find(|row| row.family().is_some_and(|prefix| key.starts_with(prefix)))?;
            Some(Known { row, number: None })
        };
        exact.or_else(|| self.any_case.then(in_any_case).flatten()).or_else(family)
    }

    /// Nothing was seen yet.
    pub(super) fn seen<'e>(&self) -> Seen<'e> {
        Seen {
            section: 0,
            options: vec![(usize::MAX, 0); self.exact.values().map(Vec::len).sum()],
            families: HashMap::new(),
        }
    }
}

/// Whether two texts are the same. An empty one points nowhere, and to compare nothing there takes a processor a hundred
/// times as long as to compare a word: the C library's `memcmp` loads it all the same, and the fault is suppressed.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

/// Where each key stood last, by section and line: one list for a whole file, since one for each of many small sections
/// costs more than everything else.
pub(super) struct Seen<'e> {
    /// The section that is read, counted from 1.
    pub(super) section: usize,
    options: Vec<(usize, u32)>,
    /// Names that share a declaration: they are the file's own, so they are kept with a hash that cannot be foreseen.
    families: HashMap<&'e str, (usize, u32)>,
}

impl<'e> Seen<'e> {
    /// The line before this one that has the key too, in the same section.
    pub(super) fn before(&mut self, known: Known, key: &'e str, line: u32) -> Option<u32> {
        let here = (self.section, line);
        let before = match known.number.and_then(|number| self.options.get_mut(number)) {
            Some(last) => Some(std::mem::replace(last, here)),
            None => self.families.insert(key, here),
        };
        before.filter(|(section, _)| *section == self.section).map(|(_, line)| line)
    }
}

/// Hashes names of the option table, which nobody chooses to make them collide: words that a file holds are only looked up.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(ODD);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
