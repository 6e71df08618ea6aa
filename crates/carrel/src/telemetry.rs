//! Logs: one line an event, for people or as JSON, to standard error, into files or to the system's log.

mod files;
mod syslog;

use crate::exit::{CANNOT_CREATE, CONFIG, failure};
use carrel_config::settings::logging::{LogFiles, LogTo, Logging};
use carrel_model::Clock;
use clap::ValueEnum;
use std::io::{IsTerminal, stderr};
use tracing_subscriber::{
    EnvFilter, Registry, fmt, fmt::MakeWriter, layer::SubscriberExt, reload, util::SubscriberInitExt,
};

/// What is logged when neither a flag nor a file says it.
const LEVEL: &str = "info";

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// What the command line says of the log, which wins over files.
#[derive(Debug, Clone)]
pub(crate) struct LogFlags {
    /// The form of lines.
    pub(crate) format: Option<LogFormat>,
    /// A filter as of `RUST_LOG`: `info`, `carrel_server=debug,info`.
    pub(crate) level: Option<String>,
}

/// The level of a log that was begun, which a reload changes.
#[derive(Clone)]
pub(crate) struct LogLevel {
    flags: LogFlags,
    handle: reload::Handle<EnvFilter, Registry>,
}

impl LogFlags {
    /// What is logged.
    fn filter(&self, logging: &Logging) -> anyhow::Result<EnvFilter> {
        match (&self.level, &logging.level) {
            (Some(level), _) => {
                EnvFilter::try_new(level).map_err(|e| failure(CONFIG, format!("--log-level {level}: {e}")))
            }
            (None, level) => Ok(EnvFilter::new(level.as_deref().unwrap_or(LEVEL))),
        }
    }

    fn is_json(&self, logging: &Logging) -> bool {
        self.format.map_or(logging.json == Some(true), |format| format == LogFormat::Json)
    }
}

impl LogLevel {
    /// Logs from the level on that the files say, unless the command line says another.
    pub(crate) fn follow(&self, logging: &Logging) {
        let set = self.flags.filter(logging).and_then(|filter| Ok(self.handle.reload(filter)?));
        if let Err(error) = set {
            tracing::error!(%error, "the level of the log was not changed");
        }
    }
}

/// Begins logging.
pub(crate) fn init(flags: LogFlags, logging: &Logging) -> anyhow::Result<LogLevel> {
    let (filter, handle) = reload::Layer::new(flags.filter(logging)?);
    let json = flags.is_json(logging);
    let begin = Begin { filter, json };
    match &logging.to {
        LogTo::Stderr => begin.with(stderr, stderr().is_terminal()),
        LogTo::Syslog => begin.with(syslog::Syslog::open()?, false),
        LogTo::Files(how) => begin.with(files(how)?, false),
    }?;
    Ok(LogLevel { flags, handle })
}

struct Begin {
    filter: reload::Layer<EnvFilter, Registry>,
    json: bool,
}

impl Begin {
    fn with<W: for<'w> MakeWriter<'w> + Send + Sync + 'static>(self, writer: W, colours: bool) -> anyhow::Result<()> {
        let registry = tracing_subscriber::registry().with(self.filter);
        if self.json {
            registry.with(fmt::layer().json().flatten_event(true).with_writer(writer)).try_init()?;
        } else {
            registry.with(fmt::layer().with_target(false).with_ansi(colours).with_writer(writer)).try_init()?;
        }
        Ok(())
    }
}

fn files(how: &LogFiles) -> anyhow::Result<files::Files> {
    files::Files::open(how.clone(), Clock::System).map_err(|error| {
        let what = format!("the log cannot be written to {} (log-dir of logging.conf): {error}", how.folder.display());
        failure(CANNOT_CREATE, what)
    })
}
