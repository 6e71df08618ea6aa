//! How memory and CPU of a run are bounded: by a control group where one is delegated, else by watching.

use crate::program::{
    container::OwnGroup,
    tree::{self, Memory},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Where control groups are, on every distribution.
const MOUNT: &str = "/sys/fs/cgroup";
/// The period of `cpu.max`, in microseconds: the kernel's default.
const PERIOD_US: f64 = 100_000.0;

/// The bounds of a run.
#[derive(Debug)]
pub(crate) enum Limits {
    /// The kernel holds them.
    Group(Group),
    /// The kernel holds those of the container, which are the run's.
    Container(OwnGroup),
    /// The agent looks, and ends the run that is above. The text says why there is no group.
    Watched(String),
}

impl Limits {
    /// The best bounds this process can set: `name` is the name of the group if one can be made.
    pub(crate) fn set(name: &str, cpus: f64, memory_bytes: u64) -> Self {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        match Group::make(Path::new(MOUNT), &own, name, cpus, memory_bytes) {
            Ok(group) => Self::Group(group),
            Err(why) => Self::Watched(why),
        }
    }

    /// The bounds of this container. Without a control group to be seen, the agent looks.
    pub(crate) fn of_container() -> Self {
        OwnGroup::find(Path::new(MOUNT)).map_or_else(
            || Self::Watched("the control group of the container is not to be seen".into()),
            Self::Container,
        )
    }

    /// For the status: what holds the bounds, and what that means.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Group(_) | Self::Container(_) => "cgroup: the kernel bounds memory and CPU.".into(),
            Self::Watched(why) => format!(
                "watched: {why}, so memory is looked at every second and a session above its size is ended; CPU is \
                 not bounded."
            ),
        }
    }

    /// The file that takes a process into the group.
    pub(crate) fn door(&self) -> Option<PathBuf> {
        match self {
            Self::Group(group) => Some(group.0.join("cgroup.procs")),
            Self::Container(_) | Self::Watched(_) => None,
        }
    }
}

/// A control group (version 2) of one run.
#[derive(Debug)]
pub(crate) struct Group(PathBuf);

impl Group {
    /// Makes a group beside that of this process, if its parent is delegated: `own` is `/proc/self/cgroup`.
    ///
    /// A unit with `Delegate=yes` and `DelegateSubgroup=` puts the server into a group below the unit's own; the unit's
    /// group then has no process of its own and may hand controllers down. Any other place belongs to somebody else.
    pub(crate) fn make(mount: &Path, own: &str, name: &str, cpus: f64, memory_bytes: u64) -> Result<Self, String> {
        const NONE: &str = "no control group is delegated to this account";
        let path = own.lines().find_map(|line| line.strip_prefix("0::/")).ok_or(NONE)?;
        let own = mount.join(path);
        let unit = |path: &Path| path.extension().is_some_and(|kind| kind == "service" || kind == "scope");
        let parent = own.parent().filter(|parent| unit(parent) && !unit(&own)).ok_or(NONE)?;
        hand_down(parent).map_err(|error| format!("{NONE} ({}: {error})", parent.display()))?;
        let group = Self(parent.join(name));
        let made = group.fill(cpus, memory_bytes);
        if let Err(error) = made {
            group.remove();
            return Err(format!("the control group {} cannot be set up ({error})", group.0.display()));
        }
        Ok(group)
    }

    fn fill(&self, cpus: f64, memory_bytes: u64) -> io::Result<()> {
        match fs::create_dir(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        fs::write(self.0.join("memory.max"), memory_bytes.to_string())?;
        // Swap would make a session slow instead of ending it; not every kernel counts it.
        let _ = fs::write(self.0.join("memory.swap.max"), "0");
        // One kernel killed of several processes leaves an IDE that looks alive.
        fs::write(self.0.join("memory.oom.group"), "1")?;
        fs::write(self.0.join("cpu.max"), format!("{:.0} {PERIOD_US:.0}", (cpus * PERIOD_US).max(1000.0)))
    }

    /// CPU time of all that ever ran in it, in seconds.
    pub(crate) fn cpu_seconds(&self) -> Option<f64> {
        let text = fs::read_to_string(self.0.join("cpu.stat")).ok()?;
        let us: u32 = (field(&text, "usage_usec")? / 1000).try_into().ok()?;
        Some(f64::from(us) / 1000.0)
    }

    /// Memory in use, without files that the kernel keeps only because there is room.
    pub(crate) fn memory_bytes(&self) -> Option<u64> {
        let now: u64 = fs::read_to_string(self.0.join("memory.current")).ok()?.trim().parse().ok()?;
        let stat = fs::read_to_string(self.0.join("memory.stat")).ok()?;
        Some(now.saturating_sub(field(&stat, "inactive_file").unwrap_or(0)))
    }

    /// Whether the kernel killed something of it for want of memory.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        let events = fs::read_to_string(self.0.join("memory.events")).unwrap_or_default();
        field(&events, "oom_kill").is_some_and(|count| count > 0)
    }

