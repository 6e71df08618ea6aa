//! `carrel-bench run`: the whole of it.

use crate::{
    figures::Figures,
    lab::{Lab, Programs},
    launch,
    report::{Facts, Page, Run},
    rounds::{self, Amount},
    screen::say,
    subject::Subject,
};
use anyhow::bail;
use clap::Args;
use std::{path::PathBuf, time::Duration};
use tokio::signal::unix::{SignalKind, signal};

/// What is measured, and how long.
#[derive(Args)]
pub(crate) struct Options {
    /// Rounds of load; each measures everything once
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Seconds that each cell takes
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// One short round: shows that everything works, its numbers say little
    #[arg(long)]
    quick: bool,
    /// Only these subjects
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Subject>,
    /// Leaves out the times of starts
    #[arg(long)]
    no_starts: bool,
    /// Writes the figures between the marks of this file
    #[arg(long)]
    write: Option<PathBuf>,
    #[command(flatten)]
    programs: Programs,
}

/// Measures, and says what it found. Interrupted, it ends everything that was started.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        done = measure(options) => return done,
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
        _ = hangup.recv() => {}
    }
    bail!("interrupted; nothing was written")
}

async fn measure(options: Options) -> anyhow::Result<()> {
    let page = options.write.map(Page::open).transpose()?;
    let mut facts = Facts::before(&options.programs);
    let lab = Lab::open(options.programs).await?;
    let mut subjects = Subject::ALL.to_vec();
    subjects.retain(|subject| options.only.is_empty() || options.only.contains(subject));
    for subject in subjects.extract_if(.., |subject| !subject.is_there(&lab)) {
        say(&format!("{} is left out: its program was not named", subject.name()));
    }
    let amount = amount(options.quick, options.rounds, options.seconds, lab.files)?;
    let mut figures = Figures::default();
    let notes = rounds::measure(&lab, &subjects, amount, &mut figures).await?;
    let with_starts = !options.no_starts && subjects.contains(&Subject::Carrel);
    let starts = if with_starts { launch::measure(&lab, options.quick).await? } else { Vec::new() };
    facts.after();
    lab.close().await?;
    let run = Run { figures, notes, starts, amount, facts };
    let text = run.text();
    say(&format!("\n{text}"));
    page.map_or(Ok(()), |page| page.write(&text))
}

fn amount(quick: bool, rounds: u32, seconds: f64, files: u64) -> anyhow::Result<Amount> {
    /// Enough to tell bytes apart; more says nothing else.
    const SOCKETS: u64 = 4000;
    let Ok(cell) = Duration::try_from_secs_f64(seconds) else { bail!("--seconds {seconds}: more than 0 is needed") };
    if rounds == 0 || cell.is_zero() {
        bail!("--rounds and --seconds have to be more than 0");
    }
    // A proxy needs two files for each; some are needed for the rest.
    let sockets = SOCKETS.min(files.saturating_sub(1000) / 2);
    if sockets < 100 {
        bail!("only {files} files may be open at once: raise the limit (ulimit -Hn) to 2000 or more");
    }
    let sockets = usize::try_from(sockets)?;
    Ok(if quick {
        Amount { rounds: 1, cell: Duration::from_millis(500), sockets: sockets.min(500), memory_rounds: 1 }
    } else {
        Amount { rounds, cell, sockets, memory_rounds: rounds.min(3) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_limit_of_open_files_lowers_the_number_of_websockets() {
        assert_eq!(amount(false, 5, 2.0, 20_000).unwrap().sockets, 4000);
        assert_eq!(amount(false, 5, 2.0, 2_000).unwrap().sockets, 500);
        let error = amount(false, 5, 2.0, 1_024).unwrap_err().to_string();
        assert!(error.contains("ulimit"), "{error}");
    }

    #[test]
    fn rounds_and_seconds_of_nothing_are_refused() {
        assert!(amount(false, 0, 2.0, 20_000).is_err());
        assert!(amount(false, 1, 0.0, 20_000).is_err());
        assert!(amount(false, 1, -1.0, 20_000).is_err());
    }
}
