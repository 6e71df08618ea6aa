//! What the configuration files of a host change in sessions that run for real.

use crate::{assert_lets_in_the_agent_only, assert_no_open_port, host::Ide, programs, start_kernel};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// The user's own profile, which R reads after ours.
const R_PROFILE: &str = r#"
writeLines(c(getOption("repos"), getOption("of.site"), Sys.getenv("POSIT_PRODUCT")), "~/said-by-r.new")
file.rename("~/said-by-r.new", "~/said-by-r")
"#;

#[test]
fn a_kernel_of_r_has_the_repositories_of_repos_conf_and_every_profile_is_read() {
    let test = "a_kernel_of_r_has_the_repositories_of_repos_conf_and_every_profile_is_read";
    let Some(path) = programs(test) else { return };
    if !fs::exists("/usr/share/jupyter/kernels/ir/kernel.json").unwrap() {
        eprintln!("{test}: NOT RUN, R's kernel is not here");
        return;
    }
    let repos = "CRAN=https://cran.example.org/latest\nOurs=https://ours.example.org\n";
    let files = [("repos.conf", repos), ("launcher-env", "Environment: R_PROFILE=$HOME/site.R\n")];
    let at_home = [(".Rprofile", R_PROFILE), ("site.R", "options(of.site = 'the site was read', repos = 'none')\n")];
    let mut ide = Ide::start_by("jupyterlab", &path, &files, &at_home);
    start_kernel(&ide, "lab", Some("ir"));
    assert_eq!(
        ide.at_home("said-by-r"),
        "https://cran.example.org/latest\nhttps://ours.example.org\nthe site was read\nWORKBENCH\n"
    );
    assert!(ide.end().success());
}

/// The program `jupyter` of the environment that `lab` is from, itself or by a wrapper that names it.
fn jupyter_beside(lab: &Path) -> Option<PathBuf> {
    let script = fs::read_to_string(lab).unwrap_or_default();
    let named = script.split('\'').find(|word| word.ends_with("/jupyter-lab")).map(PathBuf::from);
    let jupyter = named.unwrap_or_else(|| lab.to_owned()).canonicalize().ok()?.with_file_name("jupyter");
    jupyter.is_file().then_some(jupyter)
}

#[test]
fn jupyter_runs_by_the_program_the_arguments_and_the_times_of_jupyter_conf() {
    let test = "jupyter_runs_by_the_program_the_arguments_and_the_times_of_jupyter_conf";
    let Some(path) = programs(test) else { return };
    let lab = path.iter().map(|folder| folder.join("jupyter-lab")).find(|file| file.is_file()).unwrap();
    let Some(jupyter) = jupyter_beside(&lab) else {
        eprintln!("{test}: NOT RUN, the program `jupyter` is not beside {}", lab.display());
        return;
    };
    let conf = format!(
        "jupyter-exe={}\nlab-args=--no-browser --allow-root --ip=0.0.0.0 --LabApp.custom_css=True\n\
         session-cull-minutes=60\nsession-cull-connected=0\n",
        jupyter.display()
    );
    let mut ide = Ide::start_by("jupyterlab", &path, &[("jupyter.conf", &conf)], &[]);
    assert_eq!(ide.plan.command[..2], [jupyter.display().to_string(), "lab".into()]);
    assert_lets_in_the_agent_only(&ide, "lab");
    assert_no_open_port();
    start_kernel(&ide, "lab", None);
    ide.says("Culling kernels with idle durations > 3600 seconds at 60 second intervals");
    assert!(!ide.output().contains("Culling kernels even with connected clients"), "{}", ide.output());
    assert!(ide.end().success());
}

/// Packs an extension as VS Code takes it.
const PACK: &str = r#"
import sys, zipfile
manifest = '{"name": "own", "publisher": "carrel", "version": "1.0.0", "engines": {"vscode": "^1.60.0"}}'
vsix = ('<?xml version="1.0" encoding="utf-8"?><PackageManifest Version="2.0.0" '
        'xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011"><Metadata>'
        '<Identity Language="en-US" Id="own" Version="1.0.0" Publisher="carrel"/></Metadata></PackageManifest>')
with zipfile.ZipFile(sys.argv[1], 'w') as out:
    out.writestr('extension/package.json', manifest)
    out.writestr('extension.vsixmanifest', vsix)
"#;

fn packed_extension(dir: &Path) -> PathBuf {
    let file = dir.join("own.vsix");
    assert!(Command::new("/usr/bin/python3").args(["-c", PACK]).arg(&file).status().unwrap().success());
    file
}

#[test]
fn vs_code_has_the_folder_settings_and_extensions_of_its_files_and_starts_without_a_registry() {
    let test = "vs_code_has_the_folder_settings_and_extensions_of_its_files_and_starts_without_a_registry";
    let Some(path) = programs(test) else { return };
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let listed = format!("nobody.nothing\n{}\n", packed_extension(dir.path()).display());
    // Nothing listens on that port.
    let gallery = "Environment: EXTENSIONS_GALLERY={\"serviceUrl\":\"http://127.0.0.1:9/\"}\n";
    let files = [
        ("vscode.conf", "user-data-dir=~/.our-code\nallow-file-uploads=0\nargs=--host=0.0.0.0 --app-name Ours\n"),
        ("vscode.extensions.conf", listed.as_str()),
        ("vscode-user-settings.json", "{\"editor.fontSize\": 15}"),
        ("launcher-env", gallery),
    ];
    let mut ide = Ide::start_by("vscode", &path, &files, &[]);
    let page = ide.ask("GET", &format!("?folder={}", ide.fill("{home}").replace('/', "%2F")), &[]);
    assert!(page.status == 200 && page.text.contains("vscode-workbench-web-configuration"), "{}", page.text);
    let settings: serde_json::Value = serde_json::from_str(&ide.at_home(".our-code/User/settings.json")).unwrap();
    assert_eq!((&settings["editor.fontSize"], &settings["update.mode"]), (&15.into(), &"none".into()));
    ide.says("The extension nobody.nothing was not installed");
    let manifest = ide.at_home(".our-code/extensions/carrel.own-1.0.0/package.json");
    assert!(manifest.contains("\"own\""), "{manifest}");
    assert!(!ide.dir.path().join("home/.local/share/code-server/User").exists());
    assert!(ide.end().success());
}
