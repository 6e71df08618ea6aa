//! Blocks of `Key: value`: no block is empty, and no key.

#![no_main]

use carrel_config::{Source, read};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|bytes: &[u8]| {
    let (source, _) = Source::new(Path::new("f"), bytes);
    for block in read::dcf(&source).found {
        assert!(!block.fields.is_empty());
        assert!(block.fields.iter().all(|field| !field.key.is_empty()));
    }
});
