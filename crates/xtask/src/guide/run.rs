//! Does the steps of a guide, as somebody who reads it: one after the other, in one folder, with one shell's variables.

use super::{
    expect::missing,
    read::{Deed, Step, Way},
};
use crate::{
    cluster::wait,
    screen::{Done, Screen, lines_of, without_signals},
};
use anyhow::{Context, bail};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::Write,
    fs, io,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

/// How long commands may take that have no time of their own.
const LIMIT: Duration = Duration::from_mins(5);
/// What is run around the commands of a block: variables go from one to the next, as in a terminal.
const SHELL: &str = "set -euo pipefail\nset -a\n[ ! -e .variables ] || . ./.variables\n. ./.commands\nset +a\ndeclare -px >.variables\n";

/// Who follows the guide.
pub(super) struct Reader<'a> {
    pub(super) screen: &'a Screen,
    /// Where it is followed.
    pub(super) folder: PathBuf,
    /// What stands for `<NAME>`.
    pub(super) given: BTreeMap<String, String>,
    /// What every program finds in its environment.
    pub(super) environment: Vec<(OsString, OsString)>,
    /// What programs are started by: `nsenter` and its arguments; nothing, to start them here.
    pub(super) within: Vec<OsString>,
    /// Tests in the browser, by the name of their suite; with the environment above.
    pub(super) browser: &'a dyn Fn(&str) -> anyhow::Result<Command>,
    /// Programs that stay, with the command of each.
    pub(super) background: Vec<(String, Child)>,
}

impl Reader<'_> {
    /// Does a step.
    pub(super) fn follow(&mut self, step: &Step) -> anyhow::Result<()> {
        let name = format!("{} (line {})", step.heading, step.line);
        let screen = self.screen;
        screen.step(&name, |shown| {
            match &step.deed {
                Deed::Write { file, text } => {
                    fs::write(self.folder.join(file), filled(text, &self.given)?)?;
                    return Ok(Done::did(format!("wrote {file}")));
                }
                Deed::Run { commands, way, output } => {
                    let (commands, output) = (filled(commands, &self.given)?, self.filled_all(output)?);
                    shown.now(commands.lines().last().unwrap_or_default());
                    self.run(&commands, *way, &output)?;
                }
                Deed::Background { command, output } => {
                    let (command, output) = (filled(command, &self.given)?, self.filled_all(output)?);
                    self.stay(&command, &output)?;
                    return Ok(Done::did("runs on"));
                }
                Deed::Browser { suite } => {
                    let playwright = self.enter(&(self.browser)(suite)?);
                    let said = said(playwright, LIMIT * 3)?;
                    if !said.success {
                        bail!("the browser tests {suite} failed:\n{}", said.text);
                    }
                    return Ok(Done::did(told(&said.text)));
                }
            }
            Ok(Done::did("done"))
        })
    }

    fn filled_all(&self, lines: &[String]) -> anyhow::Result<Vec<String>> {
        lines.iter().map(|line| filled(line, &self.given)).collect()
    }

    fn run(&self, commands: &str, way: Way, expected: &[String]) -> anyhow::Result<()> {
        fs::write(self.folder.join(".commands"), commands)?;
        let try_once = |limit| -> anyhow::Result<Result<(), String>> {
            let said = said(self.bash(SHELL), limit)?;
            Ok(judged(&said, way, expected).map_err(|wrong| format!("{wrong}\n\n{}", shown(commands, &said.text))))
        };
        let Way::Within(limit) = way else {
            return try_once(LIMIT)?.map_err(anyhow::Error::msg);
        };
        let mut last = String::new();
        let again = || match try_once(LIMIT)? {
            Ok(()) => Ok(true),
            Err(wrong) => {
                last = wrong;
                Ok(false)
            }
        };
        wait::until(limit, "what the guide shows", again)
            .map_err(|error| anyhow::anyhow!("{error}. The last time {last}"))
    }

    fn stay(&mut self, command: &str, expected: &[String]) -> anyhow::Result<()> {
        // Whoever starts it a second time has ended it before.
        let (same, others) = std::mem::take(&mut self.background).into_iter().partition(|(known, _)| known == command);
        self.background = others;
        for (_, child) in same {
            end(child);
        }
        let (child, lines) =
            start(self.bash(&format!("[ ! -e .variables ] || . ./.variables\nexec {}", command.trim())))?;
        self.background.push((command.to_owned(), child));
        let (began, mut text) = (Instant::now(), String::new());
        while !missing(expected, &text).is_empty() {
            match lines.recv_timeout(LIMIT.saturating_sub(began.elapsed())) {
                Ok(line) => text.extend([line.as_str(), "\n"]),
                Err(_) => bail!("it does not print what the guide shows\n\n{}", shown(command, &text)),
            }
        }
        // It goes on to talk: somebody has to listen.
        without_signals(move || lines.into_iter().for_each(drop));
        Ok(())
    }

    fn bash(&self, script: &str) -> Command {
        // Ended with xtask, whatever ends that.
        let mut bash = Command::new("setpriv");
        bash.args(["--pdeathsig", "KILL", "bash", "-c", script]);
        self.enter(&bash)
    }

    /// The same program where the guide is followed.
    fn enter(&self, program: &Command) -> Command {
        let mut words = self.within.iter().cloned().chain([program.get_program().to_owned()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).args(program.get_args());
        command.current_dir(program.get_current_dir().unwrap_or(&self.folder)).envs(self.environment.iter().cloned());
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        for (_, child) in std::mem::take(&mut self.background) {
            end(child);
        }
    }
}

