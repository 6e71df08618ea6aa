//! Numbers: what was measured, by line, column and round, and what follows from it.

use std::collections::BTreeMap;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    /// CPU time of small requests, as fast as they go.
    Small,
    /// CPU time of small requests at a low rate.
    SmallAtRate,
    /// Time of a small request at a low rate.
    TimeAtRate,
    /// CPU time of middle answers.
    Middle,
    /// CPU time of large answers.
    Large,
    /// CPU time of websocket round trips.
    Echo,
    /// Memory of a websocket that does nothing.
    IdleSocket,
    /// Memory without any load.
    Base,
}

impl Column {
    /// All of them.
    pub(crate) const ALL: [Self; 8] = [
        Self::Small,
        Self::SmallAtRate,
        Self::TimeAtRate,
        Self::Middle,
        Self::Large,
        Self::Echo,
        Self::IdleSocket,
        Self::Base,
    ];

    /// What stands above it. Of all, less is better.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Small => "200 B, s/10k",
            Self::SmallAtRate => "500/s, s/10k",
            Self::TimeAtRate => "500/s, p50 µs",
            Self::Middle => "64 KiB, s/10k",
            Self::Large => "1 MiB, s/GB",
            Self::Echo => "websocket, s/10k",
            Self::IdleSocket => "KiB/idle ws",
            Self::Base => "MiB idle",
        }
    }

    /// How many digits after the point say something.
    pub(crate) fn digits(self) -> usize {
        match self {
            Self::TimeAtRate => 0,
            Self::IdleSocket | Self::Base => 1,
            _ => 3,
        }
    }
}

/// All that was measured.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    values: BTreeMap<(&'static str, Column), BTreeMap<u32, f64>>,
}

/// A median with the smallest and the largest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    /// The median.
    pub(crate) median: f64,
    /// The smallest.
    pub(crate) min: f64,
    /// The largest.
    pub(crate) max: f64,
}

impl Figures {
    /// Keeps a number.
    pub(crate) fn add(&mut self, row: &'static str, column: Column, round: u32, value: f64) {
        self.values.entry((row, column)).or_default().insert(round, value);
    }

    /// The number over all rounds.
    pub(crate) fn of(&self, row: &'static str, column: Column) -> Option<Spread> {
        spread(self.values.get(&(row, column))?.values().copied().collect())
    }

    /// How it compares with another line: the ratios within each round, since rounds differ more than subjects do.
    pub(crate) fn ratio(&self, row: &'static str, to: &'static str, column: Column) -> Option<Spread> {
        let (of_row, of_peer) = (self.values.get(&(row, column))?, self.values.get(&(to, column))?);
        spread(of_row.iter().filter_map(|(round, value)| Some(value / of_peer.get(round)?)).collect())
    }
}

/// Median, smallest and largest; `None` of nothing.
pub(crate) fn spread(mut values: Vec<f64>) -> Option<Spread> {
    values.retain(|value| value.is_finite());
    values.sort_by(f64::total_cmp);
    let (min, max) = (*values.first()?, *values.last()?);
    let middle = values.len() / 2;
    let median = if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
    Some(Spread { median, min, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        let spread = spread(vec![4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!(spread, Spread { median: 2.5, min: 1.0, max: 4.0 });
    }

    #[test]
    fn nothing_and_what_is_no_number_have_no_median() {
        assert_eq!(spread(vec![]), None);
        assert_eq!(spread(vec![f64::NAN, f64::INFINITY]), None);
    }

    #[test]
    fn ratios_are_taken_within_a_round_and_only_where_both_were_measured() {
        let mut figures = Figures::default();
        for (round, ours, theirs) in [(0, 1.0, 2.0), (1, 30.0, 10.0), (2, 1.0, 1.0)] {
            figures.add("ours", Column::Small, round, ours);
            figures.add("theirs", Column::Small, round, theirs);
        }
        figures.add("ours", Column::Small, 3, 500.0);
        assert_eq!(figures.ratio("ours", "theirs", Column::Small).unwrap(), Spread { median: 1.0, min: 0.5, max: 3.0 });
        assert_eq!(figures.ratio("ours", "nobody", Column::Small), None);
    }
}
