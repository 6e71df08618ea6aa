//! What the person, or the program that started this one, reads.

use std::io::Write;

/// A line on the standard output. A reader that went away is no reason to stop.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// What went wrong, and why, from the outside in.
pub(crate) fn error(error: &anyhow::Error) {
    let mut err = std::io::stderr();
    let _ = writeln!(err, "error: {error}");
    for cause in error.chain().skip(1) {
        let _ = writeln!(err, "  because: {cause}");
    }
}
