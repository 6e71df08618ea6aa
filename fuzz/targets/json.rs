//! JSON: reading for the faults alone finds the same ones as reading the whole tree, but for depth and numbers that only
//! the tree cannot hold.

#![no_main]

use carrel_config::{Source, read};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|bytes: &[u8]| {
    let (source, _) = Source::new(Path::new("f"), bytes);
    let (tree, faults) = (read::json(&source), read::is_json(&source));
    assert!(tree.told.list().len() >= faults.told.list().len());
});
