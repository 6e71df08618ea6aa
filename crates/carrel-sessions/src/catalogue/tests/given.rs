//! What configuration files change in a plan.

use super::*;
use carrel_config::{Configuration, ides::refused_of, options::file_named};
use carrel_model::Plan;
use std::path::Path;

/// Settings by these files.
fn by(files: &[(&str, &str)]) -> Settings {
    let mut read = Configuration::default();
    for (name, text) in files {
        read.read(file_named(name).unwrap(), Path::new("/etc/rstudio").join(name), text.as_bytes());
    }
    let mut settings = settings();
    settings.apply(&read);
    settings
}

fn plan(ide: &str, settings: &Settings) -> Plan {
    plan_of(&session(ide), settings)
}

fn plan_of(session: &Session, settings: &Settings) -> Plan {
    let catalogue = Catalogue::load(None).unwrap();
    let entry = catalogue.get(&session.ide).unwrap();
    entry.plan(&found(entry), session, settings)
}

fn text<'a>(plan: &'a Plan, path: &str) -> Option<&'a str> {
    plan.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
}

#[test]
fn every_session_is_told_where_it_is_and_nothing_that_is_secret() {
    let settings = Settings { public_url: Some("https://carrel.example.org/".into()), ..settings() };
    let session = session("jupyterlab");
    let env = plan_of(&session, &settings).env;
    assert_eq!(env["POSIT_PRODUCT"], "WORKBENCH");
    assert_eq!(
        (env["RS_SERVER_URL"].as_str(), &env["CARREL_SERVER_URL"]),
        ("https://carrel.example.org/", &env["RS_SERVER_URL"])
    );
    assert_eq!(env["RS_SESSION_URL"], format!("https://carrel.example.org{}", session.url()));
    assert_eq!((&env["CARREL_SESSION_URL"], &env["CARREL_SESSION"]), (&env["RS_SESSION_URL"], &session.id.to_string()));
    assert_eq!(plan("vscode", &super::settings()).env["RS_SERVER_URL"], "http://127.0.0.1:8787/");
    let anywhere = Settings { listen: "0.0.0.0:8787".parse().unwrap(), ..super::settings() };
    assert_eq!(plan("vscode", &anywhere).env.get("RS_SERVER_URL"), None, "nobody said where browsers find it");
}

#[test]
fn variables_of_launcher_env_reach_the_ides_that_they_are_for_and_a_person_may_set_others() {
    let blocks = "Workbench: vscode\nEnvironment: PATH=/opt/a:$PATH\n    LANG=de_DE.UTF-8\n\nEnvironment: PATH=/opt/b:$PATH\n    B=1\n";
    let settings = by(&[("launcher-env", blocks), ("r-versions", "/opt/R/4.3.1\n")]);
    let env = plan("vscode", &settings).env;
    assert_eq!((env["PATH"].as_str(), env["B"].as_str()), ("/opt/R/4.3.1/bin:/opt/b:/opt/a:{path}", "1"));
    assert_eq!(env["LANG"], "C.UTF-8", "what was asked for this session wins");
    assert_eq!(plan("jupyterlab", &settings).env["PATH"], "/opt/R/4.3.1/bin:/opt/b:{path}");
}

