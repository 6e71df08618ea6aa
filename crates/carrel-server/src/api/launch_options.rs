//! What can be launched, for the New Session dialog.

mod container;

use container::{ContainerOptions, IdeImages};

use crate::{
    app::App,
    body::{Json, Query},
    caller::Caller,
    problem::{Problem, ProblemBody},
    view::CauseView,
};
use axum::extract::State;
use carrel_config::ides::R;
use carrel_model::{Cause, Who};
use carrel_sessions::{
    Offering,
    ask::{LEAST_CPUS, LEAST_MEMORY_MB},
    catalogue::Offer,
    offering::SizeOffer,
    pods::Pods,
    sessions::LOCAL_CLUSTER,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// For what to suggest a name.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OptionsQuery {
    /// The IDE that was chosen; the default one when missing.
    ide: Option<String>,
}

/// What can be launched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LaunchOptions {
    /// Where sessions can run.
    clusters: Vec<ClusterOption>,
    /// The IDEs of the catalogue, also those that cannot be run, with the reason.
    ides: Vec<IdeOption>,
    /// The sizes, also those that cannot be had, with the reason.
    sizes: Vec<SizeOption>,
    /// The IDE to begin with; null when none can be run.
    default_ide: Option<String>,
    /// The size to begin with.
    default_size: Option<String>,
    /// A name that is free.
    suggested_name: String,
    /// The fewest CPUs that a session may have.
    min_cpus: f64,
    /// The most CPUs that a session may have; null for no bound.
    max_cpus: Option<f64>,
    /// The least memory that a session may have, in MiB.
    min_memory_mb: u64,
    /// The most memory that a session may have, in MiB; null for no bound.
    max_memory_mb: Option<u64>,
    /// What sets the most, in a sentence.
    bounds: String,
    /// CPUs and memory of one's own.
    custom: CustomOption,
    /// The Rs, the one to begin with before the others; none where there is nothing to choose from.
    r_versions: Vec<ROption>,
    /// Images, GPUs, placement; null where sessions run without containers.
    container: Option<ContainerOptions>,
    /// The home folder, where sessions begin; null when only the cluster knows.
    home: Option<String>,
}

/// A place to run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClusterOption {
    /// What the API calls it.
    id: String,
    /// What pages call it.
    name: String,
}

/// An IDE.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IdeOption {
    /// What the API calls it.
    id: String,
    /// What pages call it.
    name: String,
    /// The version that was found.
    version: Option<String>,
    /// The name of its mark.
    icon: String,
    /// Its images; null where sessions run without containers.
    images: Option<IdeImages>,
    /// It can be launched.
    available: bool,
    /// Why not.
    cause: Option<CauseView>,
}

/// A size.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SizeOption {
    /// What the API calls it.
    id: String,
    /// What pages call it.
    name: String,
    /// CPUs.
    cpus: f64,
    /// Memory in MiB.
    memory_mb: u64,
    /// GPUs by their kind, `nvidia` or `amd`.
    gpus: BTreeMap<String, u32>,
    /// Labels that its node must have, by name.
    placement: BTreeMap<String, String>,
    /// It can be launched.
    available: bool,
    /// Why not.
    cause: Option<CauseView>,
}

/// An R.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ROption {
    /// Its folder, as the API takes it.
    id: String,
    /// What pages call it.
    name: String,
}

/// CPUs and memory of one's own, instead of a size.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CustomOption {
    /// CPUs to begin with.
    cpus: f64,
    /// Memory to begin with, in MiB.
    memory_mb: u64,
    /// It can be asked for.
    available: bool,
    /// Why not.
    cause: Option<CauseView>,
}

