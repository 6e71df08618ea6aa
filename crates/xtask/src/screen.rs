//! What the person sees while xtask works: a line for each step, with its time and what it does now.

use anyhow::{Context, bail};
use nix::sys::signal::{SigSet, SigmaskHow};
use std::{
    cell::{Cell, RefCell},
    fmt::Write as _,
    fs::{self, File},
    io::{self, BufRead, BufReader, IsTerminal, Write},
    path::PathBuf,
    process::{Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// How wide the names of steps are.
const NAME: usize = 20;
/// How wide labels are.
const LABEL_WIDTH: usize = 15;
/// How often a long step says that it goes on, where lines can't be overwritten.
const STILL: Duration = Duration::from_secs(20);
/// How much of a failed program's output is shown.
const TAIL: usize = 30;

thread_local! {
    /// What this thread works on, when several say what they do at the same time.
    static LABEL: Cell<&'static str> = const { Cell::new("") };
}

/// Does some work beside other work: its name stands before each line that this thread says.
pub(crate) fn labelled<T>(label: &'static str, work: impl FnOnce() -> T) -> T {
    let before = LABEL.replace(label);
    let done = work();
    LABEL.set(before);
    done
}

/// Lines of text. A reader that went away is no reason to stop.
pub(crate) fn say(text: &str) {
    let _ = io::stdout().write_all(marked(text).as_bytes());
}

/// What went wrong, and why, from the outside in.
pub(crate) fn say_error(error: &anyhow::Error) {
    let mut text = format!("\nerror: {error}");
    for cause in error.chain().skip(1) {
        let _ = write!(text, "\n  because: {cause}");
    }
    let _ = io::stderr().write_all(marked(&text).as_bytes());
}

/// The lines, each behind the label if there is one.
fn marked(text: &str) -> String {
    let label = LABEL.get();
    if label.is_empty() {
        return format!("{text}\n");
    }
    text.split('\n').fold(String::new(), |mut lines, line| {
        let _ = writeln!(lines, "{label:LABEL_WIDTH$} | {line}");
        lines
    })
}

/// Where steps are shown.
pub(crate) struct Screen {
    tty: bool,
}

/// How a step ended.
pub(crate) enum Done {
    /// All was there already.
    Nothing,
    /// This was done: `installed 4.6.6`.
    Did(String),
}

impl Done {
    /// Something was done.
    pub(crate) fn did(what: impl Into<String>) -> Self {
        Self::Did(what.into())
    }
}

impl Screen {
    /// The screen of this process.
    pub(crate) fn new() -> Self {
        Self { tty: io::stdout().is_terminal() }
    }

    /// Does one step of the work, and shows it.
    pub(crate) fn step(&self, name: &str, work: impl FnOnce(&Step) -> anyhow::Result<Done>) -> anyhow::Result<()> {
        self.step_with(name, |step| Ok((work(step)?, ())))
    }

    /// Does one step of the work, shows it, and hands on what it made.
    pub(crate) fn step_with<T>(
        &self,
        name: &str,
        work: impl FnOnce(&Step) -> anyhow::Result<(Done, T)>,
    ) -> anyhow::Result<T> {
        // Lines between others can't be written over.
        let tty = self.tty && LABEL.get().is_empty();
        let step = Step { name: name.into(), began: Instant::now(), tty, told: RefCell::new(Instant::now()) };
        step.draw("");
        let result = work(&step);
        step.clear();
        let time = step.began.elapsed().as_secs_f64();
        match result {
            Ok((Done::Nothing, made)) => {
                say(&format!("{name:NAME$} ok, nothing to do"));
                Ok(made)
            }
            Ok((Done::Did(what), made)) => {
                say(&format!("{name:NAME$} {what} ({time:.1} s)"));
                Ok(made)
            }
            Err(error) => {
                say(&format!("{name:NAME$} failed ({time:.1} s)"));
                Err(error)
            }
        }
    }
}

/// A step that is being worked on.
pub(crate) struct Step {
    name: String,
    began: Instant,
    tty: bool,
    told: RefCell<Instant>,
}

impl Step {
    /// Says what is done now.
    pub(crate) fn now(&self, what: &str) {
        self.draw(what);
    }

    /// Runs a program to its end. Its output goes to a file of its own; what it says last is shown.
    pub(crate) fn run(&self, command: &mut Command) -> anyhow::Result<()> {
        self.run_on(command, Stdio::null())
    }

    /// The same, with something to read.
    pub(crate) fn run_on(&self, command: &mut Command, input: impl Into<Stdio>) -> anyhow::Result<()> {
        let program = command.get_program().to_string_lossy().into_owned();
        let (reader, writer) = io::pipe()?;
        let spawned = command.stdin(input).stdout(writer.try_clone()?).stderr(writer).spawn();
        // The command keeps its ends of the pipe open: without this the reader would never see the end.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = spawned.with_context(|| format!("{program} could not be started"))?;
        let (log_path, mut log) = self.log()?;
        let lines = lines_of(reader);
        let (mut tail, mut last) = (Vec::<String>::new(), String::new());
        loop {
            match lines.recv_timeout(Duration::from_secs(1)) {
                Ok(line) => {
                    writeln!(log, "{line}")?;
                    last.clone_from(&line);
                    tail.push(line);
                    if tail.len() > TAIL {
                        tail.remove(0);
                    }
                    self.draw(&last);
                }
                Err(RecvTimeoutError::Timeout) => self.draw(&last),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("{}", failure(&program, status.code(), &tail, &log_path));
        }
        fs::remove_file(log_path)?;
        Ok(())
    }

    fn log(&self) -> anyhow::Result<(PathBuf, File)> {
        let name: String = self.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        // Work beside this one may have a step of the same name.
        let name = format!("carrel-xtask-{}-{}{name}.log", std::process::id(), LABEL.get().replace(' ', "-"));
        let path = std::env::temp_dir().join(name);
        let file = File::options()
            .append(true)
            .create(true)
            .open(&path)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        Ok((path, file))
    }

    fn draw(&self, what: &str) {
        let seconds = self.began.elapsed().as_secs();
        let mut line = format!("{:NAME$} {seconds} s", self.name);
        if !what.is_empty() {
            let what: String = what.trim().chars().filter(|c| !c.is_control()).take(70).collect();
            let _ = write!(line, "  {what}");
        }
        if self.tty {
            let mut out = io::stdout();
            let _ = write!(out, "\r\x1b[2K{line}");
            let _ = out.flush();
        } else if self.told.borrow().elapsed() >= STILL {
            *self.told.borrow_mut() = Instant::now();
            say(&line);
        }
    }

    fn clear(&self) {
        if self.tty {
            let _ = write!(io::stdout(), "\r\x1b[2K");
        }
    }
}

/// Starts a thread that no signal is delivered to: Ctrl-C is for the one that waits for it, and the others' default would
/// end the program.
pub(crate) fn without_signals(work: impl FnOnce() + Send + 'static) {
    // A thread begins with what is blocked where it is started.
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK);
    thread::spawn(work);
    if let Ok(before) = before {
        let _ = before.thread_set_mask();
    }
}

/// The lines of what a program writes, as they come.
pub(crate) fn lines_of(reader: impl io::Read + Send + 'static) -> mpsc::Receiver<String> {
    let (send, lines) = mpsc::channel();
    without_signals(move || {
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            if send.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                break;
            }
            line.clear();
        }
    });
    lines
}

