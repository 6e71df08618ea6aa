//! Stopping a cluster, and taking away what it left.

use super::{cgroups, node, place::Place, space};
use crate::screen::{Done, Screen};
use anyhow::Context;
use std::{fs, io::ErrorKind};

/// Stops a cluster that runs, or was interrupted in any of its steps.
pub(super) fn all(screen: &Screen, place: &Place) -> anyhow::Result<()> {
    screen.step("Cluster down", |step| {
        step.now("ending its processes");
        space::end_all(place)?;
        node::unlink(place)?;
        cgroups::remove(place)?;
        step.now("removing its data");
        keep_logs(place)?;
        // Last, as it says that there is something to remove.
        fs::remove_dir_all(&place.folder).with_context(|| format!("{} cannot be removed", place.folder.display()))?;
        Ok(Done::did(format!("stopped; its logs are in {}", place.last_logs().display())))
    })
}

fn keep_logs(place: &Place) -> anyhow::Result<()> {
    match fs::remove_dir_all(place.last_logs()) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).context("the last logs cannot be removed");
        }
        _ => {}
    }
    if place.logs().exists() {
        fs::rename(place.logs(), place.last_logs())?;
    }
    Ok(())
}
