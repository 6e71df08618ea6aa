//! Blocks without headers, as `r-versions` has them.

use super::{Read, dcf};
use crate::source::Source;

/// Reads blocks whose lines are `Key: value` or, as the chart writes them, `key=value`. A line that is a path is a block of
/// its own with nothing but a `Path`: that is how `r-versions` began.
pub fn blocks(source: &Source) -> Read<Vec<dcf::Block>> {
    let mut read = dcf::fields(source, cut);
    read.found = read.found.into_iter().flat_map(alone).collect();
    read
}

fn cut(line: &str) -> Option<(&str, &str)> {
    if line.starts_with('/') {
        return Some(("Path", line));
    }
    line.split_once([':', '='])
}

/// Paths on neighbouring lines are blocks of their own.
fn alone(block: dcf::Block) -> Vec<dcf::Block> {
    let is_path = |field: &dcf::Field| field.key.eq_ignore_ascii_case("path");
    if block.fields.len() < 2 || !block.fields.iter().all(is_path) {
        return vec![block];
    }
    block.fields.into_iter().map(|field| dcf::Block { at: field.at.clone(), fields: vec![field] }).collect()
}
