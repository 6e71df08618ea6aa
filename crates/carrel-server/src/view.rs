//! A session as the API and the pages show it. Pure: the server decides the word, the sentence and the next action,
//! and everything that shows a session shows those.

mod names;
mod words;

use carrel_config::web::Root;
use carrel_model::{Container, Event, Gpu, Session, State, Step, StepTime};
use carrel_store::UsagePoint;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

#[cfg(test)]
mod tests;

pub(crate) use words::span;

/// How many points the small CPU curve of a row has at most.
pub(crate) const CURVE_POINTS: u32 = 40;

/// A session, with what to say about it and what can be done next.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SessionView {
    /// Opaque; stays the same over suspending and resuming.
    #[schema(example = "h3k9t2m4q8w1zx7c")]
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The entry of the catalogue that it runs.
    #[schema(example = "jupyterlab")]
    pub ide: String,
    /// What people call that entry.
    #[schema(example = "JupyterLab")]
    pub ide_name: String,
    /// Where it is in its life.
    pub state: StateName,
    /// The word that pages show for the state.
    pub word: &'static str,
    /// What is, in one sentence.
    pub sentence: String,
    /// The one next action.
    pub next: Next,
    /// The five steps of the start, while it starts; else empty.
    pub steps: Vec<StepView>,
    /// The step that is being worked on, while it starts.
    pub step: Option<CurrentStep>,
    /// Why it is as it is, where there is more to say than the state.
    pub cause: Option<CauseView>,
    /// Whose it is.
    pub owner: String,
    /// Which cluster runs it.
    pub cluster: String,
    /// The image it runs, on clusters that have images.
    pub image: Option<String>,
    /// The R that was chosen, by its folder; null for the usual one.
    pub r_version: Option<String>,
    /// The size that was chosen by name.
    pub resource_profile: Option<String>,
    /// CPUs, fractions allowed.
    pub cpus: f64,
    /// Memory in MiB.
    pub memory_mb: u64,
    /// CPUs that are reserved for it, where that is fewer.
    pub cpu_request: Option<f64>,
    /// Memory in MiB that is reserved for it, where that is less.
    pub memory_request_mb: Option<u64>,
    /// GPUs by their kind, `nvidia` or `amd`.
    #[schema(value_type = BTreeMap<String, u32>)]
    pub gpus: BTreeMap<&'static str, u32>,
    /// Labels that its node must have, by name.
    pub placement: BTreeMap<String, String>,
    /// The folder that it opens; null for the home folder.
    pub folder: Option<String>,
    /// Its address on this server.
    #[schema(example = "/s/h3k9t2m4q8w1zx7c/")]
    pub url: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it came to its state.
    pub since: Timestamp,
    /// When its IDE first answered after the last start.
    pub started_at: Option<Timestamp>,
    /// The last use that is known.
    pub last_active_at: Option<Timestamp>,
    /// Its idle clock, while it runs.
    pub idle: Option<IdleView>,
    /// Which start of it this is, from 1.
    pub generation: u32,
    /// What it uses, while it runs and once that is known.
    pub usage: Option<UsageView>,
    /// What its owner can do with it now.
    pub may: May,
}

/// The states of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) enum StateName {
    Queued,
    Starting,
    Active,
    Idle,
    Suspending,
    Suspended,
    Stopping,
    Stopped,
    Failed,
    Lost,
}

/// The one next action, as a verb of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Next {
    /// Which.
    pub action: NextAction,
    /// What the button says; empty when there is nothing to do.
    pub text: &'static str,
}

/// What can be next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NextAction {
    /// Look at the start.
    Watch,
    /// Open the IDE.
    Open,
    /// Hold the idle clock.
    Keep,
    /// Take the request back.
    Cancel,
    /// Start its process again.
    Resume,
    /// Start again after a failure.
    StartAgain,
    /// Look at what is known.
    Details,
    /// Nothing; it passes by itself or is over.
    None,
}

/// One of the five steps of a start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StepView {
    /// Which.
    pub step: StepName,
    /// Its place, from 1.
    pub number: usize,
    /// What pages call it.
    pub text: &'static str,
    /// When work on it began; null when it was not reached or was passed over.
    pub began_at: Option<Timestamp>,
    /// When it was done.
    pub done_at: Option<Timestamp>,
    /// More about it.
    pub detail: Option<String>,
}

/// The names of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StepName {
    Accepted,
    RoomFound,
    ImagePresent,
    StorageAttached,
    IdeAnswers,
}

/// The step that is being worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CurrentStep {
    /// Its place, from 1.
    pub n: usize,
    /// How many there are.
    pub of: usize,
    /// What pages call it.
    pub text: &'static str,
    /// More about it.
    pub detail: Option<String>,
}

/// Why something is as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CauseView {
    /// Stable, in kebab case.
    #[schema(example = "out-of-memory")]
    pub code: String,
    /// For people.
    pub text: String,
    /// Who can change it.
    pub who: WhoName,
}

/// Who can change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WhoName {
    /// The owner of the session.
    You,
    /// Whoever runs this Carrel.
    Administrator,
    /// Nobody needs to.
    Nobody,
}

/// The idle clock of a running session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct IdleView {
    /// Since when nobody uses it; null while it is in use.
    pub since: Option<Timestamp>,
    /// When the rule acts if nothing happens before; null for never.
    pub ends_at: Option<Timestamp>,
    /// What the rule does then.
    pub action: IdleActionName,
    /// Why it counts as in use although nobody does anything.
    pub busy_because: Option<String>,
    /// Its owner asked to keep it until then.
    pub keep_until: Option<Timestamp>,
}