/// What a program printed, and how it ended.
struct Said {
    success: bool,
    text: String,
}

/// Runs a program to its end.
fn said(command: Command, limit: Duration) -> anyhow::Result<Said> {
    let (mut child, lines) = start(command)?;
    let (began, mut text) = (Instant::now(), String::new());
    loop {
        match lines.recv_timeout(limit.saturating_sub(began.elapsed())) {
            Ok(line) => text.extend([line.as_str(), "\n"]),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                end(child);
                let _ = writeln!(text, "(it had not ended after {} s)", limit.as_secs());
                return Ok(Said { success: false, text });
            }
        }
    }
    Ok(Said { success: child.wait()?.success(), text })
}

fn start(mut command: Command) -> anyhow::Result<(Child, Receiver<String>)> {
    let (reader, writer) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    // A group of its own: it is ended with all that it started.
    let child =
        command.process_group(0).spawn().context("setpriv could not be started (Debian package: util-linux)")?;
    Ok((child, lines_of(reader)))
}

fn end(mut child: Child) {
    if let Ok(group) = i32::try_from(child.id()) {
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    let _ = child.wait();
}

/// What tests in the browser say in the end: how many passed, and what could not be proven here.
fn told(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| line.contains(" passed (") || line.starts_with("NOT PROVEN"));
    lines.collect::<Vec<_>>().join("; ")
}

/// Whether commands did what the guide says; otherwise what is wrong.
fn judged(said: &Said, way: Way, expected: &[String]) -> Result<(), String> {
    match (way, said.success) {
        (Way::Fails, true) => return Err("the commands succeed, and the guide says that they fail".into()),
        (Way::Once | Way::Within(_), false) => return Err("the commands failed".into()),
        _ => {}
    }
    let missing = missing(expected, &said.text);
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("the guide shows lines that were not printed:\n    {}", missing.join("\n    ")))
}

fn shown(commands: &str, output: &str) -> String {
    let indented = |text: &str| text.lines().flat_map(|line| ["    ", line, "\n"]).collect::<String>();
    format!("The commands:\n{}They printed:\n{}", indented(commands), indented(output))
}

