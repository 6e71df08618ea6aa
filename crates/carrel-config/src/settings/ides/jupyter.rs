//! `jupyter.conf`.

use super::{Program, Settings, Times, arguments, said, set_text};
use crate::{Configuration, Diagnostic, configuration::Held};
use carrel_model::IdleAction;

const FILE: &str = "jupyter.conf";
/// The catalogue's id of each kind of session, and what its options begin with: `lab-args`, `labs-enabled`.
const KINDS: [(&str, &str); 2] = [("jupyterlab", "lab"), ("notebook", "notebook")];

pub(super) fn apply(settings: &mut Settings, files: &Configuration, told: &mut Vec<Diagnostic>) {
    for (ide, kind) in KINDS {
        programs(settings, files, ide, kind);
        let one = settings.ides.one(ide);
        let enabled = format!("{kind}s-enabled");
        let held = files.get(FILE, &enabled);
        one.disabled = held.at.as_ref().filter(|_| held.flag() == Some(false)).map(|at| said(&enabled, at));
        let line = files.get(FILE, &format!("{kind}-args"));
        one.arguments = set_text(&line).map(|(line, at)| arguments::of(ide, line, at, told));
        times(settings, files, ide);
    }
}

fn programs(settings: &mut Settings, files: &Configuration, ide: &'static str, kind: &str) {
    let (exe, command) = (files.get(FILE, "jupyter-exe"), files.get(FILE, &format!("{kind}-command")));
    let one = settings.ides.one(ide);
    let words = || command.text().unwrap_or(kind).split_whitespace().map(str::to_owned);
    one.program = set_text(&exe).map(|(path, at)| Program {
        path: path.into(),
        first_arguments: words().collect(),
        said: said("jupyter-exe", at),
    });
    // `jupyter x` runs the program `jupyter-x`.
    one.program_name = set_text(&command).and_then(|_| words().next()).map(|word| format!("jupyter-{word}"));
}

/// Kernels end `session-cull-minutes` after their last use, the session `session-shutdown-minutes` after the last kernel.
/// Jupyter itself ends kernels; the session is ended by its agent, since Jupyter takes an open page for use.
fn times(settings: &mut Settings, files: &Configuration, ide: &'static str) {
    let minutes = |held: &Held| held.whole().unwrap_or(0);
    let [cull, shutdown, connected] =
        ["session-cull-minutes", "session-shutdown-minutes", "session-cull-connected"].map(|key| files.get(FILE, key));
    let one = settings.ides.one(ide);
    if let Some(connected) = connected.flag().filter(|_| connected.at.is_some()) {
        one.values.insert("cull_connected", if connected { "True" } else { "False" }.into());
    }
    if cull.at.is_none() && shutdown.at.is_none() {
        return;
    }
    let (cull_s, shutdown_s) = (minutes(&cull).saturating_mul(60), minutes(&shutdown).saturating_mul(60));
    if cull_s > 0 {
        one.values.insert("cull_seconds", cull_s.to_string());
        // A page that was left open is connected for ever.
        one.values.entry("cull_connected").or_insert_with(|| "True".into());
    }
    // Where one of them is off there is no last kernel, or nothing follows it.
    let ends_after_s = (cull_s > 0 && shutdown_s > 0).then(|| cull_s.saturating_add(shutdown_s));
    // What is off decides alone.
    let decides = |held: &Held| ends_after_s.is_some() || minutes(held) == 0;
    let lines = [cull, shutdown].into_iter().filter(decides).filter_map(|held| held.at).collect();
    one.times = Some(Times { ends_after_s, action: IdleAction::Quit, lines });
}
