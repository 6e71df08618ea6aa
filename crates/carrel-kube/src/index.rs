//! What is known of the runs in the cluster, from what the watches tell. Pure: objects go in, news come out.

#[cfg(test)]
mod tests;
pub(crate) mod verdict;

use crate::{
    names::{run_of, run_of_name},
    reasons::{On, Outlook, Reason, pulled, reason},
};
use carrel_agent::{pod::read_termination, protocol::End, trust::Pin};
use carrel_model::{Cause, Ending, RunId, Step, Who};
use jiff::Timestamp;
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Event, Pod},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    net::IpAddr,
    time::Duration,
};
use verdict::Verdict;

/// The annotation of a Job that Carrel ended: how, as JSON. So a server that comes later can tell it, too.
pub const ENDED: &str = "carrel.dev/ended";

/// Something new of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A step of the start is being worked on.
    Step(RunId, Step, Option<String>),
    /// The agent runs in this pod, or will in a moment.
    At(RunId, At),
    /// It is over.
    Ended(RunId, Ending),
    /// It will come to nothing though Kubernetes goes on trying: it is to be ended with this cause.
    Hopeless(RunId, Cause),
    /// It was not known before, or is gone: there is another listing.
    Listed,
}

/// Where a run's agent is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The name of the pod.
    pub pod: String,
    /// Its address.
    pub ip: IpAddr,
    /// The agent's certificate, as the init container announced it.
    pub pin: Pin,
}

/// What is known of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It has no agent that could be asked.
    Begins,
    /// Its agent is there.
    Up,
    /// It is over.
    Ended(Ending),
}

/// All runs of this Carrel in one namespace.
#[derive(Debug, Default)]
pub struct Index {
    runs: BTreeMap<RunId, Run>,
    /// Pods by run, the newest of each; they may be seen before their Jobs.
    pods: BTreeMap<RunId, Pod>,
    /// Jobs whose deletion was asked for: what the watch still says of them is history.
    forgotten: HashSet<String>,
    /// Jobs that were made since the listing that comes next was asked for: it may not have them yet.
    made: HashSet<String>,
}

/// A run, which is there as long as its Job is.
#[derive(Debug)]
struct Run {
    uid: String,
    job: Job,
    /// The last event that says something.
    said: Option<Reason>,
    told: Option<(Step, Option<String>)>,
    /// Where its agent is, or will be.
    at: Option<At>,
    /// Whether its agent is there.
    up: bool,
    ended: Option<Ending>,
    hopeless: bool,
    /// Since when it stands where it stands.
    since: Timestamp,
    stalls: Option<Cause>,
}

impl Index {
    /// All runs.
    pub fn runs(&self) -> BTreeSet<RunId> {
        self.runs.keys().cloned().collect()
    }

    /// What is known of a run; `None` when it is not there.
    pub fn look(&self, run: &RunId) -> Option<Known> {
        let run = self.runs.get(run)?;
        Some(match &run.ended {
            Some(ending) => Known::Ended(ending.clone()),
            None if run.up => Known::Up,
            None => Known::Begins,
        })
    }

    /// The pod of a run, to read its log.
    pub fn pod_of(&self, run: &RunId) -> Option<String> {
        self.pods.get(run)?.metadata.name.clone()
    }

    /// Whether its agent answered, and Kubernetes does not know yet that its container began.
    pub fn is_ahead(&self, run: &RunId) -> bool {
        self.runs.get(run).is_some_and(|run| run.up) && self.pods.get(run).is_some_and(|pod| !verdict::has_begun(pod))
    }

    /// Why Kubernetes takes the pod of a run away, when it does.
    pub fn taken_away(&self, run: &RunId) -> Option<Cause> {
        let status = self.pods.get(run).and_then(|pod| pod.status.as_ref());
        let run = self.runs.get(run)?;
        verdict::taken_away(status, &run.job, run.said.as_ref())
    }

    /// A listing of Jobs is about to be asked for.
    pub fn list_begins(&mut self) {
        self.made.clear();
    }

    /// A Job was made here.
    pub fn made_job(&mut self, job: Job, now: Timestamp) -> Vec<News> {
        self.made.extend(job.metadata.uid.clone());
        self.apply_job(job, now)
    }

    /// A Job was made or changed.
    pub fn apply_job(&mut self, job: Job, now: Timestamp) -> Vec<News> {
        let (Some(run), Some(uid)) = (run_of(&job.metadata), job.metadata.uid.clone()) else { return Vec::new() };
        if self.forgotten.contains(&uid) {
            return Vec::new();
        }
        let mut news = Vec::new();
        let known = self.runs.entry(run.clone()).or_insert_with(|| {
            news.push(News::Listed);
            Run::new(uid.clone(), job.clone(), now)
        });
        if known.uid == uid {
            known.job = job;
        } else {
            *known = Run::new(uid, job, now);
        }
        news.extend(self.judge(&run, now));
        news
    }

