//! `cargo xtask bench`: Carrel beside its peers, in one run.

use crate::screen::Screen;
use anyhow::bail;

/// What can be chosen.
#[derive(clap::Args)]
pub(crate) struct Options {}

pub(crate) fn run(_screen: &Screen, _options: &Options) -> anyhow::Result<()> {
    bail!("there is no bench yet")
}
