//! Carrel beside its peers: CPU time and memory, in one interleaved run. `cargo xtask bench` builds and calls it.
//!
//! Method, in short: everything runs on one machine over loopback, all subjects are up at once, the cells of a round
//! take turns between subjects, and what counts is the CPU time of a subject's processes per unit of work, as the
//! median of its ratios to a peer in the same round. Throughput on a shared machine says little; CPU time says much.

mod backend;
mod figures;
mod house;
mod lab;
mod launch;
mod load;
mod process;
mod program;
mod report;
mod rounds;
mod run;
mod screen;
mod subject;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The same allocator as `carrel`, so that the proxy alone is compared with it fairly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "carrel-bench", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The program behind the proxies: small and large answers, server-sent events, an echoing websocket
    Backend(backend::Options),
    /// Carrel's proxy as a library, with one session and one sign-in
    House(house::Options),
    /// Measures everything, and prints the tables
    Run(Box<run::Options>),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Backend(options) => backend::run(&options).await,
        Command::House(options) => house::run(&options).await,
        Command::Run(options) => run::run(*options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            screen::error(&error);
            ExitCode::FAILURE
        }
    }
}
