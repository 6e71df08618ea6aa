//! The program beside the IDE, and the protocol it speaks with the server.

use carrel_agent::program::{Run, become_ide, run};
use std::{env, ffi::OsString, io::Write, process::ExitCode};

const USAGE: &str = "usage: carrel-agent run --dir <run folder> --run <session>-<generation> --server-uid <uid>
       carrel-agent version

Carrel starts it; there is nothing to be done with it by hand.
";

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let command = arguments.next().and_then(|text| text.into_string().ok()).unwrap_or_default();
    let (code, text) = match command.as_str() {
        "run" => match parse(arguments) {
            Ok(wanted) => {
                run(wanted).map_or_else(|error| (70, format!("carrel-agent: {error}\n")), |()| (0, String::new()))
            }
            Err(wrong) => (64, format!("carrel-agent: {wrong}\n\n{USAGE}")),
        },
        // 127: what shells say of a program that cannot be run.
        "become-ide" => match become_ide(arguments) {
            Ok(never) => match never {},
            Err(error) => (127, format!("carrel-agent: {error}\n")),
        },
        "version" => {
            let _ = writeln!(std::io::stdout(), "carrel-agent {}", env!("CARGO_PKG_VERSION"));
            (0, String::new())
        }
        _ => (64, USAGE.to_owned()),
    };
    let _ = std::io::stderr().write_all(text.as_bytes());
    ExitCode::from(code)
}

/// Reads `--dir`, `--run` and `--server-uid`, each once.
fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Run, String> {
    let (mut dir, mut run, mut server_uid) = (None, None, None);
    while let Some(name) = arguments.next() {
        let name = name.to_string_lossy().into_owned();
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        let text = value.to_string_lossy();
        match name.as_str() {
            "--dir" => dir = Some(value.into()),
            "--run" => run = Some(text.parse().map_err(|error| format!("--run {text}: {error}"))?),
            "--server-uid" => {
                server_uid = Some(text.parse().map_err(|_| format!("--server-uid {text}: not a number"))?);
            }
            _ => return Err(format!("{name} is not known")),
        }
    }
    match (dir, run, server_uid) {
        (Some(dir), Some(run), Some(server_uid)) => Ok(Run { dir, run, server_uid }),
        _ => Err("--dir, --run and --server-uid are needed".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Run, String> {
        parse(line.split_ascii_whitespace().map(OsString::from))
    }

    #[test]
    fn a_command_line_is_read_or_told_what_is_wrong() {
        let run = parsed("--run abcdefghjkmnpqrs-2 --server-uid 7 --dir /r").unwrap();
        assert_eq!((run.run.to_string().as_str(), run.server_uid), ("abcdefghjkmnpqrs-2", 7));
        assert_eq!(parsed("--dir /r").unwrap_err(), "--dir, --run and --server-uid are needed");
        assert_eq!(parsed("--dir").unwrap_err(), "--dir needs a value");
        assert_eq!(parsed("--secret x").unwrap_err(), "--secret is not known");
        assert!(parsed("--run ../etc").unwrap_err().starts_with("--run ../etc: not an id"));
    }
}
