//! Values into files, as the templates of the chart write them.

use super::{
    Line,
    node::{Content, Node},
    path_of,
};
use crate::{diagnostic::Origin, source::At};

/// Where the chart mounts the JSON of `job-json-overrides`.
const OVERRIDES: &str = "/mnt/job-json-overrides-new/";

/// The lines of one file, with the value that each comes from.
pub(super) struct Writer {
    path: Vec<String>,
    pub(super) lines: Vec<Line>,
}

impl Writer {
    /// Begins a file that stands at this path of the values.
    pub(super) fn new(path: &[&str]) -> Self {
        Self { path: path.iter().map(ToString::to_string).collect(), lines: Vec::new() }
    }

    fn line(&mut self, text: &str, keys: &[&str], at: Option<&At>) {
        let path: Vec<&str> = self.path.iter().map(String::as_str).chain(keys.iter().copied()).collect();
        let from = at.map(|at| Origin { at: at.clone(), path: path_of(&path) });
        // A value of several lines makes several lines of the file.
        for part in text.split('\n') {
            self.lines.push(Line { text: part.to_owned(), from: from.clone() });
        }
    }

    fn blank(&mut self) {
        self.lines.push(Line { text: String::new(), from: None });
    }

    /// A text as it is. A block (`|`) begins at its first line.
    pub(super) fn verbatim(&mut self, text: &str, node: &Node) {
        for (number, line) in (0..).zip(text.lines()) {
            let below = |at: &At| At { line: if node.block { at.line + number } else { at.line }, ..at.clone() };
            let at = node.at.as_ref().map(below);
            self.line(line, &[], at.as_ref());
        }
    }

    /// `key=value`, sections for maps, repeated keys or sections for lists.
    pub(super) fn ini(&mut self, file: &Node) {
        match &file.content {
            Content::Text(text) => self.verbatim(text, file),
            Content::List(items) => items.iter().for_each(|item| self.ini_item(item)),
            _ => file.entries().for_each(|(key, node)| self.ini_entry(key, node)),
        }
    }

    /// An item of a file that is a list: a block of fields, or one section.
    fn ini_item(&mut self, item: &Node) {
        let is_record = item.entries().count() > 1 && !item.entries().any(|(_, node)| node.is_map());
        for (key, node) in item.entries() {
            if is_record {
                self.line(&format!("{key}={node}"), &[key], node.at.as_ref());
            } else {
                self.ini_entry(key, node);
            }
        }
        if is_record {
            self.blank();
        }
    }

    fn ini_entry(&mut self, key: &str, node: &Node) {
        let several = match &node.content {
            Content::List(list) => list.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for one in several {
            if one.is_map() {
                self.section(key, one);
            } else {
                self.line(&format!("{key}={one}"), &[key], one.at.as_ref());
            }
        }
    }

    fn section(&mut self, name: &str, section: &Node) {
        self.line(&format!("[{name}]"), &[name], section.at.as_ref());
        for (key, node) in section.entries() {
            self.line(&format!("{key}={node}"), &[name, key], node.at.as_ref());
        }
        self.blank();
    }

    /// Blocks of `Key: value`; a map within one makes lines of `NAME=value` below its key.
    pub(super) fn dcf(&mut self, file: &Node) {
        match &file.content {
            Content::Text(text) => self.verbatim(text, file),
            Content::List(items) => items.iter().for_each(|item| self.block(item)),
            _ => {
                for (key, node) in file.entries() {
                    if node.is_map() {
                        self.block(node);
                    } else {
                        self.line(&format!("{key}: {node}"), &[key], node.at.as_ref());
                    }
                }
            }
        }
    }

    fn block(&mut self, block: &Node) {
        for (key, node) in block.entries() {
            if node.is_map() {
                self.line(&format!("{key}:"), &[key], node.at.as_ref());
                for (name, value) in node.entries() {
                    self.line(&format!("    {name}={value}"), &[key, name], value.at.as_ref());
                }
            } else {
                self.line(&format!("{key}: {node}"), &[key], node.at.as_ref());
            }
        }
        self.blank();
    }

    /// Sections of users and groups: lists become words with commas between them, and what `[*]` overrides in pods goes
    /// before what a section overrides itself.
    pub(super) fn profiles(&mut self, file: &Node) {
        const KEY: &str = "job-json-overrides";
        let everybody = file.get(&["*", KEY]);
        for (name, section) in file.entries() {
            let mut section = section.clone();
            if name != "*"
                && let (Content::List(first), Some(Node { content: Content::List(own), .. })) =
                    (&everybody.content, section.entries_mut().get_mut(KEY))
            {
                own.splice(0..0, first.iter().cloned());
            }
            for node in section.entries_mut().values_mut() {
                if let Content::List(list) = &node.content {
                    node.content = Content::Text(list.iter().map(word).collect::<Vec<_>>().join(","));
                }
            }
            self.section(name, &section);
        }
    }
}

/// A word of a list: `"target":"file"` for an override.
fn word(node: &Node) -> String {
    if !node.is_map() {
        return node.to_string();
    }
    let name: String = node.get(&["name"]).to_string().split_whitespace().collect();
    let file = node.get(&["file"]);
    let file = if file.is_true() { file.to_string() } else { format!("{OVERRIDES}{name}.json") };
    format!("\"{}\":\"{file}\"", node.get(&["target"]))
}
