//! A real PostgreSQL for tests: one server per test process, one database per test.
//!
//! It runs from the programs of this machine, on a socket in a folder that nobody else enters, as an unprivileged
//! account when the tests run as root (PostgreSQL refuses root). A shell beside it ends it with the test process.

use anyhow::{Context, Result, bail};
use nix::unistd::{Uid, User, chown};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions, raw_sql};
use std::{
    collections::HashSet,
    env,
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    str::FromStr as _,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::sync::Mutex;

/// Accounts that the server runs as when the tests run as root, the best first.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// No server program on this machine. Tests that need one fail with this sentence; they never pass without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing;

impl std::error::Error for Missing {}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "this test needs a PostgreSQL server and found neither `postgres` and `initdb` on PATH nor \
             /usr/lib/postgresql/*/bin: install them (Debian: apt-get install postgresql)",
        )
    }
}

/// What a server of one test's own is to be like.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Whether it listens at 127.0.0.1, too, for roles with passwords.
    pub tcp: bool,
    /// Whether it does so with TLS only, by a certificate for `localhost`.
    pub tls: bool,
    /// How many connections it takes.
    pub connections: u32,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { tcp: false, tls: false, connections: 200 }
    }
}

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    folder: PathBuf,
    /// Where it listens at 127.0.0.1.
    port: Option<u16>,
    /// Open for as long as the server is to run.
    _alive: ChildStdin,
    templates: Mutex<HashSet<String>>,
    databases: AtomicU32,
}

