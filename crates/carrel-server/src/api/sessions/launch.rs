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
    /// The R, by its folder; the usual one when missing.
    #[schema(example = "/opt/R/4.4.1")]
    r_version: Option<String>,
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
        let Launch { ide, name, folder, cluster, resource_profile, cpus, memory_mb, .. } = asked;
        let Launch { r_version, image, gpus, placement, env, .. } = asked;
        Self { ide, name, folder, cluster, resource_profile, cpus, memory_mb, r_version, image, gpus, placement, env }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        let detail = sentence(&error);
        let code = match error {
            AskError::Name(_) => "bad-name",
            AskError::NoSuchSize { .. } => "no-such-size",
            AskError::SizeNotAllowed { .. } => "size-not-allowed",
            AskError::NoCustomSize { .. } => "no-custom-size",
            AskError::OutOfBounds { .. } | AskError::TooLittle { .. } => {
                return Self::unprocessable("out-of-bounds", format!("The value of {error}."));
            }
            AskError::ImageNotOffered { .. } => "image-not-offered",
            AskError::BadImage { .. } => "bad-image",
            AskError::NoImage => "no-image",
            AskError::RNotOffered { .. } => "r-not-offered",
            AskError::TooManyGpus { .. } => "too-many-gpus",
            AskError::PlacementNotOffered { .. } | AskError::PlacementFixed { .. } => "placement-not-offered",
            AskError::BadPlacement { .. } => "bad-placement",
            AskError::NotOnThisHost { .. } => "not-on-this-host",
            AskError::Folder(_) => "bad-folder",
            AskError::Env { .. } => "bad-env",
        };
        Self::unprocessable(code, detail)
    }
}

impl From<LaunchError> for Problem {
    fn from(error: LaunchError) -> Self {
        let detail = sentence(&error);
        match error {
            LaunchError::Ask(error) => error.into(),
            LaunchError::NoSuchIde(_) => Self::unprocessable("no-such-ide", detail),
            LaunchError::NoSuchCluster { .. } => Self::unprocessable("no-such-cluster", detail),
            LaunchError::IdeNotAvailable(cause) => Self::new(StatusCode::CONFLICT, cause.code, cause.text),
            LaunchError::TooMany(_) => Self::new(StatusCode::CONFLICT, "too-many-sessions", detail),
            LaunchError::Store(error) => error.into(),
            LaunchError::Randomness(why) => Self::internal(&why),
        }
    }
}
