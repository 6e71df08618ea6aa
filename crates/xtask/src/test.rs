//! `cargo xtask test`: proves everything, part by part, and counts.

mod chart;
mod cluster;
mod count;
pub(crate) mod e2e;

use crate::{
    arrows,
    fuzz::Fuzz,
    generated,
    install::{self, Installed, debian, npm},
    places::Places,
    programs::{self, Profile},
    screen::{Done, Screen, lines_of, say, say_error},
    up,
    workspace::cargo,
};
use anyhow::{Context, bail};
use count::Count;
use std::{
    io,
    process::{Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

/// All features but the one of the tests that need a cluster.
const FEATURES: &str = "carrel-agent/program,carrel-agent/trust,carrel-sessions/testing";
/// How many milliseconds of a processor a megabyte of any configuration file may take to be read and checked.
const MEGABYTE_MS: &str = "20";
/// How long each fuzz target runs.
const FUZZ_TIME: Duration = Duration::from_mins(1);

/// What can be chosen.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Leaves out the speed of readers, the Helm chart, the real IDEs in a real browser, and the real Kubernetes
    #[arg(long)]
    quick: bool,
}

/// A part of the tests.
struct Part {
    name: &'static str,
    time: Duration,
    outcome: Outcome,
}

/// What became of it.
enum Outcome {
    Ran(Count),
    Failed,
    /// With what this machine lacks for it.
    LeftOut(String),
}

/// All that parts need.
struct Bench<'a> {
    screen: &'a Screen,
    places: Places,
    installed: Installed,
    parts: Vec<Part>,
}

