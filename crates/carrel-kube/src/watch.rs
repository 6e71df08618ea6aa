//! One watch for each kind of object, shared by all runs: a listing, then what changes, again and again.

use crate::{
    errors::explain,
    index::{Index, News},
    names::selector,
    shared::Shared,
};
use carrel_model::{Cause, Who};
use futures::{Stream, StreamExt};
use jiff::Timestamp;
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Event, Pod},
};
use kube::{
    Api, Resource,
    api::{ListParams, WatchEvent, WatchParams},
};
use serde::de::DeserializeOwned;
use std::{fmt::Debug, sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// How soon a watch that broke is begun anew, at first and at last.
const AGAIN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(20));
/// A listing may take so long.
const LIST_LIMIT: Duration = Duration::from_secs(30);
/// How much longer than it asked for a watch is waited for.
const LATE: Duration = Duration::from_secs(30);
/// How often starts that stand still are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The version that stands for whatever the API server has at hand (`resourceVersion=0`).
const ANY: &str = "0";

/// A kind of object that is watched.
pub(crate) trait Watched:
    Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
    + Clone
    + Debug
    + DeserializeOwned
    + Send
    + 'static
{
    /// Whether the server may list it, and finds its own by a label. Events may only be watched, and have no labels.
    const LISTED: bool;

    fn reset(index: &mut Index, all: Vec<Self>, now: Timestamp) -> Vec<News>;
    fn apply(index: &mut Index, one: Self, now: Timestamp) -> Vec<News>;
    fn delete(index: &mut Index, one: &Self, now: Timestamp) -> Vec<News>;
}

impl Watched for Job {
    const LISTED: bool = true;

    fn reset(index: &mut Index, all: Vec<Self>, now: Timestamp) -> Vec<News> {
        index.reset_jobs(all, now)
    }

    fn apply(index: &mut Index, one: Self, now: Timestamp) -> Vec<News> {
        index.apply_job(one, now)
    }

    fn delete(index: &mut Index, one: &Self, _: Timestamp) -> Vec<News> {
        index.delete_job(one)
    }
}

impl Watched for Pod {
    const LISTED: bool = true;

    fn reset(index: &mut Index, all: Vec<Self>, now: Timestamp) -> Vec<News> {
        index.reset_pods(all, now)
    }

    fn apply(index: &mut Index, one: Self, now: Timestamp) -> Vec<News> {
        index.apply_pod(one, now)
    }

    fn delete(index: &mut Index, one: &Self, now: Timestamp) -> Vec<News> {
        index.delete_pod(one, now)
    }
}

impl Watched for Event {
    const LISTED: bool = false;

    fn reset(_: &mut Index, _: Vec<Self>, _: Timestamp) -> Vec<News> {
        Vec::new()
    }

    fn apply(index: &mut Index, one: Self, now: Timestamp) -> Vec<News> {
        index.apply_event(&one, now)
    }

    fn delete(_: &mut Index, _: &Self, _: Timestamp) -> Vec<News> {
        Vec::new()
    }
}

/// Watches everything. Never ends.
pub(crate) async fn watch(shared: Arc<Shared>) {
    // Pods are there before the Jobs that they belong to are judged by them.
    let (pods, jobs) = (Watch::<Pod>::new(&shared), Watch::<Job>::new(&shared));
    let pods_from = pods.list_until_done().await;
    let jobs_from = jobs.list_until_done().await;
    shared.synced();
    let events = Watch::<Event>::new(&shared);
    tokio::join!(pods.go_on(pods_from), jobs.go_on(jobs_from), events.go_on(ANY.into()), look(&shared));
}

fn silent(what: &str) -> Cause {
    Cause::new("cluster-unreachable", format!("The API server of the cluster {what}."), Who::Administrator)
}

/// Looks for starts that stand still.
async fn look(shared: &Arc<Shared>) {
    loop {
        sleep(LOOK_EVERY).await;
        let limit = shared.settings.now().start_limit;
        shared.index(|index, now| index.overdue(now, limit));
    }
}

struct Watch<K> {
    shared: Arc<Shared>,
    api: Api<K>,
    /// What it selects by.
    labels: Option<String>,
}

/// Why a watch is over.
enum Over {
    /// The time that was asked for; it goes on from here.
    Until(String),
    /// What it went on from is forgotten: there has to be a listing.
    TooOld,
    /// It broke.
    Broke(Cause),
}

