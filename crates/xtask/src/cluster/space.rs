//! Namespaces and the processes in them.
//!
//! The first process of a space is all that holds it: when it ends, the kernel ends all others in it, and its mounts and
//! links go too. Nothing is written down about processes, as that may be wrong after a crash: each of them has a mark in
//! its environment, and who has it is found in /proc.

use super::{place::Place, wait};
use crate::install::Kubernetes;
use anyhow::{Context, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// The variable that marks a process: `carrel/kubelet1`.
const MARK: &str = "CARREL_CLUSTER";
/// Where the programs of the system lie.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How long the kernel may take to end everything.
const END: Duration = Duration::from_secs(30);

/// Which namespaces a space has besides pid and mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// None: it has the network of the machine.
    Control,
    /// A network and a host name of its own.
    Node,
    /// A network of its own for programs that otherwise see the machine as it is.
    Client,
}

/// Namespaces that exist.
#[derive(Debug)]
pub(crate) struct Space {
    kind: Kind,
    /// Its first process.
    pub(super) pid: u32,
}

/// Makes a space and runs `script` in it as its first deed.
pub(crate) fn make(place: &Place, kubernetes: &Kubernetes, name: &str, kind: Kind, script: &str) -> anyhow::Result<()> {
    let mut command = Command::new("unshare");
    // Should the one that started it be killed, it goes too.
    command.args(["--mount", "--pid", "--fork", "--mount-proc", "--kill-child=KILL"]);
    if kind != Kind::Control {
        command.args(["--net", "--uts"]);
    }
    let script = format!("set -e\n{script}\necho ready\nexec \"$0\" >/dev/null\n");
    command.args(["sh", "-c", &script]).arg(kubernetes.programs.join("pause"));
    marked(&mut command, place, name).stdout(Stdio::piped()).stderr(log(place, name)?);
    let mut child = command.spawn().context("unshare could not be started (Debian package: util-linux)")?;
    let mut line = String::new();
    if let Some(out) = child.stdout.take() {
        BufReader::new(out).read_line(&mut line)?;
    }
    if line.trim() != "ready" {
        let _ = child.kill();
        bail!("the namespaces of {name} could not be made:\n{}", said(place, name));
    }
    // Until then there is a moment in which it has no environment, and so no mark.
    wait::until(END, name, || Ok(oldest(&processes(place), name).is_some_and(|pid| comm(pid) == "pause")))
}

/// The name of the program that a process runs.
fn comm(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned()
}

/// Finds a space that was made.
pub(crate) fn find(place: &Place, name: &str, kind: Kind) -> anyhow::Result<Space> {
    let pid =
        oldest(&processes(place), name).with_context(|| format!("{name} of the cluster {} is gone", place.name))?;
    Ok(Space { kind, pid })
}

impl Space {
    /// A program that runs in this space.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.pid.to_string()]);
        command.args(match self.kind {
            Kind::Control => ["--mount", "--pid"].as_slice(),
            Kind::Node => &["--mount", "--pid", "--net", "--uts"],
            Kind::Client => &["--net"],
        });
        command.arg("--").arg(program.as_ref());
        command
    }

    /// Starts a program that stays.
    pub(crate) fn start(&self, place: &Place, name: &str, program: &Path, flags: &[String]) -> anyhow::Result<()> {
        let mut command = self.command(program);
        command.args(flags);
        let out = log(place, name)?;
        marked(&mut command, place, name).stdout(out.try_clone()?).stderr(out);
        command.spawn().context("nsenter could not be started (Debian package: util-linux)")?;
        Ok(())
    }
}

/// A program with nothing of ours in its environment but the mark, and out of reach of Ctrl-C.
fn marked<'a>(command: &'a mut Command, place: &Place, name: &str) -> &'a mut Command {
    let mark = format!("{}/{name}", place.name);
    command.env_clear().env(MARK, mark).env("PATH", PATH).env("HOME", "/root");
    command.current_dir("/").process_group(0).stdin(Stdio::null())
}

