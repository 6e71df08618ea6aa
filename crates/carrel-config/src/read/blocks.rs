//! Blocks without headers, as `r-versions` has them.

use super::{Read, dcf, dcf::Piece};
use crate::{diagnostic::Told, source::Source};

/// Reads blocks whose lines are `Key: value` or, as the chart writes them, `key=value`. A line that is a path is a `Path`,
/// and paths on neighbouring lines are blocks of their own: that is how `r-versions` began.
pub fn blocks(source: &Source) -> Read<Vec<dcf::Block<'_>>> {
    dcf::collected(source, each_field)
}

/// The same, line by line: nothing of a large file is kept.
pub(crate) fn each_field<'a>(source: &'a Source, found: &mut dyn FnMut(Piece<'a>)) -> Told {
    // Whether the block has had nothing but a path.
    let mut only_path = false;
    dcf::fields(source, cut, &mut |piece| match piece {
        Piece::Field { begins_block, key, value, line } => {
            let is_path = key.eq_ignore_ascii_case("path");
            let begins_block = begins_block || (is_path && only_path);
            only_path = is_path && begins_block;
            found(Piece::Field { begins_block, key, value, line });
        }
        more @ Piece::More { .. } => found(more),
    })
}

fn cut(line: &str) -> Option<(&str, &str)> {
    if line.starts_with('/') {
        return Some(("Path", line));
    }
    line.split_once([':', '='])
}
