//! The configuration in force, and where each setting comes from.

use crate::{
    app::App,
    body::{Json, Query},
    caller::Administrator,
    problem::{Problem, ProblemBody},
};
use axum::extract::State;
use carrel_config::{
    Diagnostic, Installation, Level, Value,
    changes::Change,
    configuration::Found,
    report::{Shown, shown},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How much is shown.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConfigurationQuery {
    /// Show options that no file sets, too.
    #[serde(default)]
    all: bool,
}

/// The configuration in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConfigurationView {
    /// The folders that are looked at, the first one first.
    folders: Vec<String>,
    /// The files that were read.
    files: Vec<FileView>,
    /// What they set.
    settings: Vec<SettingView>,
    /// What there is to tell about them.
    diagnostics: Vec<DiagnosticView>,
    /// What they say and is not in force before a restart.
    waits_for_restart: Vec<ChangeView>,
}

/// A file that was read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileView {
    /// Its name.
    name: &'static str,
    /// Where it is.
    path: String,
    /// What it is for.
    meaning: &'static str,
}

/// A setting.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingView {
    /// In which file.
    file: &'static str,
    /// Which option, with its section.
    key: String,
    /// What holds, as text; secrets are never shown.
    value: Option<String>,
    /// What holds when nothing is set.
    default: Option<String>,
    /// Where it is set: file and line; null for a default.
    source: Option<String>,
    /// What Carrel does with it: `used`, `not-yet`, `no-effect`, `not-supported`.
    role: &'static str,
    /// Why it has no effect, or what is done instead; empty when it is used.
    why: &'static str,
    /// A change takes effect only after a restart.
    needs_restart: bool,
}

/// Something to tell about a line of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DiagnosticView {
    /// Where: file and line.
    at: String,
    /// How bad it is.
    level: LevelName,
    /// Stable, in kebab case.
    code: &'static str,
    /// What is wrong.
    text: String,
    /// What stands there.
    found: Option<String>,
    /// What may stand there.
    allowed: Option<String>,
    /// What was probably meant.
    meant: Option<String>,
}

/// How bad something in a file is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LevelName {
    Error,
    Warning,
    Note,
}

/// What the files say otherwise than before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeView {
    /// In which file.
    file: &'static str,
    /// Which option; null for the file as a whole.
    key: Option<String>,
    /// What held.
    before: Option<String>,
    /// What holds.
    after: Option<String>,
    /// It takes effect only after a restart.
    needs_restart: bool,
    /// All this in a line.
    text: String,
}

/// Show the configuration in force
#[utoipa::path(
    get, path = "/api/v1/admin/configuration", operation_id = "showConfiguration", tag = "administration",
    params(ConfigurationQuery),
    responses(
        (status = 200, description = "Files, settings and what there is to tell about them", body = ConfigurationView),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn configuration(
    _: Administrator,
    State(app): State<App>,
    Query(query): Query<ConfigurationQuery>,
) -> Result<Json<ConfigurationView>, Problem> {
    Ok(Json(ConfigurationView::new(&app.installation, query.all)))
}

impl ConfigurationView {
    fn new(installation: &Installation, all: bool) -> Self {
        let files = installation.files();
        Self {
            folders: installation.folders().iter().map(|folder| folder.display().to_string()).collect(),
            files: files.files().iter().map(FileView::from).collect(),
            settings: shown(&files, all).into_iter().map(SettingView::from).collect(),
            diagnostics: files.diagnostics().iter().map(DiagnosticView::from).collect(),
            waits_for_restart: installation.waits_for_restart().into_iter().map(ChangeView::from).collect(),
        }
    }
}

impl From<&Found> for FileView {
    fn from(found: &Found) -> Self {
        let (name, meaning) = (found.file.name, found.file.meaning);
        Self { name, path: found.path.display().to_string(), meaning }
    }
}

impl From<Shown> for SettingView {
    fn from(shown: Shown) -> Self {
        let text = |value: Option<Value>| value.map(|value| value.to_string());
        Self {
            file: shown.file,
            key: shown.label,
            value: text(shown.value),
            default: text(shown.default),
            source: shown.source.map(|place| format!("{}:{}", place.file, place.line)),
            role: shown.role,
            why: shown.why,
            needs_restart: shown.needs_restart,
        }
    }
}

impl From<&Diagnostic> for DiagnosticView {
    fn from(told: &Diagnostic) -> Self {
        Self {
            at: told.at.to_string(),
            level: match told.level {
                Level::Error => LevelName::Error,
                Level::Warning => LevelName::Warning,
                Level::Note => LevelName::Note,
            },
            code: told.code,
            text: told.text.clone(),
            found: told.found.clone(),
            allowed: told.allowed.clone(),
            meant: told.meant.clone(),
        }
    }
}

impl From<Change> for ChangeView {
    fn from(change: Change) -> Self {
        let text = change.to_string();
        let Change { file, key, before, after, needs_restart } = change;
        Self { file, key, before, after, needs_restart, text }
    }
}
