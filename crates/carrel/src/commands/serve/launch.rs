//! The place where sessions run: this host, or a Kubernetes cluster.

use crate::exit::{CANNOT_CREATE, CONFIG, failure};
use carrel_agent::trust::ServerKey;
use carrel_config::{ClusterKind, Current};
use carrel_kube::KubeLauncher;
use carrel_local::{LocalLauncher, LocalSettings, OpenError};
use carrel_model::Clock;
use carrel_sessions::launcher::Launcher;
use std::sync::Arc;

/// The launcher of the place that the settings name. Agents in pods know the server by `key`.
pub(super) async fn launcher(
    current: &Current,
    key: Option<&ServerKey>,
    clock: &Clock,
) -> anyhow::Result<Arc<dyn Launcher>> {
    let settings = current.now();
    match settings.cluster.kind {
        ClusterKind::Local => {
            let local = LocalSettings { data_dir: settings.data_dir.clone(), agent: settings.agent.clone() };
            Ok(Arc::new(LocalLauncher::open(local).map_err(|error| cannot_run_sessions(&error))?))
        }
        ClusterKind::Kubernetes => {
            let key = key.ok_or_else(|| failure(CONFIG, NO_KEY))?;
            let client = carrel_kube::client(&settings.kubernetes.api).await;
            let client = client.map_err(|error| failure(CONFIG, error.to_string()))?;
            if settings.agent_image.is_none() {
                tracing::error!("no session can start: {NO_AGENT_IMAGE}");
            }
            tracing::info!(
                cluster = settings.cluster.name(),
                namespace = settings.kubernetes.namespace,
                "sessions run in pods"
            );
            Ok(Arc::new(KubeLauncher::open(client, key.clone(), current.clone(), clock.clone())))
        }
    }
}

const NO_KEY: &str = "sessions in pods know the server by a key that comes of its secure-cookie-key, and there is none: put \
                      one into the file secure-cookie-key of the configuration folder, the same for every replica";
const NO_AGENT_IMAGE: &str = "no image is set that holds the agent; name that of the server with --agent-image or \
                              CARREL_AGENT_IMAGE";

fn cannot_run_sessions(error: &OpenError) -> anyhow::Error {
    let code = if matches!(error, OpenError::NoAgent { .. }) { CONFIG } else { CANNOT_CREATE };
    failure(code, error.to_string())
}
