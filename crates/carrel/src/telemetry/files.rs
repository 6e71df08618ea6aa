//! Log files: `carrel.log`, and behind it those that were closed because a day went by or because they were full.

use carrel_config::settings::logging::LogFiles;
use carrel_model::Clock;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};
use tracing_subscriber::fmt::MakeWriter;

/// What the file is called that is written to.
const FILE: &str = "carrel.log";

/// The files of a folder. Each event is written whole, so no line stands in two of them.
pub(crate) struct Files {
    how: LogFiles,
    clock: Clock,
    open: Mutex<Open>,
}

/// The file that is written to.
struct Open {
    file: File,
    bytes: u64,
    began: Timestamp,
}

impl Files {
    /// Goes on with the file that is there, or begins one.
    pub(crate) fn open(how: LogFiles, clock: Clock) -> io::Result<Self> {
        let path = how.folder.join(FILE);
        let file = OpenOptions::new().append(true).create(true).mode(how.mode).open(&path)?;
        let about = file.metadata()?;
        // Not every file system knows when a file was made.
        let began = about.created().or_else(|_| about.modified())?;
        let began = Timestamp::try_from(began).unwrap_or_else(|_| clock.now());
        let open = Mutex::new(Open { file, bytes: about.len(), began });
        Ok(Self { how, clock, open })
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        // Where no file can be begun, what there is to say still stands in the one that is open.
        if self.is_over(&open, line.len(), now)
            && let Ok(next) = self.begin_anew(now)
        {
            *open = next;
        }
        open.bytes += line.len() as u64;
        open.file.write_all(line)
    }

    /// Whether the line belongs into the next file.
    fn is_over(&self, open: &Open, more: usize, now: Timestamp) -> bool {
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        let days = day(open.began).duration_until(day(now)).as_hours() / 24;
        let is_old = i64::try_from(self.how.days).is_ok_and(|most| days >= most);
        let is_full = self.how.bytes.is_some_and(|most| open.bytes + more as u64 > most);
        self.how.rotate && open.bytes > 0 && (is_old || is_full)
    }

    fn begin_anew(&self, now: Timestamp) -> io::Result<Open> {
        let path = self.how.folder.join(FILE);
        match fs::rename(&path, self.closed(now)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new().append(true).create(true).mode(self.how.mode).open(&path)?;
        // A file that stays is no reason to log nothing.
        let _ = self.remove_old(now);
        Ok(Open { file, bytes: 0, began: now })
    }

    /// A name for a file that is closed at this moment; names sort by it.
    fn closed(&self, now: Timestamp) -> PathBuf {
        let name = |n: u32| self.how.folder.join(format!("{FILE}.{}-{n:03}", now.strftime("%Y%m%dT%H%M%SZ")));
        // As many in one second would be more than one writes.
        (0..1000).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(1000))
    }

