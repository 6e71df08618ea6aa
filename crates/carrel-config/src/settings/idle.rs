//! How long sessions may be without use, and which lines say it.

use super::{Settings, ides::Times};
use crate::At;
use carrel_model::{IdleAction, IdleRule};

/// Where files say how long sessions may be without use; nowhere where none does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdleLines {
    /// When they are called idle.
    pub idle_after: Vec<At>,
    /// When they end.
    pub ends_after: Vec<At>,
    /// How they end.
    pub action: Vec<At>,
}

impl Settings {
    /// Has sessions called idle after so many seconds without use, whatever the files say.
    pub fn idle_all_after(&mut self, seconds: u64) {
        self.idle.idle_after_s = seconds;
        self.idle_lines.idle_after.clear();
    }

    /// Has sessions of every IDE suspended after so many seconds without use, whatever the files say of one.
    pub fn suspend_all_after(&mut self, seconds: Option<u64>) {
        (self.idle.ends_after_s, self.idle.action) = (seconds, IdleAction::Suspend);
        self.idle_lines.ends_after.clear();
        self.idle_lines.action.clear();
        self.ides.forget_times();
    }

    /// How long a session of this IDE may be without use.
    pub fn idle_of(&self, ide: &str) -> IdleRule {
        match self.times_of(ide) {
            Some(Times { ends_after_s, action, .. }) => {
                IdleRule { ends_after_s: *ends_after_s, action: *action, ..self.idle.clone() }
            }
            None => self.idle.clone(),
        }
    }

    /// The lines that say it.
    pub fn idle_lines_of(&self, ide: &str) -> IdleLines {
        match self.times_of(ide) {
            Some(Times { lines, .. }) => {
                IdleLines { ends_after: lines.clone(), action: lines.clone(), ..self.idle_lines.clone() }
            }
            None => self.idle_lines.clone(),
        }
    }

    fn times_of(&self, ide: &str) -> Option<&Times> {
        self.ides.of(ide).and_then(|one| one.times.as_ref())
    }
}
