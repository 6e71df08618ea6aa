//! What the command line of the agent says.

use crate::{
    folder::RunFolder,
    pod,
    process::RUN_VARIABLE,
    program::{Install, Run, Way, install::Account, life::GRACE},
};
use std::{ffi::OsString, fmt::Display, path::PathBuf, str::FromStr, time::Duration};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Run an IDE.
    Run(Run),
    /// Prepare a pod for that.
    Install(Install),
}

/// Reads the arguments that follow the name of a command: each is a name and a value. `variable` looks into the
/// environment. The error is a sentence without its full stop.
pub fn read(
    command: &str,
    arguments: impl Iterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Command, String> {
    let mut given = Given::of(arguments)?;
    let command = match command {
        "run" => Command::Run(run(&mut given, variable)?),
        "install" => Command::Install(install(&mut given)?),
        _ => return Err(format!("{command} is no command")),
    };
    given.0.first().map_or(Ok(command), |(name, _)| Err(format!("{name} is not known, or is given twice")))
}

fn run(given: &mut Given, variable: impl Fn(&str) -> Option<String>) -> Result<Run, String> {
    let run = given.take("--run")?.or_else(|| variable(RUN_VARIABLE));
    let run = run.ok_or_else(|| format!("--run or {RUN_VARIABLE} is needed"))?;
    let run = parse("--run", &run)?;
    let way = match given.take("--listen")? {
        Some(listen) => {
            let server = given.take("--server-key")?.or_else(|| variable(pod::SERVER_KEY_VARIABLE));
            let server = server.ok_or_else(|| format!("--server-key or {} is needed", pod::SERVER_KEY_VARIABLE))?;
            let grace = given.take("--grace")?.map(|text| parse("--grace", &text)).transpose()?;
            Way::Port {
                listen: parse("--listen", &listen)?,
                server: parse("--server-key", &server)?,
                grace: grace.map_or(GRACE, Duration::from_secs),
                termination_log: termination_log(given)?,
            }
        }
        None => Way::Sockets { server_uid: parse("--server-uid", &given.need("--server-uid")?)? },
    };
    Ok(Run { dir: given.need("--dir")?.into(), run, way })
}

fn install(given: &mut Given) -> Result<Install, String> {
    let mut groups = Vec::new();
    while let Some(group) = given.take("--group")? {
        let (name, id) = group.rsplit_once(':').ok_or_else(|| format!("--group {group}: name and id are needed"))?;
        groups.push((name.to_owned(), parse("--group", id)?));
    }
    let homes = given.take("--homes")?.map(PathBuf::from);
    let home = match (homes, given.take("--home-name")?) {
        (Some(homes), Some(name)) => Some((homes, name)),
        (None, None) => None,
        _ => return Err("--homes and --home-name are needed together".into()),
    };
    let path = |text: Option<String>, usual: &str| PathBuf::from(text.unwrap_or_else(|| usual.into()));
    Ok(Install {
        to: given.need("--to")?.into(),
        run_folder: RunFolder::new(given.need("--dir")?),
        account: Account {
            name: given.need("--name")?,
            uid: parse("--uid", &given.need("--uid")?)?,
            gid: parse("--gid", &given.need("--gid")?)?,
            home: given.need("--home")?,
            shell: given.need("--shell")?,
            groups,
        },
        home,
        passwd: path(given.take("--passwd-file")?, "/etc/passwd"),
        group: path(given.take("--group-file")?, "/etc/group"),
        termination_log: termination_log(given)?,
    })
}

fn termination_log(given: &mut Given) -> Result<PathBuf, String> {
    Ok(given.take("--termination-log")?.map_or_else(|| pod::TERMINATION_LOG.into(), PathBuf::from))
}

fn parse<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{name} {text}: {error}"))
}

/// Names and values, in order, as far as they were not taken.
struct Given(Vec<(String, OsString)>);

impl Given {
    fn of(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut given = Vec::new();
        while let Some(name) = arguments.next() {
            let name = name.to_string_lossy().into_owned();
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            given.push((name, value));
        }
        Ok(Self(given))
    }

    fn take(&mut self, name: &str) -> Result<Option<String>, String> {
        let Some(at) = self.0.iter().position(|(given, _)| given == name) else { return Ok(None) };
        self.0.remove(at).1.into_string().map(Some).map_err(|_| format!("{name}: not a text"))
    }

