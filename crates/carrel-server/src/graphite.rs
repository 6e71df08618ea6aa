//! Sends the numbers of `/metrics` to Graphite, as lines over TCP: for installations whose monitoring does not ask.
//!
//! A connection is made for each round, so that nothing has to be noticed about one that broke in between.

use crate::{app::App, metrics};
use carrel_config::settings::operation::Graphite;
use std::{fmt::Write, io, time::Duration};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

/// Connecting and writing may take so long.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the settings are looked at while they say nothing.
const IDLE: Duration = Duration::from_secs(5);

/// Goes on until it is dropped. Settings are read each time, so a reload turns it on and off.
pub(crate) async fn feed(app: App) {
    let mut failing = false;
    loop {
        let graphite = app.settings.now().operation.graphite.clone();
        let pause = match &graphite {
            Some(graphite) => {
                let done = round(&app, graphite).await;
                tell(&done, graphite, &mut failing);
                graphite.every
            }
            None => IDLE,
        };
        tokio::time::sleep(pause).await;
    }
}

/// Says once that it fails, and once that it goes on.
fn tell(done: &io::Result<()>, graphite: &Graphite, failing: &mut bool) {
    let Graphite { host, port, .. } = graphite;
    match done {
        Ok(()) if *failing => tracing::info!(%host, port, "Graphite takes lines again"),
        Err(error) if !*failing => tracing::warn!(%error, %host, port, "Graphite takes no lines; it is tried again"),
        _ => {}
    }
    *failing = done.is_err();
}

async fn round(app: &App, graphite: &Graphite) -> io::Result<()> {
    let text = metrics::text(app).await.map_err(|problem| io::Error::other(problem.detail))?;
    let lines = lines(&text, &graphite.client, app.clock.now().as_second());
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    timeout(PATIENCE, send(graphite, lines.as_bytes())).await.map_err(late)?
}

async fn send(graphite: &Graphite, lines: &[u8]) -> io::Result<()> {
    let mut stream = TcpStream::connect((graphite.host.as_str(), graphite.port)).await?;
    stream.write_all(lines).await?;
    stream.shutdown().await
}

/// The samples of the metrics' text as lines `path value seconds`. The path is the name, and each label and its value, below
/// the client's name: `rstudio.carrel_sessions.state.Active`.
fn lines(text: &str, client: &str, at_s: i64) -> String {
    let mut lines = String::new();
    for sample in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((series, value)) = sample.rsplit_once(' ') else { continue };
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels = labels.trim_end_matches('}').split(',').filter_map(|label| label.split_once('='));
        let mut nodes: Vec<String> = [client, name].map(node).into();
        nodes.extend(labels.flat_map(|(label, value)| [node(label), node(value.trim_matches('"'))]));
        nodes.retain(|node| !node.is_empty());
        // Writing into a String cannot fail.
        let _ = writeln!(lines, "{} {value} {at_s}", nodes.join("."));
    }
    lines
}

/// A node of a path: what would end the node or the path becomes `_`.
fn node(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+');
    text.chars().map(|c| if is_plain(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sample_becomes_a_line_with_its_labels_in_the_path() {
        let text = "# HELP carrel_sessions Sessions.\n# TYPE carrel_sessions gauge\n\
                    carrel_sessions{state=\"Active\"} 3\ncarrel_requests_to_carrel_total 12\n\
                    carrel_session_start_seconds_bucket{le=\"0.25\"} 1\n\
                    carrel_build_info{version=\"0.1.0\"} 1\n# EOF\n";
        let expected = "rstudio.carrel_sessions.state.Active 3 1700000000\n\
                        rstudio.carrel_requests_to_carrel_total 12 1700000000\n\
                        rstudio.carrel_session_start_seconds_bucket.le.0_25 1 1700000000\n\
                        rstudio.carrel_build_info.version.0_1_0 1 1700000000\n";
        assert_eq!(lines(text, "rstudio", 1_700_000_000), expected);
    }

    #[test]
    fn without_a_client_the_path_begins_with_the_name_and_a_client_makes_one_node() {
        assert_eq!(lines("a 1\n", "", 5), "a 1 5\n");
        assert_eq!(lines("a 1\n", "lab.one two", 5), "lab_one_two.a 1 5\n");
    }
}
