//! `carrel check`: what is wrong in the configuration files, before a server finds out.

use crate::{
    commands::{
        config::{Folders, nothing_found},
        table::say,
    },
    exit::{CONFIG, failure},
};
use carrel_config::{Configuration, Diagnostic, Level, Settings};
use clap::Args;

/// Check the configuration files. Ends with 78 when there is an error in them.
#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    folders: Folders,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Tells everything at once, with file and line.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let lookup = self.folders.lookup();
        let mut configuration = Configuration::load(&lookup);
        // What cannot be told by looking at one value alone.
        let mut settings = Settings::local("/".into(), "/".into(), Vec::new());
        let between = settings.apply(&configuration);
        configuration.tell(between);
        let told = configuration.diagnostics();
        if self.json {
            say(serde_json::to_string_pretty(told)?)?;
        } else {
            told.iter().try_for_each(|diagnostic| say(diagnostic.to_string()))?;
        }
        let errors = count(told, Level::Error);
        if errors > 0 {
            return Err(failure(CONFIG, format!("errors in the configuration files: {errors}")));
        }
        if self.json {
            return Ok(());
        }
        match configuration.files().len() {
            0 => say(nothing_found(&lookup)),
            files => say(format!(
                "files read: {files}; errors: 0; warnings: {}; notes: {}",
                count(told, Level::Warning),
                count(told, Level::Note)
            )),
        }
    }
}

fn count(told: &[Diagnostic], level: Level) -> usize {
    told.iter().filter(|diagnostic| diagnostic.level == level).count()
}
