//! Room on file systems, and the sentence for want of it.

use carrel_model::{Cause, Who};
use std::path::Path;

/// Less than this is none: not even a settings file could be written.
const NONE: u64 = 256 << 10;

/// What a file system has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Free for this account, in bytes.
    pub free: u64,
    /// In all, in bytes.
    pub all: u64,
}

impl Room {
    /// Whether there is none to speak of.
    pub fn is_none(self) -> bool {
        self.free < NONE
    }
}

/// The file system of `path` has no room.
pub fn disk_full(path: &Path, room: Option<Room>) -> Cause {
    let room = room.map_or(String::new(), |Room { free, all }| format!(" ({} of {} free)", bytes(free), bytes(all)));
    Cause::new(
        "disk-full",
        format!("No space is left on the file system of {}{room}. Delete files that are not needed.", path.display()),
        Who::You,
    )
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
    fn a_full_disk_is_told_with_the_file_system_and_what_is_free() {
        let room = Room { free: 1023, all: 20 << 30 };
        let text = "No space is left on the file system of /home/ada (1023 B of 20 GB free). Delete files that are not \
                    needed.";
        assert_eq!(disk_full(Path::new("/home/ada"), Some(room)).text, text);
        assert!(room.is_none() && !Room { free: 1 << 20, all: 1 << 30 }.is_none());
        assert!(disk_full(Path::new("/x"), None).text.starts_with("No space is left on the file system of /x. "));
    }
}
