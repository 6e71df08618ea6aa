//! The health check's template: put together again, its pieces are the text.

#![no_main]

use carrel_config::{
    Source,
    read::{self, Part},
};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|bytes: &[u8]| {
    let (source, _) = Source::new(Path::new("f"), bytes);
    let mut again = String::new();
    for part in read::template(&source).found {
        match part {
            Part::Text(text) => again.push_str(&text),
            Part::Variable { name, .. } => again.extend(["#", name, "#"]),
        }
    }
    let text = source.lines().map(|line| line.text).collect::<Vec<_>>().join("\n");
    assert_eq!(again, text);
});
