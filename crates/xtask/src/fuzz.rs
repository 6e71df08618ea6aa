//! `cargo xtask fuzz`: feeds the readers with bytes that nobody would write. Coverage guides libFuzzer; the compiler's flags
//! for that are stable ones, so no other toolchain is needed.

use crate::{
    places::Places,
    programs::Profile,
    screen::{Done, Screen, say},
    workspace::{Workspace, cargo, host},
};
use anyhow::{Context, bail};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::Duration,
};

/// What can be chosen.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only these targets, by commas; by default all
    #[arg(long, value_name = "TARGETS", value_delimiter = ',')]
    only: Vec<String>,
    /// Minutes that each target runs
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
}

/// Each is a file of `fuzz/targets`, and has a folder of its own in `fuzz/seeds`.
const TARGETS: &[&str] = &["ini", "dcf", "blocks", "list", "json", "template", "files"];

/// Makes the compiled code say which way it went, for libFuzzer to try the ways that are new.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];

/// Built targets, and where they keep what they learnt.
pub(crate) struct Fuzz {
    programs: PathBuf,
    seeds: PathBuf,
    kept: PathBuf,
}

/// A target, and how many inputs it took without a finding.
pub(crate) type Outcome = (String, anyhow::Result<u64>);

pub(crate) fn run(screen: &Screen, options: &Options) -> anyhow::Result<()> {
    let places = Places::find()?;
    if let Some(unknown) = options.only.iter().find(|name| !TARGETS.contains(&name.as_str())) {
        bail!("there is no target {unknown}; there are {}", TARGETS.join(", "));
    }
    let chosen =
        TARGETS.iter().copied().filter(|name| options.only.is_empty() || options.only.iter().any(|o| o == name));
    let fuzz = Fuzz::build(screen, &places)?;
    let outcomes = fuzz.targets(&chosen.collect::<Vec<_>>(), Duration::from_secs(60 * options.minutes));
    let failed = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count();
    if failed > 0 {
        bail!("targets with a finding: {failed} of {}", outcomes.len());
    }
    Ok(())
}

impl Fuzz {
    /// Compiles all targets. They are built for a named triple, so that build scripts and macros, which run in the compiler,
    /// are compiled without the flags.
    pub(crate) fn build(screen: &Screen, places: &Places) -> anyhow::Result<Self> {
        let target = Workspace::own(&places.root)?.target_directory.join("fuzz");
        let triple = host()?;
        screen.step("Fuzz targets", |step| {
            let mut build = cargo(&places.root);
            build.args(["build", "--locked", "--profile", Profile::Quick.name(), "--package", "carrel-fuzz", "--bins"]);
            build.args(["--target", &triple, "--target-dir"]).arg(&target).env("RUSTFLAGS", FLAGS.join(" "));
            step.run(&mut build)?;
            Ok(Done::Nothing)
        })?;
        Ok(Self {
            programs: target.join(triple).join(Profile::Quick.folder()),
            seeds: places.root.join("fuzz/seeds"),
            kept: places.cache.join("fuzz"),
        })
    }

    /// Runs every target for a time, two at once and at the lowest priority, since something else goes on beside it.
    pub(crate) fn all(&self, time: Duration) -> Vec<Outcome> {
        self.targets(TARGETS, time)
    }

    fn targets(&self, targets: &[&str], time: Duration) -> Vec<Outcome> {
        let (waiting, outcomes) = (Mutex::new(targets.iter()), Mutex::new(Vec::new()));
        let next = || waiting.lock().ok().and_then(|mut waiting| waiting.next().copied());
        let work = || {
            while let Some(target) = next() {
                let outcome = self.target(target, time);
                let nothing = |inputs| format!("nothing found in {inputs} inputs");
                let line = outcome.as_ref().map_or_else(|error| format!("{error:#}"), nothing);
                say(&format!("fuzz {target}: {line}"));
                if let Ok(mut outcomes) = outcomes.lock() {
                    outcomes.push((target.to_owned(), outcome));
                }
            }
        };
        thread::scope(|scope| {
            scope.spawn(work);
            scope.spawn(work);
        });
        outcomes.into_inner().unwrap_or_default()
    }

    fn target(&self, target: &str, time: Duration) -> anyhow::Result<u64> {
        let corpus = self.kept.join(target);
        let findings = self.kept.join("findings");
        fs::create_dir_all(&corpus)?;
        fs::create_dir_all(&findings)?;
        let log = findings.join(format!("{target}.log"));
        let status = self.start(target, &corpus, &findings, &log, time)?.wait()?;
        let text = fs::read(&log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        if !status.success() {
            bail!("{status}\n{}\nThe bytes are in {}", last_lines(&text), findings.display());
        }
        executed(&text).with_context(|| format!("{} does not say how many inputs there were", log.display()))
    }

    fn start(&self, target: &str, corpus: &Path, findings: &Path, log: &Path, time: Duration) -> anyhow::Result<Child> {
        let log = File::create(log)?;
        let mut command = Command::new("nice");
        command.args(["-n", "19"]).arg(self.programs.join(target));
        command.arg(format!("-max_total_time={}", time.as_secs()));
        // One input of a few kilobytes that takes a second is a finding, as is one that takes a gigabyte.
        command.args(["-timeout=5", "-rss_limit_mb=1024", "-max_len=8192", "-print_final_stats=1"]);
        command.arg(format!("-artifact_prefix={}/{target}-", findings.display()));
        // What is new goes into the first folder; the seeds stay as they are.
        command.arg(corpus).arg(self.seeds.join(target));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.spawn().with_context(|| format!("the fuzz target {target} could not be started"))
    }
}

/// How many inputs libFuzzer tried, by its final statistics.
fn executed(text: &str) -> Option<u64> {
    text.lines().rev().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))?.trim().parse().ok()
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libfuzzer_says_how_many_inputs_it_tried() {
        let text =
            "Done 12 runs in 1 second(s)\nstat::number_of_executed_units: 12\nstat::peak_rss_mb:              40\n";
        assert_eq!(executed(text), Some(12));
        assert_eq!(executed("Done"), None);
    }

    #[test]
    fn every_target_has_a_file_seeds_and_an_entry() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let names = |folder: &str| {
            let entries = fs::read_dir(root.join("fuzz").join(folder)).unwrap();
            let mut names: Vec<String> =
                entries.map(|e| e.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
            names.sort();
            names
        };
        let mut expected: Vec<&str> = TARGETS.to_vec();
        expected.sort_unstable();
        assert_eq!(names("targets"), expected);
        assert_eq!(names("seeds"), expected);
    }
}
