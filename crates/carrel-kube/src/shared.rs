//! What the launcher, its watches and those that follow agents share.

use crate::{
    attach::attach,
    errors::unavailable,
    index::{At, ENDED, Index, Known, News},
    names::{MANAGER, job_name},
};
use carrel_agent::{pod::termination_message, protocol::End, trust::ServerKey};
use carrel_config::Current;
use carrel_control::{Control, Fate, Hub, Pinned, Place};
use carrel_model::{Cause, Clock, Ending, Plan, RunId};
use carrel_sessions::launcher::{LauncherError, Seen};
use jiff::Timestamp;
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{
    Api, Client,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::AbortHandle, time::timeout};

/// How long the cluster may take to say what became of a pod, and why.
const SAYS: Duration = Duration::from_secs(20);

/// See the module.
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) namespace: String,
    pub(crate) instance: String,
    pub(crate) key: ServerKey,
    pub(crate) settings: Current,
    pub(crate) clock: Clock,
    pub(crate) hub: Arc<Hub>,
    index: Mutex<Index>,
    runs: Mutex<BTreeMap<RunId, Following>>,
    /// Whether there was a listing.
    synced: watch::Sender<bool>,
    /// Counts changes of the index and of plans, for those who wait for one ([`Shared::until`]).
    changed: watch::Sender<u64>,
    /// What is wrong with the cluster, by the kind of object; told once.
    trouble: Mutex<BTreeMap<String, Cause>>,
}

/// What is kept of a run besides the index.
#[derive(Default)]
struct Following {
    /// To be given to the agent.
    plan: Option<Plan>,
    control: Option<Control<Pinned>>,
    /// Ends what follows the agent.
    task: Option<AbortHandle>,
}

impl Shared {
    pub(crate) fn new(client: Client, key: ServerKey, instance: String, settings: Current, clock: Clock) -> Self {
        Self {
            client,
            namespace: settings.now().kubernetes.namespace.clone(),
            instance,
            key,
            settings,
            clock,
            hub: Arc::default(),
            index: Mutex::default(),
            runs: Mutex::default(),
            synced: watch::Sender::new(false),
            changed: watch::Sender::new(0),
            trouble: Mutex::default(),
        }
    }

    pub(crate) fn jobs(&self) -> Api<Job> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    pub(crate) fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    fn runs(&self) -> MutexGuard<'_, BTreeMap<RunId, Following>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the index says of a run.
    pub(crate) fn look(&self, run: &RunId) -> Option<Known> {
        self.known().look(run)
    }

    /// The pod of a run.
    pub(crate) fn pod_of(&self, run: &RunId) -> Option<String> {
        self.known().pod_of(run)
    }

    /// Changes the index and tells what is new.
    pub(crate) fn index(self: &Arc<Self>, change: impl FnOnce(&mut Index, Timestamp) -> Vec<News>) {
        let now = self.clock.now();
        // Held until all is told: what comes later is told later.
        let mut index = self.known();
        for news in change(&mut index, now) {
            self.take(news, &index);
        }
        drop(index);
        self.changed.send_modify(|count| *count += 1);
    }

    fn take(self: &Arc<Self>, news: News, index: &Index) {
        match news {
            News::Listed => {
                let runs = index.runs();
                for run in &runs {
                    self.hub.add(run);
                }
                let gone: Vec<RunId> = self.runs().keys().filter(|run| !runs.contains(run)).cloned().collect();
                for run in &gone {
                    self.drop_run(run);
                }
            }
            News::Step(run, step, detail) => self.tell(&run, Seen::Step(step, detail)),
            News::Ended(run, ending) => self.tell(&run, Seen::Ended(ending)),
            News::At(run, at) => self.follow(run, at),
            News::Hopeless(run, cause) => {
                let shared = self.clone();
                tokio::spawn(async move { shared.give_up(&run, cause).await });
            }
        }
    }

    /// Tells of a run that may be new.
    fn tell(&self, run: &RunId, seen: Seen) {
        self.runs().entry(run.clone()).or_default();
        self.hub.add(run);
        self.hub.tell(run, seen);
    }

    /// Follows the agent of a run, and nothing that was followed of it before.
    fn follow(self: &Arc<Self>, run: RunId, at: At) {
        self.hub.add(&run);
        let task = tokio::spawn(attach(self.clone(), run.clone(), at)).abort_handle();
        let earlier = self.runs().entry(run).or_default().task.replace(task);
        if let Some(earlier) = earlier {
            earlier.abort();
        }
    }

    /// Lets go of a run.
    pub(crate) fn drop_run(&self, run: &RunId) {
        let following = self.runs().remove(run);
        if let Some(task) = following.and_then(|following| following.task) {
            task.abort();
        }
        self.hub.remove(run);
    }

    /// The plan that the agent of a run is to be given.
    pub(crate) fn plan_of(&self, run: &RunId) -> Option<Plan> {
        self.runs().get(run)?.plan.clone()
    }

    /// Keeps a plan for the agent of a run; `None` when it has it.
    pub(crate) fn set_plan(&self, run: &RunId, plan: Option<Plan>) {
        self.runs().entry(run.clone()).or_default().plan = plan;
        self.changed.send_modify(|count| *count += 1);
    }

    /// The agent of a run that can be asked.
    pub(crate) fn control_of(&self, run: &RunId) -> Option<Control<Pinned>> {
        self.runs().get(run)?.control.clone()
    }

