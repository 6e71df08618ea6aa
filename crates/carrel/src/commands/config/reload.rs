//! `carrel config reload`: a running server reads its files again.

use crate::{
    commands::{api::Remote, table::say},
    exit::{CONFIG, failure},
    host::block_on,
};
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

/// Has a running server read its files again.
#[derive(Args)]
pub(crate) struct Reload {
    #[command(flatten)]
    remote: Remote,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What the server answers, as far as it is printed.
#[derive(Deserialize)]
struct Reloaded {
    applied: bool,
    changes: Vec<Change>,
    diagnostics: Vec<Told>,
}

#[derive(Deserialize)]
struct Change {
    text: String,
}

#[derive(Deserialize)]
struct Told {
    at: String,
    level: String,
    text: String,
    found: Option<String>,
    allowed: Option<String>,
}

impl Reload {
    /// Asks the server and says what came of it.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let answer: Value =
            block_on(async { self.remote.open()?.post("admin/configuration/reload", &json!({})).await })?;
        let reloaded = Reloaded::deserialize(&answer)?;
        if self.json {
            say(serde_json::to_string_pretty(&answer)?)?;
        } else {
            reloaded.diagnostics.iter().filter(|told| told.level != "note").try_for_each(|told| say(told.line()))?;
            reloaded.changes.iter().try_for_each(|change| say(&change.text))?;
        }
        if !reloaded.applied {
            let errors = reloaded.diagnostics.iter().filter(|told| told.level == "error").count();
            let what = format!("errors in the configuration files: {errors}");
            return Err(failure(CONFIG, format!("{what}; what was in force before still is")));
        }
        match reloaded.changes.len() {
            _ if self.json => Ok(()),
            0 => say("nothing changed"),
            changes => say(format!("changes: {changes}")),
        }
    }
}

impl Told {
    fn line(&self) -> String {
        let mut line = format!("{}: {}: {}", self.at, self.level, self.text);
        for (what, text) in [("found", &self.found), ("allowed", &self.allowed)] {
            if let Some(text) = text {
                line.extend(["; ", what, ": ", text]);
            }
        }
        line
    }
}