    fn remove_old(&self, now: Timestamp) -> io::Result<()> {
        let mut closed = closed_files(&self.how.folder)?;
        closed.sort();
        let surplus = self.how.keep.map_or(0, |keep| closed.len().saturating_sub(keep));
        let is_old = |path: &Path| {
            self.how.delete_days.is_some_and(|days| age(path, now) > SignedDuration::from_hours(days * 24))
        };
        for (number, path) in closed.iter().enumerate() {
            if number < surplus || is_old(path) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

/// The files that are no longer written to.
fn closed_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let is_closed = |name: &str| name.strip_prefix(FILE).is_some_and(|rest| rest.starts_with('.'));
    let entries = fs::read_dir(folder)?.flatten();
    Ok(entries.filter(|entry| entry.file_name().to_str().is_some_and(is_closed)).map(|entry| entry.path()).collect())
}

/// How long nothing was written to a file.
fn age(path: &Path, now: Timestamp) -> SignedDuration {
    let written =
        fs::metadata(path).and_then(|about| about.modified()).ok().and_then(|at| Timestamp::try_from(at).ok());
    written.map_or(SignedDuration::ZERO, |written| now.duration_since(written))
}

impl<'w> MakeWriter<'w> for Files {
    type Writer = Event<'w>;
    fn make_writer(&'w self) -> Event<'w> {
        Event(self)
    }
}

/// One event on its way.
pub(crate) struct Event<'w>(&'w Files);

impl Write for Event<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write(line).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    struct Log {
        folder: TempDir,
        clock: Clock,
        files: Files,
    }

    fn log(set: impl FnOnce(&mut LogFiles)) -> Log {
        let folder = tempfile::tempdir().unwrap();
        let mut how = LogFiles::in_folder(folder.path().to_owned());
        set(&mut how);
        // The file's own time is that of the system, so the clock of the test begins there.
        let clock = Clock::held(Clock::System.now());
        let files = Files::open(how, clock.clone()).unwrap();
        Log { folder, clock, files }
    }

    impl Log {
        fn say(&self, line: &str) {
            self.files.make_writer().write_all(line.as_bytes()).unwrap();
        }

        fn later(&self, hours: i64) {
            self.clock.set(self.clock.now() + SignedDuration::from_hours(hours));
        }

        /// What stands in each file, the oldest first.
        fn texts(&self) -> Vec<String> {
            let mut closed = closed_files(self.folder.path()).unwrap();
            closed.sort();
            closed.push(self.folder.path().join(FILE));
            closed.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
        }
    }

    #[test]
    fn a_new_file_begins_with_the_day_and_not_before() {
        let log = log(|_| {});
        log.say("one\n");
        log.say("two\n");
        log.later(24);
        log.say("three\n");
        assert_eq!(log.texts(), ["one\ntwo\n", "three\n"]);
    }

    #[test]
    fn a_new_file_begins_after_as_many_days_as_said() {
        let log = log(|how| how.days = 3);
        log.say("one\n");
        log.later(48);
        log.say("two\n");
        log.later(24);
        log.say("three\n");
        assert_eq!(log.texts(), ["one\ntwo\n", "three\n"]);
    }

    #[test]
    fn a_full_file_is_closed_before_the_line_that_does_not_fit() {
        let log = log(|how| how.bytes = Some(8));
        for line in ["1234\n", "12\n", "x\n", "longer than a file\n", "y\n"] {
            log.say(line);
        }
        assert_eq!(log.texts(), ["1234\n12\n", "x\n", "longer than a file\n", "y\n"]);
    }

    #[test]
    fn as_many_are_kept_as_said_and_none_for_longer() {
        let log = log(|how| (how.bytes, how.keep) = (Some(1), Some(2)));
        for line in ["1\n", "2\n", "3\n", "4\n"] {
            log.say(line);
        }
        assert_eq!(log.texts(), ["2\n", "3\n", "4\n"]);
        let short = self::log(|how| how.delete_days = Some(2));
        short.say("1\n");
        short.later(24);
        short.say("2\n");
        short.later(72);
        short.say("3\n");
        assert_eq!(short.texts(), ["3\n"]);
    }

    #[test]
    fn without_rotation_there_is_one_file() {
        let log = log(|how| (how.rotate, how.bytes) = (false, Some(1)));
        log.say("1\n");
        log.later(240);
        log.say("2\n");
        assert_eq!(log.texts(), ["1\n2\n"]);
    }

    #[test]
    fn a_server_that_starts_again_goes_on_with_its_file_and_its_mode() {
        use std::os::unix::fs::PermissionsExt;
        let log = log(|how| how.mode = 0o600);
        log.say("1\n");
        let how = LogFiles::in_folder(log.folder.path().to_owned());
        let again = Files::open(how, log.clock.clone()).unwrap();
        again.make_writer().write_all(b"2\n").unwrap();
        assert_eq!(log.texts(), ["1\n2\n"]);
        let mode = fs::metadata(log.folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
