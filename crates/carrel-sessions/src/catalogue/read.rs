//! Reading an entry: every fault of a file is found in one go, each with its key.

use super::{
    Fault,
    entry::{Entry, EntryFile, Extensions, HttpEntry, Icon},
    fill,
    section::{Notes, Section},
};
use carrel_model::{
    IdeId, NameError,
    plan::{BusyProbe, Probe},
};
use toml::Table;

/// Gives the text of a file that an entry names as `source`, or why it cannot be read.
type Source<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Reads one entry. `None` when something is wrong with it; then `faults` has grown.
pub(super) fn entry(file: &str, text: &str, source: Source<'_>, faults: &mut Vec<Fault>) -> Option<Entry> {
    let table = match text.parse::<Table>() {
        Ok(table) => table,
        Err(error) => {
            faults.push(Fault { file: file.into(), key: None, text: one_line(&error, text) });
            return None;
        }
    };
    let mut notes = Notes::of(file, faults);
    let mut root = Section::new("", table);
    let id = read_id(&mut root, &mut notes);
    let name = root.needed("name", &mut notes);
    let icon = icon(&mut root, &mut notes);
    let variables = root.pairs("variables", &mut notes);
    let program = root.section("program", &mut notes);
    let start = root.section("start", &mut notes);
    let http = root.section("http", &mut notes);
    let activity = root.section("activity", &mut notes);
    root.finish(&mut notes);

    declare(&variables, &mut notes);
    let program = read_program(program, &mut notes);
    let start = read_start(start, &program.requires, source, &mut notes);
    let http = read_http(http, &program.requires, &mut notes);
    let probe = read_activity(activity, &mut notes);
    if notes.found_any() {
        return None;
    }
    Some(Entry {
        id: id?,
        name,
        icon,
        requires: program.requires,
        places: program.places.into_iter().map(Into::into).collect(),
        version: program.version,
        missing: program.missing,
        variables,
        command: start.command,
        arguments: start.arguments,
        when: start.when,
        env: start.env,
        files: start.files,
        extensions: start.extensions,
        http,
        probe,
    })
}

/// The entry's own variables. Their values are filled in by the agent, which knows its own variables only.
fn declare(variables: &[(String, String)], notes: &mut Notes<'_>) {
    for (name, text) in variables {
        let key = format!("variables.{name}");
        if fill::OURS.contains(&name.as_str()) || fill::AGENTS.contains(&name.as_str()) || name == fill::SECRET {
            notes.fault(&key, "there is a variable of this name already");
        }
        for (_, used) in fill::variables(text).filter(|(_, used)| !fill::AGENTS.contains(used)) {
            notes.fault(&key, format!("{{{used}}} is not known here: {} are", fill::AGENTS.join(", ")));
        }
    }
    for (name, _) in variables {
        notes.declare(name);
    }
}

struct ProgramEntry {
    requires: Vec<String>,
    places: Vec<String>,
    version: Vec<String>,
    missing: Option<String>,
}

fn read_program(mut section: Section, notes: &mut Notes<'_>) -> ProgramEntry {
    let requires = section.texts("requires", notes);
    if requires.is_empty() {
        notes.fault(&section.key("requires"), "at least the IDE's own program is needed");
    }
    for name in requires.iter().filter(|name| name.is_empty() || name.contains('/')) {
        notes.fault(&section.key("requires"), format!("“{name}” is not the name of a program: folders go into places"));
    }
    let places = section.texts("places", notes);
    for place in places.iter().filter(|place| !place.starts_with('/')) {
        notes.fault(&section.key("places"), format!("“{place}” is not an absolute path"));
    }
    let version = section.texts("version", notes);
    let missing = section.text("missing", notes);
    section.finish(notes);
    ProgramEntry { requires, places, version, missing }
}

struct StartEntry {
    command: Vec<String>,
    arguments: Vec<String>,
    when: Vec<(String, Vec<String>)>,
    env: Vec<(String, String)>,
    files: Vec<EntryFile>,
    extensions: Option<Extensions>,
}

fn read_start(mut section: Section, requires: &[String], source: Source<'_>, notes: &mut Notes<'_>) -> StartEntry {
    let command = section.texts("command", notes);
    let key = section.key("command");
    if command.is_empty() {
        notes.fault(&key, "it is missing: the program and its arguments, [\"{program}\", …]");
    }
    let arguments = section.texts("arguments", notes);
    let when = section.lists("when", notes);
    for (name, _) in &when {
        notes.declare(name);
    }
    let all = command.iter().map(|text| ("command", text)).chain(arguments.iter().map(|text| ("arguments", text)));
    let all = all.chain(when.iter().flat_map(|(_, texts)| texts.iter().map(|text| ("when", text))));
    for (key, text) in all {
        notes.variables(&format!("start.{key}"), text, requires, false);
    }
    let env = section.pairs("env", notes);
    for (name, text) in &env {
        notes.variables(&format!("start.env.{name}"), text, requires, false);
    }
    let files = section.tables("files", notes);
    let files = files.into_iter().filter_map(|table| read_file(table, requires, source, notes)).collect();
    let extensions = section.has("extensions").then(|| section.section("extensions", notes));
    let extensions = extensions.map(|table| read_extensions(table, requires, notes));
    section.finish(notes);
    StartEntry { command, arguments, when, env, files, extensions }
}

