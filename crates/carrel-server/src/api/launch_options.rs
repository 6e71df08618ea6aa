//! What can be launched, for the New Session dialog.

use crate::{
    app::App,
    body::{Json, Query},
    caller::Caller,
    problem::{Problem, ProblemBody},
    view::CauseView,
};
use axum::extract::State;
use carrel_model::{Cause, Size};
use carrel_sessions::{catalogue::Offer, sessions::LOCAL_CLUSTER};
use serde::{Deserialize, Serialize};
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
    /// The most CPUs that a session may have.
    max_cpus: f64,
    /// The most memory that a session may have, in MiB.
    max_memory_mb: u64,
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
    /// It can be launched.
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
    let sizes = app.sessions.sizes();
    let default_ide = offers.iter().find(|o| o.available.is_ok()).map(|o| o.id.to_string());
    let chosen = query.ide.filter(|ide| offers.iter().any(|o| o.id.as_str() == ide));
    let named_after = chosen.or_else(|| default_ide.clone()).unwrap_or_else(|| "session".into());
    let suggested_name = app.sessions.suggested_name(&caller.user().id, &named_after).await?;
    let too_many = too_many(&app, &caller).await?;
    Ok(Json(LaunchOptions {
        clusters: vec![cluster(app.sessions.cluster())],
        ides: offers.iter().map(ide).collect(),
        sizes: sizes.iter().map(|s| size(s, too_many.as_ref())).collect(),
        default_ide,
        default_size: sizes.first().map(|s| s.id.clone()),
        suggested_name,
        max_cpus: sizes.iter().map(|s| s.cpus).fold(0.0, f64::max),
        max_memory_mb: sizes.iter().map(|s| s.memory_mb).max().unwrap_or_default(),
        home: None,
    }))
}

/// The cluster of this host. Whoever named it wants to see that name.
fn cluster(id: String) -> ClusterOption {
    let name = if id == LOCAL_CLUSTER { "This machine".into() } else { id.clone() };
    ClusterOption { id, name }
}

/// Why no size can be had at all, when the limit of sessions is reached.
async fn too_many(app: &App, caller: &Caller) -> Result<Option<Cause>, Problem> {
    let Some(limit) = app.sessions.max_sessions() else { return Ok(None) };
    if app.sessions.use_of(&caller.user().id).await?.sessions < limit {
        return Ok(None);
    }
    let text = format!("You have {limit} sessions running, the most that you may. Suspend or quit one first.");
    Ok(Some(Cause::new("too-many-sessions", text, carrel_model::Who::You)))
}

fn ide(offer: &Offer) -> IdeOption {
    let cause = offer.available.as_ref().err().map(CauseView::from);
    IdeOption {
        id: offer.id.to_string(),
        name: offer.name.clone(),
        version: offer.version.clone(),
        icon: offer.icon.as_str().to_owned(),
        available: cause.is_none(),
        cause,
    }
}

fn size(size: &Size, why_not: Option<&Cause>) -> SizeOption {
    SizeOption {
        id: size.id.clone(),
        name: size.name.clone(),
        cpus: size.cpus,
        memory_mb: size.memory_mb,
        available: why_not.is_none(),
        cause: why_not.map(CauseView::from),
    }
}
