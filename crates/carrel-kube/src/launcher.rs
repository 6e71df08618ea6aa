//! The launcher.

use crate::{
    errors::{start_error, unavailable},
    index::Known,
    job::{JobSettings, session_job},
    logs,
    names::{MANAGER, job_name},
    shared::Shared,
    watch::watch,
};
use async_trait::async_trait;
use bytes::Bytes;
use carrel_agent::trust::ServerKey;
use carrel_config::Current;
use carrel_control::{CallError, Control, Pinned};
use carrel_model::{Cause, Clock, Ending, Plan, RunId, Usage, Who};
use carrel_sessions::launcher::{Launcher, LauncherError, Report, StartError};
use futures::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use kube::{
    Client,
    api::{DeleteParams, Patch, PatchParams},
};
use sha2::{Digest, Sha256};
use std::{fmt, sync::Arc, time::Duration};
use tokio::time::timeout;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long a start waits for the first listing, and an answer to anything is waited for.
const CALL_LIMIT: Duration = Duration::from_secs(20);
/// How long the end of a run that was just told may take to be known here.
const END_LIMIT: Duration = Duration::from_secs(5);
/// How much longer than the IDE its pod has when its agent cannot be asked.
const MORE_GRACE: Duration = Duration::from_secs(5);

/// Runs sessions as Jobs of a Kubernetes cluster.
pub struct KubeLauncher {
    shared: Arc<Shared>,
    /// Ends the watches when the launcher goes. The runs go on.
    _end: DropGuard,
}

impl fmt::Debug for KubeLauncher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubeLauncher").field("namespace", &self.shared.namespace).finish_non_exhaustive()
    }
}

impl KubeLauncher {
    /// A launcher over the runs that are there. Inside a runtime, where it watches the cluster. Agents know the server by
    /// `key`; runs of a Carrel with another key are not seen.
    pub fn open(client: Client, key: ServerKey, settings: Current, clock: Clock) -> Self {
        let instance = instance(&key);
        let shared = Arc::new(Shared::new(client, key, instance, settings, clock));
        let ended = CancellationToken::new();
        tokio::spawn(ended.clone().run_until_cancelled_owned(watch(shared.clone())));
        Self { shared, _end: ended.drop_guard() }
    }

    /// Makes the Job of a run, unless it is there.
    async fn make(&self, run: &RunId, plan: &Plan) -> Result<(), StartError> {
        if self.shared.look(run).is_some() {
            return Ok(());
        }
        let job = self.job(run, plan).map_err(StartError::Refused)?;
        let params = PatchParams::apply(MANAGER).force();
        let name = job_name(run);
        let made = timeout(CALL_LIMIT, self.shared.jobs().patch(&name, &params, &Patch::Apply(&job))).await;
        let made = made.map_err(|_| StartError::NotNow(silence()))?;
        let job = made.map_err(|error| start_error(&error, &self.shared.namespace))?;
        self.shared.index(|index, now| index.made_job(job, now));
        Ok(())
    }

    fn job(&self, run: &RunId, plan: &Plan) -> Result<Job, Cause> {
        let settings = self.shared.settings.now();
        let Some(agent_image) = &settings.agent_image else {
            let text = "No image is set that holds the agent: start the server with --agent-image, or set \
                        CARREL_AGENT_IMAGE, to the image of the server.";
            return Err(Cause::new("no-agent-image", text, Who::Administrator));
        };
        session_job(
            run,
            plan,
            &JobSettings {
                cluster: settings.cluster.name(),
                kubernetes: &settings.kubernetes,
                agent_image,
                mounts: &settings.ides.mounts,
                server_key: &self.shared.key.public().to_string(),
                stop_grace: settings.stop_grace,
                instance: &self.shared.instance,
            },
        )
    }

    /// The agent of a run that goes on; `None` while it has none that answers.
    fn agent(&self, run: &RunId) -> Result<Option<Control<Pinned>>, LauncherError> {
        match self.shared.look(run) {
            None => Err(LauncherError::NoSuchRun(run.clone())),
            Some(Known::Ended(_)) => Err(LauncherError::Unavailable(format!("the run {run} has ended"))),
            Some(_) => Ok(self.shared.control_of(run)),
        }
    }

