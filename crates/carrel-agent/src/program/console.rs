//! The log of the container: what the IDE says, for those who read it when the pod is over.

use crate::program::{agent::Agent, control::followed};
use futures::StreamExt;
use std::{io, sync::Arc};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Copies what the IDE says to `log` until the IDE ended. Who reads the log does not hold up the IDE: a log that is too
/// slow misses some.
pub(crate) async fn copy(agent: Arc<Agent>, mut log: impl AsyncWrite + Unpin) -> io::Result<()> {
    let (kept, following) = followed(&agent)?;
    log.write_all(&kept).await?;
    log.flush().await?;
    tokio::pin!(following);
    while let Some(chunk) = following.next().await {
        log.write_all(&chunk).await?;
        log.flush().await?;
    }
    Ok(())
}
