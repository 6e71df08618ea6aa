//! The commands of the project: up, test, gen, bench, fuzz, and those of Kubernetes.

mod arrows;
mod bench;
mod cluster;
mod fuzz;
mod generated;
mod guide;
mod images;
mod install;
mod places;
mod postgres;
mod programs;
mod screen;
mod stamp;
mod test;
mod up;
mod workspace;

use clap::{Parser, Subcommand};
use screen::Screen;
use std::process::ExitCode;

/// What one can do with this project. Each command installs what it needs and may be repeated.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what is missing, build, and run Carrel at localhost:8787, user and password rstudio
    Up(up::Options),
    /// Prove everything: format, lints, arrows, tests, generated files, pages, real IDEs in a real browser
    Test(test::Options),
    /// Write the generated files anew: openapi.json and the client of the pages
    Gen(generated::Options),
    /// Compare Carrel's speed with its peers
    Bench(bench::Options),
    /// Follow the installation guide for Kubernetes, block by block, on a cluster of its own
    Guide(guide::Options),
    /// Build the images of the server and of sessions, as archives
    Images(images::Options),
    /// Run a real Kubernetes on this machine, for the tests
    Cluster(cluster::Options),
    /// Feed the readers with bytes that nobody would write, and say what they break
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    // Started as root, what is made here is read by the account `carrel`: a strict umask would hide it.
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o022));
    let screen = Screen::new();
    let result = match Cli::parse().command {
        Command::Up(options) => up::run(&screen, &options).map(|()| ExitCode::SUCCESS),
        Command::Test(options) => test::run(&screen, &options),
        Command::Gen(options) => generated::run(&screen, &options).map(|()| ExitCode::SUCCESS),
        Command::Bench(options) => bench::run(&screen, &options).map(|()| ExitCode::SUCCESS),
        Command::Guide(options) => guide::run(&screen, &options).map(|()| ExitCode::SUCCESS),
        Command::Images(options) => images::run(&screen, &options).map(|()| ExitCode::SUCCESS),
        Command::Cluster(options) => cluster::run(&screen, &options).map(|()| ExitCode::SUCCESS),
        Command::Fuzz(options) => fuzz::run(&screen, &options).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        screen::say_error(&error);
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
