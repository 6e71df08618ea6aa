//! What commands print.

use jiff::Timestamp;
use std::io::{self, Write};

/// Writes a line to standard output. A reader that went away (`| head`) is no error.
pub(crate) fn say(line: impl AsRef<str>) -> anyhow::Result<()> {
    quiet_pipe(writeln!(io::stdout().lock(), "{}", line.as_ref()))
}

/// Writes bytes to standard output as they are.
pub(crate) fn pass(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    quiet_pipe(out.write_all(bytes).and_then(|()| out.flush()))
}

fn quiet_pipe(done: io::Result<()>) -> anyhow::Result<()> {
    match done {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => Ok(other?),
    }
}

/// Columns as wide as their widest cell, two spaces apart, with a head.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> anyhow::Result<()> {
    let width = |i: usize| rows.iter().map(|r| r[i].chars().count()).chain([head[i].len()]).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: [&str; N]| {
        let cells: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    say(line(head))?;
    rows.iter().try_for_each(|row| say(line(std::array::from_fn(|i| row[i].as_str()))))
}

/// A time as people say it: `4 min ago`, `in 3 days`.
pub(crate) fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs();
    let (n, unit) = match seconds.unsigned_abs() {
        s @ 0..60 => (s, "s"),
        s @ 60..3600 => (s / 60, "min"),
        s @ 3600..86_400 => (s / 3600, "h"),
        s => (s / 86_400, if s < 2 * 86_400 { "day" } else { "days" }),
    };
    if seconds < 0 { format!("in {n} {unit}") } else { format!("{n} {unit} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_say_them() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let told = |s: i64| relative(Timestamp::from_second(1_800_000_000 + s).unwrap(), now);
        assert_eq!(
            [told(-5), told(-240), told(-7300), told(-86_400), told(259_300)],
            ["5 s ago", "4 min ago", "2 h ago", "1 day ago", "in 3 days"]
        );
    }
}
