//! What the run says: tables, the machine, and which goals are met. The same text goes to the terminal and to the docs.

mod facts;
mod goals;

use crate::{
    figures::{Column, Figures, Spread},
    launch::Starts,
    rounds::{Amount, Notes},
};
use anyhow::Context;
pub(crate) use facts::Facts;
use std::{fmt::Write as _, fs, path::PathBuf};

/// The lines of the tables, in order.
pub(crate) const ROWS: [&str; 8] = [
    "direct",
    "nginx",
    "nginx auth_request",
    "HAProxy cookie map",
    "configurable-http-proxy",
    "carrel-proxy alone",
    "Carrel, server",
    "Carrel, server + agent",
];
const PARTS: [&str; 3] = ["carrel-proxy alone", "Carrel, server", "Carrel, server + agent"];
const PEERS: [&str; 3] = ["nginx auth_request", "HAProxy cookie map", "configurable-http-proxy"];
const BEGIN: &str = "<!-- figures: written by `cargo xtask bench --write` -->";
const END: &str = "<!-- end of figures -->";

/// All that a run found.
pub(crate) struct Run {
    /// The numbers.
    pub(crate) figures: Figures,
    /// What was seen besides.
    pub(crate) notes: Notes,
    /// The times of starts.
    pub(crate) starts: Vec<Starts>,
    /// How much was measured.
    pub(crate) amount: Amount,
    /// Where.
    pub(crate) facts: Facts,
}

impl Run {
    /// All of it as text, in Markdown that also reads well on a terminal.
    pub(crate) fn text(&self) -> String {
        let mut text = self.facts.text(self.amount, &self.notes);
        let mut section = |title: &str, table: &Table| {
            if !table.lines.is_empty() {
                let _ = write!(text, "\n### {title}\n\n{}", table.text());
            }
        };
        section("CPU seconds and memory: median of the rounds (smallest–largest)", &self.medians());
        section("Carrel's parts as a ratio to the peers, within each round; below 1 is cheaper", &self.ratios());
        section("Starts", &self.starts());
        section("Goals", &goals::table(self));
        text
    }

    fn medians(&self) -> Table {
        let cells = |row, column: Column| self.figures.of(row, column).map(|spread| shown(spread, column.digits()));
        by_column(ROWS.iter().map(|row| ((*row).to_owned(), move |column| cells(row, column))))
    }

    fn ratios(&self) -> Table {
        let pairs = PARTS.iter().flat_map(|part| PEERS.iter().map(move |peer| (*part, *peer)));
        let cells = |part, peer, column| self.figures.ratio(part, peer, column).map(|ratio| shown(ratio, 2));
        let lines = pairs.map(|(part, peer)| (format!("{part} ÷ {peer}"), move |column| cells(part, peer, column)));
        by_column(lines)
    }

    fn starts(&self) -> Table {
        let titles = ["", "times", "by hand ms", "by Carrel ms", "more, pair by pair"].map(Into::into).to_vec();
        let line = |starts: &Starts| {
            let times = [starts.by_hand, starts.by_carrel, starts.more].map(|spread| shown(spread, 0));
            [starts.name.to_owned(), starts.times.to_string()].into_iter().chain(times).collect()
        };
        Table { titles, lines: self.starts.iter().map(line).collect() }
    }
}

/// A file that has a place for the figures.
pub(crate) struct Page {
    path: PathBuf,
}

impl Page {
    /// The file, when it has the marks: better known before the run than after.
    pub(crate) fn open(path: PathBuf) -> anyhow::Result<Self> {
        let page = Self { path };
        page.with("")?;
        Ok(page)
    }

    /// Puts the text between the marks.
    pub(crate) fn write(&self, text: &str) -> anyhow::Result<()> {
        let path = &self.path;
        fs::write(path, self.with(text)?).with_context(|| format!("{} cannot be written", path.display()))
    }

    fn with(&self, text: &str) -> anyhow::Result<String> {
        let path = self.path.display();
        let old = fs::read_to_string(&self.path).with_context(|| format!("{path} cannot be read"))?;
        between_marks(&old, text).with_context(|| format!("{path} lacks the marks {BEGIN} and {END}"))
    }
}

/// A table with a line for each that has anything to show.
fn by_column<F: Fn(Column) -> Option<String>>(rows: impl Iterator<Item = (String, F)>) -> Table {
    let line = |(name, cell): (String, F)| {
        let cells: Vec<Option<String>> = Column::ALL.iter().map(|column| cell(*column)).collect();
        let cells = cells.iter().any(Option::is_some).then_some(cells)?;
        Some(std::iter::once(name).chain(cells.into_iter().map(|cell| cell.unwrap_or_else(|| "–".into()))).collect())
    };
    let titles = std::iter::once("").chain(Column::ALL.iter().map(|column| column.title()));
    Table { titles: titles.map(Into::into).collect(), lines: rows.filter_map(line).collect() }
}

fn between_marks(old: &str, text: &str) -> Option<String> {
    let (before, rest) = old.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{text}\n{END}{after}"))
}

fn shown(spread: Spread, digits: usize) -> String {
    let Spread { median, min, max } = spread;
    if min.to_bits() == max.to_bits() {
        return format!("{median:.digits$}");
    }
    format!("{median:.digits$} ({min:.digits$}–{max:.digits$})")
}

/// A table with columns as wide as what stands in them.
pub(crate) struct Table {
    titles: Vec<String>,
    lines: Vec<Vec<String>>,
}

impl Table {
    fn text(&self) -> String {
        let width = |column: usize| {
            let all = std::iter::once(&self.titles).chain(&self.lines);
            all.filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)
        };
        let widths: Vec<usize> = (0..self.titles.len()).map(width).collect();
        let line = |cells: &[String]| {
            cells.iter().zip(&widths).fold(String::from("|"), |mut line, (cell, width)| {
                let _ = write!(line, " {cell:width$} |");
                line
            })
        };
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let mut text = format!("{}\n{}\n", line(&self.titles), line(&rule));
        for cells in &self.lines {
            let _ = writeln!(text, "{}", line(cells));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let old = format!("# Speed\n{BEGIN}\nold\n{END}\nlast\n");
        assert_eq!(between_marks(&old, "new").unwrap(), format!("# Speed\n{BEGIN}\n\nnew\n{END}\nlast\n"));
        assert_eq!(between_marks("no marks", "new"), None);
    }

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let table = Table { titles: vec!["a".into(), "µs".into()], lines: vec![vec!["direct".into(), "1".into()]] };
        assert_eq!(table.text(), "| a      | µs  |\n| ------ | --- |\n| direct | 1   |\n");
    }
}
