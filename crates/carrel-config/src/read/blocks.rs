//! Blocks without headers, as `r-versions` has them.

use super::{Read, dcf};
use crate::source::Source;

/// Reads blocks whose lines are `Key: value` or, as the chart writes them, `key=value`. A line that is a path is a block of
/// its own with nothing but a `Path`: that is how `r-versions` began.
pub fn blocks<'a>(source: &'a Source) -> Read<Vec<dcf::Block<'a>>> {
    let Read { found, told } = dcf::fields(source, cut);
    let mut blocks = Vec::with_capacity(found.len());
    for block in found {
        if is_list(&block) {
            let alone = |field: dcf::Field<'a>| dcf::Block { at: field.at.clone(), fields: vec![field] };
            blocks.extend(block.fields.into_iter().map(alone));
        } else {
            blocks.push(block);
        }
    }
    Read { found: blocks, told }
}

fn cut(line: &str) -> Option<(&str, &str)> {
    if line.starts_with('/') {
        return Some(("Path", line));
    }
    line.split_once([':', '='])
}

/// Paths on neighbouring lines are blocks of their own.
fn is_list(block: &dcf::Block<'_>) -> bool {
    block.fields.len() > 1 && block.fields.iter().all(|field| field.key.eq_ignore_ascii_case("path"))
}
