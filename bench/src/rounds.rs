//! The measuring: memory of fresh processes first, then rounds of load that take turns between all subjects.

use crate::{
    backend::{LARGE, MIDDLE, SMALL},
    figures::{Column, Figures},
    lab::Lab,
    load::{self, Kind, Load},
    process::{self, Group},
    screen::say,
    subject::{Running, Subject},
};
use anyhow::Context;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amount {
    /// Rounds of load.
    pub(crate) rounds: u32,
    /// How long each cell is.
    pub(crate) cell: Duration,
    /// How many websockets do nothing.
    pub(crate) sockets: usize,
    /// Rounds of memory: it varies little.
    pub(crate) memory_rounds: u32,
}

/// What was seen besides the figures.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// The share of the machine that other programs took, by cell.
    pub(crate) foreign: Vec<f64>,
    /// What went wrong, with its subject and cell.
    pub(crate) faults: Vec<String>,
    /// How late events came through, by subject.
    pub(crate) late_events: Vec<(&'static str, Duration)>,
}

/// A kind of load, and what it is counted in.
struct Cell {
    column: Column,
    kind: Kind,
    connections: u32,
    /// Each connection asks so often; as fast as it is answered when there is none.
    pause: Option<Duration>,
    /// How much CPU time is given for: this much work.
    unit: f64,
}

const TEN_THOUSAND: f64 = 10_000.0;
#[expect(clippy::cast_precision_loss, reason = "a small number")]
const GB: f64 = 1e9 / LARGE as f64;

const CELLS: [Cell; 5] = [
    Cell { column: Column::Small, kind: Kind::Get("small", SMALL), connections: 64, pause: None, unit: TEN_THOUSAND },
    Cell {
        column: Column::SmallAtRate,
        kind: Kind::Get("small", SMALL),
        connections: 16,
        // 500 a second together.
        pause: Some(Duration::from_millis(32)),
        unit: TEN_THOUSAND,
    },
    Cell {
        column: Column::Middle,
        kind: Kind::Get("middle", MIDDLE),
        connections: 16,
        pause: None,
        unit: TEN_THOUSAND,
    },
    Cell { column: Column::Large, kind: Kind::Get("large", LARGE), connections: 4, pause: None, unit: GB },
    Cell { column: Column::Echo, kind: Kind::Echo, connections: 100, pause: None, unit: TEN_THOUSAND },
];

/// Measures all subjects.
pub(crate) async fn measure(
    lab: &Lab,
    subjects: &[Subject],
    amount: Amount,
    figures: &mut Figures,
) -> anyhow::Result<Notes> {
    let mut notes = Notes::default();
    for round in 0..amount.memory_rounds {
        for subject in in_turn(subjects, round).filter(|subject| **subject != Subject::Direct) {
            let running = subject.start(lab).await?;
            say(&format!("memory, round {} of {}: {}", round + 1, amount.memory_rounds, subject.name()));
            memory(&running, amount.sockets, round, figures).await.with_context(|| subject.name())?;
            running.stop().await?;
        }
    }
    let mut up = Vec::new();
    for subject in subjects {
        let running = subject.start(lab).await?;
        let late = load::check(&running.door).await.with_context(|| format!("{} does not work", subject.name()))?;
        notes.late_events.push((subject.name(), late));
        up.push(running);
    }
    let ours = everything(&up)?;
    for round in 0..amount.rounds {
        say(&format!("load, round {} of {}", round + 1, amount.rounds));
        for cell in &CELLS {
            for running in in_turn(&up, round) {
                one(running, cell, amount.cell, round, &ours, figures, &mut notes).await?;
            }
        }
    }
    for running in up {
        running.stop().await?;
    }
    Ok(notes)
}

/// Each round begins with another one, so that nobody always follows the same one.
fn in_turn<T>(all: &[T], round: u32) -> impl Iterator<Item = &T> {
    all.iter().cycle().skip(round as usize % all.len().max(1)).take(all.len())
}

/// All processes that the bench started, itself among them.
fn everything(up: &[Running]) -> anyhow::Result<Group> {
    let mut group = Group::tree(i32::try_from(std::process::id())?);
    group.trees.extend(up.iter().flat_map(Running::detached));
    Ok(group)
}