pub(crate) fn run(screen: &Screen, options: &Options) -> anyhow::Result<ExitCode> {
    let places = Places::find()?;
    debian::packages(screen, &places, &[debian::TO_RUN, debian::R, debian::TO_TEST])?;
    up::account(screen, &places)?;
    let installed = install::all(screen, &places)?;
    // The server carries the pages inside: they come before anything that compiles it.
    programs::pages(screen, &places, &installed.node)?;
    let mut bench = Bench { screen, places, installed, parts: Vec::new() };
    bench.part("Format", format_part);
    bench.part("Arrows", arrows_part);
    bench.part("Lints", lints);
    bench.part("Tests", tests);
    bench.part("Stories again", stories_on_postgres);
    bench.part("Generated files", generated_files);
    bench.part("Pages", pages);
    if !options.quick {
        bench.part("Speed", speed);
        bench.part("Chart", chart::part);
        bench.browser_and_fuzzing();
        match crate::cluster::missing()? {
            None => bench.part("Cluster", cluster::part),
            Some(missing) => bench.leave_out("Cluster", missing),
        }
    }
    // What failed was said where it happened; the sum stays the last line.
    Ok(if bench.summary() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Bench<'_> {
    fn part(&mut self, name: &'static str, work: impl FnOnce(&Self) -> anyhow::Result<Count>) {
        say(&format!("\n== {name}"));
        let began = Instant::now();
        let outcome = match work(self) {
            Ok(count) => Outcome::Ran(count),
            Err(error) => {
                say_error(&error);
                Outcome::Failed
            }
        };
        self.parts.push(Part { name, time: began.elapsed(), outcome });
    }

    fn leave_out(&mut self, name: &'static str, missing: String) {
        self.parts.push(Part { name, time: Duration::ZERO, outcome: Outcome::LeftOut(missing) });
    }

    /// The browser waits for servers and IDEs most of the time: beside it, and behind it in priority, every reader is fed
    /// with bytes for a while.
    fn browser_and_fuzzing(&mut self) {
        let fuzz = match Fuzz::build(self.screen, &self.places) {
            Ok(fuzz) => fuzz,
            Err(error) => return self.part("Fuzzing", |_| Err(error)),
        };
        thread::scope(|scope| {
            let fuzzing = scope.spawn(|| fuzz.all(FUZZ_TIME));
            self.part("Browser", browser);
            self.part("Fuzzing", |_| {
                let outcomes = fuzzing.join().map_err(|_| anyhow::anyhow!("the fuzzing ended with a panic"))?;
                let failed = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count();
                Ok(Count { passed: outcomes.len() - failed, failed })
            });
        });
    }

    /// Prints a line for each part and then, last, the sum. Whether nothing failed.
    fn summary(self) -> bool {
        say("");
        let mut all = Count::default();
        for part in &self.parts {
            let (result, count) = match &part.outcome {
                Outcome::Ran(Count { passed: 0, failed: 0 }) => ("ok".to_owned(), Count::default()),
                Outcome::Ran(count) => (format!("{} passed, {} failed", count.passed, count.failed), *count),
                Outcome::Failed => ("failed".to_owned(), Count { passed: 0, failed: 1 }),
                Outcome::LeftOut(missing) => (format!("NOT RUN: {missing}"), Count::default()),
            };
            say(&format!("{:18} {result} ({:.0} s)", part.name, part.time.as_secs_f64()));
            all += count;
        }
        say(&format!("\n{} passed, {} failed", all.passed, all.failed));
        all.failed == 0
    }
}

/// Runs a program with its output in view, and counts the tests that it reports.
fn counted(command: &mut Command) -> anyhow::Result<Count> {
    let program = command.get_program().to_string_lossy().into_owned();
    let (reader, writer) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let spawned = command.spawn();
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = spawned.with_context(|| format!("{program} could not be started"))?;
    let mut count = Count::default();
    for line in lines_of(reader) {
        say(&line);
        count += Count::of_line(&line);
    }
    let status = child.wait()?;
    if !status.success() && count.failed == 0 {
        bail!("{program} failed ({status})");
    }
    Ok(count)
}

fn format_part(bench: &Bench<'_>) -> anyhow::Result<Count> {
    counted(cargo(&bench.places.root).args(["fmt", "--all", "--check"]))
}

fn arrows_part(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let wrong = arrows::check(&bench.places.root)?;
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    let there = cargo(&bench.places.root).args(["deny", "--version"]).output().is_ok_and(|out| out.status.success());
    if there {
        let mut deny = cargo(&bench.places.root);
        deny.args(["deny", "--log-level", "warn", "check", "bans", "licenses", "sources"]);
        return counted(&mut deny);
    }
    say("The arrows are kept. (cargo-deny is not installed: licences and sources were not checked.)");
    Ok(Count::default())
}

fn lints(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let mut clippy = cargo(&bench.places.root);
    clippy.args([
        "clippy",
        "--quiet",
        "--locked",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ]);
    counted(&mut clippy)
}

fn tests(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let mut tests = cargo(&bench.places.root);
    tests.args(["test", "--locked", "--workspace", "--features", FEATURES, "--no-fail-fast"]);
    // The catalogue's entries are tried on the real IDEs.
    tests.env("CARREL_TEST_IDE_PATH", &bench.installed.ide_path);
    counted(&mut tests)
}

/// The server's stories run on SQLite among the tests; here on PostgreSQL.
fn stories_on_postgres(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let mut stories = cargo(&bench.places.root);
    // Built as the tests are, so that nothing is compiled a second time.
    stories.args(["test", "--locked", "--workspace", "--features", FEATURES, "--lib", "story::"]);
    stories.env("CARREL_TEST_DATABASE", "postgresql");
    counted(&mut stories)
}

fn generated_files(bench: &Bench<'_>) -> anyhow::Result<Count> {
    generated::files(bench.screen, &bench.places, &bench.installed.node, true)?;
    Ok(Count::default())
}

fn pages(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let web = bench.places.root.join("web");
    counted(bench.installed.node.npm(&web).args(["run", "check"]))
}

/// Speed is that of what is shipped: this is the one part that compiles for release.
fn speed(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let mut speed = cargo(&bench.places.root);
    speed.args(["run", "--quiet", "--locked", "--release", "--package", "carrel-config", "--example", "speed", "--"]);
    counted(speed.arg(MEGABYTE_MS))
}

fn browser(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let programs = programs::build(bench.screen, &bench.places, Profile::Dev)?;
    let folder = bench.places.root.join("e2e");
    bench.screen.step("Playwright", |step| {
        let done = npm::packages(step, &bench.installed.node, &folder)?;
        Ok(if done { Done::did("installed") } else { Done::Nothing })
    })?;
    counted(bench.installed.node.npm(&folder).args(["run", "check"]))?;
    let postgres = e2e::postgres(&bench.places)?;
    let on = |postgres, specs| e2e::playwright(&bench.places, &bench.installed, &programs, postgres, specs);
    let counts = [(Some(&postgres), [].as_slice()), (None, e2e::ON_SQLITE)].map(|(postgres, specs)| {
        say(if postgres.is_some() { "On PostgreSQL:" } else { "On SQLite:" });
        counted(&mut on(postgres, specs)?)
    });
    e2e::remove(postgres)?;
    let mut sum = Count::default();
    for count in counts {
        sum += count?;
    }
    Ok(sum)
}
