//! What is logged, where and in which form: `logging.conf`.

use super::Settings;
use crate::{Configuration, Diagnostic, Level, configuration::Held};
use std::path::PathBuf;

const FILE: &str = "logging.conf";
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
    /// Into files of this folder.
    Files {
        /// The folder.
        folder: PathBuf,
        /// A new file each day.
        daily: bool,
        /// How many are kept; all of them when not said.
        keep: Option<usize>,
    },
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
    settings.logging = Logging {
        level: text("log-level"),
        json: text("log-message-format").map(|form| form == "json"),
        to: match text("logger-type").as_deref() {
            Some("syslog") => LogTo::Syslog,
            Some("file") => LogTo::Files {
                folder: text("log-dir").unwrap_or_else(|| "/var/log/rstudio/rstudio-server".into()).into(),
                daily: flag("rotate").unwrap_or(true),
                keep: whole("max-rotations").and_then(|count| usize::try_from(count).ok()),
            },
            _ => LogTo::Stderr,
        },
    };
    others(files)
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
        let (files, _) = logging("[*]\nlogger-type=file\nlog-dir=/var/log/carrel\nmax-rotations=7\n");
        let to = LogTo::Files { folder: "/var/log/carrel".into(), daily: true, keep: Some(7) };
        assert_eq!(files.to, to);
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
