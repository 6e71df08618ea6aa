//! How much time of a processor reading and checking takes: 1 MB of each file, beside a quarter of it. Run it with
//! `--release`; a number behind it is how many milliseconds 1 MB may take at most, and a name the only file to look at.

#![expect(clippy::print_stdout, reason = "this is what it is for")]

use carrel_config::{
    Configuration,
    options::{File, Format, LineKind, Sections, files},
};
use nix::time::{ClockId, clock_gettime};
use std::{process::ExitCode, time::Duration};

const MB: usize = 1_000_000;
const ROUNDS: usize = 7;
/// How often a file gets its rounds at most, until it is in time.
const TRIES: usize = 5;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let most = words.next().and_then(|most| most.parse().ok()).unwrap_or(f64::MAX);
    let only = words.next();
    println!("{:36} {:8} {:>10} {:>10} {:>7}", "file", "what", "1 MB", "0.25 MB", "ratio");
    let mut slowest = Duration::ZERO;
    let wanted = |file: &&File| only.as_deref().is_none_or(|only| file.name == only);
    for file in files().filter(wanted).filter(|file| !matches!(file.format, Format::Folder | Format::Opaque)) {
        for (what, piece) in [
            ("valid", valid(file)),
            ("short", short(file)),
            ("unknown", unknown(file)),
            ("nonsense", "#a=[ b:#\n  é\n".into()),
        ] {
            let (megabyte, quarter) = (fill(&piece, MB), fill(&piece, MB / 4));
            let in_time = |time: &Duration| ms(*time) < most;
            let mut tries = (0..TRIES).map(|_| best(file, &megabyte));
            // A neighbour that empties the caches may be there for longer than a few rounds.
            let long = tries.find(in_time).unwrap_or_else(|| best(file, &megabyte));
            let short = best(file, &quarter);
            let ratio = long.as_secs_f64() / short.as_secs_f64().max(1e-9);
            println!("{:36} {what:8} {:>8.2}ms {:>8.2}ms {ratio:>7.1}", file.name, ms(long), ms(short));
            slowest = slowest.max(long);
        }
    }
    println!("slowest: {:.2} ms", ms(slowest));
    if ms(slowest) < most { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The time of a processor that this thread has used: what else the machine does is no part of it.
fn used() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The shortest of a few: what else the machine does only adds time.
fn best(file: &'static File, bytes: &[u8]) -> Duration {
    let once = |_| {
        let began = used();
        let mut configuration = Configuration::default();
        configuration.read(file, std::path::Path::new(file.name), bytes);
        let time = used().saturating_sub(began);
        drop(configuration);
        time
    };
    (0..ROUNDS).map(once).min().unwrap_or_default()
}

fn fill(piece: &str, length: usize) -> Vec<u8> {
    let mut text = String::with_capacity(length + piece.len());
    for number in 0.. {
        text.push_str(&piece.replace("%n", &format!("{number}")));
        if text.len() >= length {
            break;
        }
    }
    if piece.starts_with('{') {
        format!("[{}]", text.trim_end_matches(['\n', ','])).into_bytes()
    } else {
        text.into_bytes()
    }
}

/// Every option of the file with a value that it takes, or what else stands in such a file.
fn valid(file: &File) -> String {
    let value = |row: &carrel_config::options::Row| match row.default {
        "" => ["1", "word", "http://a.example.org", "A=1"]
            .into_iter()
            .find(|text| row.kind.parse(text).is_ok())
            .unwrap_or(""),
        default => default,
    };
    let rows = || file.options().filter(|row| row.family().is_none());
    match file.format {
        Format::Ini(Sections::None) => lines(rows().map(|row| format!("{}={}\n", row.key, value(row)))),
        Format::Ini(Sections::Named(_)) => {
            lines(rows().map(|row| format!("[{}]\n{}={}\n", row.section, row.key, value(row))))
        }
        Format::Ini(Sections::Who | Sections::Ids) => {
            "[u%n]\n".to_owned() + &lines(rows().map(|row| format!("{}={}\n", row.key, value(row))))
        }
        Format::Dcf | Format::Blocks => lines(rows().map(|row| format!("{}: {}\n", row.key, value(row)))) + "\n",
        Format::Names => "NAME%n=https://example.org/%n\n".into(),
        Format::Lines(LineKind::IpRule) => "allow 192.0.2.0/24\n".into(),
        Format::Lines(_) => "publisher.name%n\n".into(),
        Format::Json => "{\"key\": [1, true, \"text\"]},\n".into(),
        Format::Template(variables) => lines(variables.iter().map(|name| format!("{name} #{name}#\n"))),
        Format::Opaque | Format::Folder => String::new(),
    }
}

/// The shortest section or block with something in it.
fn short(file: &File) -> String {
    let Some(row) = file.options().filter(|row| row.family().is_none()).min_by_key(|row| row.key.len()) else {
        return valid(file);
    };
    match file.format {
        Format::Dcf | Format::Blocks => format!("{}: 1\n\n", row.key),
        Format::Ini(Sections::Who | Sections::Ids) => format!("[%n]\n{}=1\n", row.key),
        Format::Ini(Sections::Named(_)) => format!("[{}]\n{}=1\n", row.section, row.key),
        _ => format!("{}=1\n", row.key),
    }
}

fn unknown(file: &File) -> String {
    match file.format {
        Format::Dcf | Format::Blocks => "key-%n: x\n".into(),
        Format::Ini(Sections::Who | Sections::Ids) => "[u%n]\nkey-%n=x\n".into(),
        Format::Ini(Sections::Named(names)) => format!("[{}]\nkey-%n=x\n", names.first().unwrap_or(&"x")),
        Format::Template(_) => "#name#\n".into(),
        _ => "key-%n=x\n".into(),
    }
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.fold(String::new(), |all, line| all + &line)
}
