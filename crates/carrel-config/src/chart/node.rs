//! A value of values.yaml with its place, and how Go writes it into a text.

use crate::source::At;
use std::{collections::BTreeMap, fmt};

/// A value, and where it stands; nowhere for what the chart itself brings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) at: Option<At>,
    /// Whether it is a block (`|`), whose lines are lines of values.yaml.
    pub(crate) block: bool,
}

/// What a value is. Maps go by the bytes of their keys: that is how Go walks them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Null,
    Flag(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Map(BTreeMap<String, Node>),
}

/// What begins a path: nothing.
static NULL: Node = Node { content: Content::Null, at: None, block: false };

impl Node {
    pub(crate) fn new(content: Content) -> Self {
        Self { content, at: None, block: false }
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::new(Content::Text(text.into()))
    }

    pub(crate) fn number(number: f64) -> Self {
        Self::new(Content::Number(number))
    }

    pub(crate) fn map() -> Self {
        Self::new(Content::Map(BTreeMap::new()))
    }

    /// Its entries; none for what is no map.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&String, &Self)> {
        if let Content::Map(map) = &self.content { Some(map) } else { None }.into_iter().flatten()
    }

    /// Its entries, to be changed; what is no map becomes one.
    pub(crate) fn entries_mut(&mut self) -> &mut BTreeMap<String, Self> {
        if !matches!(self.content, Content::Map(_)) {
            self.content = Content::Map(BTreeMap::new());
        }
        match &mut self.content {
            Content::Map(map) => map,
            _ => unreachable!("it was made a map above"),
        }
    }

    /// What stands at a path; null where nothing does.
    pub(crate) fn get(&self, path: &[&str]) -> &Self {
        path.iter().fold(self, |node, key| match &node.content {
            Content::Map(map) => map.get(*key).unwrap_or(&NULL),
            _ => &NULL,
        })
    }

    /// Whether a template's `if` takes it for true.
    pub(crate) fn is_true(&self) -> bool {
        match &self.content {
            Content::Null => false,
            Content::Flag(on) => *on,
            Content::Number(number) => *number != 0.0,
            Content::Text(text) => !text.is_empty(),
            Content::List(list) => !list.is_empty(),
            Content::Map(map) => !map.is_empty(),
        }
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.content, Content::Map(_))
    }

    /// Puts `over` above it: maps key by key, everything else as a whole. With `delete`, null takes a key away that is there,
    /// as helm does with what a chart brings.
    pub(crate) fn merge(&mut self, over: Self, delete: bool) {
        match (&mut self.content, over.content) {
            (Content::Map(below), Content::Map(above)) => {
                for (key, node) in above {
                    match below.get_mut(&key) {
                        Some(_) if delete && node.content == Content::Null => drop(below.remove(&key)),
                        Some(there) if there.is_map() && node.is_map() => there.merge(node, delete),
                        _ => drop(below.insert(key, node)),
                    }
                }
                self.at = over.at.or(self.at.take());
            }
            (content, above) => {
                *content = above;
                (self.at, self.block) = (over.at, over.block);
            }
        }
    }
}

/// As Go's `%v` does.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Null => f.write_str("<nil>"),
            Content::Flag(on) => write!(f, "{on}"),
            Content::Number(number) => f.write_str(&go_float(*number)),
            Content::Text(text) => f.write_str(text),
            Content::List(list) => {
                let words: Vec<String> = list.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", words.join(" "))
            }
            Content::Map(map) => {
                let pairs: Vec<String> = map.iter().map(|(key, node)| format!("{key}:{node}")).collect();
                write!(f, "map[{}]", pairs.join(" "))
            }
        }
    }
}

/// The shortest digits, with an exponent from a million on: that is how `1e+07` gets into files.
fn go_float(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return if number == 0.0 { "0".into() } else { format!("{number}") };
    }
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        let cases = [
            (0.0, "0"),
            (8787.0, "8787"),
            (0.5, "0.5"),
            (999_999.0, "999999"),
            (1_000_000.0, "1e+06"),
            (10_000_000.0, "1e+07"),
            (1_234_567.0, "1.234567e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-3.0, "-3"),
        ];
        for (number, text) in cases {
            assert_eq!(go_float(number), text);
        }
    }

    #[test]
    fn null_takes_away_what_the_chart_brings_and_stays_where_it_brings_nothing() {
        let map = |pairs: &[(&str, Content)]| {
            let mut map = Node::map();
            map.entries_mut()
                .extend(pairs.iter().map(|(key, content)| ((*key).to_owned(), Node::new(content.clone()))));
            map
        };
        let mut below = map(&[("a", Content::Number(1.0)), ("b", Content::Number(2.0))]);
        below.merge(map(&[("a", Content::Null), ("c", Content::Null)]), true);
        assert_eq!(below.to_string(), "map[b:2 c:<nil>]");
    }
}
