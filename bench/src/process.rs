//! What processes use: CPU time and memory, of whole trees, as the kernel counts them.

use anyhow::Context;
use nix::{sys::resource, time, unistd::Pid};
use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::Path,
    time::Duration,
};

/// Processes whose use is added up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    /// Processes with all their descendants.
    pub(crate) trees: Vec<i32>,
    alone: Vec<i32>,
}

impl Group {
    /// One process with all its descendants.
    pub(crate) fn tree(pid: i32) -> Self {
        Self { trees: vec![pid], alone: Vec::new() }
    }

    /// Processes without their descendants.
    pub(crate) fn alone(pids: Vec<i32>) -> Self {
        Self { trees: Vec::new(), alone: pids }
    }

    /// The processes that belong to it now.
    fn pids(&self) -> BTreeSet<i32> {
        let mut pids: BTreeSet<i32> = self.alone.iter().copied().collect();
        if !self.trees.is_empty() {
            let parents = parents();
            pids.extend(self.trees.iter().copied());
            pids.extend(parents.keys().filter(|pid| self.trees.iter().any(|root| descends(&parents, **pid, *root))));
        }
        pids
    }

    /// The CPU time of each of them so far.
    pub(crate) fn cpu(&self) -> Spent {
        Spent(self.pids().into_iter().filter_map(|pid| Some((pid, cpu_of(pid)?))).collect())
    }

    /// Their memory in KiB, shared pages counted by their share.
    pub(crate) fn pss_kib(&self) -> anyhow::Result<u64> {
        self.pids().into_iter().map(pss_of).sum()
    }
}

/// CPU time by process.
#[derive(Debug)]
pub(crate) struct Spent(HashMap<i32, Duration>);

impl Spent {
    /// What was spent since `earlier`. Processes that came since count in full.
    pub(crate) fn since(&self, earlier: &Self) -> Duration {
        let spent = |(pid, now): (&i32, &Duration)| now.saturating_sub(earlier.0.get(pid).copied().unwrap_or_default());
        self.0.iter().map(spent).sum()
    }
}

/// The CPU time of a process in nanoseconds, threads that ended included: `/proc/<pid>/stat` counts in 10 ms only.
fn cpu_of(pid: i32) -> Option<Duration> {
    let clock = time::clock_getcpuclockid(Pid::from_raw(pid)).ok()?;
    time::clock_gettime(clock).ok().map(Duration::from)
}

fn pss_of(pid: i32) -> anyhow::Result<u64> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok());
    kib.with_context(|| format!("{path} names no Pss"))
}

/// The parent of each process.
fn parents() -> HashMap<i32, i32> {
    let Ok(list) = fs::read_dir("/proc") else { return HashMap::new() };
    let pids = list.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| Some((pid, parent_of(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?))).collect()
}

/// Field 4 of `/proc/<pid>/stat`; the name in field 2 may hold anything, a parenthesis too.
fn parent_of(stat: &str) -> Option<i32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn descends(parents: &HashMap<i32, i32>, pid: i32, root: i32) -> bool {
    std::iter::successors(parents.get(&pid), |parent| parents.get(parent)).any(|parent| *parent == root)
}

/// The processes that run `program` and name `word` in their arguments.
pub(crate) fn running(program: &Path, word: &str) -> Vec<i32> {
    let is_it = |pid: &i32| {
        let names = |text: Vec<u8>| String::from_utf8_lossy(&text).contains(word);
        fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program)
            && fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(names)
    };
    parents().into_keys().filter(is_it).collect()
}

/// How long all cores together were busy since the start of the machine.
pub(crate) fn machine_busy() -> anyhow::Result<Duration> {
    let text = fs::read_to_string("/proc/stat")?;
    let busy = busy_ticks(&text).context("/proc/stat is not understood")?;
    // The kernel shows ticks of 1/100 s to programs, whatever its own are.
    Ok(Duration::from_millis(busy * 10))
}

/// All of the first line but idle, waiting for disks, and guests, who are in `user` already.
fn busy_ticks(stat: &str) -> Option<u64> {
    let fields: Vec<u64> =
        stat.lines().next()?.split_whitespace().skip(1).map_while(|field| field.parse().ok()).collect();
    let [user, nice, system, _idle, _waiting, irq, softirq, steal, ..] = fields[..] else { return None };
    Some(user + nice + system + irq + softirq + steal)
}

/// How many cores this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Raises the limit of open files as far as it goes, for this process and those it starts; says how far that was.
pub(crate) fn raise_file_limit() -> anyhow::Result<u64> {
    let files = resource::Resource::RLIMIT_NOFILE;
    let (_, hard) = resource::getrlimit(files)?;
    resource::setrlimit(files, hard, hard)?;
    Ok(hard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_parenthesis_hides_no_parent() {
        assert_eq!(parent_of("17 (a) b) S 4 17 17 0"), Some(4));
        assert_eq!(parent_of("17 (cut"), None);
    }

    #[test]
    fn idle_and_guest_time_are_not_busy() {
        assert_eq!(busy_ticks("cpu  1 2 4 1000 1000 8 16 32 64 128\ncpu0 …"), Some(63));
        assert_eq!(busy_ticks("cpu  1 2"), None);
    }

    #[test]
    fn a_child_belongs_to_the_tree_of_this_process() {
        let me = i32::try_from(std::process::id()).unwrap();
        let mut child = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let pids = Group::tree(me).pids();
        assert!(pids.contains(&me) && pids.contains(&i32::try_from(child.id()).unwrap()), "{pids:?}");
        drop(child.stdin.take());
        child.wait().unwrap();
    }

    #[test]
    fn work_is_seen_in_the_cpu_time() {
        let me = Group::tree(i32::try_from(std::process::id()).unwrap());
        let before = me.cpu();
        let began = std::time::Instant::now();
        while me.cpu().since(&before) < Duration::from_millis(20) {
            assert!(began.elapsed() < Duration::from_secs(20), "no CPU time is counted");
        }
    }
}
