//! What those who run the server ask of it: its health, its metrics, and what it tells people.

use super::Settings;
use crate::{
    Configuration, Diagnostic, Level, Source,
    options::HEALTH_CHECK,
    read::{self, Part},
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use std::{
    net::{IpAddr, SocketAddr},
    path::Path,
    time::Duration,
};

const SERVER: &str = "rserver.conf";
const NOTICES: &str = "notifications.conf";

/// The answer of `/health-check` when there is no file for it, as the original's is.
const HEALTH: &str = "active-sessions: #active-sessions#\nidle-seconds: #idle-seconds#\ncpu-percent: #cpu-percent#\n\
                      memory-percent: #memory-percent#\nswap-percent: #swap-percent#\nload-average: #load-average#\n\
                      license-status: #license-status#\nlicense-days-left: #license-days-left#\n\
                      license-allow-product-usage: #license-allow-product-usage#\n";

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operation {
    /// The answer of `/health-check`; none when it is not to answer (`server-health-check-enabled`).
    pub health_check: Option<Vec<Piece>>,
    /// Where Prometheus may ask (`metrics-enabled`).
    pub metrics: Option<Metrics>,
    /// Where the same numbers are sent (`monitor-graphite-enabled`).
    pub graphite: Option<Graphite>,
    /// What people are told (`notifications.conf`).
    pub notices: Vec<Notice>,
}

/// A listener for Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metrics {
    /// The address (`metrics-address`); `None`: the server's.
    pub address: Option<IpAddr>,
    /// The port (`metrics-port`).
    pub port: u16,
}

impl Metrics {
    /// Where it listens, for a server that listens at `server` in the end, whatever its files say.
    pub fn beside(self, server: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.address.unwrap_or(server.ip()), self.port)
    }
}

/// A receiver of Graphite's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graphite {
    /// Name or address (`monitor-graphite-host`).
    pub host: String,
    /// Port (`monitor-graphite-port`).
    pub port: u16,
    /// What each path begins with; nothing when empty (`monitor-graphite-client-id`).
    pub client: String,
    /// How long between two rounds (`monitor-interval-seconds`).
    pub every: Duration,
}

/// A piece of the health check's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text of the administrator's.
    Text(String),
    /// The figure of this name.
    Figure(String),
}

/// Something that people are told for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// From when on; always when not said.
    pub starts_at: Option<Timestamp>,
    /// Until when; forever when not said.
    pub ends_at: Option<Timestamp>,
    /// What.
    pub message: String,
}

impl Notice {
    /// Whether it is told at this moment.
    pub fn is_told(&self, now: Timestamp) -> bool {
        self.starts_at.is_none_or(|start| start <= now) && self.ends_at.is_none_or(|end| now < end)
    }
}

/// Takes over what the files set. Comes after the server's own address, which is that of the metrics too.
pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let is_on = |key| files.get(SERVER, key).flag() == Some(true);
    settings.operation.health_check = is_on("server-health-check-enabled").then(|| health_check(files));
    settings.operation.metrics = is_on("metrics-enabled").then(|| metrics(files, &mut told)).flatten();
    settings.operation.graphite = is_on("monitor-graphite-enabled").then(|| graphite(files)).flatten();
    settings.operation.notices = notices(files, &mut told);
    told
}

fn health_check(files: &Configuration) -> Vec<Piece> {
    let text = files.text(HEALTH_CHECK).unwrap_or(HEALTH);
    let (source, _) = Source::new(Path::new(HEALTH_CHECK), text.as_bytes());
    let pieces = read::template(&source).found.into_iter().map(|part| match part {
        Part::Text(text) => Piece::Text(text),
        Part::Variable { name, .. } => Piece::Figure(name.to_string()),
    });
    pieces.collect()
}

fn metrics(files: &Configuration, told: &mut Vec<Diagnostic>) -> Option<Metrics> {
    let port = u16::try_from(files.get(SERVER, "metrics-port").whole()?).ok()?;
    let address = files.get(SERVER, "metrics-address");
    let (Some(text), Some(at)) = (address.text().filter(|text| !text.is_empty()), address.at.clone()) else {
        return Some(Metrics { address: None, port });
    };
    let Ok(address) = text.parse() else {
        let wrong = Diagnostic::new(at, Level::Error, "wrong-value", "metrics-address cannot be this");
        told.push(wrong.found(text).allowed("an IP address of this host"));
        return None;
    };
    Some(Metrics { address: Some(address), port })
}

fn graphite(files: &Configuration) -> Option<Graphite> {
    let text = |key| files.get(SERVER, key).text().unwrap_or_default().to_owned();
    let seconds = files.get(SERVER, "monitor-interval-seconds").whole()?;
    Some(Graphite {
        host: text("monitor-graphite-host"),
        port: u16::try_from(files.get(SERVER, "monitor-graphite-port").whole()?).ok()?,
        client: text("monitor-graphite-client-id"),
        // A round each second is the most that Graphite keeps.
        every: Duration::from_secs(seconds.max(1)),
    })
}

