//! Launch a session.

use super::sentence;
use crate::{
    app::App,
    body::Json,
    caller::Caller,
    problem::{Problem, ProblemBody},
    view::SessionView,
};
use axum::extract::State;
use axum::response::AppendHeaders;
use carrel_model::Gpu;
use carrel_sessions::{AskError, LaunchError, NewSession};
use http::{HeaderName, StatusCode, header::LOCATION};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What to launch. Whatever is missing is filled in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct Launch {
    /// An entry of the catalogue.
    #[schema(example = "jupyterlab")]
    ide: String,
    /// What to call it; a free name when missing.
    #[schema(max_length = 64)]
    name: Option<String>,
    /// The folder to open; the home folder when missing.
    folder: Option<String>,
    /// Where to run it.
    cluster: Option<String>,
    /// A named size.
    #[schema(example = "small")]
    resource_profile: Option<String>,
    /// CPUs, over the size's.
    cpus: Option<f64>,
    /// Memory in MiB, over the size's.
    memory_mb: Option<u64>,
    /// The image, where sessions run in pods.
    image: Option<String>,
    /// GPUs by their kind, `nvidia` or `amd`, over the size's.
    #[serde(default)]
    #[schema(required = false, value_type = BTreeMap<String, u32>)]
    gpus: BTreeMap<Gpu, u32>,
    /// Labels that the node must have, by name.
    #[serde(default)]
    #[schema(required = false)]
    placement: BTreeMap<String, String>,
    /// Variables for the IDE.
    #[serde(default)]
    #[schema(required = false)]
    env: BTreeMap<String, String>,
}

/// Launch a session
///
/// The answer comes as soon as the session is accepted; follow it in `/api/v1/events`.
#[utoipa::path(
    post, path = "/api/v1/sessions", operation_id = "launchSession", tag = "sessions", request_body = Launch,
    responses(
        (status = 202, description = "Accepted", body = SessionView, headers(("Location", description = "The session in this API"))),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn launch(
    caller: Caller,
    State(app): State<App>,
    Json(asked): Json<Launch>,
) -> Result<(StatusCode, AppendHeaders<[(HeaderName, String); 1]>, Json<SessionView>), Problem> {
    let session = app.sessions.launch(&caller.of_sessions(), asked.into()).await?;
    let location = format!("/api/v1/sessions/{}", session.id);
    Ok((StatusCode::ACCEPTED, AppendHeaders([(LOCATION, location)]), Json(app.view(&session).await?)))
}

impl From<Launch> for NewSession {
    fn from(asked: Launch) -> Self {
        let Launch { ide, name, folder, cluster, resource_profile, cpus, memory_mb, image, gpus, placement, env } =
            asked;
        Self { ide, name, folder, cluster, resource_profile, cpus, memory_mb, image, gpus, placement, env }
    }
}

impl From<LaunchError> for Problem {
    fn from(error: LaunchError) -> Self {
        let detail = sentence(&error);
        match error {
            LaunchError::Ask(AskError::Name(_)) => Self::unprocessable("bad-name", detail),
            LaunchError::Ask(AskError::NoSuchSize { .. }) => Self::unprocessable("no-such-size", detail),
            LaunchError::Ask(AskError::SizeNotAllowed { .. }) => Self::unprocessable("size-not-allowed", detail),
            LaunchError::Ask(AskError::NoCustomSize { .. }) => Self::unprocessable("no-custom-size", detail),
            LaunchError::Ask(AskError::OutOfBounds { .. } | AskError::TooLittle { .. }) => {
                Self::unprocessable("out-of-bounds", format!("The value of {error}."))
            }
            LaunchError::Ask(AskError::ImageNotOffered { .. }) => Self::unprocessable("image-not-offered", detail),
            LaunchError::Ask(AskError::BadImage { .. }) => Self::unprocessable("bad-image", detail),
            LaunchError::Ask(AskError::NoImage) => Self::unprocessable("no-image", detail),
            LaunchError::Ask(AskError::TooManyGpus { .. }) => Self::unprocessable("too-many-gpus", detail),
            LaunchError::Ask(AskError::PlacementNotOffered { .. } | AskError::PlacementFixed { .. }) => {
                Self::unprocessable("placement-not-offered", detail)
            }
            LaunchError::Ask(AskError::BadPlacement { .. }) => Self::unprocessable("bad-placement", detail),
            LaunchError::Ask(AskError::NotOnThisHost { .. }) => Self::unprocessable("not-on-this-host", detail),
            LaunchError::Ask(AskError::Folder(_)) => Self::unprocessable("bad-folder", detail),
            LaunchError::Ask(AskError::Env { .. }) => Self::unprocessable("bad-env", detail),
            LaunchError::NoSuchIde(_) => Self::unprocessable("no-such-ide", detail),
            LaunchError::NoSuchCluster { .. } => Self::unprocessable("no-such-cluster", detail),
            LaunchError::IdeNotAvailable(cause) => Self::new(StatusCode::CONFLICT, cause.code, cause.text),
            LaunchError::TooMany(_) => Self::new(StatusCode::CONFLICT, "too-many-sessions", detail),
            LaunchError::Store(error) => error.into(),
            LaunchError::Randomness(why) => Self::internal(&why),
        }
    }
}