/// Memory without load, and with websockets that do nothing.
async fn memory(running: &Running, sockets: usize, round: u32, figures: &mut Figures) -> anyhow::Result<()> {
    // The first of each kind makes what all others share. Nothing large: its buffers would be used again.
    load::touch(&running.door).await?;
    let idle = load::idle_sockets(&running.door, 1).await?;
    let before = settled(running).await?;
    let open = load::idle_sockets(&running.door, sockets).await?;
    let after = settled(running).await?;
    for (row, (before, after)) in running.rows.iter().zip(before.into_iter().zip(after)) {
        let more = after.saturating_sub(before);
        figures.add(row.name, Column::Base, round, as_float(before) / 1024.0);
        figures.add(row.name, Column::IdleSocket, round, as_float(more) / as_float(sockets as u64));
    }
    drop((idle, open));
    Ok(())
}

/// The memory of each line, once it stays as it is: what was freed is given back to the system only later.
async fn settled(running: &Running) -> anyhow::Result<Vec<u64>> {
    const PAUSE: Duration = Duration::from_secs(1);
    const PATIENCE: u32 = 15;
    let read = || running.rows.iter().map(|row| row.group.pss_kib()).collect::<anyhow::Result<Vec<_>>>();
    let mut last = read()?;
    let mut calm = 0;
    for _ in 0..PATIENCE {
        sleep(PAUSE).await;
        let now = read()?;
        let moved = now.iter().zip(&last).any(|(now, last)| now.abs_diff(*last) > now / 200);
        calm = if moved { 0 } else { calm + 1 };
        last = now;
        if calm == 3 {
            break;
        }
    }
    Ok(last)
}

/// One kind of load on one subject.
async fn one(
    running: &Running,
    cell: &Cell,
    length: Duration,
    round: u32,
    ours: &Group,
    figures: &mut Figures,
    notes: &mut Notes,
) -> anyhow::Result<()> {
    let load = Load::start(&running.door, cell.kind, cell.connections, cell.pause);
    sleep(length / 4).await;
    let before = Reading::take(running, ours, &load)?;
    sleep(length).await;
    let after = Reading::take(running, ours, &load)?;
    let faults = load.stop().await;
    let name = running.rows.first().map_or("", |row| row.name);
    if let Some(first) = faults.first() {
        notes.faults.push(format!("{name}, {}: {} times, first: {first}", cell.column.title(), faults.len()));
    }
    let work = as_float(after.done - before.done) / cell.unit;
    for (row, (now, then)) in running.rows.iter().zip(after.cpu.iter().zip(&before.cpu)) {
        figures.add(row.name, cell.column, round, now.since(then).as_secs_f64() / work);
        if let Some(median) = median(after.times.clone()) {
            figures.add(row.name, Column::TimeAtRate, round, median.as_secs_f64() * 1e6);
        }
    }
    let busy =
        (after.machine.saturating_sub(before.machine)).as_secs_f64() - after.ours.since(&before.ours).as_secs_f64();
    let all = (after.at - before.at).as_secs_f64() * as_float(process::cores() as u64);
    notes.foreign.push((busy / all).clamp(0.0, 1.0));
    Ok(())
}

/// Everything that is counted, at one instant.
struct Reading {
    at: Instant,
    done: u64,
    times: Vec<Duration>,
    cpu: Vec<process::Spent>,
    ours: process::Spent,
    machine: Duration,
}

impl Reading {
    fn take(running: &Running, ours: &Group, load: &Load) -> anyhow::Result<Self> {
        let cpu = running.rows.iter().map(|row| row.group.cpu()).collect();
        let (at, done, times) = (Instant::now(), load.done(), load.take_times());
        Ok(Self { at, done, times, cpu, ours: ours.cpu(), machine: process::machine_busy()? })
    }
}

fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort();
    times.get(times.len() / 2).copied()
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few seconds lie far below 2^52")]
pub(crate) fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_begins_with_another_subject_and_leaves_none_out() {
        let turns = |round| in_turn(&["a", "b", "c"], round).copied().collect::<String>();
        assert_eq!([turns(0), turns(1), turns(2), turns(3)], ["abc", "bca", "cab", "abc"]);
        assert_eq!(in_turn(&[] as &[u8], 3).count(), 0);
    }
}
