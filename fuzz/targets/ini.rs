//! `key=value` lines with sections: whatever the bytes are, every place that is found is a line of the file.

#![no_main]

use carrel_config::{Source, read};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|bytes: &[u8]| {
    let (source, _) = Source::new(Path::new("f"), bytes);
    let lines = source.lines().count();
    let read = read::ini(&source);
    for entry in read.found.sections.iter().flat_map(|section| &section.entries) {
        assert!(!entry.key.is_empty());
        assert!((1..=lines).contains(&(entry.at.line as usize)));
    }
});
