//! `carrel check`: what is wrong in the configuration, before a server finds out.

mod live;

use crate::{
    commands::{config::nothing_found, table::say},
    exit::{CANNOT_CREATE, CONFIG, UNAVAILABLE, failure},
    host::Place,
};
use anyhow::Context;
use carrel_config::{
    Configuration, Diagnostic, Level, Lookup, Settings, Source,
    chart::{self, Rendered},
};
use carrel_model::Clock;
use clap::Args;
pub(super) use live::Finding;
use live::Outcome;
use serde_json::json;
use std::{
    fs,
    io::Read,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Check the configuration, and with --live what it names.
///
/// Ends with 0 when a server can start with it, with 78 when there is an error in the files, and with 69 when the files are
/// fine and something that they name cannot be used (--live).
#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    place: Place,
    /// Check the files that the Helm chart makes from this values.yaml; `-` reads from the standard input. May be
    /// given more than once, as helm's -f.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["live", "config_dir"])]
    values: Vec<PathBuf>,
    /// Write the files made from --values below this folder.
    #[arg(long, value_name = "DIR", requires = "values")]
    values_output: Option<PathBuf>,
    /// Try what the files name: the database, the data folder, programs, the address; in a cluster whether images can
    /// be pulled, for which it may take minutes.
    #[arg(long)]
    live: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Tells everything at once, with file and line.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        if !self.values.is_empty() {
            return self.check_values();
        }
        let Examined { lookup, configuration, findings } =
            examine(&self.place, if self.live { Tried::All } else { Tried::Nothing })?;
        let (told, files) = (configuration.diagnostics(), configuration.files().len());
        let sum = if files == 0 { nothing_found(&lookup) } else { sum("files read", files, told) };
        self.tell(told, &findings, &sum)
    }

    /// What the original's image does when it is only to check itself: tells what a server would find, and that was it.
    pub(super) fn instead_of_serving(place: Place) -> anyhow::Result<()> {
        let check = Self { place, values: Vec::new(), values_output: None, live: true, json: false };
        // Supervisors take the end for a failure otherwise, and begin anew.
        check.run().or_else(|error| say(format!("{error:#}")))
    }

    fn check_values(&self) -> anyhow::Result<()> {
        let sources = self.values.iter().map(|path| source(path)).collect::<anyhow::Result<Vec<_>>>()?;
        let rendered = chart::render(&sources);
        if let Some(folder) = &self.values_output {
            write(&rendered, folder)?;
        }
        let told = rendered.check();
        self.tell(&told, &[], &sum("files rendered", rendered.files.len(), &told))
    }

    fn tell(&self, told: &[Diagnostic], findings: &[Finding], sum: &str) -> anyhow::Result<()> {
        match (self.json, self.live) {
            (true, true) => say(serde_json::to_string_pretty(&json!({ "files": told, "live": findings }))?)?,
            (true, false) => say(serde_json::to_string_pretty(told)?)?,
            (false, _) => {
                told.iter().try_for_each(|diagnostic| say(diagnostic.to_string()))?;
                findings.iter().try_for_each(|finding| say(finding.to_string()))?;
            }
        }
        let errors = count(told, Level::Error);
        let failed = findings.iter().filter(|finding| finding.outcome == Outcome::Failed).count();
        match (errors, failed) {
            (0, 0) if self.json => Ok(()),
            (0, 0) => say(sum),
            (0, failed) => Err(failure(UNAVAILABLE, format!("what the configuration names cannot be used: {failed}"))),
            (errors, _) => Err(failure(CONFIG, format!("errors in the configuration files: {errors}"))),
        }
    }
}

/// What of that which the files name is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tried {
    Nothing,
    /// What takes a moment.
    AtOnce,
    /// Pulls of images as well.
    All,
}

/// What the files say, and what came of trying it.
pub(super) struct Examined {
    lookup: Lookup,
    pub(super) configuration: Configuration,
    pub(super) findings: Vec<Finding>,
}

/// Reads the files, and tries what they name, unless there is an error in them.
pub(super) fn examine(place: &Place, tried: Tried) -> anyhow::Result<Examined> {
    let lookup = place.folders.lookup();
    let mut configuration = Configuration::load(&lookup);
    // What cannot be told by looking at one value alone.
    let mut settings = Settings::local("/".into(), "/".into(), Vec::new());
    let mut between = settings.apply(&configuration);
    between.extend(settings.contradictions(&configuration));
    between.extend(settings.https().and_then(|tls| tls.at_date(Clock::System.now())));
    configuration.tell(between);
    // What the files name is worth a try only when they can be read.
    let is_worth_it = tried != Tried::Nothing && count(configuration.diagnostics(), Level::Error) == 0;
    let findings = if is_worth_it { live::check(place, &configuration, tried == Tried::All)? } else { Vec::new() };
    Ok(Examined { lookup, configuration, findings })
}

fn sum(what: &str, number: usize, told: &[Diagnostic]) -> String {
    let (warnings, notes) = (count(told, Level::Warning), count(told, Level::Note));
    format!("{what}: {number}; errors: 0; warnings: {warnings}; notes: {notes}")
}

fn count(told: &[Diagnostic], level: Level) -> usize {
    told.iter().filter(|diagnostic| diagnostic.level == level).count()
}

fn source(path: &Path) -> anyhow::Result<Source> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).context("the standard input cannot be read")?;
        return Ok(Source::new(Path::new("(standard input)"), &bytes).0);
    }
    let bytes = fs::read(path).map_err(|e| failure(CONFIG, format!("{} cannot be read: {e}", path.display())))?;
    Ok(Source::new(path, &bytes).0)
}

/// Writes every file where the chart mounts it, for its owner alone: some hold passwords.
fn write(rendered: &Rendered, folder: &Path) -> anyhow::Result<()> {
    for file in &rendered.files {
        let path = folder.join(file.folder).join(Path::new(&file.name).file_name().unwrap_or_default());
        let written = || {
            let parent = path.parent().unwrap_or(folder);
            fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
            let mut options = fs::OpenOptions::new();
            let mut target = options.write(true).create(true).truncate(true).mode(0o600).open(&path)?;
            std::io::Write::write_all(&mut target, file.text().as_bytes())
        };
        written().map_err(|e| failure(CANNOT_CREATE, format!("{} cannot be written: {e}", path.display())))?;
    }
    Ok(())
}
