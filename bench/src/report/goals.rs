//! The goals, and whether they are met.

use super::{Run, Table};
use crate::figures::{Column, Figures};

/// What a number is compared with.
enum Measure {
    /// The ratio to a peer.
    Ratio(Column, &'static str),
    /// The number itself.
    Value(Column),
}

struct Goal {
    what: &'static str,
    measure: Measure,
    at_most: f64,
}

const HAPROXY: &str = "HAProxy cookie map";
const NGINX: &str = "nginx auth_request";
const CHP: &str = "configurable-http-proxy";

const GOALS: [Goal; 8] = [
    Goal { what: "200 B: CPU ÷ configurable-http-proxy", measure: Measure::Ratio(Column::Small, CHP), at_most: 0.125 },
    Goal { what: "200 B: CPU ÷ nginx auth_request", measure: Measure::Ratio(Column::Small, NGINX), at_most: 0.8 },
    Goal { what: "200 B: CPU ÷ HAProxy", measure: Measure::Ratio(Column::Small, HAPROXY), at_most: 1.1 },
    Goal { what: "64 KiB: CPU ÷ HAProxy", measure: Measure::Ratio(Column::Middle, HAPROXY), at_most: 0.8 },
    Goal { what: "1 MiB: CPU ÷ HAProxy", measure: Measure::Ratio(Column::Large, HAPROXY), at_most: 1.0 },
    Goal { what: "websocket: CPU ÷ HAProxy", measure: Measure::Ratio(Column::Echo, HAPROXY), at_most: 1.0 },
    Goal { what: "KiB per idle websocket", measure: Measure::Value(Column::IdleSocket), at_most: 4.0 },
    Goal { what: "MiB idle", measure: Measure::Value(Column::Base), at_most: 40.0 },
];
/// Milliseconds that a start may take longer than by hand.
const START: f64 = 20.0;

/// Each goal with what was reached by the parts of Carrel.
pub(super) fn table(run: &Run) -> Table {
    let titles = ["goal", "at most", "carrel-proxy alone", "Carrel, server", "Carrel, server + agent"];
    let mut lines: Vec<Vec<String>> = GOALS.iter().filter_map(|goal| line(&run.figures, goal)).collect();
    for starts in &run.starts {
        let reached = judged(starts.more.median, START, 0);
        let what = format!("start of {}: ms more than by hand", starts.name);
        lines.push(vec![what, format!("{START}"), "–".into(), "–".into(), reached]);
    }
    Table { titles: titles.map(Into::into).to_vec(), lines }
}

fn line(figures: &Figures, goal: &Goal) -> Option<Vec<String>> {
    let reached = |row| match goal.measure {
        Measure::Ratio(column, peer) => figures.ratio(row, peer, column),
        Measure::Value(column) => figures.of(row, column),
    };
    let of_parts = ["carrel-proxy alone", "Carrel, server", "Carrel, server + agent"].map(reached);
    of_parts.iter().any(Option::is_some).then(|| {
        let shown = of_parts.map(|part| part.map_or("–".into(), |part| judged(part.median, goal.at_most, 3)));
        [goal.what.to_owned(), format!("{}", goal.at_most)].into_iter().chain(shown).collect()
    })
}

fn judged(reached: f64, at_most: f64, digits: usize) -> String {
    let word = if reached <= at_most { "met" } else { "not met" };
    format!("{reached:.digits$}, {word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_up_to_its_bound_and_not_above() {
        assert_eq!(judged(0.125, 0.125, 3), "0.125, met");
        assert_eq!(judged(0.126, 0.125, 3), "0.126, not met");
    }

    #[test]
    fn a_goal_that_nothing_was_measured_for_has_no_line() {
        assert!(GOALS.iter().all(|goal| line(&Figures::default(), goal).is_none()));
    }
}
