//! `launcher.kubernetes.conf`, and the values of session templates: the Kubernetes cluster that sessions run on.

mod templates;
#[cfg(test)]
mod tests;

pub use templates::Templates;

use super::{Settings, cluster::ClusterKind, ides::Mount};
use crate::{Configuration, Diagnostic, Level, configuration::Held};
use secrecy::SecretString;
use std::{path::PathBuf, time::Duration};

/// The file.
const FILE: &str = "launcher.kubernetes.conf";
const SERVER: &str = "rserver.conf";
/// The API server is not let hold a watch for longer: it cuts longer ones itself.
const LONGEST_WATCH: Duration = Duration::from_secs(290);

/// How a Kubernetes cluster is reached and used.
#[derive(Debug, Clone)]
pub struct Kubernetes {
    /// How its API server is reached.
    pub api: ApiServer,
    /// The namespace of sessions (`kubernetes-namespace`).
    pub namespace: String,
    /// How long a watch stays open (`watch-timeout-seconds`).
    pub watch_limit: Duration,
    /// How many objects are listed at once (`fetch-limit`).
    pub page: u32,
    /// How long the Job of a session that is over stays (`job-expiry-hours`).
    pub expiry: Duration,
    /// What templates set in every session's Job and Pod.
    pub templates: Templates,
}

/// How the API server is reached. What the files do not set comes from the cluster that the server itself runs in, or from
/// `KUBECONFIG`.
#[derive(Debug, Clone, Default)]
pub struct ApiServer {
    /// Its address (`api-url`).
    pub url: Option<String>,
    /// The token that is shown to it (`auth-token`).
    pub token: Option<SecretString>,
    /// The file with the token (`auth-token-path`), read again when it changes.
    pub token_path: Option<PathBuf>,
    /// The authority that signed its certificate: PEM, PEM in base 64, or the path of a file (`certificate-authority`).
    pub authority: Option<String>,
    /// Whether its certificate is not checked (`verify-ssl-certs=0`).
    pub insecure: bool,
}

impl Default for Kubernetes {
    fn default() -> Self {
        Self {
            api: ApiServer::default(),
            namespace: "rstudio".into(),
            watch_limit: Duration::from_mins(3),
            page: 500,
            expiry: Duration::from_hours(24),
            templates: Templates::default(),
        }
    }
}

impl Kubernetes {
    /// These, for a server that started with others: it stays connected as it is.
    pub(super) fn with_fixed_of(self, started: &Self) -> Self {
        Self { expiry: self.expiry, templates: self.templates, ..started.clone() }
    }
}

/// Takes over what the files say of the cluster. Comes after the cluster itself and the mounts.
pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    if settings.cluster.kind == ClusterKind::Local {
        told.extend(settings.ides.mounts.iter().map(|mount| {
            let text = "nothing is mounted: sessions run on the server's host and see its files";
            Diagnostic::new(mount.at.clone(), Level::Warning, "not-used", text)
        }));
        return told;
    }
    // What holds for the server's host says nothing of a cluster's nodes and of the accounts in its containers.
    (settings.capacity, settings.home) = (None, None);
    told.extend(settings.ides.mounts.iter().filter_map(mount));
    let get = |key: &str| files.get(FILE, key);
    let text = |key: &str| set(&get(key), Held::text).map(str::to_owned);
    let seconds = get("watch-timeout-seconds").whole().unwrap_or(180);
    let hours = get("job-expiry-hours").whole().unwrap_or(24);
    let api = ApiServer {
        url: text("api-url"),
        token: text("auth-token").map(SecretString::from),
        token_path: text("auth-token-path").map(PathBuf::from),
        authority: text("certificate-authority"),
        insecure: get("verify-ssl-certs").flag() == Some(false),
    };
    if let Some(at) = get("verify-ssl-certs").at.filter(|_| api.insecure) {
        let what =
            "whoever answers at that address is believed to be the API server: set certificate-authority instead";
        told.push(Diagnostic::new(at, Level::Warning, "insecure", what));
    }
    agent_image(settings, files, &mut told);
    if get("job-expiry-hours").at.is_some() {
        settings.ides.listed_for = Some(Duration::from_secs(hours.saturating_mul(3600)));
    }
    settings.kubernetes = Kubernetes {
        api,
        namespace: get("kubernetes-namespace").text().unwrap_or("rstudio").to_owned(),
        watch_limit: Duration::from_secs(seconds.max(1)).min(LONGEST_WATCH),
        page: u32::try_from(get("fetch-limit").whole().unwrap_or(500).max(1)).unwrap_or(u32::MAX),
        expiry: Duration::from_secs(hours.saturating_mul(3600)),
        templates: templates::read(files, settings.cluster.name(), &mut told),
    };
    told
}

/// The end of the name of the image that the original brings its programs in with.
const NO_AGENT: &str = "workbench-session-init";

/// Takes the image with the agent from rserver.conf, unless carrel.conf names one.
fn agent_image(settings: &mut Settings, files: &Configuration, told: &mut Vec<Diagnostic>) {
    let name = files.get(SERVER, "launcher-sessions-init-container-image-name");
    let (Some(image), Some(at)) = (set(&name, Held::text), &name.at) else { return };
    if image.ends_with(NO_AGENT) {
        let text = "this image holds no agent of Carrel's, and is not used: name that of the server";
        told.push(Diagnostic::new(at.clone(), Level::Warning, "not-used", text).found(image));
    } else if settings.agent_image.is_none() {
        let tag = files.get(SERVER, "launcher-sessions-init-container-image-tag");
        let tag = set(&tag, Held::text).map(|tag| format!(":{tag}")).unwrap_or_default();
        settings.agent_image = Some(format!("{image}{tag}"));
    }
}

/// The kinds of mount that are made, and the keys that each needs.
const MOUNTS: [(&str, &[&str]); 3] =
    [("Host", &["Path"]), ("NFS", &["Host", "Path"]), ("KubernetesPersistentVolumeClaim", &["ClaimName"])];

/// What is wrong with a mount, so that no session that it is for would start.
fn mount(mount: &Mount) -> Option<Diagnostic> {
    let wrong = |code, text: String| Some(Diagnostic::new(mount.at.clone(), Level::Error, code, text));
    let Some((kind, needs)) = MOUNTS.iter().find(|(kind, _)| kind.eq_ignore_ascii_case(&mount.kind)) else {
        let text = format!(
            "MountType {} is not mounted: make a PersistentVolume for it, with the CSI driver of the storage, and name \
             its claim with MountType: KubernetesPersistentVolumeClaim",
            mount.kind
        );
        return Some(Diagnostic::new(mount.at.clone(), Level::Warning, "not-supported", text));
    };
    let value = |key: &str| match key {
        "Path" => &mount.path,
        "Host" => &mount.host,
        _ => &mount.claim,
    };
    if let Some(missing) = needs.iter().find(|key| value(key).is_empty()) {
        return wrong("missing-option", format!("MountType {kind} needs {missing}"));
    }
    if !mount.mount_path.starts_with('/') {
        return wrong("wrong-value", "MountPath has to be an absolute path".into());
    }
    None
}

/// What a file sets, unless it is empty.
fn set<'h>(held: &'h Held, value: impl Fn(&'h Held) -> Option<&'h str>) -> Option<&'h str> {
    held.at.as_ref()?;
    value(held).filter(|text| !text.is_empty())
}
