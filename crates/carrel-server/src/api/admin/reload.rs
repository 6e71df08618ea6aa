//! Reading the configuration files again.

use super::configuration::{ChangeView, DiagnosticView};
use crate::{
    app::App,
    body::Json,
    caller::Administrator,
    problem::{Problem, ProblemBody},
};
use axum::extract::State;
use carrel_config::installation::Reloaded;
use carrel_model::AuditAction;
use serde::Serialize;
use utoipa::ToSchema;

/// What came of reading the files again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReloadedView {
    /// What the files say now is in force; when not, they have errors, and what was in force before still is.
    applied: bool,
    /// What they say otherwise than before.
    changes: Vec<ChangeView>,
    /// What there is to tell about them.
    diagnostics: Vec<DiagnosticView>,
}

/// Read the configuration files again
#[utoipa::path(
    post, path = "/api/v1/admin/configuration/reload", operation_id = "reloadConfiguration", tag = "administration",
    responses(
        (status = 200, description = "What changed, or what is wrong", body = ReloadedView),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn reload(
    administrator: Administrator,
    State(app): State<App>,
) -> Result<Json<ReloadedView>, Problem> {
    let installation = app.installation.clone();
    let reloaded = tokio::task::spawn_blocking(move || installation.reload()).await;
    let reloaded = reloaded.map_err(|error| Problem::internal(&error))?;
    let detail = summary(&reloaded);
    let actor = administrator.0.actor();
    app.store.audit(&actor, AuditAction::ConfigurationReload, None, &detail, app.clock.now()).await?;
    Ok(Json(ReloadedView {
        applied: reloaded.applied,
        changes: reloaded.changes.into_iter().map(ChangeView::from).collect(),
        diagnostics: reloaded.diagnostics.iter().map(DiagnosticView::from).collect(),
    }))
}

fn summary(reloaded: &Reloaded) -> String {
    if !reloaded.applied {
        return "refused: the files have errors".into();
    }
    let changes: Vec<String> = reloaded.changes.iter().map(ToString::to_string).collect();
    if changes.is_empty() { "nothing changed".into() } else { changes.join("; ") }
}