    /// A Job is gone.
    pub fn delete_job(&mut self, job: &Job) -> Vec<News> {
        let (Some(run), Some(uid)) = (run_of(&job.metadata), &job.metadata.uid) else { return Vec::new() };
        if self.forgotten.remove(uid) {
            return Vec::new();
        }
        if self.runs.get(&run).is_some_and(|known| known.uid == *uid) { self.lost(&run) } else { Vec::new() }
    }

    /// These are all Jobs. What is not among them is gone.
    pub fn reset_jobs(&mut self, jobs: Vec<Job>, now: Timestamp) -> Vec<News> {
        let uids: HashSet<String> = jobs.iter().filter_map(|job| job.metadata.uid.clone()).collect();
        self.forgotten.retain(|uid| uids.contains(uid));
        let is_gone = |run: &Run| !uids.contains(&run.uid) && !self.made.contains(&run.uid);
        let gone: Vec<RunId> = self.runs.iter().filter(|(_, run)| is_gone(run)).map(|(run, _)| run.clone()).collect();
        let mut news: Vec<News> = gone.iter().flat_map(|run| self.lost(run)).collect();
        for job in jobs {
            news.extend(self.apply_job(job, now));
        }
        news
    }

    /// A pod was made or changed.
    pub fn apply_pod(&mut self, pod: Pod, now: Timestamp) -> Vec<News> {
        let Some(run) = run_of(&pod.metadata) else { return Vec::new() };
        let created = |pod: &Pod| pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
        let is_older = |known: &Pod| known.metadata.uid != pod.metadata.uid && created(known) > created(&pod);
        if self.pods.get(&run).is_some_and(is_older) {
            return Vec::new();
        }
        self.pods.insert(run.clone(), pod);
        self.judge(&run, now)
    }

    /// A pod is gone. What it said last stays until its Job says more.
    pub fn delete_pod(&mut self, pod: &Pod, now: Timestamp) -> Vec<News> {
        let Some(run) = run_of(&pod.metadata) else { return Vec::new() };
        if self.pods.get(&run).is_none_or(|known| known.metadata.uid != pod.metadata.uid) {
            return Vec::new();
        }
        let mut news = self.apply_pod(pod.clone(), now);
        self.pods.remove(&run);
        // Its Job may have said before that this was the end.
        news.extend(self.judge(&run, now).into_iter().filter(|news| matches!(news, News::Ended(..))));
        if let Some(known) = self.runs.get_mut(&run).filter(|known| known.ended.is_none()) {
            (known.at, known.up) = (None, false);
        }
        news
    }

    /// These are all pods.
    pub fn reset_pods(&mut self, pods: Vec<Pod>, now: Timestamp) -> Vec<News> {
        let uids: HashSet<String> = pods.iter().filter_map(|pod| pod.metadata.uid.clone()).collect();
        self.pods.retain(|_, pod| pod.metadata.uid.as_ref().is_some_and(|uid| uids.contains(uid)));
        let mut news: Vec<News> = pods.into_iter().flat_map(|pod| self.apply_pod(pod, now)).collect();
        // Those whose pod went away unseen.
        let without: Vec<RunId> = self.runs.keys().filter(|run| !self.pods.contains_key(run)).cloned().collect();
        news.extend(without.iter().flat_map(|run| self.judge(run, now)));
        news
    }

    /// An event of a Job or a pod.
    pub fn apply_event(&mut self, event: &Event, now: Timestamp) -> Vec<News> {
        let of = &event.involved_object;
        let Some(run) = of.name.as_deref().and_then(run_of_name) else { return Vec::new() };
        let is_job = match of.kind.as_deref() {
            Some("Job") => true,
            Some("Pod") => false,
            _ => return Vec::new(),
        };
        let Some(known) = self.runs.get_mut(&run) else { return Vec::new() };
        let is_of_another = |uid: &String| match self.pods.get(&run) {
            _ if is_job => *uid != known.uid,
            Some(pod) => pod.metadata.uid.as_ref().is_some_and(|pod| pod != uid),
            None => false,
        };
        if of.uid.as_ref().is_some_and(is_of_another) {
            return Vec::new();
        }
        let text = (event.reason.as_deref().unwrap_or_default(), event.message.as_deref().unwrap_or_default());
        if !known.hear(text.0, text.1) {
            return Vec::new();
        }
        self.judge(&run, now)
    }

    /// Starts that stand still for longer than `limit`: they have failed with what holds them up.
    pub fn overdue(&mut self, now: Timestamp, limit: Duration) -> Vec<News> {
        let mut news = Vec::new();
        for (run, known) in &mut self.runs {
            let stands = now.duration_since(known.since).unsigned_abs() >= limit;
            if known.ended.is_some() || known.hopeless || known.up || !stands {
                continue;
            }
            if let Some(cause) = known.stalls.clone() {
                known.hopeless = true;
                news.push(News::Hopeless(run.clone(), cause));
            }
        }
        news
    }

