//! The home folder, and what else launcher-mounts brings into a session.

use super::JobSettings;
use carrel_agent::pod::HOMES_DIR;
use carrel_config::ides::Mount;
use carrel_model::{Account, Cause, Plan, Who};
use k8s_openapi::api::core::v1::{
    EmptyDirVolumeSource, HostPathVolumeSource, NFSVolumeSource, PersistentVolumeClaimVolumeSource, Volume, VolumeMount,
};
use std::path::{Component, Path};

/// The volume of the home folder where nothing is mounted for it.
const HOME: &str = "home";

/// Volumes of a session, and where its containers see them.
#[derive(Debug, Default)]
pub(super) struct Storage {
    pub(super) volumes: Vec<Volume>,
    /// In the session.
    pub(super) mounts: Vec<VolumeMount>,
    /// In the init container: the folder with all homes, and the name of the one that it makes there.
    pub(super) homes: Option<(VolumeMount, String)>,
}

impl Storage {
    /// What a session of this plan gets. The mount that the home folder lies in is narrowed to it: a session sees no home
    /// but its own.
    pub(super) fn of(plan: &Plan, account: &Account, settings: &JobSettings<'_>) -> Result<Self, Cause> {
        let user = plan.user.as_str();
        let cluster = settings.cluster;
        let ide = plan.ide.as_ref().map_or("", |ide| ide.as_str());
        let wanted = settings.mounts.iter().filter(|mount| mount.whom.holds_for(ide, cluster, user));
        let wanted: Vec<Mount> = wanted.map(|mount| mount.of_user(user)).collect();
        // Of several the one that is nearest to the home folder holds it.
        let holder = wanted.iter().filter(|mount| account.home.starts_with(&mount.mount_path));
        let holder = holder.max_by_key(|mount| mount.mount_path.len()).map(|mount| mount.at.clone());
        let mut storage = Self::default();
        for (number, mount) in wanted.iter().enumerate() {
            let is_home = holder.as_ref() == Some(&mount.at);
            storage.add(&format!("mount-{number}"), mount, is_home.then_some(account.home.as_path()))?;
        }
        if holder.is_none() {
            storage.home_for_now(&account.home);
        }
        Ok(storage)
    }

    /// A home folder that is gone with the session.
    fn home_for_now(&mut self, home: &Path) {
        let empty_dir = Some(EmptyDirVolumeSource::default());
        self.volumes.push(Volume { name: HOME.into(), empty_dir, ..Volume::default() });
        let mount_path = home.display().to_string();
        self.mounts.push(VolumeMount { name: HOME.into(), mount_path, ..VolumeMount::default() });
    }

    fn add(&mut self, name: &str, mount: &Mount, home: Option<&Path>) -> Result<(), Cause> {
        let shown = VolumeMount {
            name: name.into(),
            mount_path: mount.mount_path.clone(),
            read_only: mount.read_only.then_some(true),
            sub_path: inside(mount, Path::new(&mount.sub_path))?,
            ..VolumeMount::default()
        };
        self.volumes.push(volume(name, mount)?);
        let Some(home) = home else {
            self.mounts.push(shown);
            return Ok(());
        };
        let below = home.strip_prefix(&mount.mount_path).unwrap_or(Path::new(""));
        let Some(folder) = inside(mount, &Path::new(mount.sub_path.trim_start_matches('/')).join(below))? else {
            // The volume is this one home.
            self.mounts.push(shown);
            return Ok(());
        };
        // The folder above the home has to be there: only the home itself is made.
        let (above, own) = folder.rsplit_once('/').map_or((None, folder.as_str()), |(above, own)| (Some(above), own));
        let sub_path = above.map(str::to_owned);
        let homes = VolumeMount { name: name.into(), mount_path: HOMES_DIR.into(), sub_path, ..VolumeMount::default() };
        self.homes = Some((homes, own.to_owned()));
        let mount_path = home.display().to_string();
        self.mounts.push(VolumeMount { mount_path, sub_path: Some(folder), ..shown });
        Ok(())
    }
}

/// A folder inside a volume, as Kubernetes takes it: relative, and never out of it.
fn inside(mount: &Mount, folder: &Path) -> Result<Option<String>, Cause> {
    let mut parts = Vec::new();
    for part in folder.components() {
        match part {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::RootDir | Component::CurDir => {}
            _ => {
                let text = format!("SubPath of {} leads out of its volume: {}.", mount.at, folder.display());
                return Err(Cause::new("mount-wrong", text, Who::Administrator));
            }
        }
    }
    Ok((!parts.is_empty()).then(|| parts.join("/")))
}

fn volume(name: &str, mount: &Mount) -> Result<Volume, Cause> {
    let read_only = mount.read_only.then_some(true);
    let volume = Volume { name: name.into(), ..Volume::default() };
    Ok(match mount.kind.to_ascii_lowercase().as_str() {
        "host" => {
            let host_path = HostPathVolumeSource { path: mount.path.clone(), type_: None };
            Volume { host_path: Some(host_path), ..volume }
        }
        "nfs" => {
            let nfs = NFSVolumeSource { server: mount.host.clone(), path: mount.path.clone(), read_only };
            Volume { nfs: Some(nfs), ..volume }
        }
        "kubernetespersistentvolumeclaim" => {
            let claim = PersistentVolumeClaimVolumeSource { claim_name: mount.claim.clone(), read_only };
            Volume { persistent_volume_claim: Some(claim), ..volume }
        }
        _ => {
            let text = format!(
                "{} has MountType {}, which Carrel does not mount: a PersistentVolumeClaim can hold the same storage.",
                mount.at, mount.kind
            );
            return Err(Cause::new("mount-not-supported", text, Who::Administrator));
        }
    })
}
