//! Who may sign in, for how long, and as what.

use super::Settings;
use crate::{Configuration, Diagnostic, Level};
use carrel_model::Role;
use std::time::Duration;

const FILE: &str = "rserver.conf";

/// Who may sign in, and who administers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Admission {
    /// Only members of one of these may sign in; anybody when there is none (`auth-required-user-group`).
    pub groups: Vec<String>,
    /// Whether there are administrators by their groups (1), none at all on the pages (0), or those alone whose role says
    /// so (`admin-enabled`).
    pub administration: Option<bool>,
    /// Members of these are administrators (`admin-group`).
    pub administrators: Vec<String>,
    /// Members of these are superusers (`admin-superuser-group`).
    pub superusers: Vec<String>,
    /// Whoever reaches the server is its account, without signing in (`auth-none`). Holds from the start of the server.
    pub everybody: bool,
}

impl Admission {
    /// Whether it makes a difference of which groups somebody is a member.
    pub fn asks_for_groups(&self) -> bool {
        !self.groups.is_empty() || self.administration == Some(true)
    }

    /// Whether a member of these groups may be signed in.
    pub fn lets_in(&self, groups: &[String]) -> bool {
        self.groups.is_empty() || share(&self.groups, groups)
    }

    /// What somebody may do, who has this role by themselves and is a member of these groups.
    pub fn role(&self, own: Role, groups: &[String]) -> Role {
        match self.administration {
            Some(false) => Role::User,
            Some(true) if share(&self.superusers, groups) => Role::Superuser,
            Some(true) if share(&self.administrators, groups) => own.max(Role::Administrator),
            _ => own,
        }
    }
}

fn share(named: &[String], groups: &[String]) -> bool {
    named.iter().any(|name| groups.contains(name))
}

/// Takes over what the file sets.
pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    let mut told = times(settings, files);
    let admission = &mut settings.admission;
    admission.everybody = files.get(FILE, "auth-none").flag().unwrap_or(admission.everybody);
    let administration = files.get(FILE, "admin-enabled");
    admission.administration =
        administration.flag().filter(|_| administration.at.is_some()).or(admission.administration);
    for (key, groups) in [
        ("auth-required-user-group", &mut admission.groups),
        ("admin-group", &mut admission.administrators),
        ("admin-superuser-group", &mut admission.superusers),
    ] {
        let held = files.get(FILE, key);
        let Some(at) = held.at.clone() else { continue };
        groups.clone_from(&held.list().to_vec());
        if key.starts_with("admin-") && admission.administration != Some(true) && !held.list().is_empty() {
            let text = format!("{key} makes nobody an administrator without admin-enabled=1");
            told.push(Diagnostic::new(at, Level::Warning, "no-effect", text));
        }
    }
    told
}

/// Without signing in, the address is all that keeps others out: it has to be one that only this host reaches, and no
/// proxy may stand before it.
pub(super) fn contradictions(settings: &Settings, files: &Configuration) -> Vec<Diagnostic> {
    let held = files.get(FILE, "auth-none");
    let Some(at) = held.at.filter(|_| settings.admission.everybody) else { return Vec::new() };
    let shared = settings.public_url.is_some() || !settings.trusted_proxies.is_empty() || settings.socket.is_some();
    if settings.listen.ip().is_loopback() && !shared {
        return Vec::new();
    }
    let text = "auth-none lets in whoever reaches the server, so nobody but this host may";
    let wrong = Diagnostic::new(at, Level::Error, "open-to-others", text);
    vec![wrong.allowed("`www-address=127.0.0.1`, without www-socket, public-url and trusted-proxy")]
}

/// How long sign-ins last. `auth-timeout-minutes=0` is what makes `auth-stay-signed-in-days` count.
fn times(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let set = |key| files.get(FILE, key).whole().filter(|_| files.get(FILE, key).at.is_some());
    let days = files.get(FILE, "auth-stay-signed-in-days");
    match set("auth-timeout-minutes") {
        Some(0) => {
            settings.sign_in_idle = None;
            // A limit of nothing would let nobody in.
            settings.sign_in_limit = span(days.whole().unwrap_or(30).max(1), 86_400);
        }
        minutes => {
            settings.sign_in_idle = minutes.map(|minutes| span(minutes, 60)).or(settings.sign_in_idle);
            if let Some(at) = days.at {
                let text = "auth-stay-signed-in-days changes nothing without auth-timeout-minutes=0";
                told.push(Diagnostic::new(at, Level::Note, "no-effect", text));
            }
        }
    }
    if let Some(minutes) = set("auth-active-timeout-minutes").filter(|minutes| *minutes > 0) {
        settings.sign_in_limit = span(minutes, 60);
    }
    if let Some(seconds) = set("auth-sign-in-throttle-seconds") {
        settings.sign_in_pause = span(seconds, 1);
    }
    told
}

/// So many units of so many seconds, and never more than ten years: times beyond that cannot be written as dates.
fn span(count: u64, seconds: u64) -> Duration {
    const TEN_YEARS: u64 = 10 * 365 * 86_400;
    Duration::from_secs(count.saturating_mul(seconds).min(TEN_YEARS))
}

#[cfg(test)]
mod tests;
