//! The control group of the container that the agent runs in, as it is mounted there: version 1 or 2.

use crate::program::limits::field;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The container's own control group.
#[derive(Debug)]
pub(crate) struct OwnGroup {
    files: Files,
    /// How many processes the kernel had killed for want of memory when the agent began.
    killed_before: u64,
}

#[derive(Debug)]
enum Files {
    /// All in one folder.
    Two(PathBuf),
    /// A folder for each controller.
    One { memory: PathBuf, cpu: PathBuf },
}

impl OwnGroup {
    /// The group of this container, if it is to be seen below `mount`.
    pub(crate) fn find(mount: &Path) -> Option<Self> {
        let files = if mount.join("memory.current").exists() {
            Files::Two(mount.to_owned())
        } else {
            let cpu = ["cpuacct", "cpu,cpuacct"].map(|name| mount.join(name));
            let cpu = cpu.into_iter().find(|folder| folder.join("cpuacct.usage").exists())?;
            let memory = mount.join("memory");
            memory.join("memory.usage_in_bytes").exists().then_some(Files::One { memory, cpu })?
        };
        let mut group = Self { files, killed_before: 0 };
        group.killed_before = group.killed();
        Some(group)
    }

    /// CPU time of all that ever ran in it, in seconds.
    pub(crate) fn cpu_seconds(&self) -> Option<f64> {
        let ms = match &self.files {
            Files::Two(group) => field(&fs::read_to_string(group.join("cpu.stat")).ok()?, "usage_usec")? / 1000,
            Files::One { cpu, .. } => number(&cpu.join("cpuacct.usage"))? / 1_000_000,
        };
        Some(f64::from(u32::try_from(ms).ok()?) / 1000.0)
    }

    /// Memory in use, without files that the kernel keeps only because there is room.
    pub(crate) fn memory_bytes(&self) -> Option<u64> {
        let (now, stat, idle) = match &self.files {
            Files::Two(group) => (group.join("memory.current"), group.join("memory.stat"), "inactive_file"),
            Files::One { memory, .. } => {
                (memory.join("memory.usage_in_bytes"), memory.join("memory.stat"), "total_inactive_file")
            }
        };
        let stat = fs::read_to_string(stat).ok()?;
        Some(number(&now)?.saturating_sub(field(&stat, idle).unwrap_or(0)))
    }

    /// Whether the kernel killed a process of it for want of memory since the agent began.
    pub(crate) fn killed_some(&self) -> bool {
        self.killed() > self.killed_before
    }

    fn killed(&self) -> u64 {
        let file = match &self.files {
            Files::Two(group) => group.join("memory.events"),
            Files::One { memory, .. } => memory.join("memory.oom_control"),
        };
        field(&fs::read_to_string(file).unwrap_or_default(), "oom_kill").unwrap_or(0)
    }
}

fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounted(files: &[(&str, &str)]) -> tempfile::TempDir {
        let mount = tempfile::tempdir().unwrap();
        for (name, text) in files {
            write(mount.path(), name, text);
        }
        mount
    }

    fn write(mount: &Path, name: &str, text: &str) {
        let path = mount.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn seen(group: &OwnGroup) -> (f64, u64, bool) {
        (group.cpu_seconds().unwrap(), group.memory_bytes().unwrap(), group.killed_some())
    }

    #[test]
    fn use_is_read_from_a_group_of_version_2() {
        let mount = mounted(&[
            ("cpu.stat", "usage_usec 2500000\nuser_usec 1\n"),
            ("memory.current", "5000\n"),
            ("memory.stat", "anon 1\ninactive_file 2000\n"),
            ("memory.events", "oom 3\noom_kill 2\n"),
        ]);
        let group = OwnGroup::find(mount.path()).unwrap();
        assert_eq!(seen(&group), (2.5, 3000, false), "what was killed before the agent began is not its run's");
        write(mount.path(), "memory.events", "oom 3\noom_kill 3\n");
        assert_eq!(seen(&group), (2.5, 3000, true));
    }

    #[test]
    fn use_is_read_from_groups_of_version_1() {
        for cpu in ["cpuacct/cpuacct.usage", "cpu,cpuacct/cpuacct.usage"] {
            let mount = mounted(&[
                (cpu, "2500000000\n"),
                ("memory/memory.usage_in_bytes", "5000\n"),
                ("memory/memory.stat", "inactive_file 1\ntotal_inactive_file 2000\n"),
                ("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n"),
            ]);
            let group = OwnGroup::find(mount.path()).unwrap();
            assert_eq!(seen(&group), (2.5, 3000, false));
            write(mount.path(), "memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
            assert!(group.killed_some());
        }
    }

    #[test]
    fn where_no_group_is_mounted_there_is_none() {
        assert!(OwnGroup::find(mounted(&[("cgroup.procs", "1\n")]).path()).is_none());
        assert!(OwnGroup::find(mounted(&[("cpuacct/cpuacct.usage", "1\n")]).path()).is_none());
    }
}
