//! Blocks without headers: no block is empty.

#![no_main]

use carrel_config::{Source, read};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|bytes: &[u8]| {
    let (source, _) = Source::new(Path::new("f"), bytes);
    assert!(read::blocks(&source).found.iter().all(|block| !block.fields.is_empty()));
});
