//! The npm packages of a folder of ours.

use super::node::{self, Node};
use crate::{
    screen::Step,
    stamp::{Inputs, Stamp},
};
use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

/// Held while packages are installed: work that goes on side by side may want the same.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Installs what the folder's package-lock.json says, unless that stands there. True when it did something.
pub(crate) fn packages(step: &Step, node: &Node, folder: &Path) -> anyhow::Result<bool> {
    // Whoever panicked while holding it has left no stamp.
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let inputs = Inputs::new()
        .text(node::VERSION)
        .files(&folder.join("package.json"), &[])?
        .files(&folder.join("package-lock.json"), &[])?;
    let stamp = Stamp::new(folder.join("node_modules/.carrel-packages"), inputs);
    if stamp.is_current() {
        return Ok(false);
    }
    stamp.unset()?;
    // Not `npm ci`: it refuses a lock without the optional packages for other systems, which no registry is sure to
    // have. The browser of the tests is the system's.
    step.run(node.npm(folder).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1").args(["install", "--no-save"]))?;
    stamp.set()?;
    Ok(true)
}
