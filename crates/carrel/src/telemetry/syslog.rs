//! The system's log, over its local socket (RFC 3164 as `syslog(3)` speaks it).

use crate::exit::{UNAVAILABLE, failure};
use std::{
    io::{self, Write},
    os::unix::net::UnixDatagram,
    path::Path,
    sync::Arc,
};
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// Where the system's log listens.
const SOCKET: &str = "/dev/log";
/// Programs in the background (`LOG_DAEMON`).
const FACILITY: u8 = 3 << 3;

/// The log of this host.
pub(crate) struct Syslog(Arc<UnixDatagram>);

impl Syslog {
    /// Connects to it.
    pub(crate) fn open() -> anyhow::Result<Self> {
        Self::at(Path::new(SOCKET)).map_err(|error| {
            let what = format!("the system's log does not listen on {SOCKET}: {error}");
            failure(UNAVAILABLE, format!("{what}. Set logger-type=stderr in logging.conf, or start a syslog"))
        })
    }

    fn at(socket: &Path) -> io::Result<Self> {
        let log = UnixDatagram::unbound()?;
        log.connect(socket)?;
        Ok(Self(Arc::new(log)))
    }
}

/// One line on its way.
pub(crate) struct Line {
    log: Arc<UnixDatagram>,
    severity: u8,
}

impl Write for Line {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut message = format!("<{}>carrel[{}]: ", FACILITY | self.severity, std::process::id()).into_bytes();
        message.extend_from_slice(text.trim_ascii_end());
        self.log.send(&message)?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Syslog {
    type Writer = Line;

    fn make_writer(&'w self) -> Line {
        Line { log: self.0.clone(), severity: severity(Level::INFO) }
    }

    fn make_writer_for(&'w self, of: &Metadata<'_>) -> Line {
        Line { log: self.0.clone(), severity: severity(*of.level()) }
    }
}

fn severity(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::{fmt, layer::SubscriberExt};

    #[test]
    fn lines_reach_the_systems_log_with_their_severity() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("log");
        let listens = UnixDatagram::bind(&socket).unwrap();
        let lines = fmt::layer().without_time().with_target(false).with_ansi(false);
        let log = tracing_subscriber::registry().with(lines.with_writer(Syslog::at(&socket).unwrap()));
        tracing::subscriber::with_default(log, || tracing::warn!("something"));
        let mut buffer = [0; 256];
        let length = listens.recv(&mut buffer).unwrap();
        let expected = format!("<28>carrel[{}]:  WARN something", std::process::id());
        assert_eq!(String::from_utf8_lossy(&buffer[..length]), expected);
    }
}
