//! Who is signed in, what they use and may use.

use crate::{
    app::App,
    body::Json,
    caller::Caller,
    problem::{Problem, ProblemBody},
};
use axum::extract::State;
use carrel_config::settings::operation::Notice;
use carrel_model::{Account, Role};
use carrel_sessions::{Offering, offering::By};
use jiff::Timestamp;
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Me {
    /// Opaque, never reused.
    id: String,
    /// What they sign in with.
    name: String,
    /// What pages call them.
    display_name: String,
    /// What they may.
    role: RoleName,
    /// What their sessions hold.
    #[serde(rename = "use")]
    holds: Use,
    /// The account that containers of their sessions run as; null where sessions run on the server's host.
    account: Option<AccountView>,
    /// What their sessions may hold; null for no limit.
    limits: Limits,
    /// What this Carrel is called.
    site_name: String,
    /// The version of the server.
    version: &'static str,
    /// What an administrator should know of this server; empty for everybody else.
    warnings: Vec<Warning>,
    /// What everybody is told at present.
    notices: Vec<NoticeView>,
}

/// An account in containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AccountView {
    /// User id.
    uid: u32,
    /// The id of their own group.
    gid: u32,
    /// Their other groups.
    groups: Vec<GroupView>,
    /// The home folder.
    home: String,
    /// The login shell.
    shell: String,
}

/// A group of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct GroupView {
    /// What it is called.
    name: String,
    /// Group id.
    gid: u32,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        let Account { uid, gid, groups, home, shell } = account;
        let groups = groups.into_iter().map(|(name, gid)| GroupView { name, gid }).collect();
        Self { uid, gid, groups, home: home.display().to_string(), shell: shell.display().to_string() }
    }
}

/// What somebody may do beyond their own sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RoleName {
    User,
    Administrator,
    Superuser,
}

/// What sessions hold together.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Use {
    /// Sessions that hold room.
    sessions: u32,
    /// Their CPUs.
    cpus: f64,
    /// Their memory, in MiB.
    memory_mb: u64,
}

/// What sessions may hold together.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Limits {
    /// Sessions at once.
    sessions: Option<u32>,
    /// CPUs together.
    cpus: Option<f64>,
    /// Memory together, in MiB.
    memory_mb: Option<u64>,
}

/// Something about the server that its administrators should change or know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Warning {
    /// Stable, in kebab case.
    code: &'static str,
    /// What, and what to do.
    text: Cow<'static, str>,
}

/// Something that everybody is told for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct NoticeView {
    /// What.
    message: String,
    /// Until when; null for no end.
    ends_at: Option<Timestamp>,
}

impl From<&Notice> for NoticeView {
    fn from(notice: &Notice) -> Self {
        Self { message: notice.message.clone(), ends_at: notice.ends_at }
    }
}

/// Show who you are
#[utoipa::path(
    get, path = "/api/v1/me", operation_id = "showMe", tag = "sign-in",
    responses(
        (status = 200, description = "You", body = Me),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn me(caller: Caller, State(app): State<App>) -> Result<Json<Me>, Problem> {
    Ok(Json(Me::of(&app, &caller).await?))
}

impl Me {
    pub(crate) async fn of(app: &App, caller: &Caller) -> Result<Self, Problem> {
        let user = caller.user();
        let holds = app.sessions.use_of(&user.id).await?;
        let (settings, now) = (app.settings.now(), app.clock.now());
        let offering = app.sessions.offering_for(user).await?;
        Ok(Self {
            id: user.id.to_string(),
            name: user.name.to_string(),
            display_name: user.display_name.clone(),
            role: match user.role {
                Role::User => RoleName::User,
                Role::Administrator => RoleName::Administrator,
                Role::Superuser => RoleName::Superuser,
            },
            holds: Use { sessions: holds.sessions, cpus: holds.cpus, memory_mb: holds.memory_mb },
            account: app.sessions.account_of(user).await?.map(AccountView::from),
            limits: Limits::of(&offering),
            site_name: app.settings.now().site_name.clone(),
            version: env!("CARGO_PKG_VERSION"),
            warnings: if user.role >= Role::Administrator { warnings(app, caller) } else { Vec::new() },
            notices: settings.operation.notices.iter().filter(|n| n.is_told(now)).map(NoticeView::from).collect(),
        })
    }
}

impl Limits {
    /// Together there can be as much as rules say of each session, times the sessions. What the host or a size has is
    /// no right of anybody's.
    fn of(offering: &Offering) -> Self {
        let sessions = offering.sessions.as_ref().map(|limit| limit.value);
        let ruled = |by: &By| matches!(by, By::Rule(_));
        let cpus = offering.most_cpus.as_ref().filter(|most| ruled(&most.by));
        let memory_mb = offering.most_memory_mb.as_ref().filter(|most| ruled(&most.by));
        Self {
            sessions,
            cpus: sessions.zip(cpus).map(|(sessions, cpus)| f64::from(sessions) * cpus.value),
            memory_mb: sessions.zip(memory_mb).map(|(n, memory)| u64::from(n).saturating_mul(memory.value)),
        }
    }
}

fn warnings(app: &App, caller: &Caller) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let Some(told) = app.settings.now().https().and_then(|tls| tls.at_date(app.clock.now())) {
        let text = format!("HTTPS: {}. Renew it, and read the configuration again.", told.text);
        warnings.push(Warning { code: "certificate", text: text.into() });
    }
    if !caller.client().secure && !app.settings.now().listen.ip().is_loopback() {
        warnings.push(Warning {
            code: "plain-http",
            text: "This page came over plain HTTP: passwords and sessions can be read on the way. Give the server a \
                   certificate (ssl-enabled of rserver.conf), or put a proxy with TLS in front and set its address as \
                   the public one."
                .into(),
        });
    }
    if app.settings.now().admission.everybody {
        warnings.push(Warning {
            code: "auth-none",
            text: "Nobody signs in here (auth-none): every account of this host can open this page, and is you.".into(),
        });
    }
    if app.settings.now().shared_account {
        warnings.push(Warning {
            code: "shared-account",
            text: "All sessions run as one account of this machine: whoever has a session can read the files of all."
                .into(),
        });
    }
    warnings
}
