//! Why a run ended against its will, in sentences.

use crate::program::prepare::Missing;
use carrel_model::{Cause, Who};
use nix::{sys::signal::Signal, sys::statvfs::statvfs};
use std::path::Path;

/// Less room than this is none: not even a settings file could be written.
const NO_ROOM: u64 = 256 << 10;
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

/// What is missing for a start.
pub(crate) fn missing(missing: &Missing) -> Cause {
    match missing {
        Missing::Program(name) => Cause::new(
            "program-missing",
            format!("The program {name} is not installed on this host, or may not be run by this account."),
            Who::Administrator,
        ),
        Missing::Home => Cause::new(
            "home-missing",
            "The account has no home folder: HOME is not set, or names no folder.",
            Who::Administrator,
        ),
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
    let room = room_of(path).map_or(String::new(), |(free, all)| format!(" ({} of {} free)", bytes(free), bytes(all)));
    Cause::new(
        "disk-full",
        format!("No space is left on the file system of {}{room}. Delete files that are not needed.", path.display()),
        Who::You,
    )
}

/// The first of `paths` whose file system has no room.
pub(crate) fn full_disk<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Option<&'a Path> {
    paths.into_iter().find(|path| room_of(path).is_some_and(|(free, _)| free < NO_ROOM))
}

/// Free and total bytes for this account, of the file system that holds `path` or will hold it.
fn room_of(path: &Path) -> Option<(u64, u64)> {
    let room = path.ancestors().find_map(|path| statvfs(path).ok())?;
    let block = room.fragment_size();
    Some((room.blocks_available() * block, room.blocks() * block))
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
    format!(" Its last output: {short}")
}

/// A number of bytes for people.
fn bytes(bytes: u64) -> String {
    let units = ["B", "KB", "MB", "GB", "TB"];
    let unit = (0..units.len() - 1).find(|unit| bytes >> (10 * (unit + 1)) == 0).unwrap_or(units.len() - 1);
    format!("{} {}", bytes >> (10 * unit), units[unit])
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
            "The IDE ended before it was ready, with exit code 3. Its last output: ModuleNotFoundError: no jupyterlab"
        );
        let cause = exited(Exit::Signal(Signal::SIGKILL), true, "");
        assert_eq!(cause.text, "The IDE ended by itself, killed by SIGKILL. It wrote no output.");
    }

    #[test]
    fn a_full_disk_is_told_with_the_file_system_and_what_is_free() {
        let text = disk_full(Path::new("/proc/self")).text;
        assert_eq!(
            text,
            "No space is left on the file system of /proc/self (0 B of 0 B free). Delete files that are not needed."
        );
        assert_eq!(full_disk([Path::new("/proc/self")]), Some(Path::new("/proc/self")));
        assert_eq!((bytes(1023), bytes(20 << 30)), ("1023 B".into(), "20 GB".into()));
    }
}
