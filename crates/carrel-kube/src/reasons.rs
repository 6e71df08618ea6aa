//! What Kubernetes says of a pod, as people understand it: one table from reasons and messages to a code, a sentence, and
//! who can act. Pure.

mod table;
#[cfg(test)]
mod tests;

use carrel_model::{Cause, Who};

/// How much of a message is quoted, in characters.
const QUOTED_CHARS: usize = 300;

/// Where Kubernetes says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum On {
    /// The condition `PodScheduled` that is false, or the event that says the same.
    Unscheduled,
    /// An event of a pod or a Job.
    Event,
    /// A container that waits (`state.waiting`).
    Waiting,
    /// A container that ended (`state.terminated`).
    Terminated,
    /// The pod as a whole (`status.reason`).
    Pod,
    /// The condition `DisruptionTarget`.
    Disruption,
    /// The condition `Failed` of the Job.
    Job,
}

/// What is to be expected of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outlook {
    /// It goes forward.
    Progresses,
    /// It waits for something that comes by itself, however long that takes.
    Waits,
    /// Kubernetes tries again; when nothing changes within the limit of a start, it has failed.
    Stalls,
    /// It will not come about, or is over.
    Over,
}

/// A row of the table.
#[derive(Debug)]
struct Row {
    on: On,
    /// The reasons it stands for; empty for any.
    reasons: &'static [&'static str],
    /// Any of these stands in the message, in lower case; empty for any message.
    says: &'static [&'static str],
    code: &'static str,
    /// For the person it happened to. `{quoted}` is what the message has in its first quotation marks.
    sentence: &'static str,
    /// Whether the message follows, for whoever can act on it.
    quotes: bool,
    who: Who,
    outlook: Outlook,
}

/// What is said, translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Code, sentence, and who can act.
    pub cause: Cause,
    /// What is to be expected.
    pub outlook: Outlook,
}

/// Translates what Kubernetes says; `None` for what is of no interest to anybody.
pub fn reason(on: On, reason: &str, message: &str) -> Option<Reason> {
    let row = &table::ROWS[row(on, reason, message)?];
    let mut text = row.sentence.replace("{quoted}", quoted(message).unwrap_or("?"));
    let message = tidy(message);
    if row.quotes && !message.is_empty() {
        text = format!("{text} Kubernetes says: {message}");
    }
    Some(Reason { cause: Cause::new(row.code, text, row.who), outlook: row.outlook })
}

/// The first row that fits.
fn row(on: On, reason: &str, message: &str) -> Option<usize> {
    let message = message.to_lowercase();
    table::ROWS.iter().position(|row| {
        row.on == on
            && (row.reasons.is_empty() || row.reasons.contains(&reason))
            && (row.says.is_empty() || row.says.iter().any(|says| message.contains(says)))
    })
}

/// What stands between the first two quotation marks.
fn quoted(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once('"')?;
    Some(rest.split_once('"')?.0)
}

/// A text on one line.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A message on one line, cut to what a person reads, as a sentence.
fn tidy(message: &str) -> String {
    let line = one_line(message);
    let mut cut: String = line.chars().take(QUOTED_CHARS).collect();
    if cut.len() < line.len() {
        cut.push('…');
    } else if !cut.is_empty() && !cut.ends_with(['.', '!', '?']) {
        cut.push('.');
    }
    cut
}

/// How long a pull took and how large the image is, as the kubelet says it since 1.30:
/// `Successfully pulled image "x" in 3.245s (3.3s including waiting). Image size: 389000000 bytes.`
pub fn pulled(message: &str) -> Option<String> {
    let image = quoted(message)?;
    let Some((_, rest)) = message.split_once(" in ") else {
        return Some(format!("The image {image} is there already."));
    };
    let took = rest.split([' ', ',']).next()?;
    let bytes = message.split_once("Image size: ").and_then(|(_, rest)| rest.split(' ').next()?.parse::<u64>().ok());
    let size = bytes.map(|bytes| format!(", {} MB", bytes.div_ceil(1_000_000))).unwrap_or_default();
    Some(format!("The image {image} was pulled in {took}{size}."))
}
