//! `rsession.conf`: how long sessions may be without use; the rest is handed to RStudio.

use super::{Settings, Times, of_the_account, set_text, set_whole};
use crate::{Configuration, options::Format};
use carrel_model::IdleAction;

const FILE: &str = "rsession.conf";
/// What is not handed on: the agent keeps the clock, sessions have a folder of their own to begin in, and the repositories
/// stand in a file that RStudio finds.
const OURS: [&str; 6] = [
    "session-timeout-minutes",
    "session-timeout-suspend",
    "session-timeout-kill-hours",
    "session-default-working-dir",
    "session-port-range",
    "r-cran-repos-file",
];

pub(super) fn apply(settings: &mut Settings, files: &Configuration) {
    let timeout = files.get(FILE, "session-timeout-minutes");
    if let Some(minutes) = set_whole(&timeout) {
        settings.idle.ends_after_s = (minutes > 0).then(|| minutes.saturating_mul(60));
        settings.idle_lines.ends_after = timeout.at.into_iter().collect();
    }
    let suspend = files.get(FILE, "session-timeout-suspend");
    if let Some(at) = suspend.at.clone() {
        if suspend.flag() == Some(false) {
            settings.idle.action = IdleAction::Quit;
        }
        settings.idle_lines.action = vec![at];
    }
    let held = files.get(FILE, "session-timeout-kill-hours");
    let kill = set_whole(&held).map(|hours| hours.saturating_mul(3600));
    let ends_before = settings.idle.ends_after_s.unwrap_or(u64::MAX);
    let one = settings.ides.one("rstudio");
    if let Some(kill) = kill.filter(|kill| (1..ends_before).contains(kill)) {
        let lines = held.at.into_iter().collect();
        one.times = Some(Times { ends_after_s: Some(kill), action: IdleAction::Quit, lines });
    }
    if let Some((folder, _)) = set_text(&files.get(FILE, "session-default-working-dir")) {
        one.values.insert("working_dir", of_the_account(folder));
    }
    let lines = files.settings().iter().filter(|set| set.file.name == FILE && !OURS.contains(&&*set.key));
    let handed_on: Vec<String> = lines.map(|set| format!("{}={}\n", set.key, set.value)).collect();
    if !handed_on.is_empty() {
        one.values.insert("rsession_conf", handed_on.concat());
    }
    let folders = files.files().iter().filter(|found| found.file.format == Format::Folder);
    let mut parents: Vec<String> =
        folders.filter_map(|found| Some(format!(":{}", found.path.parent()?.parent()?.display()))).collect();
    parents.dedup();
    if !parents.is_empty() {
        // Themes, fonts and the like: RStudio looks for `rstudio/themes` in each of these.
        one.values.insert("config_dirs", parents.concat());
    }
    if let Some(prefs) = super::text_of(files, "rstudio-prefs.json") {
        one.values.insert("prefs", prefs);
    }
}