fn read_extensions(mut section: Section, requires: &[String], notes: &mut Notes<'_>) -> Extensions {
    let command = section.texts("command", notes);
    if command.is_empty() {
        notes.fault(&section.key("command"), "it is missing: what installs the extension whose name is added to it");
    }
    let folder = section.needed("folder", notes);
    for (key, text) in command.iter().map(|text| ("command", text)).chain([("folder", &folder)]) {
        notes.variables(&section.key(key), text, requires, false);
    }
    section.finish(notes);
    Extensions { command, folder }
}

fn read_file(
    mut section: Section,
    requires: &[String],
    source: Source<'_>,
    notes: &mut Notes<'_>,
) -> Option<EntryFile> {
    let path = section.needed("path", notes);
    let path_key = section.key("path");
    let is_own = notes.owns_beginning_of(&path);
    if !path.is_empty() && !path.starts_with("{run}/") && !path.starts_with("{home}/") && !is_own {
        notes.fault(&path_key, "it has to begin with {run}/ or {home}/: only these folders are the user's");
    }
    notes.variables(&path_key, &path, requires, false);
    let keep = section.flag("keep", notes).unwrap_or(false);
    if !keep && (path.starts_with("{home}/") || is_own) {
        notes.fault(
            &section.key("keep"),
            "it has to be true for a file in the home folder: what a user has there is theirs",
        );
    }
    let (when, merge) = (section.text("when", notes), section.text("merge", notes));
    let text = match (section.text("text", notes), section.text("source", notes)) {
        (Some(text), None) => Some(text),
        (None, Some(name)) if name.contains('/') => {
            notes.fault(&section.key("source"), "it has to be the name of a file beside this one");
            None
        }
        (None, Some(name)) => source(&name)
            .map_err(|error| notes.fault(&section.key("source"), format!("{name} cannot be read: {error}")))
            .ok(),
        _ => {
            notes.fault(&section.key("text"), "either text or source is needed");
            None
        }
    };
    section.finish(notes);
    Some(EntryFile { path, text: text?, keep, when, merge })
}

fn read_http(mut section: Section, requires: &[String], notes: &mut Notes<'_>) -> HttpEntry {
    if !section.has("strip_prefix") {
        notes.fault(&section.key("strip_prefix"), "it is missing: true when the IDE wants paths without /s/<id>");
    }
    let strip_prefix = section.flag("strip_prefix", notes);
    let ready = section.needed("ready", notes);
    let ready_key = section.key("ready");
    if !ready.is_empty() && !ready.starts_with('/') && !ready.starts_with("{prefix}") && !ready.starts_with("{base}") {
        notes.fault(&ready_key, "it has to be a path: begin with / or {prefix}");
    }
    notes.variables(&ready_key, &ready, requires, false);
    let keep_alive = section.count("keep_alive", notes).unwrap_or(8);
    let headers = section.pairs("headers", notes);
    for (name, text) in &headers {
        let key = format!("http.headers.{name}");
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            notes.fault(&key, "the name of a header is written in lower-case letters, digits and “-”");
        }
        if text.chars().any(char::is_control) {
            notes.fault(&key, "the value of a header is one line");
        }
        notes.variables(&key, text, requires, true);
    }
    section.finish(notes);
    HttpEntry { strip_prefix: strip_prefix.unwrap_or(false), headers, ready, keep_alive }
}

fn read_activity(mut section: Section, notes: &mut Notes<'_>) -> Probe {
    let busy = match section.text("busy", notes).as_deref() {
        None | Some("none") => BusyProbe::None,
        Some("jupyter") => BusyProbe::Jupyter,
        Some(other) => {
            notes.fault(&section.key("busy"), format!("“{other}” is no probe: “jupyter” and “none” are"));
            BusyProbe::None
        }
    };
    let ignore = section.texts("ignore", notes);
    for rule in &ignore {
        let well = rule.split_once(' ').is_some_and(|(method, path)| {
            (method == "*" || method.bytes().all(|b| b.is_ascii_uppercase())) && path.starts_with('/')
        });
        if !well {
            notes.fault(
                &section.key("ignore"),
                format!("“{rule}” is not a method and a path below the session's own: “GET /api/status*”"),
            );
        }
    }
    let quiet_bytes = section.count("quiet_bytes", notes).unwrap_or(0);
    let lone_is_quiet = section.flag("lone_is_quiet", notes).unwrap_or(false);
    section.finish(notes);
    Probe { busy, ignore, quiet_bytes, lone_is_quiet }
}

fn read_id(root: &mut Section, notes: &mut Notes<'_>) -> Option<IdeId> {
    let text = root.needed("id", notes);
    if text.is_empty() {
        return None;
    }
    text.parse().map_err(|error: NameError| notes.fault("id", error.to_string())).ok()
}

fn icon(root: &mut Section, notes: &mut Notes<'_>) -> Icon {
    let Some(word) = root.text("icon", notes) else { return Icon::Orbit };
    Icon::ALL.into_iter().find(|icon| icon.as_str() == word).unwrap_or_else(|| {
        let words = Icon::ALL.map(Icon::as_str).join(", ");
        notes.fault("icon", format!("“{word}” is no icon: {words} are"));
        Icon::Orbit
    })
}

/// What the parser says, with its line.
fn one_line(error: &toml::de::Error, text: &str) -> String {
    let line = error.span().and_then(|span| text.get(..span.start)).map(|before| before.lines().count().max(1));
    let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
    format!("it is not TOML: {place}{}", error.message())
}
