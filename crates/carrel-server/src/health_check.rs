//! `/health-check`: the figures that monitoring of the original asks for, in the form of the file `health-check`.
//!
//! Nobody has to be signed in: monitoring is not. No figure says anything about a person.

use crate::{app::App, problem::Problem};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use carrel_config::settings::operation::Piece;
use carrel_model::{Session, State as SessionState};
use http::{StatusCode, header};
use jiff::Timestamp;
use std::sync::{Mutex, PoisonError};

/// How long the figures of the host hold: whoever asks more often gets the same.
const HELD_MS: i64 = 1000;

/// The figures, put into the administrator's text.
pub(crate) async fn show(State(app): State<App>) -> Result<Response, Problem> {
    let settings = app.settings.now();
    let Some(pieces) = &settings.operation.health_check else {
        let detail = "server-health-check-enabled of rserver.conf is not on; /livez and /readyz always answer.";
        return Err(Problem::new(StatusCode::NOT_FOUND, "no-health-check", detail));
    };
    let figures = Figures::new(&app.store.sessions_live().await?, app.host.now(app.clock.now()), app.clock.now());
    let text: String = pieces.iter().map(|piece| figures.text(piece)).collect();
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], text)
        .into_response())
}

/// What the variables stand for.
struct Figures {
    active_sessions: usize,
    idle_seconds: i64,
    host: Load,
}

impl Figures {
    fn new(live: &[Session], host: Load, now: Timestamp) -> Self {
        let running = || live.iter().filter(|session| session.state.running_at().is_some());
        let used = running().map(|session| match session.state {
            SessionState::Idle { .. } => session.last_active_at.or(session.started_at).unwrap_or(now),
            _ => now,
        });
        let idle_seconds = used.max().map_or(0, |last| (now.as_second() - last.as_second()).max(0));
        Self { active_sessions: running().count(), idle_seconds, host }
    }

    fn text(&self, piece: &Piece) -> String {
        let name = match piece {
            Piece::Text(text) => return text.clone(),
            Piece::Figure(name) => name.as_str(),
        };
        match name {
            "active-sessions" => self.active_sessions.to_string(),
            "idle-seconds" => self.idle_seconds.to_string(),
            "cpu-percent" => format!("{:.1}", self.host.cpu_percent),
            "memory-percent" => format!("{:.1}", self.host.memory_percent),
            "swap-percent" => format!("{:.1}", self.host.swap_percent),
            "load-average" => format!("{:.2}", self.host.average),
            // Carrel needs no license. Alarms of existing monitoring compare these with what is too few.
            "license-days-left" => "36500".into(),
            "license-status" => "Activated".into(),
            "license-allow-product-usage" => "True".into(),
            // What no variable is called is text, as `carrel check` says.
            other => format!("#{other}#"),
        }
    }
}

/// What the host is busy with.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Load {
    cpu_percent: f64,
    memory_percent: f64,
    swap_percent: f64,
    average: f64,
}

/// Measures the host: the use of its processors is what they did between two looks.
#[derive(Debug, Default)]
pub(crate) struct Host(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    at_ms: i64,
    cpu: Cpu,
    load: Load,
}

/// Ticks of all processors since the host started.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Cpu {
    busy: u64,
    all: u64,
}

impl Host {
    fn now(&self, now: Timestamp) -> Load {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = now.as_millisecond();
        if (now_ms - seen.at_ms).abs() >= HELD_MS {
            let read = |name: &str| std::fs::read_to_string(format!("/proc/{name}")).unwrap_or_default();
            let cpu = Cpu::read(&read("stat"));
            let meminfo = read("meminfo");
            seen.load = Load {
                cpu_percent: cpu.percent_since(seen.cpu),
                memory_percent: share_used(&meminfo, "MemTotal:", "MemAvailable:"),
                swap_percent: share_used(&meminfo, "SwapTotal:", "SwapFree:"),
                average: read("loadavg").split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0.0),
            };
            (seen.cpu, seen.at_ms) = (cpu, now_ms);
        }
        seen.load
    }
}

impl Cpu {
    /// From the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
    fn read(stat: &str) -> Self {
        let line = stat.lines().next().unwrap_or_default();
        let ticks: Vec<u64> = line.split_whitespace().skip(1).take(8).filter_map(|n| n.parse().ok()).collect();
        let all: u64 = ticks.iter().sum();
        let idle: u64 = ticks.iter().skip(3).take(2).sum();
        Self { busy: all - idle, all }
    }

    /// At the first look: since the host started.
    fn percent_since(self, before: Self) -> f64 {
        percent(self.busy.saturating_sub(before.busy), self.all.saturating_sub(before.all))
    }
}

/// How much of the first line's figure of `/proc/meminfo` the second one's does not leave.
fn share_used(meminfo: &str, total: &str, free: &str) -> f64 {
    let of = |name: &str| -> u64 {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    };
    percent(of(total).saturating_sub(of(free)), of(total))
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs no more")]
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_figures_are_those_of_proc() {
        let before = Cpu::read("cpu  100 0 100 700 100 0 0 0 5 5\ncpu0 1 2 3\n");
        let after = Cpu::read("cpu  175 0 100 725 100 0 0 0 9 9\n");
        assert_eq!((before.busy, before.all), (200, 1000));
        assert!((after.percent_since(before) - 75.0).abs() < 1e-9);
        let meminfo = "MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable: 400 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n";
        assert!((share_used(meminfo, "MemTotal:", "MemAvailable:") - 60.0).abs() < 1e-9);
        assert!(share_used(meminfo, "SwapTotal:", "SwapFree:").abs() < 1e-9);
        assert_eq!(Cpu::read(""), Cpu::default());
    }
}
