//! Waiting for programs that say nowhere when they are ready: they are asked again.

use anyhow::bail;
use std::{
    thread,
    time::{Duration, Instant},
};

/// How long to wait before asking again.
const AGAIN: Duration = Duration::from_millis(50);

/// Asks until the answer is yes. `what` is what is waited for: "the API server". An error ends it at once.
pub(crate) fn until(limit: Duration, what: &str, mut ask: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let began = Instant::now();
    while !ask()? {
        if began.elapsed() > limit {
            bail!("{what}: not ready within {} s", limit.as_secs());
        }
        pause();
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "there is nothing that tells: a process of somebody else, a port, a cgroup"
)]
fn pause() {
    thread::sleep(AGAIN);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_comes_is_named_and_an_error_is_not_waited_out() {
        let text = until(Duration::ZERO, "the moon", || Ok(false)).unwrap_err().to_string();
        assert!(text.starts_with("the moon: not ready"), "{text}");
        let text = until(Duration::from_hours(1), "the moon", || bail!("it fell")).unwrap_err().to_string();
        assert_eq!(text, "it fell");
        let mut asked = 0;
        let ask = || {
            asked += 1;
            Ok(asked == 3)
        };
        until(Duration::from_hours(1), "the third time", ask).unwrap();
        assert_eq!(asked, 3);
    }
}