    /// Kills all that is in it.
    pub(crate) fn kill(&self) {
        let _ = fs::write(self.0.join("cgroup.kill"), "1");
    }

    /// Takes it away, once nothing runs in it.
    pub(crate) fn remove(&self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Makes sure that children of `parent` have memory and CPU controllers.
fn hand_down(parent: &Path) -> io::Result<()> {
    let control = parent.join("cgroup.subtree_control");
    let known = fs::read_to_string(&control)?;
    let has = |name: &str| known.split_ascii_whitespace().any(|word| word == name);
    if has("memory") && has("cpu") { Ok(()) } else { fs::write(control, "+memory +cpu") }
}

/// The number after `name` in a file of the kernel's with a name and a number in each line.
pub(crate) fn field(text: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(key, _)| *key == name)?.1.trim().parse().ok()
}

/// What a run used up to now and uses, by whatever can tell.
pub(crate) fn measure(limits: &Limits, root: i32, memory: Memory) -> (f64, u64, u32) {
    let sample = tree::sample(root, memory);
    let ticks = u32::try_from(sample.ticks).unwrap_or(u32::MAX);
    let per_second = u32::try_from(tree::ticks_per_second()).unwrap_or(100);
    let by_tree = f64::from(ticks) / f64::from(per_second);
    let (cpu, memory_bytes) = match limits {
        Limits::Watched(_) => (None, None),
        Limits::Group(group) => (group.cpu_seconds(), group.memory_bytes()),
        Limits::Container(own) => (own.cpu_seconds(), own.memory_bytes()),
    };
    (cpu.unwrap_or(by_tree), memory_bytes.unwrap_or(sample.memory_bytes), sample.processes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that looks like a delegated unit: `carrel.service` with the server in a group of its own.
    fn unit(controllers: &str) -> (tempfile::TempDir, PathBuf) {
        let mount = tempfile::tempdir().unwrap();
        let unit = mount.path().join("carrel.service");
        fs::create_dir_all(unit.join("server")).unwrap();
        fs::write(unit.join("cgroup.subtree_control"), controllers).unwrap();
        (mount, unit)
    }

    #[test]
    fn a_group_is_made_beside_the_servers_in_a_delegated_unit() {
        let (mount, unit) = unit("");
        let group = Group::make(mount.path(), "0::/carrel.service/server\n", "run-1", 1.5, 2 << 30).unwrap();
        let read = |name: &str| fs::read_to_string(unit.join("run-1").join(name)).unwrap();
        assert_eq!(read("memory.max"), "2147483648");
        assert_eq!(read("cpu.max"), "150000 100000");
        assert_eq!(read("memory.oom.group"), "1");
        assert_eq!(fs::read_to_string(unit.join("cgroup.subtree_control")).unwrap(), "+memory +cpu");
        assert_eq!(Limits::Group(group).door(), Some(unit.join("run-1/cgroup.procs")));
    }

    #[test]
    fn a_group_that_is_not_ours_is_left_alone_and_the_reason_is_told() {
        let (mount, unit) = unit("cpu memory");
        for own in ["0::/\n", "0::/user.slice/x.scope\n", "4:memory:/x\n", "", "0::/carrel.service\n"] {
            let why = Group::make(mount.path(), own, "run-1", 1.0, 1).unwrap_err();
            assert_eq!(why, "no control group is delegated to this account", "{own}");
        }
        assert!(!unit.join("run-1").exists());
        let told = Limits::Watched("no control group is delegated to this account".into()).describe();
        assert!(told.starts_with("watched: no control group is delegated") && told.contains("CPU is not"), "{told}");
    }

    #[test]
    fn use_and_want_of_memory_are_read_from_the_group() {
        let (mount, unit) = unit("cpu memory");
        let group = Group::make(mount.path(), "0::/carrel.service/server\n", "run-1", 1.0, 1 << 20).unwrap();
        let write = |name: &str, text: &str| fs::write(unit.join("run-1").join(name), text).unwrap();
        assert!(!group.ran_out_of_memory());
        write("cpu.stat", "usage_usec 2500000\nuser_usec 1\n");
        write("memory.current", "5000\n");
        write("memory.stat", "anon 1\ninactive_file 2000\n");
        write("memory.events", "oom 1\noom_kill 1\n");
        assert_eq!((group.cpu_seconds(), group.memory_bytes()), (Some(2.5), Some(3000)));
        assert!(group.ran_out_of_memory());
    }
}
