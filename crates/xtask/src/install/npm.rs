//! The npm packages of a folder of ours.

use super::{
    link,
    node::{self, Node},
};
use crate::{places::Places, screen::Step, stamp::Inputs};
use std::{fs, path::Path};

/// What says which packages a folder needs.
const SAYS: [&str; 2] = ["package.json", "package-lock.json"];

/// Installs what the folder's package-lock.json says, once for all clones that say the same: in the folder stands a link.
/// True when it did something.
pub(crate) fn packages(step: &Step, places: &Places, node: &Node, folder: &Path) -> anyhow::Result<bool> {
    let mut inputs = Inputs::new().text(node::VERSION);
    for name in SAYS {
        inputs = inputs.files(&folder.join(name), &[])?;
    }
    let shared = places.cache.join("npm").join(inputs.hash());
    let (complete, here, there) = (shared.join(".complete"), folder.join("node_modules"), shared.join("node_modules"));
    if complete.exists() && fs::read_link(&here).is_ok_and(|known| known == there) {
        return Ok(false);
    }
    let _lock = places.lock("npm", || step.now("another xtask is installing: waiting for its end"))?;
    if !complete.exists() {
        install(step, node, folder, &shared)?;
        fs::write(complete, node::VERSION)?;
    }
    // Those that npm itself put here.
    if here.is_dir() && !here.is_symlink() {
        fs::remove_dir_all(&here)?;
    }
    link(&there.to_string_lossy(), &here)?;
    Ok(true)
}

/// Installs into a folder of its own, over what an interrupted installation left.
fn install(step: &Step, node: &Node, folder: &Path, shared: &Path) -> anyhow::Result<()> {
    if shared.exists() {
        fs::remove_dir_all(shared)?;
    }
    fs::create_dir_all(shared)?;
    for name in SAYS {
        fs::copy(folder.join(name), shared.join(name))?;
    }
    // Not `npm ci`: it refuses a lock without the optional packages for other systems, which no registry is sure to
    // have. The browser of the tests is the system's.
    step.run(node.npm(shared).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1").args(["install", "--no-save"]))
}
