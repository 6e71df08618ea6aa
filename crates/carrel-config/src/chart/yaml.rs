//! values.yaml, with the line of every value, and with the words that helm takes for flags and numbers.

use super::node::{Content, Node};
use crate::{
    diagnostic::{Diagnostic, Level, Told},
    source::Source,
};
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use std::collections::{BTreeMap, HashMap};

/// More values than a file of aliases to aliases may grow to.
const MOST: usize = 200_000;
/// Deeper than anybody nests.
const DEEPEST: usize = 64;

/// Reads the first document of a file: helm reads no other.
pub(super) fn read(source: &Source) -> (Node, Told) {
    let mut reader =
        Reader { source, told: Told::default(), open: Vec::new(), done: None, anchors: HashMap::new(), count: 0 };
    let mut parser = Parser::new_from_str(source.text());
    let mut documents = 0;
    while let Some(event) = parser.next_event() {
        match event {
            Ok((Event::DocumentStart(_), span)) => {
                documents += 1;
                if documents > 1 {
                    let text = "helm reads the first document of a file only";
                    reader.tell(line_of(span), Level::Warning, "second-document", text);
                    break;
                }
            }
            Ok((event, span)) => {
                if let Err(text) = reader.event(event, span) {
                    reader.tell(line_of(span), Level::Error, "not-yaml", text);
                    return (Node::map(), reader.told);
                }
            }
            Err(error) => {
                let line = u32::try_from(error.marker().line()).unwrap_or(0);
                reader.tell(line, Level::Error, "not-yaml", &format!("this is not YAML: {}", error.info()));
                return (Node::map(), reader.told);
            }
        }
    }
    (reader.done.unwrap_or_else(Node::map), reader.told)
}

fn line_of(span: Span) -> u32 {
    u32::try_from(span.start.line()).unwrap_or(0)
}

/// A list or map that has not ended.
struct Open {
    node: Node,
    anchor: usize,
    /// The key whose value comes next, in a map.
    key: Option<String>,
}

struct Reader<'a> {
    source: &'a Source,
    told: Told,
    open: Vec<Open>,
    done: Option<Node>,
    anchors: HashMap<usize, (Node, usize)>,
    count: usize,
}

impl Reader<'_> {
    fn tell(&mut self, line: u32, level: Level, code: &'static str, text: &str) {
        self.told.tell(level, || Diagnostic::new(self.source.at(line), level, code, text));
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), &'static str> {
        let at = Some(self.source.at(line_of(span)));
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| tag.suffix == "str");
                let plain = style == ScalarStyle::Plain && !is_text;
                if self.open.last().is_some_and(|open| open.node.is_map() && open.key.is_none()) {
                    let key = if plain { key_of(&text) } else { text.into_owned() };
                    self.key(key, line_of(span));
                    return Ok(());
                }
                let content = if plain { resolve(&text) } else { Content::Text(text.into_owned()) };
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                self.put(Node { content, at, block }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(Content::List(Vec::new()), at, anchor),
            Event::MappingStart(anchor, _) => self.begin(Content::Map(BTreeMap::new()), at, anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let node = if open.node.is_map() { merged(open.node) } else { open.node };
                self.put(node, open.anchor)
            }
            Event::Alias(anchor) => {
                let (node, size) = self.anchors.get(&anchor).cloned().ok_or("this alias names nothing")?;
                self.count += size;
                self.put(node, 0)
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, content: Content, at: Option<crate::At>, anchor: usize) -> Result<(), &'static str> {
        if self.open.len() >= DEEPEST {
            return Err("this is nested too deeply");
        }
        if self.open.last().is_some_and(|open| open.node.is_map() && open.key.is_none()) {
            return Err("a key is a word, not a list or a map");
        }
        self.open.push(Open { node: Node { content, at, block: false }, anchor, key: None });
        Ok(())
    }

    fn key(&mut self, key: String, line: u32) {
        let Some(open) = self.open.last_mut() else { return };
        let twice = key != "<<" && open.node.entries_mut().contains_key(&key);
        open.key = Some(key);
        if twice {
            self.tell(
                line,
                Level::Warning,
                "repeated",
                "this key stands above in the same map too: the last one counts",
            );
        }
    }

    fn put(&mut self, node: Node, anchor: usize) -> Result<(), &'static str> {
        self.count += 1;
        if self.count > MOST {
            return Err("there are too many values, or aliases that multiply them");
        }
        if anchor > 0 {
            let size = size(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut() {
            None => self.done = Some(node),
            Some(Open { node: Node { content: Content::List(list), .. }, .. }) => list.push(node),
            Some(open) => {
                // The value's own line is that of its key where it is a list or map of the lines below.
                if let Some(key) = open.key.take() {
                    open.node.entries_mut().insert(key, node);
                }
            }
        }
        Ok(())
    }
}

fn size(node: &Node) -> usize {
    match &node.content {
        Content::List(list) => 1 + list.iter().map(size).sum::<usize>(),
        Content::Map(map) => 1 + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// A map with what `<<` brings into it below its own keys.
fn merged(mut node: Node) -> Node {
    let Some(below) = node.entries_mut().remove("<<") else { return node };
    let several = match below.content {
        Content::List(list) => list,
        _ => vec![below],
    };
    for (key, value) in several.iter().flat_map(Node::entries) {
        node.entries_mut().entry(key.clone()).or_insert_with(|| value.clone());
    }
    node
}

/// A key without quotes. Helm takes flags and numbers for what they are here too: `off:` becomes `false`, `007:` becomes `7`.
fn key_of(text: &str) -> String {
    match resolve(text) {
        Content::Flag(on) => on.to_string(),
        Content::Number(number) => number.to_string(),
        _ => text.to_owned(),
    }
}

/// What a word without quotes is to helm, which reads YAML 1.1.
fn resolve(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Content::Flag(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Content::Flag(false),
        _ => number(text).map_or_else(|| Content::Text(text.to_owned()), Content::Number),
    }
}

#[expect(clippy::cast_precision_loss, reason = "helm holds every number as a float")]
fn number(text: &str) -> Option<f64> {
    let (sign, digits) =
        text.strip_prefix('-').map_or((1.0, text.strip_prefix('+').unwrap_or(text)), |rest| (-1.0, rest));
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let whole =
        |radix, digits: &str| u64::from_str_radix(&digits.replace('_', ""), radix).ok().map(|n| sign * n as f64);
    if let Some(hex) = digits.strip_prefix("0x") {
        return whole(16, hex);
    }
    let octal = digits.strip_prefix("0o").or_else(|| digits.strip_prefix('0').filter(|rest| !rest.is_empty()));
    if let Some(number) = octal.and_then(|octal| whole(8, octal)) {
        return Some(number);
    }
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-' | b'_'));
    plain.then(|| digits.replace('_', "").parse::<f64>().ok()).flatten().map(|number| sign * number)
}