fn notices(files: &Configuration, told: &mut Vec<Diagnostic>) -> Vec<Notice> {
    let blocks = files.settings().iter().filter(|s| s.file.name == NOTICES).collect::<Vec<_>>();
    let mut notices = Vec::new();
    for block in blocks.chunk_by(|a, b| a.section == b.section) {
        let of = |key: &str| block.iter().rfind(|s| s.key == key).map(|s| (s.value.to_string(), &s.at));
        let mut is_clear = true;
        let mut time = |key| {
            let (text, at) = of(key).filter(|(text, _)| !text.is_empty())?;
            let moment = moment(&text);
            if moment.is_none() {
                is_clear = false;
                let wrong = Diagnostic::new(at.clone(), Level::Error, "wrong-value", format!("{key} cannot be this"));
                told.push(wrong.found(&text).allowed("a moment as 2026-11-22T09:00Z or 2026-11-22T09:00+01:00"));
            }
            moment
        };
        let (starts_at, ends_at) = (time("StartTime"), time("EndTime"));
        let message = of("Message").map(|(text, _)| text).unwrap_or_default();
        if message.is_empty() {
            let text = "this block has no Message: nobody is told anything";
            told.extend(block.first().map(|s| Diagnostic::new(s.at.clone(), Level::Warning, "no-message", text)));
        } else if is_clear {
            notices.push(Notice { starts_at, ends_at, message });
        }
    }
    notices
}

/// A moment as `2026-11-22T09:00Z`. Without a zone it is read as UTC: what a server's zone is differs between replicas.
fn moment(text: &str) -> Option<Timestamp> {
    let in_utc = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse::<Timestamp>().ok().or_else(in_utc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::file_named;

    fn apply_to(files: &[(&str, &str)]) -> (Settings, Vec<String>) {
        let mut read = Configuration::default();
        for (name, text) in files {
            read.read(file_named(name).unwrap(), Path::new(*name), text.as_bytes());
        }
        let mut settings = Settings::local("/data".into(), "/agent".into(), Vec::new());
        let told = settings.apply(&read).iter().map(ToString::to_string).collect();
        (settings, told)
    }

    #[test]
    fn notices_have_times_with_and_without_a_zone() {
        let file = "StartTime: 2026-11-22T09:00Z\nEndTime: 2026-11-22T11:00+01:00\nMessage: Down\n  for an hour\n\n\
                    Message: Always\nEndTime: 2026-11-22T09:30\n";
        let (settings, told) = apply_to(&[(NOTICES, file)]);
        assert!(told.is_empty(), "{told:?}");
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let said = |now: &str| -> Vec<String> {
            let notices = settings.operation.notices.iter();
            notices.filter(|n| n.is_told(at(now))).map(|n| n.message.clone()).collect()
        };
        assert_eq!(said("2026-11-22T08:59:59Z"), ["Always"]);
        assert_eq!(said("2026-11-22T09:00:00Z"), ["Down\nfor an hour", "Always"]);
        assert_eq!(said("2026-11-22T09:30:00Z"), ["Down\nfor an hour"]);
        assert!(said("2026-11-22T10:00:00Z").is_empty());
    }

    #[test]
    fn a_wrong_time_and_a_block_without_a_message_are_named() {
        let (settings, told) =
            apply_to(&[(NOTICES, "StartTime: tomorrow\nMessage: x\n\nEndTime: 2026-11-22T09:00Z\n")]);
        assert!(settings.operation.notices.is_empty());
        assert!(
            told[0].starts_with("notifications.conf:1: error: StartTime cannot be this; found “tomorrow”"),
            "{told:?}"
        );
        assert!(told[1].starts_with("notifications.conf:4: warning: this block has no Message"), "{told:?}");
    }

    #[test]
    fn metrics_are_where_the_server_is_unless_said_otherwise() {
        let on = "metrics-enabled=1\nwww-address=127.0.0.1\n";
        // Where it listens in the end may be said when it is started (`--listen`).
        let at = |settings: Settings| settings.operation.metrics.unwrap().beside("10.0.0.7:80".parse().unwrap());
        assert_eq!(at(apply_to(&[(SERVER, on)]).0), "10.0.0.7:8989".parse().unwrap());
        let elsewhere = format!("{on}metrics-address=::1\nmetrics-port=9000\n");
        assert_eq!(at(apply_to(&[(SERVER, &elsewhere)]).0), "[::1]:9000".parse().unwrap());
        let (_, told) = apply_to(&[(SERVER, &format!("{on}metrics-address=metrics.example.org\n"))]);
        assert!(told[0].contains("metrics-address cannot be this"), "{told:?}");
        assert_eq!(apply_to(&[(SERVER, "metrics-port=9000\n")]).0.operation.metrics, None);
    }

    #[test]
    fn lines_go_to_graphite_when_that_is_on() {
        let on = "monitor-graphite-enabled=1\n";
        let (settings, _) = apply_to(&[(SERVER, on)]);
        let expected =
            Graphite { host: "127.0.0.1".into(), port: 2003, client: String::new(), every: Duration::from_mins(1) };
        assert_eq!(settings.operation.graphite, Some(expected));
        let all = format!(
            "{on}monitor-graphite-host=g.example\nmonitor-graphite-port=9109\nmonitor-graphite-client-id=rstudio\n\
             monitor-interval-seconds=5\n"
        );
        let graphite = apply_to(&[(SERVER, &all)]).0.operation.graphite.unwrap();
        assert_eq!((graphite.host.as_str(), graphite.port, graphite.client.as_str()), ("g.example", 9109, "rstudio"));
        assert_eq!(graphite.every, Duration::from_secs(5));
        assert_eq!(apply_to(&[(SERVER, "monitor-graphite-port=9109\n")]).0.operation.graphite, None);
    }

    #[test]
    fn the_health_check_answers_when_it_is_on() {
        assert_eq!(apply_to(&[("health-check", "n #active-sessions#\n")]).0.operation.health_check, None);
        let on = (SERVER, "server-health-check-enabled=1\n");
        assert_eq!(apply_to(&[on]).0.operation.health_check.unwrap().len(), 19);
        assert_eq!(
            apply_to(&[on, ("health-check", "n #active-sessions#\n")]).0.operation.health_check.unwrap().len(),
            3
        );
    }
}
