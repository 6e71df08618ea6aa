//! The log of the container: what the IDE says, for those who read it when the pod is over.

use crate::{
    pod::{CERTIFICATE_EVERY, CERTIFICATE_LINE},
    program::{agent::Agent, control::followed},
    trust::Pin,
};
use futures::StreamExt;
use std::{io, sync::Arc};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Copies what the IDE says to `log` until the IDE ended. Who reads the log does not hold up the IDE: a log that is too
/// slow misses some.
pub(crate) async fn copy(agent: Arc<Agent>, pin: Pin, log: impl AsyncWrite + Unpin) -> io::Result<()> {
    let (kept, following) = followed(&agent)?;
    let mut console = Console { log, pin, since: 0, ends_line: true };
    console.write(&kept).await?;
    tokio::pin!(following);
    while let Some(chunk) = following.next().await {
        console.write(&chunk).await?;
    }
    Ok(())
}

struct Console<W> {
    log: W,
    pin: Pin,
    /// How much was written since the certificate was named.
    since: usize,
    ends_line: bool,
}

impl<W: AsyncWrite + Unpin> Console<W> {
    async fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        for piece in chunk.chunks(CERTIFICATE_EVERY) {
            self.log.write_all(piece).await?;
            self.since += piece.len();
            self.ends_line = piece.last().map_or(self.ends_line, |byte| *byte == b'\n');
            if self.since >= CERTIFICATE_EVERY {
                let begin = if self.ends_line { "" } else { "\n" };
                self.log.write_all(format!("{begin}{CERTIFICATE_LINE}{}\n", self.pin).as_bytes()).await?;
                (self.since, self.ends_line) = (0, true);
            }
        }
        self.log.flush().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_certificate_is_named_again_in_a_long_log_and_always_on_a_line_of_its_own() {
        let pin: Pin = "ab".repeat(32).parse().unwrap();
        let mut console = Console { log: Vec::new(), pin, since: 0, ends_line: true };
        console.write(b"hello\n").await.unwrap();
        assert_eq!(console.log, b"hello\n");
        console.write(&vec![b'x'; CERTIFICATE_EVERY]).await.unwrap();
        console.write(&b"line\n".repeat(CERTIFICATE_EVERY / 5 + 1)).await.unwrap();
        let log = String::from_utf8(console.log).unwrap();
        let named: Vec<&str> = log.lines().filter(|line| line.contains("certificate")).collect();
        let line = format!("{CERTIFICATE_LINE}{pin}");
        assert_eq!(named, [&line, &line]);
        assert_eq!(Pin::in_log(&log[log.len() - 2 * CERTIFICATE_EVERY..]), Some(pin), "however the kubelet cuts it");
    }
}
