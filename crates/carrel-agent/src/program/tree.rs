//! The processes of a run, as `/proc` shows them.
//!
//! The agent is the reaper of all that descends from the IDE (`PR_SET_CHILD_SUBREAPER`), so a daemon that a terminal
//! left behind is still its descendant, and found here.

use crate::process::{Stat, all};
use nix::{sys::signal::Signal, unistd::Pid};
use std::{fs, path::Path};

/// All descendants of `root`, without itself.
pub(crate) fn descendants(root: i32) -> Vec<i32> {
    // Kernels may be built without these lists; then every process of the host has to be looked at.
    let children: Box<dyn Fn(i32) -> Vec<i32>> = if Path::new("/proc/thread-self/children").exists() {
        Box::new(listed_children)
    } else {
        let parents: Vec<(i32, i32)> = all().map(|(pid, stat)| (pid, stat.parent)).collect();
        Box::new(move |of| parents.iter().filter(|(_, parent)| *parent == of).map(|(pid, _)| *pid).collect())
    };
    let mut found = children(root);
    let mut next = 0;
    while next < found.len() {
        found.extend(children(found[next]));
        next += 1;
    }
    found
}

fn listed_children(pid: i32) -> Vec<i32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|text| text.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// What a tree of processes used up to now, and uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// CPU time of all that live or were waited for, in ticks. Grows.
    pub(crate) ticks: u64,
    /// Memory, in bytes.
    pub(crate) memory_bytes: u64,
    /// How many processes live.
    pub(crate) processes: u32,
}

/// Samples the descendants of `root`. The time of children that were waited for counts at their parents, so a short
/// process is not missed.
pub(crate) fn sample(root: i32, memory: Memory) -> Sample {
    let reaped = Stat::of(root).map_or(0, |stat| stat.reaped_ticks);
    let mut sum = Sample { ticks: reaped, ..Sample::default() };
    for pid in descendants(root) {
        let Some(stat) = Stat::of(pid) else { continue };
        sum.ticks += stat.own_ticks + stat.reaped_ticks;
        if stat.state != 'Z' {
            sum.processes += 1;
            sum.memory_bytes += memory.of(pid);
        }
    }
    sum
}

/// How to count memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Pages that are no file's: cheap to read, pages shared after a fork count more than once.
    Cheap,
    /// Proportional set size: exact, costs the kernel a walk through all page tables.
    Exact,
}

impl Memory {
    fn of(self, pid: i32) -> u64 {
        match self {
            Self::Cheap => cheap_memory(pid),
            Self::Exact => exact_memory(pid).unwrap_or_else(|| cheap_memory(pid)),
        }
    }
}

fn cheap_memory(pid: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let pages: Vec<u64> = text.split_ascii_whitespace().filter_map(|field| field.parse().ok()).collect();
    match pages[..] {
        [_, resident, shared, ..] => resident.saturating_sub(shared) * page_bytes(),
        _ => 0,
    }
}

fn exact_memory(pid: i32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

fn page_bytes() -> u64 {
    let bytes = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE);
    bytes.ok().flatten().and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(4096)
}

/// Clock ticks of a second, for times in [`Stat`] and [`Sample`].
pub(crate) fn ticks_per_second() -> u64 {
    let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK);
    ticks.ok().flatten().and_then(|ticks| u64::try_from(ticks).ok()).unwrap_or(100)
}

/// Sends `signal` to all descendants of `root` that live. Returns how many those are.
pub(crate) fn signal_descendants(root: i32, signal: Signal) -> usize {
    let alive = |pid: &i32| Stat::of(*pid).is_some_and(|stat| stat.state != 'Z');
    let living: Vec<i32> = descendants(root).into_iter().filter(alive).collect();
    for pid in &living {
        // It may have ended in between, which is what was wanted.
        let _ = nix::sys::signal::kill(Pid::from_raw(*pid), signal);
    }
    living.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_and_their_memory_are_found() {
        let mut child = std::process::Command::new("sh").args(["-c", "sleep 60 & wait"]).spawn().unwrap();
        let me = i32::try_from(std::process::id()).unwrap();
        let shell = i32::try_from(child.id()).unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while descendants(shell).is_empty() {
            assert!(std::time::Instant::now() < deadline, "the shell starts its child");
            std::thread::yield_now();
        }
        assert!(descendants(me).contains(&shell));
        let (cheap, exact) = (sample(shell, Memory::Cheap), sample(shell, Memory::Exact));
        assert_eq!(exact.processes, 1);
        assert!(cheap.memory_bytes > 0 && exact.memory_bytes > 0, "{cheap:?} {exact:?}");
        assert_eq!(signal_descendants(shell, Signal::SIGKILL), 1);
        child.wait().unwrap();
    }
}