/// Show what you can launch
#[utoipa::path(
    get, path = "/api/v1/launch-options", operation_id = "showLaunchOptions", tag = "sessions", params(OptionsQuery),
    responses(
        (status = 200, description = "IDEs, sizes, bounds", body = LaunchOptions),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn launch_options(
    caller: Caller,
    State(app): State<App>,
    Query(query): Query<OptionsQuery>,
) -> Result<Json<LaunchOptions>, Problem> {
    let offers = app.sessions.offers();
    let offering = app.sessions.offering_for(caller.user()).await?;
    let default_ide = offers.iter().find(|o| o.available.is_ok()).map(|o| o.id.to_string());
    let chosen = query.ide.filter(|ide| offers.iter().any(|o| o.id.as_str() == ide));
    let named_after = chosen.or_else(|| default_ide.clone()).unwrap_or_else(|| "session".into());
    let suggested_name = app.sessions.suggested_name(&caller.user().id, &named_after).await?;
    let too_many = too_many(&app, &caller, &offering).await?;
    let home = match app.sessions.account_of(caller.user()).await? {
        Some(account) => Some(account.home),
        None => app.settings.now().home.clone(),
    };
    let (most_cpus, most_memory) = (offering.most_cpus.as_ref(), offering.most_memory_mb.as_ref());
    Ok(Json(LaunchOptions {
        clusters: vec![cluster(app.sessions.cluster())],
        ides: offers.iter().map(|offer| ide(offer, offering.pods.as_ref())).collect(),
        sizes: offering.sizes.iter().map(|s| size(s, too_many.as_ref())).collect(),
        default_ide,
        default_size: offering.default_size().map(|s| s.size.id.clone()),
        suggested_name,
        min_cpus: most_cpus.map_or(LEAST_CPUS, |most| LEAST_CPUS.min(most.value)),
        max_cpus: most_cpus.map(|most| most.value),
        min_memory_mb: most_memory.map_or(LEAST_MEMORY_MB, |most| LEAST_MEMORY_MB.min(most.value)),
        max_memory_mb: most_memory.map(|most| most.value),
        bounds: bounds(&offering),
        custom: custom(&offering, too_many.as_ref()),
        r_versions: r_versions(&offering),
        container: offering.pods.as_ref().map(|pods| ContainerOptions::of(pods, &offering.user)),
        home: home.map(|home| home.display().to_string()),
    }))
}

/// The cluster. Whoever named this host wants to see that name.
fn cluster(id: String) -> ClusterOption {
    let name = if id == LOCAL_CLUSTER { "This machine".into() } else { id.clone() };
    ClusterOption { id, name }
}

/// Why no size can be had at all, when the limit of sessions is reached.
async fn too_many(app: &App, caller: &Caller, offering: &Offering) -> Result<Option<Cause>, Problem> {
    let Some(limit) = &offering.sessions else { return Ok(None) };
    if app.sessions.use_of(&caller.user().id).await?.sessions < limit.value {
        return Ok(None);
    }
    let (most, by) = (limit.value, limit.by.words(&offering.user));
    let sessions = if most == 1 { "session" } else { "sessions" };
    let text = format!("You have {most} {sessions} running, the most that {by} allows. Suspend or quit one first.");
    Ok(Some(Cause::new("too-many-sessions", text, Who::You)))
}

/// Who allows how much.
fn bounds(offering: &Offering) -> String {
    let by_cpus = offering.most_cpus.as_ref().map(|most| most.by.words(&offering.user));
    let by_memory = offering.most_memory_mb.as_ref().map(|most| most.by.words(&offering.user));
    match (by_cpus, by_memory) {
        (Some(cpus), Some(memory)) if cpus == memory => format!("The most CPUs and memory are set by {cpus}."),
        (Some(cpus), Some(memory)) => format!("The most CPUs are set by {cpus}, the most memory by {memory}."),
        (Some(cpus), None) => format!("The most CPUs are set by {cpus}; memory has no bound."),
        (None, Some(memory)) => format!("The most memory is set by {memory}; CPUs have no bound."),
        (None, None) => "No bound is set; a session waits until a node has room for it.".into(),
    }
}

/// The Rs, where there are several.
fn r_versions(offering: &Offering) -> Vec<ROption> {
    let offered = Some(&offering.r.offered).filter(|offered| offered.len() > 1);
    let option = |r: &R| ROption { id: r.path.clone(), name: r.name.clone() };
    offered.into_iter().flatten().map(option).collect()
}

fn custom(offering: &Offering, too_many: Option<&Cause>) -> CustomOption {
    let by = offering.custom.by.words(&offering.user);
    let text = format!("Only the named sizes are allowed by {by}.");
    let refused = (!offering.custom.value).then(|| Cause::new("no-custom-size", text, Who::Administrator));
    let cause = too_many.or(refused.as_ref()).map(CauseView::from);
    CustomOption {
        cpus: offering.usual_cpus.value,
        memory_mb: offering.usual_memory_mb.value,
        available: cause.is_none(),
        cause,
    }
}

fn ide(offer: &Offer, pods: Option<&Pods>) -> IdeOption {
    let cause = offer.available.as_ref().err().map(CauseView::from);
    IdeOption {
        id: offer.id.to_string(),
        name: offer.name.clone(),
        version: offer.version.clone(),
        icon: offer.icon.as_str().to_owned(),
        images: pods.map(|pods| IdeImages::of(pods, offer.id.as_str())),
        available: cause.is_none(),
        cause,
    }
}

/// A size that cannot be had says its own reason; the others that of all.
fn size(offer: &SizeOffer, too_many: Option<&Cause>) -> SizeOption {
    let why_not = offer.available.as_ref().err().or(too_many);
    SizeOption {
        id: offer.size.id.clone(),
        name: offer.size.name.clone(),
        cpus: offer.size.cpus,
        memory_mb: offer.size.memory_mb,
        gpus: offer.pod.gpus.iter().filter(|(_, gpus)| **gpus > 0).map(|(gpu, n)| (gpu.to_string(), *n)).collect(),
        placement: offer.pod.placement.clone(),
        available: why_not.is_none(),
        cause: why_not.map(CauseView::from),
    }
}
