//! Processes as `/proc` shows them, and what the launcher and the agent both need to know of those of a run.

use std::fs;

/// Names the run in the environment of every process of it, so that what is left can be found after its agent died.
pub const RUN_VARIABLE: &str = "CARREL_RUN";

/// Whether a variable belongs to the account and not to the server, whose own variables may hold secrets: only
/// these are handed down.
pub fn is_account_variable(name: &str) -> bool {
    matches!(name, "HOME" | "USER" | "LOGNAME" | "SHELL" | "PATH" | "LANG" | "LANGUAGE" | "TZ" | "TMPDIR")
        || name.starts_with("LC_")
}

/// What `/proc/<pid>/stat` says of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// `Z` for one that ended and was not waited for.
    pub state: char,
    /// Its parent.
    pub parent: i32,
    /// Its session.
    pub session: i32,
    /// CPU time of itself, in ticks.
    pub own_ticks: u64,
    /// CPU time of children that were waited for, in ticks.
    pub reaped_ticks: u64,
    /// When it began, in ticks since boot.
    pub start_ticks: u64,
}

impl Stat {
    /// Parses a line of `/proc/<pid>/stat`. The name of the program may hold anything, `)` included.
    pub fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line[line.rfind(')')? + 1..].split_ascii_whitespace().collect();
        // The first of them is field 3 of proc(5).
        let number = |field: usize| fields.get(field - 3).and_then(|text| text.parse::<u64>().ok());
        Some(Self {
            state: fields.first()?.chars().next()?,
            parent: i32::try_from(number(4)?).ok()?,
            session: i32::try_from(number(6)?).ok()?,
            own_ticks: number(14)? + number(15)?,
            reaped_ticks: number(16)? + number(17)?,
            start_ticks: number(22)?,
        })
    }

    /// The process `pid`, if there is one.
    pub fn of(pid: i32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }
}

/// All processes of the host.
pub fn all() -> impl Iterator<Item = (i32, Stat)> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter_map(|pid| Some((pid, Stat::of(pid)?)))
}

/// Whether the environment that the process began with names the run. Only the account of the process can see it.
pub fn belongs_to(pid: i32, run: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let wanted = format!("{RUN_VARIABLE}={run}");
    environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_whose_name_holds_parentheses_is_read_right() {
        let line = "42 (a) b) Z 7 42 40 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 987654 1 2";
        let stat = Stat::parse(line).unwrap();
        assert_eq!((stat.state, stat.parent, stat.session), ('Z', 7, 40));
        assert_eq!((stat.own_ticks, stat.reaped_ticks, stat.start_ticks), (30, 70, 987_654));
    }

    #[test]
    fn what_is_no_stat_line_is_none() {
        for line in ["", "42", "42 (x)", "42 (x) S", "42 (x) S a b c"] {
            assert_eq!(Stat::parse(line), None, "{line}");
        }
    }

    #[test]
    fn variables_of_the_server_are_not_the_accounts() {
        for name in ["HOME", "PATH", "LANG", "LC_ALL", "TZ"] {
            assert!(is_account_variable(name), "{name}");
        }
        for name in ["DATABASE_URL", "CARREL_SECRET", "PGPASSWORD", "LD_PRELOAD", "PYTHONPATH", RUN_VARIABLE] {
            assert!(!is_account_variable(name), "{name}");
        }
    }
}
