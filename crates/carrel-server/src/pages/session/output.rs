//! The last output of a session, for the page that says why it does not run.

use carrel_model::Session;
use carrel_sessions::Sessions;
use futures::StreamExt;
use std::time::Duration;

/// How much is shown.
const BYTES: usize = 8 << 10;
/// How long the place where it ran has to hand it over: a page that says why must not wait for what says more.
const PATIENCE: Duration = Duration::from_secs(2);

/// The end of the output, when it is still to be had.
pub(super) async fn last(sessions: &Sessions, session: &Session) -> String {
    let read = async {
        let mut all = Vec::new();
        if let Ok(mut output) = sessions.logs(session, false).await {
            while let Some(piece) = output.next().await {
                all.extend_from_slice(&piece);
                let over = all.len().saturating_sub(BYTES);
                all.drain(..over);
            }
        }
        all
    };
    let all = tokio::time::timeout(PATIENCE, read).await.unwrap_or_default();
    plain(&String::from_utf8_lossy(&all))
}

/// Terminal colours and other control characters taken out.
fn plain(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        if c == '\u{1b}' && letters.next_if_eq(&'[').is_some() {
            // The sequence ends with its first letter.
            letters.by_ref().find(|c| ('@'..='~').contains(c));
        } else if c == '\n' || c == '\t' || !c.is_control() {
            kept.push(c);
        }
    }
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn output_is_shown_without_its_colours() {
        assert_eq!(plain("\u{1b}[31;1mTraceback\u{1b}[0m\r\n  at 1\u{7}\n"), "Traceback\n  at 1");
    }
}
