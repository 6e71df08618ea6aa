//! Every file of the original, in the forms that it writes: what its chart ships (`chart`, `rootless`), what holds when
//! nothing is set (`defaults`), what people set (`examples`), and forms of before (`older`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use carrel_config::{
    Configuration, Diagnostic, Level, Lookup, Settings, chart,
    options::{Format, files},
    report::{Shown, shown},
};
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

const FOLDERS: [&str; 5] = ["chart", "rootless", "defaults", "examples", "older"];
/// Where files of `examples` name each other.
const HOMES: [&str; 2] = ["/etc/rstudio", "/mnt/secret-configmap/rstudio"];
/// Where they name changes to Jobs, which lie beside the folders here.
const OVERRIDES: &str = "/mnt/job-json-overrides";
/// The images of the original's chart: ours has others by default.
const IMAGES: &str = "{components: {sessionInit: {image: {repository: posit/workbench-session-init, tag: latest}}}, \
                      session: {image: {repository: posit/workbench-session, tag: R4.5.2-python3.14.3-ubuntu-24.04}}}";
/// Keys of a launcher that signs its requests: nobody writes them.
const WITHOUT_FIXTURE: [&str; 2] = ["launcher.pem", "launcher.pub"];

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference").join(folder)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// An installation as the fixtures of this folder have it, in a place of its own.
fn installed(folder: &str) -> TempDir {
    let (from, to) = (fixtures(folder), tempfile::tempdir().unwrap());
    for name in names(&from) {
        let text = fs::read_to_string(from.join(&name)).unwrap();
        let at_home = |text: String, home: &&str| text.replace(*home, to.path().to_str().unwrap());
        let overrides = fixtures("job-json-overrides");
        let text = text.replace(OVERRIDES, overrides.to_str().unwrap());
        let text = if folder == "examples" { HOMES.iter().fold(text, at_home) } else { text };
        fs::write(to.path().join(name), text).unwrap();
    }
    to
}

/// The files read, with what only several values together tell.
fn read(folder: &Path) -> Configuration {
    let mut files = Configuration::load(&Lookup::in_folders([folder.to_owned()]));
    let told = Settings::local("/data".into(), "/agent".into(), Vec::new()).apply(&files);
    files.tell(told);
    files
}

/// What would not be told of a file that its own program takes.
fn is_wrong(told: &Diagnostic) -> bool {
    told.level == Level::Error || told.code.starts_with("unknown-") || ["repeated", "nil"].contains(&told.code)
}

#[test]
fn every_default_file_of_the_original_loads_without_an_error() {
    for folder in FOLDERS {
        let installed = installed(folder);
        let files = read(installed.path());
        assert_eq!(files.files().len(), names(installed.path()).len(), "{folder}");
        let wrong: Vec<String> =
            files.diagnostics().iter().filter(|told| is_wrong(told)).map(ToString::to_string).collect();
        assert_eq!(wrong, [""; 0], "{folder}");
    }
}

/// Lines that set something: neither blank, nor a comment, nor a header, nor one that goes on with the one above.
fn setting_lines(text: &str) -> HashSet<u32> {
    let sets = |line: &str| !line.trim().is_empty() && !line.starts_with(['#', '[', ' ']);
    (1..).zip(text.lines()).filter(|(_, line)| sets(line)).map(|(number, _)| number).collect()
}

/// The line that a value is said to come from.
fn source(one: &Shown) -> (String, u32) {
    let place = one.source.as_ref().unwrap_or_else(|| panic!("{}: {} has no source", one.file, one.key));
    let text = fs::read_to_string(&place.file).unwrap();
    (text.lines().nth(place.line as usize - 1).unwrap().to_owned(), place.line)
}

#[test]
fn each_line_of_each_default_file_is_shown_as_the_source_of_its_setting() {
    for folder in FOLDERS {
        let installed = installed(folder);
        let shown = shown(&read(installed.path()), false);
        for file in files().filter(|file| file.has_settings() && installed.path().join(file.name).exists()) {
            let mut lines = setting_lines(&fs::read_to_string(installed.path().join(file.name)).unwrap());
            if folder == "older" && file.name == "load-balancer" {
                lines.retain(|line| *line < 7);
            }
            for one in shown.iter().filter(|one| one.file == file.name) {
                let (line, number) = source(one);
                let is_path = file.name == "r-versions" && line.starts_with('/');
                assert!(line.starts_with(&one.key) || is_path, "{folder}: {}: {line} sets {}", file.name, one.key);
                lines.remove(&number);
            }
            // A number that is left empty sets nothing.
            let text = fs::read_to_string(installed.path().join(file.name)).unwrap();
            lines.retain(|line| !text.lines().nth(*line as usize - 1).unwrap().ends_with('='));
            assert!(lines.is_empty(), "{folder}: {}: lines {lines:?} are not shown", file.name);
        }
    }
}

#[test]
fn every_file_and_every_option_stands_in_one_of_the_fixtures() {
    let mut set = HashSet::new();
    let mut found = HashSet::new();
    for folder in FOLDERS {
        let installed = installed(folder);
        let files = read(installed.path());
        found.extend(files.files().iter().map(|found| found.file.name));
        set.extend(files.settings().iter().filter_map(|s| s.row.map(|row| (s.file.name, row.section, row.key))));
    }
    // Of carrel.conf there is no original.
    for file in files().filter(|file| file.format != Format::Folder && file.name != "carrel.conf") {
        assert!(found.contains(file.name) || WITHOUT_FIXTURE.contains(&file.name), "{} has no fixture", file.name);
        // Files that share rows with another one have each of them there.
        let shares = ["audit-database.conf", "databricks.conf", "snowflake.conf", "launcher-ports"];
        for row in file.options().filter(|_| !shares.contains(&file.name)) {
            assert!(set.contains(&(file.name, row.section, row.key)), "{}: {} is in no fixture", file.name, row.key);
        }
    }
}

#[test]
fn the_fixtures_of_the_chart_are_what_its_values_make() {
    let values = |text: &str| carrel_config::Source::new(Path::new("v.yaml"), text.as_bytes()).0;
    let rootless = chart::render(&[values(IMAGES), values("pod: {runAsRoot: false}")]);
    for (folder, rendered) in [("chart", chart::render(&[values(IMAGES)])), ("rootless", rootless)] {
        for file in rendered.files {
            let path = fixtures(folder).join(&file.name);
            // Comments of this one are the chart's own, and it ends blocks with a blank line.
            if file.name == "health-check" || !path.exists() {
                continue;
            }
            assert_eq!(fs::read_to_string(path).unwrap().trim_end(), file.text().trim_end(), "{folder}: {}", file.name);
        }
    }
}
