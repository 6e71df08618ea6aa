//! VS Code in the browser: code-server, from npm.

use super::{Node, Part, calls, with_temp};
use crate::screen::Step;
use std::{fs, path::Path};

/// The one that the image of sessions has, too.
const VERSION: &str = include_str!("../../../../images/session/code-server.version").trim_ascii();
const ENTRY: &str = "node_modules/code-server/out/node/entry.js";

pub(super) fn part<'a>(ides: &Path, node: &'a Node) -> Part<'a> {
    let make = move |step: &Step, folder: &Path| make(step, node, folder);
    let folder = ides.join(format!("code-server-{VERSION}"));
    Part { name: "code-server", version: VERSION, folder, make: Box::new(make) }
}

/// What runs it: on our Node, whatever Node the machine has.
pub(super) fn script(folder: &Path, node: &Node) -> String {
    calls(&node.program(), &[&folder.join(ENTRY)])
}

fn make(step: &Step, node: &Node, folder: &Path) -> anyhow::Result<()> {
    step.now("takes two to four minutes: it compiles parts of itself");
    fs::write(folder.join("package.json"), "{\"private\":true}\n")?;
    let mut npm = node.npm(folder);
    let temp = with_temp(&mut npm, folder)?;
    step.run(npm.args(["install", &format!("code-server@{VERSION}")]))?;
    fs::remove_dir_all(temp)?;
    Ok(())
}
