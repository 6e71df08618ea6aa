//! `cargo xtask test`: proves everything, part by part, and counts.

mod chart;
mod cluster;
mod count;
pub(crate) mod e2e;

use crate::{
    arrows,
    fuzz::Fuzz,
    generated,
    install::{self, Node, debian},
    places::Places,
    programs::{self, Profile, Programs},
    screen::{Done, Screen, labelled, lines_of, say, say_error},
    up,
    workspace::cargo,
};
use anyhow::{Context, bail};
use count::Count;
use std::{
    io,
    num::NonZero,
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

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

/// Does a part, and counts the tests that it runs.
type Work = fn(&Bench<'_>) -> anyhow::Result<Count>;
/// Parts that are done one after the other.
type Row = [(&'static str, Work)];

/// What is said at once.
const FIRST: &Row = &[("Format", format_part), ("Arrows", arrows_part)];
/// What compiles, one after the other: cargo does one thing at a time.
const RUST: &Row =
    &[("Tests", tests), ("Stories again", stories_on_postgres), ("Generated files", generated_files), ("Lints", lints)];
const PAGES: &Row = &[("Pages", pages)];
const BROWSER: &Row = &[("Browser", browser)];
const OTHERS: &Row = &[("Speed", speed), ("Chart", chart::part)];
const FUZZING: &Row = &[("Fuzzing", fuzzing)];
const CLUSTER: &Row = &[("Cluster", cluster::part)];
/// What takes a fresh machine long, and others have to wait for.
const GO: &Row = &[("Go programs", go_programs)];
const IDES: &Row = &[("IDEs", ides)];

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
    node: Node,
    ide_path: Shared<PathBuf>,
    built: Shared<Built>,
}

/// What several rows need. Whoever asks first makes it, and all others wait for that.
struct Shared<T>(OnceLock<Result<T, String>>);

impl<T: Clone> Shared<T> {
    fn get(&self, make: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        self.0.get_or_init(|| make().map_err(|error| format!("{error:#}"))).clone().map_err(anyhow::Error::msg)
    }
}

/// What is compiled before all that goes on side by side.
#[derive(Clone)]
struct Built {
    /// What servers and sessions are started with.
    programs: Programs,
    /// The launcher's contract on a cluster. It is started without cargo, which may be busy for somebody else.
    contract: PathBuf,
}

pub(crate) fn run(screen: &Screen, options: &Options) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let places = Places::find()?;
    debian::packages(screen, &places, &[debian::TO_RUN, debian::R, debian::TO_TEST])?;
    up::account(screen, &places)?;
    let node = install::node(screen, &places)?;
    let bench = Bench { screen, places, node, ide_path: Shared(OnceLock::new()), built: Shared(OnceLock::new()) };
    let mut parts = bench.row(FIRST);
    parts.extend(if options.quick { bench.quick()? } else { bench.everything()? });
    // What failed was said where it happened; the sum stays the last line.
    Ok(if summary(&parts, began.elapsed()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Bench<'_> {
    /// Does what needs no browser, no cluster and nothing compiled as it is shipped.
    fn quick(&self) -> anyhow::Result<Vec<Part>> {
        // The server carries the pages inside: they come before anything that compiles it.
        programs::pages(self.screen, &self.places, &self.node)?;
        Ok(self.row(&[RUST, PAGES].concat()))
    }

    /// Does all that takes long, side by side: browsers, IDEs and pods are mostly waited for, and meanwhile there is other
    /// work for the processors.
    fn everything(&self) -> anyhow::Result<Vec<Part>> {
        let missing = crate::cluster::missing()?;
        let cluster = if missing.is_some() { &[] } else { CLUSTER };
        let mut parts = self.beside(&[cluster, GO, IDES], &[BROWSER, RUST, &[PAGES, OTHERS].concat(), FUZZING]);
        if let Some(missing) = missing {
            let left_out = || Outcome::LeftOut(missing.clone());
            parts.extend(CLUSTER.iter().map(|(name, _)| Part { name, time: Duration::ZERO, outcome: left_out() }));
        }
        Ok(parts)
    }

    /// Does rows beside each other: some at once, the others when the programs are built, which those wait for, too.
    fn beside(&self, at_once: &[&Row], then: &[&Row]) -> Vec<Part> {
        let after = |row| {
            // If they can't be built, the parts say so.
            let _ = self.built();
            self.row(row)
        };
        thread::scope(|scope| {
            let first = at_once.iter().map(|row| (row, scope.spawn(|| self.row(row))));
            let second = then.iter().map(|row| (row, scope.spawn(|| after(row))));
            let working: Vec<_> = first.chain(second).collect();
            let parts = working.into_iter().map(|(row, work)| {
                // A panic is a fault of this program, which has told it.
                let failed = |name| Part { name, time: Duration::ZERO, outcome: Outcome::Failed };
                work.join().unwrap_or_else(|_| row.iter().map(|(name, _)| failed(*name)).collect())
            });
            parts.flatten().collect()
        })
    }

    /// What browser and cluster wait for.
    fn built(&self) -> anyhow::Result<Built> {
        let build = || {
            let programs = programs::build(self.screen, &self.places, &self.node, Profile::Dev)?;
            let contract =
                self.screen.step_with("Cluster's tests", |_| Ok((Done::did("built"), cluster::build(self)?)))?;
            Ok(Built { programs, contract })
        };
        self.built.get(|| labelled("Programs", build))
    }

    /// The folder with the programs of the IDEs.
    fn ide_path(&self) -> anyhow::Result<PathBuf> {
        self.ide_path.get(|| labelled("IDEs", || install::ides(self.screen, &self.places, &self.node)))
    }

    /// Does the parts of a row, all of them, whatever comes of each.
    fn row(&self, row: &Row) -> Vec<Part> {
        row.iter().map(|(name, work)| labelled(name, || self.part(name, *work))).collect()
    }

    fn part(&self, name: &'static str, work: Work) -> Part {
        say(&format!("== {name}"));
        let began = Instant::now();
        let outcome = match work(self) {
            Ok(count) => Outcome::Ran(count),
            Err(error) => {
                say_error(&error);
                Outcome::Failed
            }
        };
        Part { name, time: began.elapsed(), outcome }
    }
}

/// Prints a line for each part, what all took together, and then, last, the sum. Whether nothing failed.
fn summary(parts: &[Part], together: Duration) -> bool {
    say("");
    let mut all = Count::default();
    for part in parts {
        let (result, count) = match &part.outcome {
            Outcome::Ran(Count { passed: 0, failed: 0 }) => ("ok".to_owned(), Count::default()),
            Outcome::Ran(count) => (format!("{} passed, {} failed", count.passed, count.failed), *count),
            Outcome::Failed => ("failed".to_owned(), Count { passed: 0, failed: 1 }),
            Outcome::LeftOut(missing) => (format!("NOT RUN: {missing}"), Count::default()),
        };
        say(&format!("{:18} {result} ({:.0} s)", part.name, part.time.as_secs_f64()));
        all += count;
    }
    say(&format!("{:18} {:.0} s", "Together", together.as_secs_f64()));
    say(&format!("\n{} passed, {} failed", all.passed, all.failed));
    all.failed == 0
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
    clippy.args(["clippy", "--quiet", "--locked", "--workspace", "--all-targets", "--all-features"]);
    counted(clippy.args(["--", "-D", "warnings"]))
}

/// `cargo test` of everything. Whatever is run of it is built alike, so that nothing is compiled a second time.
fn cargo_test(bench: &Bench<'_>) -> Command {
    let mut test = cargo(&bench.places.root);
    test.args(["test", "--locked", "--workspace", "--all-features"]);
    test.env("RUST_TEST_THREADS", threads());
    test
}

/// How many tests go on at once. Most of them wait for programs, databases and sockets.
fn threads() -> String {
    (2 * thread::available_parallelism().map_or(1, NonZero::get)).to_string()
}

fn tests(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let mut tests = cargo_test(bench);
    // The catalogue's entries are tried on the real IDEs.
    counted(tests.arg("--no-fail-fast").env("CARREL_TEST_IDE_PATH", bench.ide_path()?))
}

/// The server's stories run on SQLite among the tests; here on PostgreSQL.
fn stories_on_postgres(bench: &Bench<'_>) -> anyhow::Result<Count> {
    counted(cargo_test(bench).args(["--lib", "story::"]).env("CARREL_TEST_DATABASE", "postgresql"))
}

fn generated_files(bench: &Bench<'_>) -> anyhow::Result<Count> {
    generated::files(bench.screen, &bench.places, &bench.node, true)?;
    Ok(Count::default())
}

/// Compiles what is written in Go, unless it was.
fn go_programs(bench: &Bench<'_>) -> anyhow::Result<Count> {
    install::kubernetes(bench.screen, &bench.places)?;
    if crate::cluster::missing()?.is_none() {
        install::traefik::traefik(bench.screen, &bench.places)?;
    }
    Ok(Count::default())
}

fn ides(bench: &Bench<'_>) -> anyhow::Result<Count> {
    bench.ide_path()?;
    Ok(Count::default())
}

fn pages(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let web = bench.places.root.join("web");
    counted(bench.node.npm(&web).args(["run", "check"]))
}

/// Speed is that of what is shipped: this is the one part that compiles for release.
fn speed(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let mut speed = cargo(&bench.places.root);
    speed.args(["run", "--quiet", "--locked", "--release", "--package", "carrel-config", "--example", "speed", "--"]);
    counted(speed.arg(MEGABYTE_MS))
}

fn browser(bench: &Bench<'_>) -> anyhow::Result<Count> {
    e2e::packages(bench.screen, &bench.places, &bench.node)?;
    let (programs, ide_path) = (bench.built()?.programs, bench.ide_path()?);
    counted(bench.node.npm(&e2e::folder(&bench.places)).args(["run", "check"]))?;
    let postgres = e2e::postgres(&bench.places)?;
    let on = |postgres, specs| e2e::playwright(&bench.places, &bench.node, &ide_path, &programs, postgres, specs);
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

/// Behind all others in priority, every reader is fed with bytes for a while.
fn fuzzing(bench: &Bench<'_>) -> anyhow::Result<Count> {
    let outcomes = Fuzz::build(bench.screen, &bench.places)?.all(FUZZ_TIME);
    let failed = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count();
    Ok(Count { passed: outcomes.len() - failed, failed })
}
