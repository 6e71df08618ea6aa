//! The output of a session from the log of its pod, for when its agent cannot be asked.

use crate::{errors::unavailable, names::SESSION_CONTAINER, shared::Shared};
use bytes::Bytes;
use carrel_agent::pod::is_agents;
use carrel_model::RunId;
use carrel_sessions::launcher::LauncherError;
use futures::{
    AsyncBufRead, AsyncBufReadExt, StreamExt,
    stream::{self, BoxStream},
};
use kube::api::LogParams;

/// What the kubelet keeps of the output of a run, without the lines of the agent.
pub(crate) async fn of_pod(
    shared: &Shared,
    run: &RunId,
    is_followed: bool,
) -> Result<BoxStream<'static, Bytes>, LauncherError> {
    // Neither the pod nor its log outlives a Job that was ended before it began.
    let Some(pod) = shared.pod_of(run) else { return Ok(stream::empty().boxed()) };
    let params = LogParams { container: Some(SESSION_CONTAINER.into()), follow: is_followed, ..LogParams::default() };
    match shared.pods().log_stream(&pod, &params).await {
        Ok(log) => Ok(output(log).boxed()),
        // 404: it is gone; 400: its container has not begun.
        Err(kube::Error::Api(status)) if [400, 404].contains(&status.code) => Ok(stream::empty().boxed()),
        Err(error) => Err(unavailable(&error, &shared.namespace)),
    }
}

/// The lines of a log that are the IDE's.
fn output(log: impl AsyncBufRead + Send + Unpin + 'static) -> impl stream::Stream<Item = Bytes> + Send {
    stream::unfold(log, |mut log| async {
        loop {
            let mut line = Vec::new();
            // Where the connection breaks, the output ends.
            if log.read_until(b'\n', &mut line).await.unwrap_or(0) == 0 {
                return None;
            }
            if !is_agents(&line) {
                return Some((line.into(), log));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::io::Cursor;

    #[tokio::test]
    async fn the_lines_of_the_agent_are_left_out_and_all_others_stay_as_they_are() {
        let log = "carrel-agent listens on x\nbegins\n\ncarrel-agents\ncarrel-agent 2026 says\nends";
        let lines: Vec<Bytes> = output(Cursor::new(log)).collect().await;
        assert_eq!(lines.concat(), b"begins\n\ncarrel-agents\nends");
    }
}