impl<K: Watched> Watch<K> {
    fn new(shared: &Arc<Shared>) -> Self {
        let labels = K::LISTED.then(|| selector(&shared.instance));
        Self { shared: shared.clone(), api: Api::namespaced(shared.client.clone(), &shared.namespace), labels }
    }

    /// Watches from a version on, and lists again whenever that is not known any more.
    async fn go_on(&self, mut from: String) {
        let mut pause = AGAIN.0;
        loop {
            match self.watch(&from).await {
                Over::Until(version) => (from, pause) = (version, AGAIN.0),
                Over::TooOld => from = self.again().await,
                Over::Broke(why) => {
                    self.shared.trouble(&K::plural(&()), why);
                    sleep(pause).await;
                    pause = (pause * 2).min(AGAIN.1);
                    from = self.again().await;
                }
            }
        }
    }

    /// A version to go on from after what was watched is lost.
    async fn again(&self) -> String {
        if K::LISTED { self.list_until_done().await } else { ANY.into() }
    }

    /// Lists until that succeeds. The version of the listing.
    async fn list_until_done(&self) -> String {
        let mut pause = AGAIN.0;
        loop {
            let why = match timeout(LIST_LIMIT, self.list()).await {
                Ok(Ok(version)) => return version,
                Ok(Err(error)) => explain(&error, &self.shared.namespace).0,
                Err(_) => silent("does not answer"),
            };
            self.shared.trouble(&K::plural(&()), why);
            sleep(pause).await;
            pause = (pause * 2).min(AGAIN.1);
        }
    }

    async fn list(&self) -> kube::Result<String> {
        self.shared.index(|index, _| {
            index.list_begins();
            Vec::new()
        });
        let page = self.shared.settings.now().kubernetes.page;
        let mut params = ListParams { label_selector: self.labels.clone(), limit: Some(page), ..ListParams::default() };
        let mut all = Vec::new();
        loop {
            let listed = self.api.list(&params).await?;
            all.extend(listed.items);
            let Some(token) = listed.metadata.continue_.filter(|token| !token.is_empty()) else {
                self.shared.index(|index, now| K::reset(index, all, now));
                self.shared.listed(&K::plural(&()));
                return Ok(listed.metadata.resource_version.unwrap_or_default());
            };
            params.continue_token = Some(token);
        }
    }

    async fn watch(&self, from: &str) -> Over {
        let limit = self.shared.settings.now().kubernetes.watch_limit;
        let seconds = u32::try_from(limit.as_secs()).unwrap_or(u32::MAX);
        let params =
            WatchParams { label_selector: self.labels.clone(), timeout: Some(seconds), ..WatchParams::default() };
        let begun = timeout(LIST_LIMIT, self.api.watch(&params, from)).await;
        match begun {
            Ok(Ok(changes)) => self.take(changes, from, limit + LATE).await,
            Ok(Err(kube::Error::Api(status))) if status.code == 410 => Over::TooOld,
            Ok(Err(error)) => Over::Broke(explain(&error, &self.shared.namespace).0),
            Err(_) => Over::Broke(silent("does not begin a watch")),
        }
    }

    /// Takes what changes in, until there is no more, or nothing for longer than a watch lasts.
    async fn take(
        &self,
        changes: impl Stream<Item = kube::Result<WatchEvent<K>>>,
        from: &str,
        limit: Duration,
    ) -> Over {
        let mut version = from.to_owned();
        tokio::pin!(changes);
        loop {
            let change = match timeout(limit, changes.next()).await {
                Ok(Some(Ok(change))) => change,
                Ok(Some(Err(error))) => return Over::Broke(explain(&error, &self.shared.namespace).0),
                Ok(None) => return Over::Until(version),
                Err(_) => return Over::Broke(silent("says nothing any more")),
            };
            let of = |one: &K| one.meta().resource_version.clone();
            let seen = match change {
                WatchEvent::Added(one) | WatchEvent::Modified(one) => {
                    let seen = of(&one);
                    self.shared.index(|index, now| K::apply(index, one, now));
                    seen
                }
                WatchEvent::Deleted(one) => {
                    self.shared.index(|index, now| K::delete(index, &one, now));
                    of(&one)
                }
                WatchEvent::Bookmark(mark) => Some(mark.metadata.resource_version),
                WatchEvent::Error(status) if status.code == 410 => return Over::TooOld,
                WatchEvent::Error(status) => {
                    return Over::Broke(explain(&kube::Error::Api(status), &self.shared.namespace).0);
                }
            };
            version = seen.unwrap_or(version);
        }
    }
}