    pub(crate) fn set_control(&self, run: &RunId, control: Control<Pinned>) {
        self.runs().entry(run.clone()).or_default().control = Some(control);
    }

    /// Its agent answers.
    pub(crate) fn answers(&self, run: &RunId) {
        self.known().answers(run);
        self.changed.send_modify(|count| *count += 1);
    }

    /// What `look` finds, as soon as it finds something: it looks at each change of the index and of plans.
    pub(crate) async fn until<T>(&self, look: impl Fn(&Self) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            // It is told by this one, which is still there.
            let _ = changed.changed().await;
        }
    }

    /// Returns when Kubernetes knows what the agent of a run has shown, or should: that its container began.
    pub(crate) async fn until_begun(&self, run: &RunId) {
        let _ = timeout(SAYS, self.until(|shared| (!shared.known().is_ahead(run)).then_some(()))).await;
    }

    /// Its agent said that it is over.
    pub(crate) fn ended(&self, run: &RunId, ending: Ending) {
        self.known().ended(run, ending);
        self.changed.send_modify(|count| *count += 1);
    }

    async fn give_up(self: &Arc<Self>, run: &RunId, cause: Cause) {
        tracing::warn!(%run, code = cause.code, "the start of a session is given up: {}", cause.text);
        if let Err(error) = self.end(run, Ending::Failed { cause }).await {
            // The watch comes back to it with the next word of the cluster.
            tracing::warn!(%run, %error, "its Job could not be ended");
        }
    }

    /// Ends a run whose agent cannot do it: Kubernetes ends the pods of a Job that is past its deadline, and the Job itself
    /// keeps how it ended until it is forgotten.
    pub(crate) async fn end(self: &Arc<Self>, run: &RunId, ending: Ending) -> Result<(), LauncherError> {
        let end = End { at: self.clock.now(), ending: ending.clone(), last_output: String::new() };
        let change = json!({
            "metadata": {"annotations": {ENDED: termination_message(&end)}},
            "spec": {"activeDeadlineSeconds": 1},
        });
        let params = PatchParams { field_manager: Some(MANAGER.into()), ..PatchParams::default() };
        match self.jobs().patch(&job_name(run), &params, &Patch::Merge(&change)).await {
            Ok(_) => {
                self.ended(run, ending.clone());
                self.hub.tell(run, Seen::Ended(ending));
                Ok(())
            }
            Err(kube::Error::Api(status)) if status.code == 404 => Err(LauncherError::NoSuchRun(run.clone())),
            Err(error) => Err(unavailable(&error, &self.namespace)),
        }
    }

    /// Deletes the pod of a run, which has `grace_s` to end by itself.
    pub(crate) async fn delete_pod(&self, run: &RunId, grace_s: u32) -> Result<(), LauncherError> {
        let Some(pod) = self.pod_of(run) else { return Ok(()) };
        match self.pods().delete(&pod, &DeleteParams::default().grace_period(grace_s)).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(unavailable(&error, &self.namespace)),
        }
    }

    /// The first listing is there.
    pub(crate) fn synced(&self) {
        self.synced.send_replace(true);
    }

    /// Returns when there was a listing.
    pub(crate) fn until_synced(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut synced = self.synced.subscribe();
        async move {
            let _ = synced.wait_for(|synced| *synced).await;
        }
    }

    /// Objects of a kind were listed: what was wrong is over, and whoever listens compares anew.
    pub(crate) fn listed(&self, kind: &str) {
        if self.troubles().remove(kind).is_some() {
            tracing::info!(kind, namespace = self.namespace, "the cluster answers again");
        }
        if kind == "jobs" && *self.synced.borrow() {
            self.hub.list();
        }
    }

    fn troubles(&self) -> MutexGuard<'_, BTreeMap<String, Cause>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong with the cluster now.
    pub(crate) fn what_is_wrong(&self) -> Option<Cause> {
        self.troubles().values().next().cloned()
    }

    /// Objects of a kind cannot be seen. Logged when it is not known yet.
    pub(crate) fn trouble(&self, kind: &str, cause: Cause) {
        let mut troubles = self.troubles();
        if troubles.get(kind) != Some(&cause) {
            let namespace = &self.namespace;
            tracing::warn!(kind, namespace, code = cause.code, "{} It is tried again.", cause.text);
            troubles.insert(kind.to_owned(), cause);
        }
    }
}

/// What the index tells of one run to those that follow its agent.
pub(crate) struct OfRun {
    pub(crate) shared: Arc<Shared>,
    pub(crate) run: RunId,
}

impl Place for OfRun {
    async fn look(&self) -> Fate {
        match self.shared.look(&self.run) {
            Some(Known::Ended(ending)) => Fate::Ended(ending),
            Some(_) => Fate::GoesOn,
            None => Fate::Forgotten,
        }
    }

    /// The kubelet ends a pod by a signal, and says why in the pod: a moment before, or a moment after.
    async fn ending(&self, said: Ending) -> Ending {
        if said != Ending::Signalled {
            return said;
        }
        let told = self.shared.until(|shared| {
            let taken_away = shared.known().taken_away(&self.run);
            match (taken_away, shared.look(&self.run)) {
                (Some(cause), _) => Some(Ending::Failed { cause }),
                (None, Some(Known::Ended(ending))) => Some(ending),
                (None, _) => None,
            }
        });
        timeout(SAYS, told).await.unwrap_or(said)
    }
}
