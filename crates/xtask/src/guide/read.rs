//! Reads the guide: the fenced blocks of a Markdown file, and what is to be done with each.
//!
//! Behind the language stands what a block is:
//!
//! - `sh run`: commands to run. With `within=120s` they are repeated until they succeed and print what follows as `output`.
//!   With `fails` they must not succeed.
//! - `sh background`: a command that stays, once it has printed what follows as `output`.
//! - `yaml write=values.yaml`: a file to write.
//! - `text output`: what the commands before print, among other things: `…` stands for anything within a line.
//! - `sh show`: to be read only.
//!
//! `<!-- browser: guide -->` are the tests in the browser of `e2e/guide`, `<!-- browser: cluster/ides -->` those of
//! `e2e/cluster/ides.spec.ts`.

use anyhow::{Context, bail};
use std::time::Duration;

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// Where it stands in the file, counted from one.
    pub(super) line: usize,
    /// The heading above it.
    pub(super) heading: String,
    /// What is done.
    pub(super) deed: Deed,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    /// A file is written.
    Write { file: String, text: String },
    /// Commands are run to their end.
    Run { commands: String, way: Way, output: Vec<String> },
    /// A command is started and stays.
    Background { command: String, output: Vec<String> },
    /// Tests in the browser are run.
    Browser { suite: String },
}

/// How commands are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Once; they must succeed.
    Once,
    /// Until they succeed and print what is expected.
    Within(Duration),
    /// Once; they must fail.
    Fails,
}

/// All steps of a guide, in their order. A block that says nothing of itself is an error: nothing is left out by mistake.
pub(super) fn steps(text: &str) -> anyhow::Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut heading = String::new();
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    while let Some((line, text)) = lines.next() {
        if let Some(words) = text.strip_prefix("```") {
            let mut block = String::new();
            loop {
                let (_, text) = lines.next().with_context(|| format!("line {line}: the block has no end"))?;
                if text == "```" {
                    break;
                }
                block.push_str(text);
                block.push('\n');
            }
            take(&mut steps, line, &heading, words, block).with_context(|| format!("line {line}: ```{words}"))?;
        } else if let Some(name) = text.trim_start_matches('#').strip_prefix(' ').filter(|_| text.starts_with('#')) {
            name.clone_into(&mut heading);
        } else if let Some(suite) = text.strip_prefix("<!-- browser: ").and_then(|rest| rest.strip_suffix(" -->")) {
            let deed = Deed::Browser { suite: suite.to_owned() };
            steps.push(Step { line, heading: heading.clone(), deed });
        }
    }
    Ok(steps)
}

fn take(steps: &mut Vec<Step>, line: usize, heading: &str, words: &str, text: String) -> anyhow::Result<()> {
    let words: Vec<&str> = words.split(' ').skip(1).collect();
    let deed = match words.as_slice() {
        ["show"] => return Ok(()),
        ["output"] => return expect(steps, &text),
        ["run"] => Deed::Run { commands: text, way: Way::Once, output: Vec::new() },
        ["run", "fails"] => Deed::Run { commands: text, way: Way::Fails, output: Vec::new() },
        ["run", within] => Deed::Run { commands: text, way: Way::Within(seconds(within)?), output: Vec::new() },
        ["background"] => Deed::Background { command: text, output: Vec::new() },
        [write] if write.starts_with("write=") => Deed::Write { file: file(write)?, text },
        _ => bail!(
            "behind the language stands none of: run, run within=60s, run fails, background, write=FILE, output, show"
        ),
    };
    steps.push(Step { line, heading: heading.to_owned(), deed });
    Ok(())
}

fn expect(steps: &mut [Step], text: &str) -> anyhow::Result<()> {
    let (Deed::Run { output, .. } | Deed::Background { output, .. }) =
        &mut steps.last_mut().context("no commands stand before this output")?.deed
    else {
        bail!("no commands stand before this output");
    };
    *output = text.lines().map(str::to_owned).collect();
    Ok(())
}

fn seconds(word: &str) -> anyhow::Result<Duration> {
    let number =
        word.strip_prefix("within=").and_then(|word| word.strip_suffix('s')).and_then(|word| word.parse().ok());
    Ok(Duration::from_secs(number.context("the time is written as within=60s")?))
}

fn file(word: &str) -> anyhow::Result<String> {
    let name = word.trim_start_matches("write=");
    if name.is_empty() || name.contains('/') {
        bail!("a file lies in the folder of the guide: its name is one without a slash");
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_with_what_is_done_with_them() {
        let text = "# Guide\n\n```yaml write=v.yaml\na: 1\n```\n## Install\n```sh run within=9s\nget pod\n```\n```text output\nA\n```\n\
                    <!-- browser: ides -->\n```sh show\nrm -rf /\n```\n```sh background\nforward\n```\n";
        let step = |line, heading: &str, deed| Step { line, heading: heading.into(), deed };
        assert_eq!(
            steps(text).unwrap(),
            [
                step(3, "Guide", Deed::Write { file: "v.yaml".into(), text: "a: 1\n".into() }),
                step(
                    7,
                    "Install",
                    Deed::Run {
                        commands: "get pod\n".into(),
                        way: Way::Within(Duration::from_secs(9)),
                        output: vec!["A".into()],
                    }
                ),
                step(13, "Install", Deed::Browser { suite: "ides".into() }),
                step(17, "Install", Deed::Background { command: "forward\n".into(), output: Vec::new() }),
            ]
        );
    }

    #[test]
    fn a_block_that_is_not_understood_is_an_error_with_its_line() {
        for (text, line) in [
            ("text\n```sh\nls\n```\n", "line 2"),
            ("```sh run fast\nls\n```\n", "line 1"),
            ("```text output\nA\n```\n", "line 1"),
            ("```yaml write=../x\nA\n```\n", "line 1"),
            ("\n```sh run\nls\n", "line 2"),
        ] {
            let error = steps(text).unwrap_err().to_string();
            assert!(error.starts_with(line), "{error}");
        }
    }
}
