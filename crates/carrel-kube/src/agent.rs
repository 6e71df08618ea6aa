//! How the agent is started in a pod.

use carrel_agent::pod::{HOMES_DIR, INSTALL_DIR, PORT, PROGRAM, RUN_DIR};
use carrel_model::{Account, UserName};
use std::time::Duration;

/// What the init container runs: installs the agent, makes its key, writes passwd and group, and makes the home folder of
/// this name, where there is a volume for it.
pub(crate) fn install(user: &UserName, account: &Account, home: Option<&str>) -> Vec<String> {
    // By the PATH of the agent's own image.
    let mut command = vec![PROGRAM.to_owned(), "install".into()];
    let mut say = |name: &str, value: String| command.extend([name.to_owned(), value]);
    say("--to", INSTALL_DIR.into());
    say("--dir", RUN_DIR.into());
    say("--name", user.to_string());
    say("--uid", account.uid.to_string());
    say("--gid", account.gid.to_string());
    say("--home", account.home.display().to_string());
    say("--shell", account.shell.display().to_string());
    for (name, gid) in &account.groups {
        say("--group", format!("{name}:{gid}"));
    }
    if let Some(home) = home {
        say("--homes", HOMES_DIR.into());
        say("--home-name", home.to_owned());
    }
    command
}

/// What the session's container runs.
pub(crate) fn run(grace: Duration) -> Vec<String> {
    let (program, listen) = (format!("{INSTALL_DIR}/{PROGRAM}"), format!("[::]:{PORT}"));
    let grace = grace.as_secs().to_string();
    let words = [program.as_str(), "run", "--listen", &listen, "--dir", RUN_DIR, "--grace", &grace];
    words.map(str::to_owned).into()
}
