//! The data folder and the test user.

use crate::{
    places::{ACCOUNT, Places},
    postgres::Postgres,
    programs::Programs,
    screen::{Done, Screen},
};
use anyhow::{Context, bail};
use nix::unistd::User;
use serde::Deserialize;
use std::{
    fs::DirBuilder,
    io::Write,
    os::unix::fs::{DirBuilderExt, chown},
    path::Path,
    process::{Command, Stdio},
};

/// The name and the password of the test user.
pub(crate) const TEST_USER: &str = "rstudio";

/// Gives the account of the server a data folder. Run as an ordinary user, the server makes its own.
pub(crate) fn folder(screen: &Screen, places: &Places) -> anyhow::Result<()> {
    if !places.as_account {
        return Ok(());
    }
    screen.step("Data folder", |_| {
        let data = &places.data;
        if data.exists() {
            return Ok(Done::Nothing);
        }
        // Made as root, since the account can't write everywhere; every folder that is new belongs to it.
        let new: Vec<_> = data.ancestors().take_while(|folder| !folder.exists()).collect();
        let account = User::from_name(ACCOUNT)?.context("the account is not there")?;
        for folder in new.iter().rev() {
            DirBuilder::new()
                .mode(0o700)
                .create(folder)
                .with_context(|| format!("{} cannot be made", data.display()))?;
            chown(folder, Some(account.uid.as_raw()), Some(account.gid.as_raw()))?;
        }
        Ok(Done::did(format!("made {}", data.display())))
    })
}

/// The database of this data folder.
const DATABASE: &str = "carrel";

/// Starts a PostgreSQL in the data folder, and configures the server to use it.
pub(crate) fn postgres<'a>(screen: &Screen, places: &'a Places, config: &Path) -> anyhow::Result<Postgres<'a>> {
    screen.step_with("PostgreSQL", |_| {
        let postgres = Postgres::start(places, &places.data.join("postgres"), &[])?;
        let made = postgres.database(DATABASE)?;
        let write = "umask 077 && mkdir -p \"$1\" && cat >\"$1/database.conf\"";
        let mut writer = places.as_server("sh");
        writer.args(["-c", write, "sh"]).arg(config).stdin(Stdio::piped());
        let mut writer = writer.spawn()?;
        writer.stdin.take().context("no standard input")?.write_all(postgres.configuration(DATABASE).as_bytes())?;
        if !writer.wait()?.success() {
            bail!("{} cannot be written", config.join("database.conf").display());
        }
        let done = if made { Done::did("made a database") } else { Done::did("started") };
        Ok((done, postgres))
    })
}

/// A user, as `carrel user list --json` tells it.
#[derive(Deserialize)]
struct Known {
    name: String,
}

/// Adds the test user, unless there is one already (whose password may be another by now).
pub(crate) fn test_user(screen: &Screen, places: &Places, programs: &Programs) -> anyhow::Result<()> {
    screen.step("Test user", |_| {
        let users: Vec<Known> = serde_json::from_str(&carrel(places, programs, &["user", "list", "--json"], "")?)?;
        if users.iter().any(|user| user.name == TEST_USER) {
            return Ok(Done::Nothing);
        }
        if let Some(other) = users.first() {
            return Ok(Done::did(format!("not added, since there is {} already", other.name)));
        }
        let password = format!("{TEST_USER}\n");
        carrel(places, programs, &["user", "add", TEST_USER, "--password-stdin", "--weak-password"], &password)?;
        Ok(Done::did(format!("added {TEST_USER}, password {TEST_USER}")))
    })
}

/// Runs a command of `carrel` on the data of the server, as its account.
fn carrel(places: &Places, programs: &Programs, arguments: &[&str], input: &str) -> anyhow::Result<String> {
    let mut command: Command = places.as_server(&programs.carrel);
    command.args(arguments).args(places.arguments());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("setpriv could not be started (Debian package: util-linux)")?;
    // A program that failed before it read its input says why on its standard error.
    let _ = child.stdin.take().context("no standard input")?.write_all(input.as_bytes());
    let out = child.wait_with_output()?;
    if !out.status.success() {
        bail!("carrel {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&out.stderr).trim());
    }
    Ok(String::from_utf8(out.stdout)?)
}
