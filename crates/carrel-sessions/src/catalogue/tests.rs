mod given;

use super::*;
use carrel_config::Settings;
use carrel_model::{Bounds, IdleRule, Session, SessionId, Spec, State, UserId, plan::BusyProbe};
use jiff::Timestamp;
use std::{collections::BTreeMap, fs, path::PathBuf};

fn session(ide: &str) -> Session {
    let since = Timestamp::from_second(1_800_000_000).unwrap();
    Session {
        id: SessionId::from_random([7; 16]),
        owner: UserId::from_random([8; 16]),
        owner_name: "ada".parse().unwrap(),
        name: "sales-forecast".parse().unwrap(),
        ide: ide.parse().unwrap(),
        spec: Spec {
            cluster: "local".into(),
            resource_profile: None,
            cpus: 1.5,
            memory_mb: 2048,
            folder: Some("/srv/{run}".into()),
            env: BTreeMap::from([("LANG".to_owned(), "C.UTF-8".to_owned())]),
            idle: IdleRule::default(),
            bounds: Bounds::default(),
            r_version: None,
            container: None,
        },
        state: State::Queued { since, cause: None },
        generation: 1,
        created_at: since,
        started_at: None,
        last_active_at: None,
        version: 0,
    }
}

fn settings() -> Settings {
    Settings::local("/var/lib/carrel".into(), "/usr/bin/carrel-agent".into(), Vec::new())
}

