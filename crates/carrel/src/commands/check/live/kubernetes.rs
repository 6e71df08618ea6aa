//! The Kubernetes cluster: whether it answers, and lets the server do what it has to.

use super::{Finding, Outcome};
use crate::host::block_on;
use carrel_agent::trust::ServerKey;
use carrel_config::{ClusterKind, Configuration, Settings, sealed::secure_cookie_key};
use carrel_kube::pull::{Pull, pull};
use secrecy::ExposeSecret;
use std::time::Duration;
use tokio::time::timeout;

const WHAT: &str = "Kubernetes";
const IMAGE: &str = "image";
/// How long an image may take.
const PULL_LIMIT: Duration = Duration::from_mins(2);
/// How long all questions together may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What came of it; nothing to tell where sessions run on this host.
pub(super) fn check(settings: &Settings, files: &Configuration, pulls: bool) -> anyhow::Result<Vec<Finding>> {
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
    findings.extend(match findings.iter().all(|finding| finding.outcome == Outcome::Fine) {
        true if pulls => block_on(async { Ok(pull_all(settings).await) })?,
        true => vec![Finding::not_checked(IMAGE, "`carrel check --live` has images pulled")],
        false => vec![Finding::not_checked(IMAGE, "no session can start yet: see above")],
    });
    Ok(findings)
}

/// Has each image pulled that a session may be started with, and that of the agent.
async fn pull_all(settings: &Settings) -> Vec<Finding> {
    let client = match carrel_kube::client(&settings.kubernetes.api).await {
        Ok(client) => client,
        Err(error) => return vec![Finding::of(IMAGE, Err(error.to_string()))],
    };
    let mut images = settings.images_named().into_iter().map(|said| (said.value, Some(said.at))).collect::<Vec<_>>();
    if let Some(agent) = settings.agent_image.clone().filter(|agent| images.iter().all(|(image, _)| image != agent)) {
        images.insert(0, (agent, None));
    }
    let mut findings = Vec::new();
    // One after the other, as a node pulls them.
    for (image, at) in images {
        let came_of = pull(&client, &image, settings, PULL_LIMIT).await;
        let named = at.map_or(image.clone(), |at| format!("{image} ({at})"));
        findings.push(match came_of {
            Pull::Done => Finding::of(IMAGE, Ok(format!("{named} can be had"))),
            Pull::Refused(cause) => Finding::of(IMAGE, Err(format!("{named}: {}", cause.text))),
            Pull::NotTried(why) => Finding::not_checked(IMAGE, &format!("{named}: {why}")),
        });
    }
    findings
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