#[test]
fn repositories_reach_r_by_a_site_profile_and_rstudio_by_its_own_file() {
    let settings = by(&[("repos.conf", "CRAN=https://cran.example.org/a\"b\nOurs=https://ours.example.org\n")]);
    for ide in ["jupyterlab", "notebook", "vscode", "rstudio"] {
        let plan = plan(ide, &settings);
        assert_eq!(plan.env["R_PROFILE"], "{run}/Rprofile.site", "{ide}");
        let profile = text(&plan, "{run}/Rprofile.site").unwrap();
        let ours =
            r#"options(repos = c("CRAN" = "https://cran.example.org/a\"b", "Ours" = "https://ours.example.org"))"#;
        assert!(profile.contains(ours) && profile.contains(r#"R.home("etc"), "Rprofile.site""#), "{profile}");
    }
    let conf = plan("rstudio", &settings);
    assert_eq!(
        text(&conf, "{run}/xdg/rstudio/repos.conf"),
        Some("CRAN=https://cran.example.org/a\"b\nOurs=https://ours.example.org\n")
    );
    let none = plan("rstudio", &super::settings());
    assert_eq!((none.env.get("R_PROFILE"), text(&none, "{run}/xdg/rstudio/repos.conf")), (None, None));
}

#[test]
fn a_site_profile_that_somebody_chose_is_read_first() {
    let settings = by(&[
        ("repos.conf", "CRAN=https://cran.example.org\n"),
        ("launcher-env", "Environment: R_PROFILE=/opt/site.R\n"),
    ]);
    let plan = plan("jupyterlab", &settings);
    assert_eq!(plan.env["R_PROFILE"], "{run}/Rprofile.site");
    assert!(text(&plan, "{run}/Rprofile.site").unwrap().contains("site <- \"/opt/site.R\""));
}

#[test]
fn pip_and_libraries_of_r_are_told_by_variables() {
    let settings = by(&[
        ("pip.conf", "[global]\nindex-url = https://pip.example.org\n"),
        ("r-versions", "Path: /opt/R/4.3.1\nLibrary: /opt/lib\n"),
        ("rsession.conf", "r-libs-user=~/R/lib\n"),
    ]);
    let plan = plan("notebook", &settings);
    assert_eq!(plan.env["PIP_CONFIG_FILE"], "{run}/pip.conf");
    assert_eq!(text(&plan, "{run}/pip.conf"), Some("[global]\nindex-url = https://pip.example.org\n"));
    assert_eq!((plan.env["R_LIBS_SITE"].as_str(), plan.env["R_LIBS_USER"].as_str()), ("/opt/lib", "{home}/R/lib"));
}

#[test]
fn the_r_that_was_chosen_is_the_one_of_every_ide_with_its_packages() {
    let versions = "Path: /opt/R/4.4.1\nRepo: https://new.example.org\n\nPath: /opt/R/4.2.0\nLibrary: /opt/old\n";
    let settings = by(&[("r-versions", versions)]);
    for ide in ["jupyterlab", "notebook", "vscode", "rstudio"] {
        let mut session = session(ide);
        session.spec.r_version = Some("/opt/R/4.2.0".into());
        let (old, new) = (plan_of(&session, &settings), plan(ide, &settings));
        let path = |plan: &Plan| plan.env["PATH"].split(':').next().unwrap().to_owned();
        assert_eq!((path(&old), path(&new)), ("/opt/R/4.2.0/bin".into(), "/opt/R/4.4.1/bin".into()), "{ide}");
        let library = |plan: &Plan| plan.env.get("R_LIBS_SITE").cloned();
        assert_eq!((library(&old), library(&new)), (Some("/opt/old".into()), None), "{ide}");
        assert_eq!((old.env.contains_key("R_PROFILE"), new.env.contains_key("R_PROFILE")), (false, true), "{ide}");
    }
    let mut session = session("rstudio");
    session.spec.r_version = Some("/opt/R/4.2.0".into());
    let (old, new) = (plan_of(&session, &settings), plan("rstudio", &settings));
    let which = |plan: &Plan| plan.command.iter().find(|word| word.starts_with("--rsession-which-r")).cloned();
    assert_eq!(which(&old).as_deref(), Some("--rsession-which-r=/opt/R/4.2.0/bin/R"));
    assert_eq!(which(&new).as_deref(), Some("--rsession-which-r=/opt/R/4.4.1/bin/R"));
    let repos = |plan: &Plan| text(plan, "{run}/xdg/rstudio/repos.conf").map(str::to_owned);
    assert_eq!((repos(&old), repos(&new)), (None, Some("CRAN=https://new.example.org\n".into())));
}

#[test]
fn jupyter_conf_says_program_arguments_and_when_kernels_end() {
    let conf = "jupyter-exe=/opt/jupyter\nlab-args=--ip=0.0.0.0 --debug --MappingKernelManager.cull_interval=9\nsession-cull-minutes=60\n";
    let command = plan("jupyterlab", &by(&[("jupyter.conf", conf)])).command;
    assert_eq!(command[1], "lab");
    let has = |argument: &str| command.iter().any(|a| a == argument);
    assert!(has("--debug") && has("--ServerApp.sock={socket}") && !has("--ip=0.0.0.0"), "{command:?}");
    assert!(has("--MappingKernelManager.cull_idle_timeout=3600") && has("--MappingKernelManager.cull_connected=True"));
    assert!(has("--MappingKernelManager.cull_interval=9") && !has("--MappingKernelManager.cull_interval=60"));
    assert!(has("--ServerApp.quit_button=False"), "a value stays that they do not name");
    let named = plan("jupyterlab", &by(&[("jupyter.conf", "lab-args=--ServerApp.quit_button=True\n")])).command;
    assert!(!named.contains(&"--ServerApp.quit_button=False".into()), "{named:?}");
    let usual = plan("jupyterlab", &settings()).command;
    assert!(usual.contains(&"--LabApp.extension_manager=readonly".into()) && usual[1] == "--no-browser", "{usual:?}");
    assert!(!usual.iter().any(|argument| argument.contains("cull")), "{usual:?}");
}

#[test]
fn what_an_entry_says_itself_is_refused_in_arguments_of_the_files() {
    for entry in Catalogue::load(None).unwrap().entries().iter().filter(|e| !refused_of(e.id.as_str()).is_empty()) {
        let refused = refused_of(entry.id.as_str());
        for argument in entry.command.iter().filter(|argument| argument.starts_with("--")) {
            let name = argument.split('=').next().unwrap();
            let meant =
                |r: &&&str| r.strip_suffix('*').map_or(r.trim_end_matches('=') == name, |b| name.starts_with(b));
            // A flag said twice is said.
            let is_flag = !argument.contains('=');
            assert!(is_flag || refused.iter().any(|r| meant(&r)), "{}: {name}", entry.id);
        }
    }
}

#[test]
fn vscode_conf_says_folder_and_bounds_and_seeds_settings() {
    let settings = by(&[
        (
            "vscode.conf",
            "user-data-dir=/srv/code/$USER\nallow-file-downloads=0\nallow-file-uploads=0\nargs=--verbose\n",
        ),
        ("vscode-user-settings.json", "{\"editor.fontSize\": 15, \"telemetry.telemetryLevel\": \"error\"}"),
    ]);
    let plan = plan("vscode", &settings);
    for argument in ["--user-data-dir=/srv/code/{account}", "--disable-file-downloads", "--disable-file-uploads"] {
        assert!(plan.command.contains(&argument.into()), "{argument} {:?}", plan.command);
    }
    assert!(plan.command.contains(&"--reconnection-grace-time=600".into()));
    assert!(!plan.command.contains(&"--disable-workspace-trust".into()), "flags are replaced: {:?}", plan.command);
    let seed = plan.files.iter().find(|file| file.path == "/srv/code/{account}/User/settings.json").unwrap();
    let json: serde_json::Value = serde_json::from_str(&seed.text).unwrap();
    assert!(seed.keep);
    assert_eq!((&json["editor.fontSize"], &json["telemetry.telemetryLevel"]), (&15.into(), &"error".into()));
    assert_eq!(json["workbench.startupEditor"], "none", "what nobody set stays");
}

#[test]
fn extensions_are_installed_beside_the_start_and_none_are_when_none_are_listed() {
    let settings = by(&[("vscode.extensions.conf", "Quarto.quarto\nposit.shiny@1.2\n/opt/Own.vsix\n")]);
    let command = plan("vscode", &settings).command;
    assert_eq!((command[0].as_str(), command[1].as_str()), ("/bin/sh", "-c"));
    let ide = command.iter().rposition(|word| word == "/opt/ides/code-server").unwrap();
    assert_eq!(command[ide..], plan("vscode", &super::settings()).command[..]);
    assert_eq!(command[ide - 1], "--install-extension");
    assert_eq!(
        text(&plan("vscode", &settings), "{run}/extensions"),
        Some("quarto.quarto\nposit.shiny@1.2\n/opt/Own.vsix\n")
    );
}

#[test]
fn an_extension_is_asked_for_where_it_is_not_there_in_the_version_that_is_named() {
    let settings =
        by(&[("vscode.extensions.conf", "a.any\na.pinned@1.2.0\na.target@1.2.0\na.old@1.2.0\na.none@1.2.0\na.new\n")]);
    let plan = plan("vscode", &settings);
    let here = tempfile::tempdir().unwrap();
    for there in ["a.any-0.9.1", "a.pinned-1.2.0", "a.target-1.2.0-linux-x64", "a.old-1.2.1", "a.newer-1.0.0"] {
        fs::create_dir_all(here.path().join("extensions").join(there)).unwrap();
    }
    let list = here.path().join("list");
    fs::write(&list, text(&plan, "{run}/extensions").unwrap()).unwrap();
    // What installs is a program that says what it is asked for.
    let ide = plan.command.iter().rposition(|word| word == "/opt/ides/code-server").unwrap();
    let install = (6..ide).map(|at| if at == 6 { "/bin/echo" } else { "-n" });
    let mut sh = std::process::Command::new("/bin/sh");
    sh.args(["-c", &plan.command[2], "carrel"]).args([list, here.path().join("extensions")]);
    let output = sh.args(install).arg("/bin/true").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap().replace("-n ", "");
    assert_eq!(said, "a.old@1.2.0a.none@1.2.0a.new", "{:?}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn rstudio_is_handed_rsession_conf_and_begins_in_the_folder_that_was_chosen() {
    let settings = by(&[
        ("rsession.conf", "allow-vcs=0\nsession-default-working-dir=~/work\nsession-timeout-minutes=5\n"),
        ("rstudio-prefs.json", "{}"),
    ]);
    let path = "{run}/xdg/rstudio/rsession.conf";
    let chosen = plan("rstudio", &settings);
    assert_eq!(
        text(&chosen, path),
        Some("allow-vcs=0\nsession-timeout-minutes=0\nsession-default-working-dir={folder}\n")
    );
    assert_eq!(chosen.env["XDG_CONFIG_DIRS"], "{run}/xdg:/etc/xdg");
    assert!(chosen.command.contains(&format!("--rsession-config-file={path}")));
    assert_eq!(text(&chosen, "{run}/xdg/rstudio/rstudio-prefs.json"), Some("{}\n"));
    let mut session = session("rstudio");
    session.spec.folder = None;
    let unchosen = plan_of(&session, &settings);
    assert!(text(&unchosen, path).unwrap().ends_with("session-default-working-dir={home}/work\n"));
}

#[test]
fn variables_of_an_entry_have_to_be_declared_and_to_be_its_own() {
    let wrong = MINIMAL.replace("[program]", "[variables]\nhome = \"x\"\ndata = \"{prefix}\"\n[program]").replace(
        "[http]",
        "[start.when]\nfast = [\"--data={data}\", \"--fast={fast}\", \"{slow}\"]\n[start.extensions]\nfolder = \"\"\n[http]",
    );
    let agents = "socket, ipc, run, secret_file, home, folder, user, account, path";
    assert_eq!(
        faults(&folder(&[("a.toml", &wrong)])),
        [
            &format!("a.toml: variables.data: {{prefix}} is not known here: {agents} are"),
            "a.toml: variables.home: there is a variable of this name already",
            "a.toml: start.when: there is no variable {slow}",
            "a.toml: start.extensions.command: it is missing: what installs the extension whose name is added to it",
            "a.toml: start.extensions.folder: it may not be empty",
        ]
    );
}

#[test]
fn in_a_container_the_usual_places_of_a_program_are_on_its_path() {
    let mut session = session("rstudio");
    assert!(!plan_of(&session, &settings()).env.contains_key("PATH"));
    let account = carrel_model::Account {
        uid: 20001,
        gid: 20001,
        groups: Vec::new(),
        home: "/home/ada".into(),
        shell: "/bin/bash".into(),
    };
    session.spec.container = Some(carrel_model::Container {
        image: "session:1".into(),
        account,
        cpu_request: None,
        memory_request_mb: None,
        gpus: std::collections::BTreeMap::new(),
        placement: std::collections::BTreeMap::new(),
        overrides: Vec::new(),
    });
    let plan = plan_of(&session, &settings());
    assert_eq!(plan.env["PATH"], "{path}:/usr/lib/rstudio-server/bin:/usr/lib/rstudio/bin");
    assert_eq!(plan.ide.unwrap().as_str(), "rstudio");
}
