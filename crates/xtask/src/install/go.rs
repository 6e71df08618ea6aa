//! Go, for the programs of the cluster: the machine's own, or one that it fetches.
//!
//! Toolchains of Go are modules, `golang.org/toolchain`, which any Go can download and checks against the checksum
//! database. So the old Go of Debian is enough to come by a new one.

use super::{Part, part};
use crate::{
    places::Places,
    screen::{Screen, Step},
};
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use std::{
    env,
    env::consts::ARCH,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// The one that is fetched.
const VERSION: &str = "1.25.14";
/// What the modules of `e2e/cluster/programs` ask for.
const OLDEST: (u32, u32) = (1, 24);

/// A Go that is new enough.
pub(crate) struct Go {
    program: PathBuf,
}

impl Go {
    /// Runs it in a folder, as it is: it fetches no other.
    pub(super) fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(folder).env("GOTOOLCHAIN", "local").env("GOFLAGS", "-mod=readonly").env("CGO_ENABLED", "0");
        // A folder of root's without a home is no reason to fail.
        if env::var_os("HOME").is_none() {
            command.env("HOME", "/root");
        }
        command
    }

    /// `go build` of programs that only run. `flags` are more of the linker's.
    pub(super) fn build(&self, folder: &Path, flags: &str) -> Command {
        let mut build = self.command(folder);
        // What debuggers ask for would be stripped in the end: it is not made at all. The same flags for all, so that
        // what programs share is compiled once.
        build.args(["build", "-v", "-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false", "-ldflags"]);
        build.arg(format!("-s -w {flags}"));
        build
    }

    /// The sources of a module, `path@version`, in a new folder that may be written.
    pub(super) fn sources(&self, module: &str, folder: &Path) -> anyhow::Result<PathBuf> {
        let dir = downloaded(self.command(folder).args(["mod", "download", "-json", module]), module)?;
        let sources = folder.join("source");
        let copied = Command::new("cp").args(["--recursive", "--no-preserve=mode"]).arg(dir).arg(&sources).status()?;
        ensure!(copied.success(), "{module} cannot be copied to {}", sources.display());
        Ok(sources)
    }
}

/// A part that Go builds from a module.
pub(super) struct Module<'a> {
    /// What the person calls it.
    pub(super) name: &'static str,
    /// Its version.
    pub(super) version: &'static str,
    /// Where it lies; the version is in the name.
    pub(super) folder: PathBuf,
    /// How it is made, in the empty folder.
    pub(super) make: &'a dyn Fn(&Step, &Go, &Path) -> anyhow::Result<()>,
}

/// Builds it unless it is there: Go is asked for only then.
pub(super) fn built(screen: &Screen, places: &Places, module: Module<'_>) -> anyhow::Result<()> {
    let Module { name, version, folder, make } = module;
    if folder.join(".complete").exists() {
        return Ok(());
    }
    let go = go(screen, places)?;
    let make = Box::new(move |step: &Step, folder: &Path| make(step, &go, folder));
    part(screen, places, &Part { name, version, folder, make })?;
    Ok(())
}

/// Finds a Go, or installs one: Debian's, and with it a newer one.
fn go(screen: &Screen, places: &Places) -> anyhow::Result<Go> {
    let found: Vec<_> = candidates().into_iter().filter_map(|program| Some((version(&program)?, program))).collect();
    if let Some((_, program)) = found.iter().find(|(version, _)| *version >= OLDEST) {
        return Ok(Go { program: program.clone() });
    }
    let old = if let Some((_, program)) = found.into_iter().next() {
        program
    } else {
        super::debian::packages(screen, places, &[super::debian::GO])?;
        candidates().into_iter().find(|program| version(program).is_some()).with_context(missing)?
    };
    let folder = places.cache.join(format!("go-{VERSION}"));
    let make = move |step: &Step, folder: &Path| fetch(step, &old, folder);
    let folder = part(screen, places, &Part { name: "Go", version: VERSION, folder, make: Box::new(make) })?;
    Ok(Go { program: folder.join("go/bin/go") })
}

fn missing() -> String {
    let (major, minor) = OLDEST;
    format!(
        "there is no Go. Any version will do (Debian package: golang-go): one older than {major}.{minor} fetches a newer"
    )
}

/// Where a Go may be.
fn candidates() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/local/go/bin", "/usr/lib/go/bin"].map(PathBuf::from));
    folders.map(|folder| folder.join("go")).filter(|program| program.is_file()).collect()
}

/// Its own version, whatever it might fetch for a module.
fn version(program: &Path) -> Option<(u32, u32)> {
    let mut command = Command::new(program);
    let out = command.args(["env", "GOVERSION"]).current_dir("/").env("GOTOOLCHAIN", "local").output().ok()?;
    parse(String::from_utf8_lossy(&out.stdout).trim())
}

fn parse(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("go")?.split('.');
    let minor = |text: &str| text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok();
    Some((numbers.next()?.parse().ok()?, minor(numbers.next()?)?))
}

/// What `go mod download -json` says.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Downloaded {
    dir: Option<PathBuf>,
    error: Option<String>,
}

/// Runs `go mod download -json` of a module; where it lies then.
fn downloaded(download: &mut Command, module: &str) -> anyhow::Result<PathBuf> {
    let out = download.output()?;
    match serde_json::from_slice(&out.stdout) {
        Ok(Downloaded { dir: Some(dir), error: None }) => Ok(dir),
        Ok(Downloaded { error: Some(error), .. }) => bail!("{module} cannot be downloaded: {}", error.trim()),
        _ => bail!("{module} cannot be downloaded: {}", String::from_utf8_lossy(&out.stderr).trim()),
    }
}

fn fetch(step: &Step, old: &Path, folder: &Path) -> anyhow::Result<()> {
    let arch = match ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => bail!("there is no Go {VERSION} to fetch for {other}: install it and put it on the PATH"),
    };
    let module = format!("golang.org/toolchain@v0.0.1-go{VERSION}.linux-{arch}");
    step.now(&module);
    let modules = folder.join("modules");
    let mut download = Command::new(old);
    download.args(["mod", "download", "-json", "-modcacherw", &module]).current_dir(folder);
    download.env("GOMODCACHE", &modules).env("GO111MODULE", "on").env("GOTOOLCHAIN", "local");
    let dir = downloaded(&mut download, &module)?;
    fs::rename(dir, folder.join("go"))?;
    fs::remove_dir_all(modules)?;
    // A module holds no rights to run.
    for programs in [folder.join("go/bin"), folder.join(format!("go/pkg/tool/linux_{arch}"))] {
        for entry in fs::read_dir(&programs).with_context(|| format!("{} is missing", programs.display()))? {
            fs::set_permissions(entry?.path(), fs::Permissions::from_mode(0o755))?;
        }
    }
    step.run(Command::new(folder.join("go/bin/go")).arg("version").env("GOTOOLCHAIN", "local"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(parse("go1.26.8"), Some((1, 26)));
        assert_eq!(parse("go1.26rc1"), Some((1, 26)));
        assert!(parse("go1.19.8").unwrap() < OLDEST && parse("go1.24").unwrap() >= OLDEST);
        assert_eq!(parse("devel go1.27"), None);
    }
}
