//! What runs of a cluster.

use super::{control, place::Place, space};
use crate::{install::Kubernetes, screen::say};
use std::{collections::BTreeSet, fs};

/// Shows its programs with their memory, and its nodes.
pub(super) fn show(place: &Place, kubernetes: &Kubernetes) -> anyhow::Result<()> {
    let processes = space::processes(place);
    let names: BTreeSet<&str> = processes.iter().map(|process| process.name.as_str()).collect();
    say(&format!("{:24} {:>8} {:>6}", "PROGRAM", "PID", "MIB"));
    for name in names {
        let Some(pid) = space::oldest(&processes, name) else { continue };
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        say(&format!("{name:24} {pid:>8} {:>6}", resident(&status).unwrap_or(0) / 1024));
    }
    say("");
    say(control::kubectl(place, kubernetes, &["get", "nodes", "--output=wide"])?.trim_end());
    Ok(())
}

/// The memory of a process in KiB, from its status in /proc.
fn resident(status: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_process_is_read() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t    2048 kB\nThreads:\t1\n"), Some(2048));
        assert_eq!(resident("Name:\tkthread\n"), None);
    }
}
