//! Logs: one line an event, for people or as JSON.

use clap::ValueEnum;
use std::io::{IsTerminal, stderr};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Begins logging to standard error. `level` is a filter as of `RUST_LOG`: `info`, `carrel_server=debug,info`.
pub(crate) fn init(format: LogFormat, level: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(level).map_err(|e| anyhow::anyhow!("--log-level {level}: {e}"))?;
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Pretty => {
            let lines = fmt::layer().with_target(false).with_ansi(stderr().is_terminal()).with_writer(stderr);
            registry.with(lines).try_init()?;
        }
        LogFormat::Json => {
            registry.with(fmt::layer().json().flatten_event(true).with_writer(stderr)).try_init()?;
        }
    }
    Ok(())
}
