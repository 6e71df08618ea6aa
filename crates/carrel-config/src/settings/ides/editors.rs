//! `vscode.conf` and the files beside it.

use super::{Program, Settings, Times, arguments, of_the_account, said, set_text, set_whole};
use crate::{At, Configuration, Diagnostic, Level, options::file_named, value::Value};
use carrel_model::IdleAction;

const FILE: &str = "vscode.conf";
const IDE: &str = "vscode";
const SETTINGS: &str = "vscode-user-settings.json";

pub(super) fn apply(settings: &mut Settings, files: &Configuration, told: &mut Vec<Diagnostic>) {
    let one = settings.ides.one(IDE);
    let held = files.get(FILE, "enabled");
    one.disabled = held.at.as_ref().filter(|_| held.flag() == Some(false)).map(|at| said("enabled", at));
    let exe = files.get(FILE, "exe");
    one.program = set_text(&exe).filter(|(path, _)| !is_default("exe", path)).map(|(path, at)| Program {
        path: path.into(),
        first_arguments: Vec::new(),
        said: said("exe", at),
    });
    let line = files.get(FILE, "args");
    one.arguments = set_text(&line).map(|(line, at)| arguments::of(IDE, line, at, told));
    if let Some((folder, _)) = set_text(&files.get(FILE, "user-data-dir")) {
        one.values.insert("data_dir", of_the_account(folder).trim_end_matches('/').to_owned());
    }
    for (key, value) in [("allow-file-downloads", "no_downloads"), ("allow-file-uploads", "no_uploads")] {
        let held = files.get(FILE, key);
        if held.at.is_some() && held.flag() == Some(false) {
            one.values.insert(value, String::new());
        }
    }
    let held = files.get(FILE, "session-timeout-kill-hours");
    if let Some(hours) = set_whole(&held) {
        let ends_after_s = (hours > 0).then(|| hours.saturating_mul(3600));
        one.times = Some(Times { ends_after_s, action: IdleAction::Quit, lines: held.at.into_iter().collect() });
    }
    let lines = files.settings().iter().filter(|set| set.file.name == "vscode.extensions.conf");
    one.extensions = lines.map(|set| set.value.to_string()).collect();
    if let (Some(found), Some(text)) = (files.found(SETTINGS), super::text_of(files, SETTINGS)) {
        match serde_json::from_str(&text) {
            Ok(serde_json::Value::Object(map)) => {
                one.values.insert("user_settings", serde_json::Value::Object(map).to_string());
            }
            // What is no JSON was told when the file was read.
            Err(_) => {}
            Ok(_) => {
                let text = "settings are an object";
                let at = At::whole(found.path.clone());
                told.push(Diagnostic::new(at, Level::Error, "wrong-value", text).allowed("{ \"name\": value }"));
            }
        }
    }
}

/// The original's own program, written out: nobody chose it, and no host without the original has it.
fn is_default(key: &str, text: &str) -> bool {
    let row = file_named(FILE).and_then(|file| file.option("", key));
    row.and_then(crate::options::Row::default_value) == Some(Value::Text(text.to_owned()))
}
