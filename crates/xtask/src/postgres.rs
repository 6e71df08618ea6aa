//! A PostgreSQL of xtask's own, run by the account of the server, on a socket in a folder that nobody else enters.

use crate::{
    places::Places,
    screen::{lines_of, without_signals},
};
use anyhow::{Context, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    ffi::OsStr,
    fs, io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::Receiver,
    time::{Duration, Instant},
};

/// Where Debian has its servers, each version in a folder.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Its owner.
const OWNER: &str = "carrel";
/// How long it may take to start, after a crash too.
const START: Duration = Duration::from_mins(1);
/// A socket's whole path has room for so many bytes.
const LONGEST_SOCKET: usize = 107;

/// A running server. It ends with the value.
pub(crate) struct Postgres<'a> {
    places: &'a Places,
    programs: PathBuf,
    /// The folder of its socket and, below, its data.
    pub(crate) folder: PathBuf,
    server: Child,
}

impl<'a> Postgres<'a> {
    /// Starts the server in `folder`; makes the folder and the server's data when they are not there. `settings` are
    /// more of postgresql.conf: `fsync=off`.
    pub(crate) fn start(places: &'a Places, folder: &Path, settings: &[&str]) -> anyhow::Result<Self> {
        let socket = folder.join(".s.PGSQL.5432");
        if socket.as_os_str().len() > LONGEST_SOCKET {
            bail!("the path {} is too long for a socket: choose a shorter folder with --data-dir", socket.display());
        }
        let data = folder.join("data");
        ran(places.as_server("sh").args(["-c", "umask 077 && mkdir -p \"$1\"", "sh"]).arg(folder))?;
        let version = fs::read_to_string(data.join("PG_VERSION")).ok();
        let programs = programs(Path::new(DEBIAN), version.as_deref().map(str::trim))?;
        if version.is_none() {
            let mut initdb = places.as_server(programs.join("initdb"));
            initdb.args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--username", OWNER, "--pgdata"]).arg(&data);
            ran(&mut initdb)?;
        }
        let (reader, writer) = io::pipe()?;
        let mut command = places.as_server(programs.join("postgres"));
        command.arg("-D").arg(&data).arg("-k").arg(folder).args(["-c", "listen_addresses="]);
        command.args(settings.iter().flat_map(|setting| ["-c", *setting]));
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        // Ctrl-C is for the server of Carrel, which needs its database until it has ended.
        let server = command.process_group(0).spawn().context("setpriv could not be started")?;
        drop(command);
        let postgres = Self { places, programs, folder: folder.into(), server };
        wait_until_ready(lines_of(reader))?;
        Ok(postgres)
    }

    /// Makes a database unless it is there. True when it was made.
    pub(crate) fn database(&self, name: &str) -> anyhow::Result<bool> {
        let there = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
        let mut psql = self.client("psql");
        psql.args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", &there, "postgres"]);
        if ran(&mut psql)?.trim() == "1" {
            return Ok(false);
        }
        ran(self.client("createdb").arg(name))?;
        Ok(true)
    }

    /// Makes an account that signs in with a password, and a database of the same name that it owns.
    pub(crate) fn account(&self, name: &str, password: &str) -> anyhow::Result<()> {
        let password = password.replace('\'', "''");
        let make = format!("CREATE ROLE {name} LOGIN PASSWORD '{password}'");
        ran(self.client("psql").args(["--no-psqlrc", "--command", &make, "postgres"]))?;
        ran(self.client("createdb").args(["--owner", name, name]))?;
        Ok(())
    }

    /// What `database.conf` says for one of its databases.
    pub(crate) fn configuration(&self, database: &str) -> String {
        let folder = self.folder.display();
        format!("provider=postgresql\nhost={folder}\ndatabase={database}\nusername={OWNER}\n")
    }

    /// Where the programs of its version are.
    pub(crate) fn programs(&self) -> &Path {
        &self.programs
    }

    fn client(&self, program: &str) -> Command {
        let mut command = self.places.as_server(self.programs.join(program));
        command.arg("--host").arg(&self.folder).args(["--username", OWNER]);
        command
    }
}

impl Drop for Postgres<'_> {
    fn drop(&mut self) {
        // Fast shutdown: connections end, nothing is lost.
        if let Ok(pid) = i32::try_from(self.server.id()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGINT);
        }
        let _ = self.server.wait();
    }
}

fn wait_until_ready(lines: Receiver<String>) -> anyhow::Result<()> {
    let (began, mut said) = (Instant::now(), String::new());
    loop {
        let Ok(line) = lines.recv_timeout(START.saturating_sub(began.elapsed())) else {
            bail!("PostgreSQL does not start. It said:\n{said}");
        };
        if line.contains("ready to accept connections") {
            // It goes on to talk: somebody has to listen.
            without_signals(move || lines.into_iter().for_each(drop));
            return Ok(());
        }
        said.push_str(&line);
        said.push('\n');
    }
}

/// The folder with the server's programs: of this version, else of the newest.
fn programs(folder: &Path, version: Option<&str>) -> anyhow::Result<PathBuf> {
    let there = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut versions: Vec<u32> = there.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable();
    let wanted = match version {
        Some(version) => versions.into_iter().find(|there| there.to_string() == version),
        None => versions.pop(),
    };
    let found = wanted.map(|version| folder.join(version.to_string()).join("bin"));
    found.filter(|bin| bin.join("postgres").is_file()).with_context(|| {
        let version = version.map_or_else(String::new, |version| format!("-{version}, whose data is there"));
        format!("there is no PostgreSQL below {}: install the Debian package postgresql{version}", folder.display())
    })
}

/// Runs a program and answers what it printed.
fn ran(command: &mut Command) -> anyhow::Result<String> {
    let out = command.output().context("setpriv could not be started (Debian package: util-linux)")?;
    if !out.status.success() {
        let words: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        bail!("{} failed: {}", words.join(" "), String::from_utf8_lossy(&out.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_run_by_the_version_that_made_it_and_new_data_by_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["9", "15", "17"] {
            let bin = folder.path().join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            fs::write(bin.join("postgres"), "").unwrap();
        }
        assert_eq!(programs(folder.path(), None).unwrap(), folder.path().join("17/bin"));
        assert_eq!(programs(folder.path(), Some("15")).unwrap(), folder.path().join("15/bin"));
        let text = programs(folder.path(), Some("16")).unwrap_err().to_string();
        assert!(text.ends_with("install the Debian package postgresql-16, whose data is there"), "{text}");
    }
}