impl Postgres {
    /// The server of this test process, started by whoever asks first.
    ///
    /// # Errors
    /// [`Missing`] when the machine has none, else why it does not start.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<Result<Postgres>> = OnceLock::new();
        match SHARED.get_or_init(|| Self::start(Wanted::default())) {
            Ok(postgres) => Ok(postgres),
            Err(error) => bail!("{error:#}"),
        }
    }

    /// A server of one test's own. It ends with the value.
    ///
    /// # Errors
    /// [`Missing`] when the machine has none, else why it does not start.
    pub fn start(wanted: Wanted) -> Result<Self> {
        let mut tries = 0;
        loop {
            let port = wanted.tcp.then(free_port).transpose()?;
            match Self::start_at(port, wanted) {
                // Somebody else took the port meanwhile.
                Err(error) if tries < 5 && format!("{error:#}").contains("could not bind") => tries += 1,
                started => return started,
            }
        }
    }

    fn start_at(port: Option<u16>, wanted: Wanted) -> Result<Self> {
        let programs = programs(env::var_os("PATH").as_deref(), Path::new("/usr/lib/postgresql")).ok_or(Missing)?;
        let folder = crate::scratch().keep();
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(include_str!("postgres/run.sh")).arg("run.sh").arg(&programs).arg(&folder);
        command.arg(port.map_or_else(String::new, |port| port.to_string()));
        command.arg(if wanted.tls { "tls" } else { "" }).arg(wanted.connections.to_string());
        command.env("LC_ALL", "C").current_dir(&folder);
        // A group of its own: Ctrl-C is for the tests, and the server goes when they are gone.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        if Uid::effective().is_root() {
            let account = ACCOUNTS.iter().find_map(|name| User::from_name(name).ok().flatten());
            let account = account.with_context(|| format!("none of the accounts {ACCOUNTS:?} exists"))?;
            chown(&folder, Some(account.uid), Some(account.gid))?;
            command.uid(account.uid.as_raw()).gid(account.gid.as_raw());
        }
        let mut shell = command.spawn().context("/bin/sh does not start")?;
        let alive = shell.stdin.take().context("no pipe to the shell")?;
        let mut output = BufReader::new(shell.stdout.take().context("no pipe from the shell")?);
        let mut said = String::new();
        output.read_line(&mut said)?;
        if said.trim() != "ready" {
            output.read_to_string(&mut said)?;
            bail!("the PostgreSQL for tests does not start: {said}");
        }
        Ok(Self { folder, port, _alive: alive, templates: Mutex::default(), databases: AtomicU32::new(0) })
    }

    /// The folder with the server's socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where it listens at 127.0.0.1, when that was wanted.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The certificate of the authority that signed the server's.
    pub fn authority(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }

    /// The URL of a database, as the server's owner.
    pub fn url(&self, database: &str) -> String {
        self.url_as("carrel", database)
    }

    /// The URL of a database, as `user`, which may be `name:password`.
    pub fn url_as(&self, user: &str, database: &str) -> String {
        let mut folder = String::new();
        for byte in self.folder.as_os_str().as_encoded_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => folder.push(char::from(*byte)),
                _ => drop(write!(folder, "%{byte:02X}")),
            }
        }
        match self.port {
            Some(port) => format!("postgres://{user}@{folder}:{port}/{database}"),
            None => format!("postgres://{user}@{folder}/{database}"),
        }
    }

    /// A connection that is used up for as long as it is held.
    pub async fn enter(&self, user: &str, database: &str) -> Result<PgConnection> {
        Ok(PgConnectOptions::from_str(&self.url_as(user, database))?.connect().await?)
    }

    /// Runs SQL in a database, as the server's owner.
    pub async fn run(&self, database: &str, sql: &str) -> Result<()> {
        let mut connection = PgConnectOptions::from_str(&self.url(database))?.connect().await?;
        raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// The name of a new, empty database.
    pub async fn empty_database(&self) -> Result<String> {
        self.copy_of("template0").await
    }

    /// The name of a new database like `template`, which `prepare` fills, given its URL, when it is first asked for.
    /// `prepare` leaves no connection to it.
    pub async fn database(&self, template: &str, prepare: impl AsyncFnOnce(String) -> Result<()>) -> Result<String> {
        let template = format!("template_{template}");
        let mut templates = self.templates.lock().await;
        if !templates.contains(&template) {
            self.run("postgres", &format!("CREATE DATABASE \"{template}\" TEMPLATE template0")).await?;
            prepare(self.url(&template)).await?;
            templates.insert(template.clone());
        }
        drop(templates);
        self.copy_of(&template).await
    }

    async fn copy_of(&self, template: &str) -> Result<String> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run("postgres", &format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"")).await?;
        Ok(name)
    }
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The folder with `postgres` and `initdb`: on the path, or the newest of Debian's, which are not.
fn programs(path: Option<&std::ffi::OsStr>, debian: &Path) -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(debian)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    let on_path = path.into_iter().flat_map(env::split_paths);
    let mut folders = on_path.chain(versions.into_iter().map(|(_, folder)| folder));
    folders.find(|folder| ["postgres", "initdb"].iter().all(|program| folder.join(program).is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{eventually, scratch};
    use std::{fs, io::Write as _};

    fn install(folder: &Path, programs: &[&str]) {
        fs::create_dir_all(folder).unwrap();
        for program in programs {
            fs::write(folder.join(program), "").unwrap();
        }
    }

    #[test]
    fn the_path_comes_first_and_then_the_newest_of_debian() {
        let scratch = scratch();
        let [bin, half, debian] = ["bin", "half", "debian"].map(|name| scratch.path().join(name));
        let path = env::join_paths([&half, &bin]).unwrap();
        assert_eq!(programs(Some(&path), &debian), None);
        for version in ["9", "15", "notes"] {
            install(&debian.join(version).join("bin"), &["postgres", "initdb"]);
        }
        assert_eq!(programs(Some(&path), &debian), Some(debian.join("15/bin")));
        install(&half, &["postgres"]);
        install(&bin, &["postgres", "initdb"]);
        assert_eq!(programs(Some(&path), &debian), Some(bin));
    }

    #[test]
    fn a_machine_without_it_is_told_what_to_install() {
        assert!(Missing.to_string().ends_with("install them (Debian: apt-get install postgresql)"));
    }

    #[tokio::test]
    async fn each_test_has_a_database_of_its_own_made_like_the_template() {
        let postgres = Postgres::shared().unwrap();
        let prepare = async |url: String| {
            assert!(url.ends_with("/template_story"), "{url}");
            postgres.run("template_story", "CREATE TABLE story (line text)").await
        };
        let first = postgres.database("story", prepare).await.unwrap();
        let second = postgres.database("story", async |_| bail!("prepared twice")).await.unwrap();
        assert_ne!(first, second);
        postgres.run(&first, "DROP TABLE story").await.unwrap();
        postgres.run(&second, "INSERT INTO story VALUES ('still here')").await.unwrap();
        assert!(postgres.run(&postgres.empty_database().await.unwrap(), "SELECT * FROM story").await.is_err());
    }

    #[tokio::test]
    async fn the_server_goes_with_the_process_that_started_it() {
        let postgres = Postgres::start(Wanted::default()).unwrap();
        let folder = postgres.folder().to_owned();
        postgres.run("postgres", "SELECT 1").await.unwrap();
        drop(postgres);
        eventually("the server's folder to go", async || (!folder.exists()).then_some(())).await;
    }

    #[tokio::test]
    async fn a_server_on_tcp_takes_roles_with_passwords_and_no_owner() {
        let postgres = Postgres::start(Wanted { tcp: true, ..Wanted::default() }).unwrap();
        postgres.run("postgres", "CREATE ROLE ada LOGIN PASSWORD 'right'").await.unwrap();
        let port = postgres.port().unwrap();
        let enter = async |who: &str| {
            PgConnectOptions::from_str(&format!("postgres://{who}@127.0.0.1:{port}/postgres")).unwrap().connect().await
        };
        enter("ada:right").await.unwrap().close().await.unwrap();
        assert!(enter("ada:wrong").await.is_err());
        assert!(enter("carrel").await.is_err());
    }

    #[test]
    fn the_script_says_what_went_wrong_and_cleans_up() {
        let scratch = scratch();
        let (bin, data) = (scratch.path().join("bin"), scratch.path().join("data"));
        install(&bin, &[]);
        fs::create_dir(&data).unwrap();
        let initdb = bin.join("initdb");
        let mut file = fs::File::create(&initdb).unwrap();
        file.write_all(b"#!/bin/sh\necho 'the disk is full'\nexit 1\n").unwrap();
        drop(file);
        fs::set_permissions(&initdb, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(include_str!("postgres/run.sh")).arg("run.sh").arg(&bin).arg(&data);
        let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert_eq!(said, "initdb failed:\nthe disk is full\n");
        assert!(!data.exists());
    }
}
