//! Every file of an installation, the first byte says which: what is checked has no panic, and its report has an end.

#![no_main]

use carrel_config::{Configuration, Settings, options::files};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let Some(file) = files().nth(usize::from(*which) % files().count()) else { return };
    let mut configuration = Configuration::default();
    configuration.read(file, Path::new(file.name), bytes);
    assert!(configuration.diagnostics().len() <= 502);
    // What the files set goes into settings, whatever it is.
    let mut settings = Settings::local("/nowhere".into(), "/nowhere/agent".into(), Vec::new());
    let _ = settings.apply(&configuration);
});