    /// Its agent answers, which Kubernetes says up to a second later.
    pub fn answers(&mut self, run: &RunId) {
        if let Some(known) = self.runs.get_mut(run) {
            known.up = known.at.is_some();
        }
    }

    /// Its agent said that it is over, or somebody who knows.
    pub fn ended(&mut self, run: &RunId, ending: Ending) {
        if let Some(known) = self.runs.get_mut(run) {
            known.ended.get_or_insert(ending);
        }
    }

    /// Its deletion was asked for.
    pub fn forget(&mut self, run: &RunId) {
        self.pods.remove(run);
        if let Some(known) = self.runs.remove(run) {
            self.forgotten.insert(known.uid);
        }
    }

    fn lost(&mut self, run: &RunId) -> Vec<News> {
        self.pods.remove(run);
        let Some(known) = self.runs.remove(run) else { return Vec::new() };
        if known.ended.is_some() {
            return vec![News::Listed];
        }
        let text = "The Job of the session was deleted in the cluster. Saved files are safe.";
        let cause = Cause::new("job-deleted", text, Who::Administrator);
        vec![News::Ended(run.clone(), Ending::Failed { cause }), News::Listed]
    }

    /// Looks at all that is known of a run, and tells what is new.
    fn judge(&mut self, run: &RunId, now: Timestamp) -> Vec<News> {
        let pod = self.pods.get(run);
        let Some(known) = self.runs.get_mut(run) else { return Vec::new() };
        if known.ended.is_some() {
            return Vec::new();
        }
        match Verdict::of(&known.job, pod, known.said.as_ref()) {
            Verdict::Ended(ending) => {
                known.ended = Some(ending.clone());
                vec![News::Ended(run.clone(), ending)]
            }
            Verdict::Up(at) => {
                known.up = true;
                known.is_at(run, at)
            }
            // What Kubernetes says late of a start is history.
            Verdict::Begins(..) if known.up => Vec::new(),
            Verdict::Begins(step, reason) => {
                let mut news = known.begins(run, step, reason, now);
                if let Some(at) = pod.and_then(verdict::at) {
                    news.extend(known.is_at(run, at));
                }
                news
            }
        }
    }
}

impl Run {
    fn new(uid: String, job: Job, now: Timestamp) -> Self {
        Self {
            uid,
            job,
            said: None,
            told: None,
            at: None,
            up: false,
            ended: None,
            hopeless: false,
            since: now,
            stalls: None,
        }
    }

    /// Takes an event in; false when it says nothing.
    fn hear(&mut self, word: &str, message: &str) -> bool {
        let on = if word == "FailedScheduling" { On::Unscheduled } else { On::Event };
        let Some(mut heard) = reason(on, word, message) else { return false };
        // The scheduler complains again and again while the node that was ordered is on its way.
        let is_on_its_way = self.said.as_ref().is_some_and(|said| said.cause.code == "new-node");
        if is_on_its_way && on == On::Unscheduled {
            return false;
        }
        if let Some(text) = pulled(message).filter(|_| word == "Pulled") {
            heard.cause.text = text;
        }
        self.said = Some(heard);
        true
    }

    /// Where its agent is to be found.
    fn is_at(&mut self, run: &RunId, at: At) -> Vec<News> {
        if self.at.as_ref() == Some(&at) {
            return Vec::new();
        }
        self.at = Some(at.clone());
        vec![News::At(run.clone(), at)]
    }

    /// What a start that goes on tells of itself.
    fn begins(&mut self, run: &RunId, step: Step, reason: Option<Reason>, now: Timestamp) -> Vec<News> {
        let stands = reason.as_ref().map(|reason| reason.outlook);
        let cause = reason.map(|reason| reason.cause);
        let is_same = self.told.as_ref().is_some_and(|(told, _)| *told == step)
            && self.stalls.as_ref().map(|cause| &cause.code) == cause.as_ref().map(|cause| &cause.code);
        if !is_same || stands != Some(Outlook::Stalls) {
            self.since = now;
        }
        self.stalls = cause.clone().filter(|_| stands == Some(Outlook::Stalls));
        let told = (step, cause.as_ref().map(|cause| cause.text.clone()));
        let mut news = Vec::new();
        if self.told.as_ref() != Some(&told) {
            news.push(News::Step(run.clone(), told.0, told.1.clone()));
            self.told = Some(told);
        }
        if let Some(cause) = cause.filter(|_| stands == Some(Outlook::Over) && !self.hopeless) {
            self.hopeless = true;
            news.push(News::Hopeless(run.clone(), cause));
        }
        news
    }
}

/// How a Job was ended by Carrel, as it says itself.
fn ended_by_carrel(job: &Job) -> Option<End> {
    read_termination(job.metadata.annotations.as_ref()?.get(ENDED)?)
}
