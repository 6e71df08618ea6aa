//! JupyterLab, Notebook and the Python kernel, from `PyPI`.

use super::{Part, with_temp};
use crate::{screen::Step, stamp::Inputs};
use anyhow::ensure;
use std::{fs, path::Path, process::Command};

const VERSION: &str = "JupyterLab 4.6.6, Notebook 7.6.5";
const REQUIREMENTS: &str = include_str!("../../../../images/session/requirements.txt");
/// The Python of the system: other accounts can't run one that lies in a home folder.
const PYTHON: &str = "/usr/bin/python3";

pub(super) fn part(ides: &Path) -> Part<'static> {
    let hash = Inputs::new().text(REQUIREMENTS).text(&python()).hash();
    Part { name: "Jupyter", version: VERSION, folder: ides.join(format!("jupyter-{hash}")), make: Box::new(make) }
}

/// An upgrade of the system's Python leaves an environment without its libraries: it is part of the key.
fn python() -> String {
    let link = fs::canonicalize(PYTHON).unwrap_or_default();
    link.display().to_string()
}

fn make(step: &Step, folder: &Path) -> anyhow::Result<()> {
    ensure!(Path::new(PYTHON).exists(), "{PYTHON} is missing. Debian has it in the package python3-venv");
    step.run(Command::new(PYTHON).args(["-m", "venv"]).arg(folder))?;
    let list = folder.join("requirements.txt");
    fs::write(&list, REQUIREMENTS)?;
    let mut pip = Command::new(folder.join("bin/pip"));
    let temp = with_temp(&mut pip, folder)?;
    pip.args(["install", "--no-input", "--no-cache-dir", "--disable-pip-version-check", "--requirement"]).arg(&list);
    step.run(&mut pip)?;
    fs::remove_dir_all(temp)?;
    Ok(())
}