/// What an idle rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum IdleActionName {
    /// Stop the process, keep the session.
    Suspend,
    /// End the session.
    Quit,
}

/// What a session uses.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct UsageView {
    /// CPUs in use.
    pub cpus: f64,
    /// Memory in use, in MiB.
    pub memory_mb: u64,
    /// CPUs over the last hour, oldest first, at most forty numbers.
    pub cpu_history: Vec<f64>,
}

/// What can be done with a session now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own to one question of the page")]
pub(crate) struct May {
    /// Open its IDE.
    pub open: bool,
    /// Suspend it.
    pub suspend: bool,
    /// Resume it, or start it again.
    pub resume: bool,
    /// Quit it.
    pub quit: bool,
    /// Kill it at once.
    pub force_quit: bool,
    /// Give it another name.
    pub rename: bool,
    /// Hold its idle clock.
    pub keep: bool,
}

/// What a view needs beside the session.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// Names of the catalogue's entries, by id.
    pub ide_names: HashMap<String, String>,
    /// What running sessions use, by id.
    pub usage: HashMap<String, UsageView>,
    /// The path below which browsers see the server.
    pub root: Root,
}

/// GPUs by the words of the API.
fn gpus(container: &Container) -> BTreeMap<&'static str, u32> {
    let number = |gpu: Gpu| Some((gpu.as_str(), *container.gpus.get(gpu.resource())?));
    Gpu::ALL.into_iter().filter_map(number).collect()
}

impl SessionView {
    /// The view of `session` at `now`.
    pub(crate) fn new(session: &Session, beside: &Beside, now: Timestamp) -> Self {
        let ide = session.ide.as_str().to_owned();
        let ide_name = beside.ide_names.get(&ide).cloned().unwrap_or_else(|| ide.clone());
        let (running, container) = (session.state.running_at(), session.spec.container.as_ref());
        let steps = steps(&session.state);
        let current = current_step(&session.state);
        Self {
            id: session.id.to_string(),
            name: session.name.to_string(),
            state: StateName::from(&session.state),
            word: words::word(&session.state),
            sentence: words::sentence(session, &ide_name, now),
            next: words::next(session, now),
            steps,
            step: current,
            cause: session.state.cause().map(CauseView::from),
            owner: session.owner_name.to_string(),
            cluster: session.spec.cluster.clone(),
            image: container.map(|container| container.image.clone()),
            r_version: session.spec.r_version.clone(),
            resource_profile: session.spec.resource_profile.clone(),
            cpus: session.spec.cpus,
            memory_mb: session.spec.memory_mb,
            cpu_request: container.and_then(|container| container.cpu_request),
            memory_request_mb: container.and_then(|container| container.memory_request_mb),
            gpus: container.map(gpus).unwrap_or_default(),
            placement: container.map(|container| container.placement.clone()).unwrap_or_default(),
            folder: session.spec.folder.clone(),
            url: beside.root.join(&session.url()),
            created_at: session.created_at,
            since: session.state.since(),
            started_at: session.started_at,
            last_active_at: session.last_active_at,
            idle: running.map(|(_, activity)| IdleView::from(activity)),
            generation: session.generation,
            usage: running.and_then(|_| beside.usage.get(session.id.as_str()).cloned()),
            may: May::of(&session.state, now),
            ide,
            ide_name,
        }
    }
}

impl May {
    /// Asked of the state machine itself, so that a button and the state behind it cannot disagree.
    fn of(state: &State, now: Timestamp) -> Self {
        let can = |event: Event| state.next(&event, now).is_some();
        Self {
            open: state.running_at().is_some(),
            suspend: can(Event::SuspendAsked),
            resume: can(Event::StartAsked),
            quit: can(Event::StopAsked { force: false }),
            force_quit: state.has_run() && can(Event::StopAsked { force: true }),
            rename: !matches!(state, State::Stopped { .. }),
            keep: state.running_at().is_some(),
        }
    }
}

fn current_step(state: &State) -> Option<CurrentStep> {
    let State::Starting { steps, .. } = state else { return None };
    let StepTime { step, detail, .. } = steps.last()?;
    Some(CurrentStep { n: step.number(), of: Step::ALL.len(), text: words::step(*step), detail: detail.clone() })
}

fn steps(state: &State) -> Vec<StepView> {
    let State::Starting { steps: reached, .. } = state else { return Vec::new() };
    let view = |step: Step| {
        let at = reached.iter().find(|r| r.step == step);
        // A launcher may pass a step over (a host attaches no storage): it is done when the next one began.
        let passed = || reached.iter().find(|r| r.step > step).map(|later| later.began_at);
        StepView {
            step: step.into(),
            number: step.number(),
            text: words::step(step),
            began_at: at.map(|r| r.began_at),
            done_at: at.and_then(|r| r.done_at).or_else(passed),
            detail: at.and_then(|r| r.detail.clone()),
        }
    };
    Step::ALL.into_iter().map(view).collect()
}

/// Bytes in whole MiB.
pub(crate) fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

impl UsageView {
    /// The use of now, with the curve of what it was.
    pub(crate) fn new(now: &UsagePoint, cpu_history: Vec<f64>) -> Self {
        Self { cpus: now.cpus, memory_mb: mib(now.memory_bytes), cpu_history }
    }
}
