//! Counts tests by what their runners say in the end.

use std::ops::AddAssign;

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Count {
    /// What a line says, when it is the last one of a run of `cargo test`, Vitest, helm-unittest or Playwright.
    pub(crate) fn of_line(line: &str) -> Self {
        let line = plain(line);
        let words: Vec<&str> = line.split([' ', ';', '|', ',']).filter(|word| !word.is_empty()).collect();
        let before = |name: &str| {
            let at = words.iter().position(|word| *word == name)?;
            words.get(at.checked_sub(1)?)?.parse().ok()
        };
        let both = || Self { passed: before("passed").unwrap_or(0), failed: before("failed").unwrap_or(0) };
        match words.as_slice() {
            // cargo test: "test result: ok. 12 passed; 0 failed; …". Vitest: "Tests  1 failed | 30 passed (31)".
            // helm-unittest: "Tests:  2 failed, 1 errored, 101 passed, 103 total", where what has an error failed, too.
            ["test", "result:", ..] | ["Tests" | "Tests:", ..] => both(),
            // Playwright: "  24 passed (1.2m)" and "  1 failed", on lines of their own. A test that passed only when
            // it was tried again did not pass.
            [number, "passed", rest @ ..] if rest.len() <= 1 => Self { passed: number.parse().unwrap_or(0), failed: 0 },
            [number, "failed" | "flaky" | "interrupted"] | [number, "did", "not", "run"] => {
                Self { passed: 0, failed: number.parse().unwrap_or(0) }
            }
            _ => Self::default(),
        }
    }
}

/// A line without its colours.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut parts = line.split('\x1b');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_of_all_runners_are_understood() {
        let count = |passed, failed| Count { passed, failed };
        for (line, expected) in [
            (
                "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
                count(12, 0),
            ),
            ("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out", count(3, 2)),
            ("      Tests  1 failed | 30 passed (31)", count(30, 1)),
            ("\x1b[2m      Tests \x1b[22m \x1b[1m\x1b[32m30 passed\x1b[39m\x1b[22m\x1b[90m (30)\x1b[39m", count(30, 0)),
            ("Tests:       103 passed, 103 total", count(103, 0)),
            ("Tests:       2 failed, 1 errored, 101 passed, 103 total", count(101, 2)),
            (" Test Files  4 passed (4)", count(0, 0)),
            ("  24 passed (1.2m)", count(24, 0)),
            ("  1 failed", count(0, 1)),
            ("  2 flaky", count(0, 2)),
            ("  2 did not run", count(0, 2)),
            ("test a_thing_that_failed ... ok", count(0, 0)),
            ("all 24 passed (nearly)", count(0, 0)),
        ] {
            assert_eq!(Count::of_line(line), expected, "{line}");
        }
    }
}
