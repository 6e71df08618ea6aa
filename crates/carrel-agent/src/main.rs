//! The program beside the IDE, and the protocol it speaks with the server.

use carrel_agent::program::{Command, become_ide, install, read, run};
use std::{env, io::Write, process::ExitCode};

const USAGE: &str = "usage: carrel-agent run --dir <run folder> --run <session>-<generation> --server-uid <uid>
       carrel-agent run --dir <run folder> --run <session>-<generation> --listen <address>:<port> --server-key <key>
                        [--grace <seconds>] [--termination-log <file>]
       carrel-agent install --to <folder> --dir <run folder> --name <account> --uid <uid> --gid <gid> --home <folder>
                        --shell <program> [--group <name>:<gid>]... [--homes <volume> --home-name <folder>]
                        [--passwd-file <file>] [--group-file <file>] [--termination-log <file>]
       carrel-agent version

Carrel starts it; there is nothing to be done with it by hand.
";

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let command = arguments.next().and_then(|text| text.into_string().ok()).unwrap_or_default();
    let (code, text) = match command.as_str() {
        "run" | "install" => match read(&command, arguments, |name| env::var(name).ok()) {
            Ok(Command::Run(wanted)) => {
                run(wanted).map_or_else(|error| (70, format!("carrel-agent: {error}\n")), |code| (code, String::new()))
            }
            Ok(Command::Install(wanted)) => (install(&wanted), String::new()),
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