/// An entry's programs, as if they were all in one folder.
fn found(entry: &Entry) -> Found {
    let place = |name: &String| (name.clone(), PathBuf::from("/opt/ides").join(name));
    Found { programs: entry.requires.iter().map(place).collect(), version: None }
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn faults(dir: &tempfile::TempDir) -> Vec<String> {
    let error = Catalogue::load(Some(dir.path())).unwrap_err();
    let prefix = format!("{}/", dir.path().display());
    error.faults.iter().map(|fault| fault.to_string().replace(&prefix, "")).collect()
}

const MINIMAL: &str = r#"
id = "shiny"
name = "Shiny"
[program]
requires = ["shiny-server"]
[start]
command = ["{program}", "--socket", "{socket}"]
[http]
strip_prefix = true
ready = "/"
"#;

#[test]
fn four_kinds_of_session_are_built_in() {
    let catalogue = Catalogue::load(None).unwrap();
    let names: Vec<_> = catalogue.entries().iter().map(|e| (e.id.as_str(), e.name.as_str(), e.icon.as_str())).collect();
    assert_eq!(
        names,
        [
            ("jupyterlab", "JupyterLab", "panes"),
            ("notebook", "Jupyter Notebook", "page"),
            ("vscode", "VS Code", "brackets"),
            ("rstudio", "RStudio", "letter"),
        ]
    );
    assert_eq!(catalogue.get(&"vscode".parse().unwrap()).map(|e| e.name.as_str()), Some("VS Code"));
    assert_eq!(catalogue.get(&"emacs".parse().unwrap()), None);
}

#[test]
fn every_built_in_ide_listens_on_its_socket_and_is_told_no_secret_in_the_open() {
    let catalogue = Catalogue::load(None).unwrap();
    for entry in catalogue.entries() {
        let plan = entry.plan(&found(entry), &session(entry.id.as_str()), &settings());
        let command = plan.command.join(" ");
        assert!(command.contains("{socket}"), "{command}");
        let open = format!("{command} {:?} {:?}", plan.env, plan.files);
        assert!(!open.contains("{secret}"), "{open}");
        assert!(plan.command[0].starts_with("/opt/ides/"), "{command}");
        for file in plan.files.iter().filter(|file| !file.keep) {
            assert!(file.path.starts_with("{run}/"), "{}", file.path);
        }
    }
}

#[test]
fn a_plan_holds_what_is_known_and_leaves_the_rest_to_the_agent() {
    let catalogue = Catalogue::load(None).unwrap();
    let entry = catalogue.get(&"jupyterlab".parse().unwrap()).unwrap();
    let session = session("jupyterlab");
    let plan = entry.plan(&found(entry), &session, &settings());
    let base_url = format!("--ServerApp.base_url=/s/{}/", session.id);
    assert!(plan.command.contains(&base_url), "{:?}", plan.command);
    assert!(plan.command.contains(&"--ServerApp.sock={socket}".to_owned()));
    assert_eq!(plan.http.ready_path, format!("/s/{}/api/status", session.id));
    assert_eq!((plan.http.prefix.clone(), plan.http.strip_prefix), (session.url(), false));
    assert_eq!(plan.http.headers["x-carrel-secret"], "{secret}");
    assert_eq!((plan.probe.busy, plan.cpus, plan.memory_mb, plan.start_limit_s), (BusyProbe::Jupyter, 1.5, 2048, 120));
    assert_eq!(plan.folder, Some("/srv/{run}".into()));
    let provider = plan.files.iter().find(|file| file.path.ends_with("jupyter_server_config.py")).unwrap();
    assert!(provider.text.contains("class CarrelIdentityProvider"));
}

#[test]
fn below_a_root_path_the_ide_learns_its_whole_address() {
    let catalogue = Catalogue::load(None).unwrap();
    let mut settings = settings();
    settings.web.root = carrel_config::web::Root::parse("/carrel").unwrap();
    for (ide, argument) in
        [("jupyterlab", "--ServerApp.base_url=/carrel/s/"), ("vscode", "--abs-proxy-base-path=/carrel/s/")]
    {
        let entry = catalogue.get(&ide.parse().unwrap()).unwrap();
        let session = session(ide);
        let plan = entry.plan(&found(entry), &session, &settings);
        assert_eq!(plan.http.prefix, format!("/carrel/s/{}/", session.id));
        assert!(plan.command.iter().any(|one| one.starts_with(argument)), "{:?}", plan.command);
    }
}

#[test]
fn the_variables_of_an_entry_win_over_those_of_the_session() {
    let catalogue = Catalogue::load(None).unwrap();
    let entry = catalogue.get(&"jupyterlab".parse().unwrap()).unwrap();
    let mut session = session("jupyterlab");
    session.spec.env.insert("JUPYTER_RUNTIME_DIR".into(), "/tmp".into());
    let plan = entry.plan(&found(entry), &session, &settings());
    assert_eq!((plan.env["JUPYTER_RUNTIME_DIR"].as_str(), plan.env["LANG"].as_str()), ("{run}/k", "C.UTF-8"));
}

#[test]
fn vs_code_settings_of_a_user_are_never_written_over() {
    let catalogue = Catalogue::load(None).unwrap();
    let entry = catalogue.get(&"vscode".parse().unwrap()).unwrap();
    let plan = entry.plan(&found(entry), &session("vscode"), &settings());
    let theirs = plan.files.iter().find(|file| file.path.ends_with("settings.json")).unwrap();
    assert!(theirs.keep);
    let json: serde_json::Value = serde_json::from_str(&theirs.text).unwrap();
    assert_eq!(json["telemetry.telemetryLevel"], "off");
    assert_eq!(json["workbench.startupEditor"], "none");
}

#[test]
fn rstudio_is_told_the_path_of_r_and_a_root_path_with_one_slash_at_each_end() {
    let catalogue = Catalogue::load(None).unwrap();
    let entry = catalogue.get(&"rstudio".parse().unwrap()).unwrap();
    let session = session("rstudio");
    let plan = entry.plan(&found(entry), &session, &settings());
    assert!(plan.command.contains(&"--rsession-which-r=/opt/ides/R".to_owned()), "{:?}", plan.command);
    assert!(plan.command.contains(&format!("--www-root-path=/s/{}/", session.id)), "{:?}", plan.command);
}

#[test]
fn an_administrator_adds_entries_and_replaces_built_in_ones_by_id() {
    let lab = MINIMAL.replace("\"shiny\"", "\"jupyterlab\"").replace("\"Shiny\"", "\"Our Lab\"");
    let dir = folder(&[("a-lab.toml", &lab), ("shiny.toml", MINIMAL), ("notes.txt", "not an entry")]);
    let catalogue = Catalogue::load(Some(dir.path())).unwrap();
    let names: Vec<_> = catalogue.entries().iter().map(|e| (e.id.as_str(), e.name.as_str())).collect();
    assert_eq!((names[0], names[4], names.len()), (("jupyterlab", "Our Lab"), ("shiny", "Shiny"), 5));
    assert_eq!(catalogue.entries()[4].icon, Icon::Orbit);
}

#[test]
fn a_file_beside_an_entry_may_hold_the_text_of_one_that_it_writes() {
    let toml = format!("{MINIMAL}\n[[start.files]]\npath = \"{{run}}/app.conf\"\nsource = \"app.conf\"\n");
    let dir = folder(&[("shiny.toml", &toml), ("app.conf", "listen {socket}")]);
    let catalogue = Catalogue::load(Some(dir.path())).unwrap();
    let entry = &catalogue.entries()[4];
    assert_eq!(entry.plan(&found(entry), &session("shiny"), &settings()).files[0].text, "listen {socket}");
}

#[test]
fn everything_wrong_is_said_at_once_with_file_and_key() {
    let wrong = r#"
id = "Shiny Server"
icon = "rocket"
colour = "blue"
[program]
requires = ["bin/shiny"]
versoin = ["--version"]
[start]
command = ["{program}", "{sokcet}", "{program:R}", "{secret}"]
[start.env]
N = 1
[[start.files]]
path = "/etc/passwd"
[[start.files]]
path = "{home}/.shiny"
text = ""
[http]
strip_prefix = "yes"
ready = "ready"
keep_alive = -1
[http.headers]
X-Secret = "{secret}"
[activity]
busy = "shiny"
ignore = ["/healthz"]
"#;
    let dir = folder(&[("a.toml", wrong), ("b.toml", "id = \"b\"\nname =\n")]);
    let icons = "panes, page, brackets, letter, orbit";
    assert_eq!(
        faults(&dir),
        [
            "a.toml: id: the name may not hold “S”: lower-case letters, digits and “-” are allowed",
            "a.toml: name: it is missing",
            &format!("a.toml: icon: “rocket” is no icon: {icons} are"),
            "a.toml: colour: there is no such key; there are activity, http, icon, id, name, program, start, variables",
            "a.toml: program.requires: “bin/shiny” is not the name of a program: folders go into places",
            "a.toml: program.versoin: there is no such key, did you mean version?",
            "a.toml: start.command: there is no variable {sokcet}, did you mean {socket}?",
            "a.toml: start.command: {program:R}: “R” is not in program.requires",
            "a.toml: start.command: {secret} may stand in http.headers only: use {secret_file}",
            "a.toml: start.env: a table of texts is wanted here",
            "a.toml: start.files[0].path: it has to begin with {run}/ or {home}/: only these folders are the user's",
            "a.toml: start.files[0].text: either text or source is needed",
            "a.toml: start.files[1].keep: it has to be true for a file in the home folder: what a user has there is theirs",
            "a.toml: http.strip_prefix: true or false is wanted here, not a text",
            "a.toml: http.ready: it has to be a path: begin with / or {prefix}",
            "a.toml: http.keep_alive: a number from 0 is wanted here",
            "a.toml: http.headers.X-Secret: the name of a header is written in lower-case letters, digits and “-”",
            "a.toml: activity.busy: “shiny” is no probe: “jupyter” and “none” are",
            "a.toml: activity.ignore: “/healthz” is not a method and a path below the session's own: “GET /api/status*”",
            "b.toml: it is not TOML: line 2: string values must be quoted, expected literal string",
        ]
    );
}

#[test]
fn an_empty_entry_says_what_an_entry_needs() {
    assert_eq!(
        faults(&folder(&[("empty.toml", "")])),
        [
            "empty.toml: id: it is missing",
            "empty.toml: name: it is missing",
            "empty.toml: program.requires: at least the IDE's own program is needed",
            "empty.toml: start.command: it is missing: the program and its arguments, [\"{program}\", …]",
            "empty.toml: http.strip_prefix: it is missing: true when the IDE wants paths without /s/<id>",
            "empty.toml: http.ready: it is missing",
        ]
    );
}

#[test]
fn two_files_of_one_id_are_refused_and_so_is_a_folder_that_is_not_there() {
    let dir = folder(&[("one.toml", MINIMAL), ("two.toml", MINIMAL)]);
    let said = faults(&dir);
    assert!(said.len() == 1 && said[0].starts_with("two.toml: id: ") && said[0].contains("one.toml has"), "{said:?}");
    let gone = dir.path().join("gone");
    let error = Catalogue::load(Some(&gone)).unwrap_err().to_string();
    let start = format!("the IDE catalogue cannot be used:\n  {}: it cannot be read:", gone.display());
    assert!(error.starts_with(&start), "{error}");
}