    /// Ends a run whose agent does not do it.
    async fn stop_by_cluster(&self, run: &RunId, grace: Duration) -> Result<(), LauncherError> {
        let grace_s = if grace.is_zero() { 0 } else { (grace + MORE_GRACE).as_secs() };
        if grace.is_zero() || matches!(self.shared.look(run), Some(Known::Begins)) {
            self.shared.end(run, Ending::Asked).await?;
        }
        self.shared.delete_pod(run, u32::try_from(grace_s).unwrap_or(u32::MAX)).await
    }

    /// Whether a run is over. Its agent tells the end a moment before it is known here.
    async fn is_over(&self, run: &RunId) -> bool {
        let goes_on = |shared: &Shared| matches!(shared.look(run), Some(Known::Begins | Known::Up));
        timeout(END_LIMIT, self.shared.until(|shared| (!goes_on(shared)).then_some(()))).await.is_ok()
    }
}

/// Which Carrel it is: those that share a namespace have different keys.
pub fn instance(key: &ServerKey) -> String {
    let hash = Sha256::digest(key.public().to_string());
    let digits = hash.iter().take(8).flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// What is said when nothing more is known.
fn silence() -> Cause {
    let text = "The API server of the cluster does not answer.";
    Cause::new("cluster-unreachable", text, Who::Administrator)
}

fn silent(error: CallError) -> LauncherError {
    error.into()
}

#[async_trait]
impl Launcher for KubeLauncher {
    async fn start(&self, run: &RunId, plan: &Plan) -> Result<(), StartError> {
        // Before the listing nobody knows whether it is there.
        if timeout(CALL_LIMIT, self.shared.until_synced()).await.is_err() {
            return Err(StartError::NotNow(self.shared.what_is_wrong().unwrap_or_else(silence)));
        }
        if let Some(Known::Ended(_)) = self.shared.look(run) {
            return Ok(());
        }
        self.make(run, plan).await?;
        self.shared.set_plan(run, Some(plan.clone()));
        Ok(())
    }

    async fn stop(&self, run: &RunId, grace: Duration) -> Result<(), LauncherError> {
        let agent = match self.agent(run) {
            Ok(agent) => agent,
            // It ended already, and that is reported.
            Err(LauncherError::Unavailable(_)) => return Ok(()),
            Err(missing) => return Err(missing),
        };
        match agent {
            Some(agent) if agent.stop(grace).await.is_ok() => Ok(()),
            _ => self.stop_by_cluster(run, grace).await,
        }
    }

    fn reports(&self) -> BoxStream<'static, Report> {
        let hub = self.shared.hub.clone();
        // Who listened before the first listing would believe that there is nothing.
        let listening = self.shared.until_synced().map(move |()| UnboundedReceiverStream::new(hub.listen()));
        stream::once(listening).flatten().boxed()
    }

    async fn logs(&self, run: &RunId, is_followed: bool) -> Result<BoxStream<'static, Bytes>, LauncherError> {
        let agent = match self.agent(run) {
            Ok(agent) => agent,
            Err(LauncherError::Unavailable(_)) => None,
            Err(missing) => return Err(missing),
        };
        if let Some(agent) = agent
            && let Ok(output) = agent.output(is_followed).await
        {
            return Ok(output.boxed());
        }
        // Of a container that has not begun the kubelet shows nothing.
        self.shared.until_begun(run).await;
        logs::of_pod(&self.shared, run, is_followed).await
    }

    async fn usage(&self, run: &RunId) -> Result<Usage, LauncherError> {
        match self.agent(run)? {
            Some(agent) => agent.usage().await.map_err(silent),
            // Nothing runs yet.
            None => Ok(Usage::default()),
        }
    }

    async fn keep(&self, run: &RunId, until: Option<Timestamp>) -> Result<(), LauncherError> {
        match self.agent(run)? {
            Some(agent) => agent.keep(until).await.map_err(silent),
            None => Err(LauncherError::Unavailable(format!("the run {run} has only begun"))),
        }
    }

    async fn forget(&self, run: &RunId) -> Result<(), LauncherError> {
        if self.shared.look(run).is_some() && !self.is_over(run).await {
            return Err(LauncherError::Unavailable(format!("the run {run} goes on")));
        }
        self.shared.index(|index, _| {
            index.forget(run);
            Vec::new()
        });
        self.shared.drop_run(run);
        match self.shared.jobs().delete(&job_name(run), &DeleteParams::background()).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(unavailable(&error, &self.shared.namespace)),
        }
    }
}
