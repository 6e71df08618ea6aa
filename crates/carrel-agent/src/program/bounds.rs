//! What the kernel holds the processes of the IDE to: set on the process that becomes it, and inherited from there.

use carrel_model::Bounds;
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::resource::{Resource, getrlimit, setrlimit},
    unistd::Pid,
};
use std::io;

/// Holds this process, and all that come of it.
pub(crate) fn hold(bounds: &Bounds) -> io::Result<()> {
    limit(Resource::RLIMIT_NOFILE, bounds.open_files)?;
    limit(Resource::RLIMIT_NPROC, bounds.processes)?;
    if let Some(priority) = bounds.priority {
        // A lower one than it has takes rights; `carrel check` tells.
        let _ = rustix::process::setpriority_process(None, priority);
    }
    if bounds.cpus.is_empty() { Ok(()) } else { run_on(&bounds.cpus) }
}

/// Nobody can raise a limit above the one that they have: then that one stays.
fn limit(resource: Resource, most: Option<u64>) -> io::Result<()> {
    let Some(most) = most else { return Ok(()) };
    let (_, hard) = getrlimit(resource)?;
    Ok(setrlimit(resource, most.min(hard), most.min(hard))?)
}

fn run_on(cpus: &[u32]) -> io::Result<()> {
    let me = Pid::from_raw(0);
    let may = sched_getaffinity(me)?;
    let mut wanted = CpuSet::new();
    let there = cpus.iter().filter_map(|cpu| usize::try_from(*cpu).ok()).filter(|cpu| may.is_set(*cpu) == Ok(true));
    let mut any = false;
    for cpu in there {
        wanted.set(cpu)?;
        any = true;
    }
    if !any {
        let text = "cpu-affinity of the profiles names no CPU that this session may run on";
        return Err(io::Error::other(text));
    }
    Ok(sched_setaffinity(me, &wanted)?)
}
