//! Waiting for what is waited for, with a bound.

use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long a test waits for anything: far more than it should take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What `future` gives.
///
/// # Panics
/// When it takes longer than [`PATIENCE`]; `what` was waited for.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain for {what}"))
}

/// Asks `condition` until it gives something. For what tells nobody when it comes; else wait for its signal with
/// [`within`].
///
/// # Panics
/// When it takes longer than [`PATIENCE`]; `what` was waited for.
pub async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain for {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_comes_late_is_waited_for() {
        let mut left = 3;
        let came = eventually("the third time", async || {
            left -= 1;
            (left == 0).then_some("here")
        });
        assert_eq!(came.await, "here");
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "in vain for a day that never comes")]
    async fn what_never_comes_is_named() {
        eventually("a day that never comes", async || None::<()>).await;
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "in vain for nothing")]
    async fn what_never_ends_is_named() {
        within("nothing", std::future::pending::<()>()).await;
    }
}
