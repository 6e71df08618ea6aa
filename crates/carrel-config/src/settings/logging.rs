//! What is logged, where and in which form: `logging.conf`.

use super::Settings;
use crate::{Configuration, Diagnostic, Level, configuration::Held};
use std::path::PathBuf;

const FILE: &str = "logging.conf";
/// Where the original's log files are.
const FOLDER: &str = "/var/log/rstudio/rstudio-server";
/// In days: no file needs to be kept for longer.
const A_CENTURY: u64 = 36_525;
/// The sections that speak of the server, the strongest one last: everybody, the original's server, ours.
const SECTIONS: [&str; 3] = ["*", "@rserver", "@carrel"];

/// See the module. What no file says is for the command line to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logging {
    /// From which level on: `debug`, `info`, `warn`, `error`.
    pub level: Option<String>,
    /// Where the log goes.
    pub to: LogTo,
    /// One JSON object a line.
    pub json: Option<bool>,
}

/// Where the log goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LogTo {
    /// To standard error, where the service manager takes it from.
    #[default]
    Stderr,
    /// To the system's log.
    Syslog,
    /// Into files.
    Files(LogFiles),
}

/// Log files of a folder, and when a new one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFiles {
    /// The folder (`log-dir`).
    pub folder: PathBuf,
    /// Their permissions, of which the umask takes away (`log-file-mode`).
    pub mode: u32,
    /// Whether a new one begins at all (`rotate`).
    pub rotate: bool,
    /// After how many days, at midnight UTC (`rotate-days`).
    pub days: u64,
    /// Before one is larger than this (`max-size-mb`).
    pub bytes: Option<u64>,
    /// How many closed ones are kept; all of them when not said (`max-rotations`).
    pub keep: Option<usize>,
    /// After how many days a closed one is deleted (`delete-days`).
    pub delete_days: Option<i64>,
}

impl LogFiles {
    /// A new one each day, kept for good.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder, mode: 0o666, rotate: true, days: 1, bytes: None, keep: None, delete_days: None }
    }
}

/// Takes over what the file sets.
pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    let of = |key: &str| -> Option<Held> {
        let set = |section: &&str| files.get_in(FILE, Some(section), key).at.is_some();
        let section = SECTIONS.iter().rev().find(|section| set(section))?;
        Some(files.get_in(FILE, Some(section), key))
    };
    let text = |key| of(key).and_then(|held| held.text().map(str::to_owned));
    let flag = |key| of(key).and_then(|held| held.flag());
    let whole = |key| of(key).and_then(|held| held.whole());
    let mut told = Vec::new();
    let mode = of("log-file-mode").and_then(|held| mode(&held, &mut told));
    settings.logging = Logging {
        level: text("log-level"),
        json: text("log-message-format").map(|form| form == "json"),
        to: match text("logger-type").as_deref() {
            Some("syslog") => LogTo::Syslog,
            Some("file") => LogTo::Files(LogFiles {
                mode: mode.unwrap_or(0o666),
                rotate: flag("rotate").unwrap_or(true),
                days: whole("rotate-days").unwrap_or(1).max(1),
                bytes: whole("max-size-mb").filter(|mb| *mb > 0).map(|mb| mb.saturating_mul(1_000_000)),
                keep: whole("max-rotations").and_then(|count| usize::try_from(count).ok()),
                delete_days: whole("delete-days").and_then(|days| i64::try_from(days.min(A_CENTURY)).ok()),
                ..LogFiles::in_folder(text("log-dir").unwrap_or_else(|| FOLDER.into()).into())
            }),
            _ => LogTo::Stderr,
        },
    };
    told.extend(others(files));
    told
}

/// Permissions as `chmod` has them: `600`, `0640`.
fn mode(held: &Held, told: &mut Vec<Diagnostic>) -> Option<u32> {
    let (text, at) = (held.text()?, held.at.clone()?);
    if text.is_empty() {
        return None;
    }
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777 && mode & 0o200 != 0);
    if mode.is_none() {
        let wrong = Diagnostic::new(at, Level::Error, "wrong-value", "log-file-mode cannot be this").found(text);
        told.push(wrong.allowed("permissions as of chmod, with writing for the owner: 600, 640, 666"));
    }
    mode
}

/// Sections of other programs of the original, which are part of this one or do not exist here.
fn others(files: &Configuration) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let mut seen = Vec::new();
    for setting in files.settings().iter().filter(|setting| setting.file.name == FILE) {
        let Some(section) = setting.section.as_deref() else { continue };
        if SECTIONS.contains(&section) || seen.contains(&section) {
            continue;
        }
        seen.push(section);
        let text = format!("[{section}] changes nothing: the server's log is that of {}", SECTIONS.join(", "));
        told.push(Diagnostic::new(setting.at.clone(), Level::Note, "no-effect", text));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::file_named;
    use std::path::Path;

    fn logging(text: &str) -> (Logging, Vec<String>) {
        let mut read = Configuration::default();
        read.read(file_named(FILE).unwrap(), Path::new(FILE), text.as_bytes());
        let mut settings = Settings::local("/data".into(), "/agent".into(), Vec::new());
        let told = settings.apply(&read).iter().map(ToString::to_string).collect();
        (settings.logging, told)
    }

    #[test]
    fn the_section_that_names_the_program_wins_whatever_the_order() {
        let (logging, told) = logging("[@carrel]\nlog-level=debug\n[*]\nlog-level=info\nlog-message-format=json\n");
        assert_eq!((logging.level.as_deref(), logging.json), (Some("debug"), Some(true)));
        assert!(told.is_empty(), "{told:?}");
    }

    #[test]
    fn files_and_the_systems_log_are_named() {
        let (files, _) = logging(
            "[*]\nlogger-type=file\nlog-dir=/var/log/carrel\nmax-rotations=7\nmax-size-mb=2\nrotate-days=3\ndelete-days=30\n\
             log-file-mode=640\n",
        );
        let how = LogFiles {
            mode: 0o640,
            days: 3,
            bytes: Some(2_000_000),
            keep: Some(7),
            delete_days: Some(30),
            ..LogFiles::in_folder("/var/log/carrel".into())
        };
        assert_eq!(files.to, LogTo::Files(how));
        let plain = LogTo::Files(LogFiles::in_folder(FOLDER.into()));
        assert_eq!(logging("[*]\nlogger-type=file\n").0.to, plain);
        assert_eq!(logging("[*]\nlogger-type=file\nlog-file-mode=\n").0.to, plain);
        for wrong in ["rw", "888", "400", "1777"] {
            let (_, told) = logging(&format!("[*]\nlogger-type=file\nlog-file-mode={wrong}\n"));
            assert!(told[0].starts_with("logging.conf:3: error: log-file-mode cannot be this"), "{told:?}");
        }
        assert_eq!(logging("[@rserver]\nlogger-type=syslog\n").0.to, LogTo::Syslog);
        assert_eq!(logging("").0, Logging::default());
    }

    #[test]
    fn sections_of_other_programs_are_said_to_change_nothing_once() {
        let (logging, told) = logging("[@rsession]\nlog-level=debug\nlogger-type=file\n");
        assert_eq!((logging, told.len()), (Logging::default(), 1));
        assert!(told[0].contains("[@rsession] changes nothing"), "{told:?}");
    }
}