/// The text with what was given instead of each `<NAME>`.
pub(super) fn filled(text: &str, given: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        filled.push_str(before);
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        if let Some((name, behind)) = after.split_once('>').filter(|(name, _)| is_name(name)) {
            filled.push_str(given.get(name).with_context(|| format!("nothing is given for <{name}>"))?);
            rest = behind;
        } else {
            filled.push('<');
            rest = after;
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader<'a>(screen: &'a Screen, folder: &tempfile::TempDir) -> Reader<'a> {
        Reader {
            screen,
            folder: folder.path().into(),
            given: BTreeMap::from([("NAME".into(), "Ada".into())]),
            environment: Vec::new(),
            within: Vec::new(),
            browser: &|_| bail!("no browser here"),
            background: Vec::new(),
        }
    }

    fn follow(text: &str) -> anyhow::Result<()> {
        let (folder, screen) = (tempfile::tempdir().unwrap(), Screen::new());
        let mut reader = reader(&screen, &folder);
        super::super::read::steps(text)?.iter().try_for_each(|step| reader.follow(step))
    }

    #[test]
    fn variables_and_files_go_from_one_block_to_the_next() {
        let guide = "```sh run\nWHO=<NAME>\n```\n```text write=greeting\nHello <NAME>\n```\n\
                     ```sh run\ncat greeting; echo \"$WHO!\"\n```\n```text output\nHello <NAME>\nAda!\n```\n";
        follow(guide).unwrap();
    }

    #[test]
    fn what_does_not_happen_as_shown_is_told_with_commands_and_output() {
        for (guide, wanted) in [
            ("```sh run\necho one\nfalse\n```\n", "the commands failed"),
            ("```sh run fails\necho one\n```\n", "the commands succeed"),
            ("```sh run\necho one\n```\n```text output\ntwo\n```\n", "were not printed:\n    two"),
            ("```sh run within=0s\necho one\n```\n```text output\ntwo\n```\n", "not ready within 0 s"),
            ("```sh background\necho one\n```\n```text output\ntwo\n```\n", "does not print"),
        ] {
            let error = follow(guide).unwrap_err().to_string();
            assert!(error.contains(wanted) && error.contains("    echo one") && error.contains("    one"), "{error}");
        }
    }

    #[test]
    fn a_command_is_tried_until_it_shows_what_is_expected() {
        follow("```sh run within=30s\necho x >>count; wc -l <count\n```\n```text output\n3\n```\n").unwrap();
    }

    #[test]
    fn a_command_that_stays_is_there_for_the_next_steps_and_ends_with_the_guide() {
        let guide = "```sh background\nsh -c 'echo $$ >pid; echo ready; sleep 3600'\n```\n```text output\nready\n```\n\
                     ```sh run\nkill -0 $(cat pid)\n```\n";
        let (folder, screen) = (tempfile::tempdir().unwrap(), Screen::new());
        let mut reader = reader(&screen, &folder);
        for step in super::super::read::steps(guide).unwrap() {
            reader.follow(&step).unwrap();
        }
        let pid = fs::read_to_string(folder.path().join("pid")).unwrap();
        drop(reader);
        wait::until(LIMIT, "its end", || Ok(!PathBuf::from(format!("/proc/{}", pid.trim())).exists())).unwrap();
    }

    #[test]
    fn of_tests_in_the_browser_their_count_is_told_and_what_they_could_not_prove() {
        assert_eq!(
            told("Running 2 tests\nNOT PROVEN: x\n  \u{2713} a\n\n  2 passed (3.1s)\n"),
            "NOT PROVEN: x; 2 passed (3.1s)"
        );
    }

    #[test]
    fn nothing_stands_for_a_name_that_was_not_given() {
        let given = BTreeMap::from([("HOST".into(), "db".into())]);
        assert_eq!(filled("a <HOST>:1 <b> <in >out", &given).unwrap(), "a db:1 <b> <in >out");
        assert!(filled("<PASSWORD>", &given).unwrap_err().to_string().contains("<PASSWORD>"));
    }
}