/// Waits for something of a program, and ends with what it said if it ends.
pub(super) fn until(
    place: &Place,
    name: &str,
    limit: Duration,
    mut ask: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let mut seen = false;
    let ask = || {
        if ask()? {
            return Ok(true);
        }
        let there = oldest(&processes(place), name).is_some();
        if seen && !there {
            bail!("{name} has ended. Its last words:\n{}", said(place, name));
        }
        seen |= there;
        Ok(false)
    };
    wait::until(limit, name, ask).with_context(|| format!("its log is {}", log_path(place, name).display()))
}

/// A process of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// What it is: `kubelet1`.
    pub(super) name: String,
    /// Whether it is in a pid namespace of the cluster, not the one that only waits for its child there.
    inside: bool,
    /// When it was started, in ticks since the machine was.
    started: u64,
}

/// All processes with the mark of this cluster.
pub(super) fn processes(place: &Place) -> Vec<Process> {
    let outside = fs::read_link("/proc/self/ns/pid").ok();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let process = |pid: u32| {
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let name = mark_of(&fs::read(folder.join("environ")).ok()?, &place.name)?;
        let inside = fs::read_link(folder.join("ns/pid")).ok() != outside;
        let started = started(&fs::read_to_string(folder.join("stat")).ok()?)?;
        Some(Process { pid, name, inside, started })
    };
    pids.filter_map(process).collect()
}

/// The process that is this program itself: what it started came later.
pub(super) fn oldest(processes: &[Process], name: &str) -> Option<u32> {
    let ours = processes.iter().filter(|process| process.inside && process.name == name);
    ours.min_by_key(|process| (process.started, process.pid)).map(|process| process.pid)
}

fn mark_of(environment: &[u8], cluster: &str) -> Option<String> {
    let mut variables = environment.split(|byte| *byte == 0);
    let mark =
        variables.find_map(|variable| std::str::from_utf8(variable).ok()?.strip_prefix(MARK)?.strip_prefix('='))?;
    let (of, name) = mark.split_once('/')?;
    (of == cluster).then(|| name.to_owned())
}

fn started(stat: &str) -> Option<u64> {
    // The name of the program, in brackets, may hold anything.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// Ends all processes of a cluster, and waits until the kernel has.
pub(super) fn end_all(place: &Place) -> anyhow::Result<()> {
    wait::until(END, "the end of all processes", || {
        let left = processes(place);
        for process in &left {
            // It may have ended meanwhile.
            let _ = kill(Pid::from_raw(i32::try_from(process.pid)?), Signal::SIGKILL);
        }
        Ok(left.is_empty())
    })
}

fn log_path(place: &Place, name: &str) -> PathBuf {
    place.logs().join(format!("{name}.log"))
}

fn log(place: &Place, name: &str) -> anyhow::Result<File> {
    let path = log_path(place, name);
    let file = File::options().append(true).create(true).open(&path);
    file.with_context(|| format!("{} cannot be written", path.display()))
}

/// The last lines of a program's log.
fn said(place: &Place, name: &str) -> String {
    let text = fs::read_to_string(log_path(place, name)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_belongs_to_the_cluster_that_it_is_marked_with() {
        let environment = b"PATH=/bin\0CARREL_CLUSTER=one/kubelet1\0HOME=/root\0";
        assert_eq!(mark_of(environment, "one").as_deref(), Some("kubelet1"));
        assert_eq!(mark_of(environment, "two"), None);
        assert_eq!(mark_of(b"CARREL_CLUSTERS=one/kubelet1\0", "one"), None);
        assert_eq!(mark_of(b"", "one"), None);
    }

    #[test]
    fn of_the_processes_with_one_mark_the_first_inside_is_the_program() {
        let process = |pid, inside, started| Process { pid, name: "containerd1".into(), inside, started };
        // The one that waits outside, the program, and what it started.
        let all = [process(30, true, 9), process(10, false, 5), process(20, true, 5)];
        assert_eq!(oldest(&all, "containerd1"), Some(20));
        assert_eq!(oldest(&all, "kubelet1"), None);
    }

    #[test]
    fn the_start_of_a_process_is_read_behind_any_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9";
        assert_eq!(started(stat), Some(4711));
        let own = fs::read_to_string("/proc/self/stat").unwrap();
        assert!(started(&own).unwrap() > 0);
    }
}
