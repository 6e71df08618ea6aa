//! What somebody may ask for and would get, with the line that decides.

use crate::{
    app::App,
    body::{Json, Query},
    caller::Administrator,
    problem::{Problem, ProblemBody},
};
use axum::extract::State;
use carrel_model::UserName;
use carrel_sessions::{
    NewSession, WhatIf,
    ask::{parse_gpus, parse_placement},
    what_if::{Field, SizeField},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Who, and what they would ask for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhatIfQuery {
    /// A user's name; it need not be a user's yet.
    user: String,
    /// Their groups, with commas between them, instead of those that are known.
    groups: Option<String>,
    /// An entry of the catalogue.
    ide: Option<String>,
    /// A named size.
    resource_profile: Option<String>,
    /// CPUs, over the size's.
    cpus: Option<f64>,
    /// Memory in MiB, over the size's.
    memory_mb: Option<u64>,
    /// The R, by its folder.
    r_version: Option<String>,
    /// The image.
    image: Option<String>,
    /// GPUs as `kind:number`, with commas between them.
    gpus: Option<String>,
    /// Labels that the node must have, as `label:value`, with commas between them.
    placement: Option<String>,
}

/// What somebody may ask for and would get.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhatIfView {
    /// Who.
    user: String,
    /// Their groups.
    groups: Vec<String>,
    /// What the files set for them, by key.
    rights: Vec<FieldView>,
    /// The sizes that there are.
    sizes: Vec<SizeFieldView>,
    /// The session that would be launched; empty when it would be refused.
    spec: Vec<FieldView>,
    /// Why it would be refused.
    refused: Option<String>,
}

/// A field and what decides it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldView {
    /// The key of a file, or the field of a session.
    name: String,
    /// The value.
    value: Value,
    /// File, line and section, or `asked`, `the host`, `default`.
    from: String,
}

/// A size.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SizeFieldView {
    /// What the API calls it.
    id: String,
    /// CPUs.
    cpus: f64,
    /// Memory in MiB.
    memory_mb: u64,
    /// GPUs by their kind.
    gpus: BTreeMap<String, u32>,
    /// What says that it exists.
    from: String,
    /// Why it cannot be had; null when it can.
    refused: Option<String>,
}

/// Show what somebody could launch
#[utoipa::path(
    get, path = "/api/v1/admin/what-if", operation_id = "showWhatIf", tag = "administration", params(WhatIfQuery),
    responses(
        (status = 200, description = "Each field with what decides it", body = WhatIfView),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn what_if(
    _: Administrator,
    State(app): State<App>,
    Query(query): Query<WhatIfQuery>,
) -> Result<Json<WhatIfView>, Problem> {
    let WhatIfQuery { user, groups, ide, resource_profile, cpus, memory_mb, r_version, image, gpus, placement } = query;
    let name: UserName =
        user.parse().map_err(|error| Problem::unprocessable("bad-name", format!("The user: {error}.")))?;
    let bad = |code| move |fault: String| Problem::unprocessable(code, format!("{fault}."));
    let (gpus, placement) =
        (gpus.as_deref().map(words).unwrap_or_default(), placement.as_deref().map(words).unwrap_or_default());
    let asked = NewSession {
        ide: ide.unwrap_or_default(),
        resource_profile,
        cpus,
        memory_mb,
        r_version,
        image,
        gpus: parse_gpus(&gpus).map_err(bad("bad-gpus"))?,
        placement: parse_placement(&placement).map_err(bad("bad-placement"))?,
        ..NewSession::default()
    };
    Ok(Json(app.sessions.what_if(&name, groups.as_deref().map(words), &asked).await?.into()))
}

/// Words with commas between them.
fn words(text: &str) -> Vec<String> {
    text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

impl From<WhatIf> for WhatIfView {
    fn from(answer: WhatIf) -> Self {
        let WhatIf { user, groups, rights, sizes, spec, refused } = answer;
        let fields = |fields: Vec<Field>| {
            fields.into_iter().map(|Field { name, value, from }| FieldView { name, value, from }).collect()
        };
        let size = |SizeField { id, cpus, memory_mb, gpus, from, refused }: SizeField| SizeFieldView {
            id,
            cpus,
            memory_mb,
            gpus: gpus.into_iter().map(|(gpu, gpus)| (gpu.to_string(), gpus)).collect(),
            from,
            refused,
        };
        let sizes = sizes.into_iter().map(size).collect();
        Self { user, groups, rights: fields(rights), sizes, spec: fields(spec), refused }
    }
}
