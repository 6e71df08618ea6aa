//! Carrel, a workbench for data-science teams: one program, from a laptop to a cluster.

mod commands;
mod database;
mod environment;
mod exit;
mod given;
mod host;
mod telemetry;
mod test_user;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A workbench for data-science teams: RStudio, JupyterLab, Jupyter Notebook and VS Code in the browser.
#[derive(Parser)]
#[command(name = "carrel", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve(commands::serve::Serve),
    /// Your sessions, through the API of a server.
    #[command(subcommand)]
    Session(commands::session::SessionCommand),
    /// People who may sign in. Works on the server's host, in its database.
    #[command(subcommand)]
    User(commands::user::UserCommand),
    /// Tokens for scripts and this command line.
    #[command(subcommand)]
    Token(commands::token::TokenCommand),
    /// What the configuration files of an installation say, and where.
    #[command(subcommand)]
    Config(commands::config::ConfigCommand),
    Check(commands::check::Check),
    Diagnostics(commands::diagnostics::Diagnostics),
    /// Show what somebody may ask for and would get, and which line of which file decides. Ends with 1 when it would be
    /// refused.
    WhatIf(commands::what_if::WhatIfCommand),
}

fn main() -> ExitCode {
    // Both of rustls' providers could be linked by a dependency one day; this says which one is meant.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let done = match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Session(command) => command.run(),
        Command::User(command) => command.run(),
        Command::Token(command) => command.run(),
        Command::Config(command) => command.run(),
        Command::Check(check) => check.run(),
        Command::Diagnostics(diagnostics) => diagnostics.run(),
        Command::WhatIf(command) => command.run(),
    };
    exit::report(done)
}
