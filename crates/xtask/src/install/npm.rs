//! The npm packages of a folder of ours.

use super::{
    Part, fill, link,
    node::{self, Node},
};
use crate::{
    places::Places,
    screen::{Done, Step},
    stamp::Inputs,
};
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
    let make = Box::new(|step: &Step, shared: &Path| install(step, node, folder, shared));
    let done = fill(step, places, &Part { name: "npm", version: node::VERSION, folder: shared.clone(), make })?;
    let (here, there) = (folder.join("node_modules"), shared.join("node_modules"));
    if fs::read_link(&here).is_ok_and(|known| known == there) {
        return Ok(!matches!(done, Done::Nothing));
    }
    let _lock = places.lock("npm-links", || step.now("another xtask is installing: waiting for its end"))?;
    // Those that npm itself put here.
    if here.is_dir() && !here.is_symlink() {
        fs::remove_dir_all(&here)?;
    }
    link(&there.to_string_lossy(), &here)?;
    Ok(true)
}

/// Installs into an empty folder what another says.
fn install(step: &Step, node: &Node, folder: &Path, shared: &Path) -> anyhow::Result<()> {
    for name in SAYS {
        fs::copy(folder.join(name), shared.join(name))?;
    }
    // Not `npm ci`: it refuses a lock without the optional packages for other systems, which no registry is sure to
    // have. The browser of the tests is the system's.
    step.run(node.npm(shared).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1").args(["install", "--no-save"]))
}
