//! Why a run ended against its will, in sentences.

use crate::{
    program::prepare::Missing,
    room::{self, Room},
};
use carrel_model::{Cause, Container, Who};
use nix::{sys::signal::Signal, sys::statvfs::statvfs};
use std::{path::Path, time::Duration};

/// The longest quotation of the output in a cause, in characters.
const QUOTED_CHARS: usize = 200;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By a signal.
    Signal(Signal),
}

impl Exit {
    /// Whether it was killed, or a shell around it says so.
    pub(crate) fn is_kill(self) -> bool {
        self == Self::Signal(Signal::SIGKILL) || self == Self::Code(128 + Signal::SIGKILL as i32)
    }
}

/// No server gave a plan.
pub(crate) fn no_plan(limit: Duration) -> Cause {
    let text = format!(
        "No server told the session what to run within {} minutes. They may have been stopped, or a network policy \
         keeps them from the pod.",
        limit.as_secs() / 60
    );
    Cause::new("no-plan", text, Who::Administrator)
}

/// What is missing for a start, on this host or in this container.
pub(crate) fn missing(missing: &Missing, container: Option<&Container>) -> Cause {
    match missing {
        Missing::Program(name) => {
            let place = container.map_or_else(
                || "installed on this host".to_owned(),
                |container| format!("in the image {}", container.image),
            );
            let text = format!("The program {name} is not {place}, or may not be run by this account.");
            Cause::new("program-missing", text, Who::Administrator)
        }
        Missing::Home => {
            let why = container.map_or_else(
                || "HOME is not set, or names no folder".to_owned(),
                |container| format!("no volume is mounted at {}", container.account.home.display()),
            );
            Cause::new("home-missing", format!("The account has no home folder: {why}."), Who::Administrator)
        }
        Missing::Folder(path) => Cause::new(
            "folder-missing",
            format!("The folder {} does not exist, or cannot be entered.", path.display()),
            Who::You,
        ),
        Missing::File(path, error) => {
            Cause::new("file-refused", format!("{} cannot be written: {error}.", path.display()), Who::You)
        }
        Missing::Room(path) => disk_full(path),
        Missing::Process(error) => {
            Cause::new("process-refused", format!("No process can be started: {error}."), Who::Administrator)
        }
    }
}

/// The file system of `path` has no room.
pub(crate) fn disk_full(path: &Path) -> Cause {
    room::disk_full(path, room_of(path))
}

/// The first of `paths` whose file system has no room.
pub(crate) fn full_disk<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Option<&'a Path> {
    paths.into_iter().find(|path| room_of(path).is_some_and(Room::is_none))
}

/// The room of the file system that holds `path` or will hold it.
fn room_of(path: &Path) -> Option<Room> {
    let room = path.ancestors().find_map(|path| statvfs(path).ok())?;
    let block = room.fragment_size();
    Some(Room { free: room.blocks_available() * block, all: room.blocks() * block })
}

/// The IDE ended although nobody asked it to.
pub(crate) fn exited(exit: Exit, was_ready: bool, last_output: &str) -> Cause {
    let how = match exit {
        Exit::Code(code) => format!("with exit code {code}"),
        Exit::Signal(signal) => format!("killed by {signal}"),
    };
    let when = if was_ready { "ended by itself" } else { "ended before it was ready" };
    Cause::new("ide-exited", format!("The IDE {when}, {how}.{}", quoted(last_output)), Who::Administrator)
}

/// The IDE did not become ready.
pub(crate) fn start_timeout(seconds: u64, seen: &str, last_output: &str) -> Cause {
    let text = format!("The IDE made no progress for {seconds} s and is not ready: {seen}.{}", quoted(last_output));
    Cause::new("start-timeout", text, Who::Administrator)
}

/// The run used more memory than its size.
pub(crate) fn out_of_memory(used: u64, limit: u64) -> Cause {
    let gb = |bytes: u64| f64::from(u32::try_from(bytes >> 20).unwrap_or(u32::MAX)) / 1024.0;
    let (used, limit) = (gb(used), gb(limit));
    let digits = usize::from(limit < 0.1) + usize::from(limit.fract() != 0.0);
    let text = format!("Out of memory ({used:.0$} of {limit:.1$} GB). Saved files are safe.", digits.max(1), digits);
    Cause::new("out-of-memory", text, Who::You)
}

/// The last line that says something.
fn quoted(output: &str) -> String {
    let Some(line) = output.lines().rev().map(str::trim).find(|line| !line.is_empty()) else {
        return " It wrote no output.".into();
    };
    let short: String = line.chars().filter(|c| !c.is_control()).take(QUOTED_CHARS).collect();
    format!(" Its last output: “{short}”.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_memory_is_told_with_the_size() {
        let text = |used, limit| out_of_memory(used, limit).text;
        assert_eq!(text(2 << 30, 2 << 30), "Out of memory (2.0 of 2 GB). Saved files are safe.");
        assert_eq!(text(600 << 20, 512 << 20), "Out of memory (0.6 of 0.5 GB). Saved files are safe.");
        assert_eq!(text(80 << 20, 64 << 20), "Out of memory (0.08 of 0.06 GB). Saved files are safe.");
    }

    #[test]
    fn an_exit_is_told_with_its_code_and_the_last_line() {
        let cause = exited(Exit::Code(3), false, "Traceback\nModuleNotFoundError: no jupyterlab\n\n");
        assert_eq!(
            cause.text,
            "The IDE ended before it was ready, with exit code 3. Its last output: “ModuleNotFoundError: no \
             jupyterlab”."
        );
        let cause = exited(Exit::Signal(Signal::SIGKILL), true, "");
        assert_eq!(cause.text, "The IDE ended by itself, killed by SIGKILL. It wrote no output.");
    }

    #[test]
    fn a_file_system_without_room_is_found_by_what_will_stand_in_it() {
        // proc(5) has no room, ever.
        let places = [Path::new("/proc/self"), Path::new("/proc/no/such/file")];
        assert_eq!(full_disk(places), Some(places[0]));
        assert!(disk_full(places[1]).text.contains("of /proc/no/such/file (0 B of 0 B free)"));
    }
}
