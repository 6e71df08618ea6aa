//! The cgroups below which a kubelet keeps its pods. They must be there before it starts.

use super::{place::Place, wait};
use anyhow::Context;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

const ROOT: &str = "/sys/fs/cgroup";
/// How much of the processors a cluster gets when others want them, too: four times what one cgroup usually gets. All its
/// pods are in it, and somebody waits for them.
const WEIGHTS: &[(&str, &str)] = &[("cpu.weight", "400"), ("cpu.shares", "4096")];
/// How long processes that were killed may stay in their cgroups.
const EMPTY: Duration = Duration::from_secs(10);

/// The root of each hierarchy: one in version 2, one for each controller in version 1.
fn hierarchies(root: &Path) -> Vec<PathBuf> {
    if root.join("cgroup.controllers").exists() {
        return vec![root.into()];
    }
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path());
    // The hybrid form mounts version 2 here, without controllers.
    folders.filter(|folder| !folder.join("cgroup.controllers").exists()).collect()
}

/// Makes the cgroup of a node.
pub(super) fn make(place: &Place, number: u8) -> anyhow::Result<()> {
    for hierarchy in hierarchies(Path::new(ROOT)) {
        let cluster = hierarchy.join(place.cgroup());
        for (above, cgroup) in [(&hierarchy, &cluster), (&cluster, &cluster.join(place.node(number)))] {
            make_one(above, cgroup).with_context(|| format!("the cgroup {} cannot be made", cgroup.display()))?;
        }
        for (file, weight) in WEIGHTS.iter().map(|(name, weight)| (cluster.join(name), weight)) {
            if file.exists() {
                fs::write(&file, weight).with_context(|| format!("{} cannot be written", file.display()))?;
            }
        }
    }
    Ok(())
}

fn make_one(above: &Path, cgroup: &Path) -> anyhow::Result<()> {
    if let Ok(controllers) = fs::read_to_string(above.join("cgroup.controllers")) {
        // What is not handed down is missing in the cgroups of pods.
        for controller in controllers.split_whitespace() {
            fs::write(above.join("cgroup.subtree_control"), format!("+{controller}"))?;
        }
    }
    fs::create_dir_all(cgroup)?;
    // In version 1 a new cpuset is empty, and nothing can be in it.
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let empty = fs::read_to_string(cgroup.join(file)).is_ok_and(|text| text.trim().is_empty());
        if empty && !above.join("cgroup.controllers").exists() {
            fs::write(cgroup.join(file), fs::read(above.join(file))?)?;
        }
    }
    Ok(())
}

/// Removes all cgroups of a cluster, whose processes have been ended.
pub(super) fn remove(place: &Place) -> anyhow::Result<()> {
    // Somebody may have made one where none was made here.
    let roots = fs::read_dir(ROOT).into_iter().flatten().flatten().map(|entry| entry.path()).chain([ROOT.into()]);
    let ours: Vec<_> = roots.map(|root| root.join(place.cgroup())).collect();
    wait::until(EMPTY, "the end of its cgroups", || {
        for cgroup in &ours {
            remove_below(cgroup);
        }
        Ok(!ours.iter().any(|cgroup| cgroup.exists()))
    })
}

/// A cgroup goes when those below it are gone and nobody is in it.
fn remove_below(cgroup: &Path) {
    for entry in fs::read_dir(cgroup).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_below(&entry.path());
        }
    }
    let _ = fs::remove_dir(cgroup);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_one_has_a_hierarchy_for_each_controller_and_version_two_one_for_all() {
        let root = tempfile::tempdir().unwrap();
        for name in ["memory", "unified"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        fs::write(root.path().join("unified/cgroup.controllers"), "").unwrap();
        std::os::unix::fs::symlink("memory", root.path().join("link")).unwrap();
        assert_eq!(hierarchies(root.path()), [root.path().join("memory")]);
        fs::write(root.path().join("cgroup.controllers"), "cpu memory").unwrap();
        assert_eq!(hierarchies(root.path()), [root.path().to_owned()]);
    }
}
