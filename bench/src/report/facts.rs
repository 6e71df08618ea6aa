//! Where and when: what somebody needs to know to compare with another run.

use crate::{
    lab::Programs,
    process,
    rounds::{Amount, Notes},
};
use std::{fmt::Write as _, fs, path::Path, process::Command};

/// The machine and the programs.
pub(crate) struct Facts {
    /// When it began, in UTC.
    pub(crate) when: String,
    machine: String,
    versions: String,
    /// How many programs waited for a core, in the last minute: before and after.
    load: [String; 2],
}

impl Facts {
    /// Looks at the machine before the run.
    pub(crate) fn before(programs: &Programs) -> Self {
        let now = carrel_model::Clock::System.now();
        Self {
            when: now.to_string().split('.').next().unwrap_or_default().replace('T', " "),
            machine: machine(),
            versions: versions(programs),
            load: [load(), String::new()],
        }
    }

    /// Looks at it again.
    pub(crate) fn after(&mut self) {
        self.load[1] = load();
    }

    pub(super) fn text(&self, amount: Amount, notes: &Notes) -> String {
        let Amount { rounds, cell, sockets, memory_rounds } = amount;
        let mut text = String::new();
        let _ = writeln!(text, "{} UTC. {}. {}.", self.when.trim_end_matches('Z'), self.machine, self.versions);
        let _ = writeln!(
            text,
            "{rounds} interleaved rounds of {} s a cell; memory: {memory_rounds} rounds with fresh processes and {sockets} idle websockets.",
            cell.as_secs_f64()
        );
        let mut foreign = notes.foreign.clone();
        foreign.sort_by(f64::total_cmp);
        if let (Some(least), Some(most)) = (foreign.first(), foreign.last()) {
            let percent = |share: f64| format!("{:.0} %", share * 100.0);
            let (median, least, most) = (percent(foreign[foreign.len() / 2]), percent(*least), percent(*most));
            let [before, after] = &self.load;
            let _ = writeln!(
                text,
                "Other programs took {median} of the machine at the median cell ({least} to {most}); load average {before} before, {after} after."
            );
        }
        if !notes.late_events.is_empty() {
            let late = notes.late_events.iter().map(|(name, late)| format!("{name} {} µs", late.as_micros()));
            let _ = writeln!(text, "Server-sent events came through late by: {}.", late.collect::<Vec<_>>().join(", "));
        }
        match notes.faults.len() {
            0 => text.push_str("Cells with errors: none.\n"),
            _ => notes.faults.iter().for_each(|fault| {
                let _ = writeln!(text, "Errors in a cell: {fault}.");
            }),
        }
        text
    }
}

fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (cpus, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let model = value_of(&cpus, "model name").unwrap_or("unknown processor");
    let kib = value_of(&memory, "MemTotal").and_then(|total| total.trim_end_matches(" kB").parse::<u64>().ok());
    let gib = kib.map_or(0, |kib| kib >> 20);
    format!("{} cores ({model}), {gib} GiB, Linux {}", process::cores(), read("/proc/sys/kernel/osrelease").trim())
}

fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    Some(text.lines().find(|line| line.starts_with(key))?.split_once(':')?.1.trim())
}

fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn versions(programs: &Programs) -> String {
    let package = programs.chp.as_ref().and_then(|folder| fs::read_to_string(folder.join("package.json")).ok());
    let package = package.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    let chp = package.and_then(|package| Some(format!("configurable-http-proxy {}", package["version"].as_str()?)));
    let asked = [
        said("nginx", programs.nginx.as_deref(), "-v"),
        said("HAProxy", programs.haproxy.as_deref(), "-v"),
        said("Node", programs.node.as_deref(), "--version"),
        said("Carrel", programs.carrel.as_deref(), "--version"),
    ];
    let all: Vec<String> = asked.into_iter().chain(std::iter::once(chp)).flatten().collect();
    all.join(", ")
}

/// The first word with a digit that a program says of itself.
fn said(name: &str, program: Option<&Path>, ask: &str) -> Option<String> {
    let out = Command::new(program?).arg(ask).output().ok()?;
    let text = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
    let version = text
        .split([' ', '/', '\n', '-'])
        .find(|word| word.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()))?;
    Some(format!("{name} {}", version.trim_start_matches('v')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_proc_are_found_by_their_key() {
        assert_eq!(value_of("MemTotal:       24 kB\nMemFree: 1 kB\n", "MemTotal"), Some("24 kB"));
        assert_eq!(value_of("", "MemTotal"), None);
    }
}
