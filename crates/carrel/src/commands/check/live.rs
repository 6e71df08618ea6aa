//! `carrel check --live`: tries what the configuration names, and changes nothing that stays.

mod kubernetes;
mod storage;
mod tls;

use crate::{
    commands::serve::{beside_this_program, defaults},
    database,
    exit::{CONFIG, with_code},
    host::{Place, block_on},
};
use carrel_config::{ClusterKind, Configuration, Settings, ides::R};
use carrel_sessions::catalogue::{Catalogue, can_run};
use carrel_store::Store;
use reqwest::Client;
use serde::Serialize;
use std::{
    fmt,
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Command,
    time::Duration,
};

/// What came of trying one thing.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct Finding {
    what: &'static str,
    pub(super) outcome: Outcome,
    text: String,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// It can be used.
    Fine,
    /// The server would not start, or not do what the configuration says.
    Failed,
    /// It was not tried; the text says why.
    NotChecked,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.outcome {
            Outcome::Fine => "fine",
            Outcome::Failed => "failed",
            Outcome::NotChecked => "not checked",
        };
        write!(f, "{}: {outcome}: {}", self.what, self.text)
    }
}

impl Finding {
    fn of(what: &'static str, tried: Result<String, String>) -> Self {
        match tried {
            Ok(text) => Self { what, outcome: Outcome::Fine, text },
            Err(text) => Self { what, outcome: Outcome::Failed, text },
        }
    }

    fn not_checked(what: &'static str, why: &str) -> Self {
        Self { what, outcome: Outcome::NotChecked, text: why.to_owned() }
    }
}

/// How long a server of ours may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a server does not use yet, so that there is nothing to try.
const NOT_BUILT: &[&str] = &["OpenID discovery"];

/// Tries everything, one thing after the other; pulls of images with `pulls` alone.
pub(super) fn check(place: &Place, files: &Configuration, pulls: bool) -> anyhow::Result<Vec<Finding>> {
    let agent = beside_this_program("carrel-agent")?;
    let mut settings = defaults(place.data_dir(), agent);
    // What this has to tell is among the diagnostics of the files already, or is an error that `serve` tells, too.
    let _ = settings.apply(files);
    if let Some(database) = place.database() {
        settings.database = database;
    }
    let catalogue = Catalogue::load(settings.ides_dir.as_deref()).map_err(with_code(CONFIG))?;
    let mut findings = storage::check(&settings.data_dir);
    findings.push(Finding::of("database", block_on(async { Ok(database(place, &settings, files).await) })?));
    findings.push(Finding::of("agent", agent_runs(&settings.agent)));
    findings.extend(ides(&catalogue, &settings));
    findings.extend(rs(&settings));
    let addresses = [Some(settings.listen), settings.redirect_from()];
    findings.extend(addresses.into_iter().flatten().map(|one| Finding::of("address", address(one))));
    findings.extend(tls::check(&settings));
    findings.extend(kubernetes::check(&settings, files, pulls)?);
    findings.extend(NOT_BUILT.iter().map(|what| Finding::not_checked(what, "not built yet")));
    Ok(findings)
}

/// Connects as `serve` would, and makes no table.
async fn database(place: &Place, settings: &Settings, files: &Configuration) -> Result<String, String> {
    use secrecy::ExposeSecret;
    let url = settings.database.url.expose_secret();
    if let Some(file) = url.strip_prefix("sqlite:").filter(|file| !Path::new(file).exists()) {
        return Ok(format!("{file} is not there yet: the server makes it"));
    }
    let connection = database::connection(place, settings.database.clone(), files).map_err(|e| e.to_string())?;
    let store = Store::open(connection).await.map_err(|e| e.to_string())?;
    let about = store.about().await.map_err(|e| e.to_string());
    store.close().await;
    let about = about?;
    if about.may_make_tables {
        Ok(format!("{}, and tables may be made in it", about.product))
    } else {
        Err(format!("{}: this user may not make tables in it. GRANT CREATE ON SCHEMA public TO it", about.product))
    }
}

fn agent_runs(agent: &Path) -> Result<String, String> {
    let out = Command::new(agent).arg("version").output().map_err(|e| format!("{}: {e}", agent.display()))?;
    if !out.status.success() {
        return Err(format!("{} ends with {}", agent.display(), out.status));
    }
    Ok(format!("{}, {}", agent.display(), String::from_utf8_lossy(&out.stdout).trim()))
}

/// Each IDE: an entry without its programs is no failure, since it is just not offered.
fn ides(catalogue: &Catalogue, settings: &Settings) -> Vec<Finding> {
    if settings.cluster.kind == ClusterKind::Kubernetes {
        return vec![Finding::not_checked("IDE", "the images of sessions have them")];
    }
    let offers = catalogue.detect(&settings.ide_path, &settings.ides);
    let any = offers.iter().any(|offer| offer.available.is_ok());
    let mut findings: Vec<Finding> = offers
        .into_iter()
        .map(|offer| match offer.available {
            Ok(_) => {
                let version = offer.version.unwrap_or_else(|| "version not known".into());
                Finding::of("IDE", Ok(format!("{}, {version}", offer.name)))
            }
            Err(cause) => Finding::not_checked("IDE", &format!("{}: {}", offer.name, cause.text)),
        })
        .collect();
    if !any {
        findings.push(Finding::of("IDE", Err("none can be started here".into())));
    }
    findings
}

/// Each R that a file names.
fn rs(settings: &Settings) -> Vec<Finding> {
    if settings.cluster.kind == ClusterKind::Kubernetes {
        return vec![Finding::not_checked("R", "the images of sessions have it")];
    }
    let runs = |r: &R| {
        let named = r.at.as_ref().map_or(r.path.clone(), |at| format!("{} ({at})", r.path));
        match r.program.as_deref().filter(|program| !can_run(program)) {
            None => Ok(named),
            Some(program) => Err(format!("{named}: {} is not there, or may not be run", program.display())),
        }
    };
    settings.ides.r.named().map(|r| Finding::of("R", runs(r))).collect()
}

fn address(address: SocketAddr) -> Result<String, String> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && block_on(is_carrel(address)).unwrap_or(false) => {
            Ok(format!("{address} is taken, by a Carrel that runs"))
        }
        Err(error) => Err(format!("{address}: {error}")),
    }
}

/// Whether a server of ours listens there: whoever checks what a server runs with checks it beside that server.
async fn is_carrel(address: SocketAddr) -> anyhow::Result<bool> {
    let local = if address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
    let local = SocketAddr::new(local, address.port());
    // Nothing is told to it, and its certificate is for names that people use.
    let client = Client::builder().timeout(PATIENCE).no_proxy().danger_accept_invalid_certs(true).build()?;
    for scheme in ["http", "https"] {
        if let Ok(answer) = client.get(format!("{scheme}://{local}/livez")).send().await
            && answer.headers().contains_key("x-request-id")
            && answer.text().await? == "ok\n"
        {
            return Ok(true);
        }
    }
    Ok(false)
}
