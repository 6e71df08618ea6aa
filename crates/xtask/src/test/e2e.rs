//! The tests in a browser: Playwright starts servers of its own; here it is told with what.

use crate::{
    install::{Node, npm},
    places::ACCOUNT,
    places::Places,
    postgres::Postgres,
    programs::Programs,
    screen::{Done, Screen},
};
use anyhow::Context;
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The names under which systems have a Chromium.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// The suite that measures starts in pods.
pub(crate) const TIMES: &str = "times";

/// What is tried on SQLite, too: a server that comes back, and people who sign in.
pub(super) const ON_SQLITE: &[&str] = &["restart", "sign-in"];

/// Where the tests are.
pub(crate) fn folder(places: &Places) -> PathBuf {
    places.root.join("e2e")
}

/// Installs Playwright.
pub(crate) fn packages(screen: &Screen, places: &Places, node: &Node) -> anyhow::Result<()> {
    screen.step("Playwright", |step| {
        let done = npm::packages(step, places, node, &folder(places))?;
        Ok(if done { Done::did("installed") } else { Done::Nothing })
    })
}

/// Playwright, with all that its servers need: on PostgreSQL, or without one on SQLite. `specs` are the tests to run; all
/// when there are none.
pub(super) fn playwright(
    places: &Places,
    node: &Node,
    ide_path: &Path,
    programs: &Programs,
    postgres: Option<&Postgres<'_>>,
    specs: &[&str],
) -> anyhow::Result<Command> {
    let mut command = node.npm(&folder(places));
    command.args(["exec", "--", "playwright", "test"]).args(specs);
    if let Some(postgres) = postgres {
        command.env("CARREL_E2E_POSTGRES", &postgres.folder).env("CARREL_E2E_POSTGRES_BIN", postgres.programs());
    }
    command.env("CARREL_E2E_BROWSER", browser()?);
    command.env("CARREL_E2E_CARREL", &programs.carrel).env("CARREL_E2E_AGENT", &programs.agent);
    command.env("CARREL_E2E_IDE_PATH", ide_path);
    if places.as_account {
        command.env("CARREL_E2E_ACCOUNT", ACCOUNT);
    }
    Ok(command)
}

/// Playwright with one of the suites for a server that was installed on a cluster: `guide`, a part of `cluster`, or `times`,
/// which writes its table into the file [`times`].
pub(crate) fn on_cluster(places: &Places, node: &Node, suite: &str) -> anyhow::Result<Command> {
    let mut command = node.npm(&folder(places));
    command.args(["exec", "--", "playwright", "test", "--config"]);
    match suite.strip_prefix("cluster/") {
        // It looks at what all others have left; they were run before.
        Some("secrets") => command.args(["playwright.cluster.config.ts", "--project=secrets", "--no-deps"]),
        Some(spec) => command.args(["playwright.cluster.config.ts", "--project=work", spec]),
        None if suite == TIMES => {
            command.env("CARREL_CLUSTER_TIMES", times(places)).args(["playwright.cluster.config.ts", "--project=times"])
        }
        None => command.arg(format!("{suite}/playwright.config.ts")),
    };
    command.env("CARREL_E2E_BROWSER", browser()?);
    Ok(command)
}

/// Where the table of `times` is written.
pub(crate) fn times(places: &Places) -> PathBuf {
    places.cache.join("cluster-times.md")
}

fn browser() -> anyhow::Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    find(BROWSERS, env::split_paths(&path)).context("there is no Chromium. Debian has it in the package chromium")
}

/// A PostgreSQL for the tests, in a folder of its own below `/tmp`, where paths are short.
pub(super) fn postgres(places: &Places) -> anyhow::Result<Postgres<'_>> {
    postgres_with(places, |_| Ok(Vec::new()))
}

/// The same, with settings that may name its folder.
pub(crate) fn postgres_with(
    places: &Places,
    settings: impl FnOnce(&Path) -> anyhow::Result<Vec<String>>,
) -> anyhow::Result<Postgres<'_>> {
    let made = places.as_server("mktemp").args(["--directory", "/tmp/carrel-e2e-postgres-XXXXXX"]).output()?;
    let folder = PathBuf::from(String::from_utf8_lossy(&made.stdout).trim());
    let more = settings(&folder)?;
    // Nothing here has to survive a crash.
    let all = ["fsync=off", "full_page_writes=off", "synchronous_commit=off"].into_iter();
    Postgres::start(places, &folder, &all.chain(more.iter().map(String::as_str)).collect::<Vec<_>>())
}

/// Ends it and takes its folder away.
pub(crate) fn remove(postgres: Postgres<'_>) -> anyhow::Result<()> {
    let folder = postgres.folder.clone();
    drop(postgres);
    std::fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be removed", folder.display()))
}

fn find(names: &[&str], mut folders: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    folders.find_map(|folder| names.iter().map(|name| folder.join(name)).find(|path: &PathBuf| Path::is_file(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_browser_on_the_path_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let folders = || [folder.path().join("none"), folder.path().into()].into_iter();
        assert_eq!(find(BROWSERS, folders()), None);
        std::fs::write(folder.path().join("google-chrome"), "").unwrap();
        assert_eq!(find(BROWSERS, folders()), Some(folder.path().join("google-chrome")));
    }
}
