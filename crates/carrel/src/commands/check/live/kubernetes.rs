//! The Kubernetes cluster: whether it answers, and lets the server do what it has to.

use super::Finding;
use crate::host::block_on;
use carrel_agent::trust::ServerKey;
use carrel_config::{ClusterKind, Configuration, Settings, sealed::secure_cookie_key};
use secrecy::ExposeSecret;
use std::time::Duration;
use tokio::time::timeout;

const WHAT: &str = "Kubernetes";
/// How long all questions together may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What came of it; nothing to tell where sessions run on this host.
pub(super) fn check(settings: &Settings, files: &Configuration) -> anyhow::Result<Vec<Finding>> {
    if settings.cluster.kind == ClusterKind::Local {
        return Ok(vec![Finding::not_checked(WHAT, "sessions run on this host")]);
    }
    let mut findings = match block_on(async { Ok(ask(settings).await) })? {
        Ok(fine) => vec![Finding::of(WHAT, Ok(fine))],
        Err(wrong) => wrong.into_iter().map(|text| Finding::of(WHAT, Err(text))).collect(),
    };
    findings.push(Finding::of("key of agents", key(files)));
    let image = settings.agent_image.clone().ok_or_else(|| {
        "no image is set that holds the agent: name that of the server as agent-image in carrel.conf".to_owned()
    });
    findings.push(Finding::of("image of the agent", image));
    Ok(findings)
}

async fn ask(settings: &Settings) -> Result<String, Vec<String>> {
    let client = carrel_kube::client(&settings.kubernetes.api).await.map_err(|error| vec![error.to_string()])?;
    let asked = timeout(LIMIT, carrel_kube::access::check(&client, &settings.kubernetes.namespace)).await;
    asked.unwrap_or_else(|_| Err(vec![format!("the API server does not answer within {} s", LIMIT.as_secs())]))
}

fn key(files: &Configuration) -> Result<String, String> {
    let secret = secure_cookie_key(files).map_err(|error| error.to_string())?;
    let key = ServerKey::derive(secret.expose_secret().as_bytes()).map_err(|error| error.to_string())?;
    Ok(format!("agents will know the server as {}", key.public()))
}
