//! One thing a line: nothing that is found is empty or a comment.

#![no_main]

use carrel_config::{Source, read};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|bytes: &[u8]| {
    let (source, _) = Source::new(Path::new("f"), bytes);
    assert!(read::list(&source).found.iter().all(|item| !item.text.is_empty() && !item.text.starts_with('#')));
});