fn failure(program: &str, code: Option<i32>, tail: &[String], log: &std::path::Path) -> String {
    let ended = code.map_or_else(|| "was killed".into(), |code| format!("ended with code {code}"));
    let mut text = format!("{program} {ended}. Its last output (all of it is in {}):\n", log.display());
    for line in tail {
        let _ = writeln!(text, "    {line}");
    }
    if tail.iter().any(|line| NO_NETWORK.iter().any(|sign| line.contains(sign))) {
        text.push_str("It looks as if the package registry cannot be reached: check the network, then run this again.");
    }
    text
}

/// What apt, pip, npm and cargo say when there is no way out of the machine.
const NO_NETWORK: &[&str] = &[
    "Could not resolve",
    "Couldn't resolve host",
    "Temporary failure resolving",
    "Temporary failure in name resolution",
    "Failed to establish a new connection",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "Network is unreachable",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> anyhow::Result<()> {
        Screen { tty: false }.step("(a tested step)", |step| {
            step.run(Command::new("sh").args(["-c", script]))?;
            Ok(Done::Nothing)
        })
    }

    #[test]
    fn a_program_that_fails_shows_its_code_and_its_last_output() {
        let text = sh("echo one; echo two >&2; exit 3").unwrap_err().to_string();
        assert!(text.contains("code 3") && text.contains("one") && text.contains("two"), "{text}");
        assert!(!text.contains("network"), "{text}");
    }

    #[test]
    fn a_machine_without_network_is_told_so() {
        let text = sh("echo npm error code ENOTFOUND; exit 1").unwrap_err().to_string();
        assert!(text.contains("check the network"), "{text}");
    }

    #[test]
    fn each_line_of_work_beside_other_work_has_its_name_before_it() {
        assert_eq!(marked("one\ntwo"), "one\ntwo\n");
        let text = labelled("Browser", || (marked("one\ntwo"), labelled("Pages", || marked(""))));
        assert_eq!(text, ("Browser         | one\nBrowser         | two\n".into(), "Pages           | \n".into()));
        assert_eq!(marked(""), "\n");
    }

    #[test]
    fn a_program_that_is_missing_is_named() {
        let result = Screen { tty: false }.step("(a tested step)", |step| {
            step.run(&mut Command::new("no-such-program-of-carrel"))?;
            Ok(Done::Nothing)
        });
        assert!(result.unwrap_err().to_string().contains("no-such-program-of-carrel could not be started"));
    }
}