    fn need(&mut self, name: &str) -> Result<String, String> {
        self.take(name)?.ok_or_else(|| format!("{name} is needed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "QEIbHxwgemPXFZ1QVXnZjQsEhABLTGY7d_1-WOQCZ0s";

    fn parsed(line: &str) -> Result<Command, String> {
        parsed_in(line, &[])
    }

    fn parsed_in(line: &str, environment: &[(&str, &str)]) -> Result<Command, String> {
        let mut words = line.split_ascii_whitespace();
        let variable = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        read(words.next().unwrap(), words.map(OsString::from), variable)
    }

    #[test]
    fn a_run_on_a_host_is_read_or_told_what_is_wrong() {
        let Command::Run(run) = parsed("run --run abcdefghjkmnpqrs-2 --server-uid 7 --dir /r").unwrap() else {
            panic!()
        };
        assert_eq!((run.run.to_string().as_str(), run.dir), ("abcdefghjkmnpqrs-2", PathBuf::from("/r")));
        assert_eq!(run.way, Way::Sockets { server_uid: 7 });
        let wrong = |line: &str| parsed(line).unwrap_err();
        assert_eq!(wrong("run --dir /r --server-uid 7"), "--run or CARREL_RUN is needed");
        assert_eq!(wrong("run --dir"), "--dir needs a value");
        let run = "run --run abcdefghjkmnpqrs-2 --dir /r";
        assert_eq!(wrong(run), "--server-uid is needed");
        assert_eq!(wrong(&format!("{run} --server-uid 7 --secret x")), "--secret is not known, or is given twice");
        assert_eq!(wrong(&format!("{run} --server-uid 7 --dir x")), "--dir is not known, or is given twice");
        assert!(wrong("run --run ../etc --dir /r").starts_with("--run ../etc: not an id"));
        assert_eq!(wrong("walk"), "walk is no command");
    }

    #[test]
    fn a_run_in_a_pod_takes_from_its_environment_who_it_is_and_whom_it_trusts() {
        let environment = [("CARREL_RUN", "abcdefghjkmnpqrs-2"), ("CARREL_SERVER_KEY", KEY)];
        let line = "run --listen [::]:8700 --dir /run/carrel";
        let Command::Run(run) = parsed_in(line, &environment).unwrap() else { panic!() };
        let way = Way::Port {
            listen: "[::]:8700".parse().unwrap(),
            server: KEY.parse().unwrap(),
            grace: GRACE,
            termination_log: "/dev/termination-log".into(),
        };
        assert_eq!((run.run.to_string().as_str(), run.way), ("abcdefghjkmnpqrs-2", way));
        let other = format!("{line} --grace 60 --termination-log /t --server-key {KEY} --run abcdefghjkmnpqrs-3");
        let Command::Run(run) = parsed(&other).unwrap() else { panic!() };
        let Way::Port { grace, termination_log, .. } = run.way else { panic!() };
        assert_eq!((grace, termination_log), (Duration::from_mins(1), PathBuf::from("/t")));
        let wrong = |line: &str| parsed_in(line, &environment[..1]).unwrap_err();
        assert_eq!(wrong(line), "--server-key or CARREL_SERVER_KEY is needed");
        assert!(wrong(&format!("{line} --server-key x")).starts_with("--server-key x: not a public key"));
        assert!(
            wrong("run --listen 8700 --dir /r --server-key x").starts_with("--listen 8700: invalid socket address")
        );
    }

    #[test]
    fn an_installation_is_read_or_told_what_is_wrong() {
        let line =
            "install --to /carrel --dir /r --name ada --uid 20001 --gid 20001 --home /home/ada --shell /bin/bash";
        let Command::Install(install) = parsed(line).unwrap() else { panic!() };
        assert_eq!((install.account.name.as_str(), install.account.uid, install.home), ("ada", 20001, None));
        assert_eq!(install.run_folder, RunFolder::new("/r"));
        let more = format!("{line} --group science:30001 --group a:b:7 --homes /homes --home-name ada");
        let Command::Install(install) = parsed(&more).unwrap() else { panic!() };
        assert_eq!(install.account.groups, [("science".to_owned(), 30001), ("a:b".to_owned(), 7)]);
        assert_eq!(install.home, Some(("/homes".into(), "ada".into())));
        let wrong = |more: &str| parsed(&format!("{line} {more}")).unwrap_err();
        assert_eq!(wrong("--homes /homes"), "--homes and --home-name are needed together");
        assert_eq!(wrong("--group science"), "--group science: name and id are needed");
        assert_eq!(wrong("--group science:x"), "--group x: invalid digit found in string");
    }
}
