//! `carrel serve`: the server.

use crate::{
    commands::{config::Folders, table::say},
    exit::{CANNOT_CREATE, CONFIG, NO_PERMISSION, UNAVAILABLE, failure, with_code},
    host::Place,
    telemetry::{self, LogFormat},
};
use anyhow::Context;
use carrel_config::{Configuration, Current, Diagnostic, Level, Lookup, Settings, web::Network};
use carrel_local::{LocalLauncher, LocalSettings};
use carrel_model::{Clock, IdleAction, IdleRule, size::sizes_of_host};
use carrel_server::{Server, ServerParts};
use carrel_sessions::{Sessions, Supervisor, catalogue::Catalogue};
use clap::Args;
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long open connections have to end after SIGTERM.
const DRAIN: Duration = Duration::from_secs(5);

/// Run the server.
#[derive(Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    folders: Folders,
    /// Address and port to listen on; port 0 takes any that is free. Without it: `www-address` and `www-port` of
    /// rserver.conf, or 127.0.0.1:8787.
    #[arg(long, env = "CARREL_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// What the sign-in page calls this Carrel.
    #[arg(long, value_name = "TEXT", default_value = "Carrel")]
    site_name: String,
    /// Where browsers find it, when a proxy stands before it: <https://carrel.example.org>.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// A proxy whose X-Forwarded headers are believed, or a network of them. May be given more than once.
    #[arg(long, value_name = "ADDRESS")]
    trusted_proxy: Vec<Network>,
    /// The agent that runs beside each IDE; by default `carrel-agent` beside this program.
    #[arg(long, value_name = "PROGRAM")]
    agent: Option<PathBuf>,
    /// A folder that is searched for IDE programs before PATH. May be given more than once.
    #[arg(long, value_name = "DIR")]
    ide_path: Vec<PathBuf>,
    /// A folder with IDE entries (TOML) on top of the built-in ones.
    #[arg(long, value_name = "DIR")]
    ides: Option<PathBuf>,
    /// How many sessions one user may have running at once.
    #[arg(long, value_name = "N")]
    max_sessions: Option<u32>,
    /// Without use for this many minutes a session is suspended; 0 for never.
    #[arg(long, value_name = "MINUTES", default_value_t = 120.0)]
    suspend_after: f64,
    /// Without use for this many minutes a session is called Idle.
    #[arg(long, value_name = "MINUTES", default_value_t = 5.0)]
    idle_after: f64,
    /// A start that makes no progress for this many seconds has failed.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    start_limit: u64,
    /// An IDE has this many seconds to end by itself after Suspend or Quit.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    stop_grace: u64,
    /// How many threads carry bytes between browsers and IDEs; by default one a core.
    #[arg(long, value_name = "N")]
    proxy_threads: Option<usize>,
    /// The form of log lines.
    #[arg(long, value_enum, default_value = "pretty")]
    log_format: LogFormat,
    /// What is logged, as of `RUST_LOG`: `info`, `carrel_server=debug,info`.
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log_level: String,
}

impl Serve {
    /// Runs until SIGTERM or SIGINT. Sessions go on.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        refuse_root()?;
        telemetry::init(self.log_format, &self.log_level)?;
        let folder = self.place.make()?;
        let settings = self.settings(folder)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(serve(self.place, settings))
    }

    fn settings(&self, folder: PathBuf) -> anyhow::Result<Settings> {
        let agent = match &self.agent {
            Some(agent) => agent.clone(),
            None => beside_this_program("carrel-agent")?,
        };
        let database = self.place.database(&folder);
        let mut local = Settings::local(folder, agent, sizes_of_host(host_cpus(), host_memory_mb()));
        read_files(&self.folders.lookup(), &mut local)?;
        Ok(Settings {
            listen: self.listen.unwrap_or(local.listen),
            database,
            site_name: self.site_name.clone(),
            public_url: self.public_url.clone(),
            trusted_proxies: self.trusted_proxy.clone(),
            ides_dir: self.ides.clone(),
            ide_path: self.ide_path.clone(),
            max_sessions: self.max_sessions.or(local.max_sessions),
            idle: self.idle_rule()?,
            start_limit: Duration::from_secs(self.start_limit),
            stop_grace: Duration::from_secs(self.stop_grace),
            proxy_threads: self.proxy_threads.unwrap_or(local.proxy_threads).max(1),
            ..local
        })
    }

    fn idle_rule(&self) -> anyhow::Result<IdleRule> {
        let suspend = seconds("--suspend-after", self.suspend_after)?;
        Ok(IdleRule {
            idle_after_s: seconds("--idle-after", self.idle_after)?,
            ends_after_s: (suspend > 0).then_some(suspend),
            action: IdleAction::Suspend,
            ..IdleRule::default()
        })
    }
}

fn seconds(option: &str, minutes: f64) -> anyhow::Result<u64> {
    let whole = Duration::try_from_secs_f64(minutes * 60.0).map(|d| d.as_secs());
    whole.map_err(|_| failure(CONFIG, format!("{option} {minutes}: a number of minutes, 0 or more, is needed")))
}

/// Takes over what the configuration files set. Warnings go to the log; errors are told all at once.
fn read_files(lookup: &Lookup, settings: &mut Settings) -> anyhow::Result<()> {
    let files = Configuration::load(lookup);
    let mut told = files.diagnostics().to_vec();
    told.extend(settings.apply(&files));
    let (errors, rest): (Vec<_>, Vec<_>) = told.into_iter().partition(|one| one.level == Level::Error);
    for one in rest {
        if one.level == Level::Note { tracing::debug!("{one}") } else { tracing::warn!("{one}") }
    }
    if errors.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = errors.iter().map(Diagnostic::to_string).collect();
    Err(failure(CONFIG, format!("the configuration files have errors:\n{}", lines.join("\n"))))
}

fn refuse_root() -> anyhow::Result<()> {
    if nix::unistd::geteuid().is_root() {
        let what = "the server does not run as root: whoever broke into it would own the host";
        return Err(failure(
            NO_PERMISSION,
            format!("{what}. Run it as an account of its own, as `cargo xtask up` does"),
        ));
    }
    Ok(())
}

fn beside_this_program(name: &str) -> anyhow::Result<PathBuf> {
    let me = std::env::current_exe().context("the place of this program is not known; name the agent with --agent")?;
    Ok(me.with_file_name(name))
}

fn host_cpus() -> f64 {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    f64::from(u32::try_from(cpus).unwrap_or(u32::MAX))
}

/// Memory of the host in MiB, from `MemTotal` of `/proc/meminfo`; 4 GiB where that cannot be read.
fn host_memory_mb() -> u64 {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.map_or(4096, |kib| kib / 1024)
}

async fn serve(place: Place, settings: Settings) -> anyhow::Result<()> {
    let clock = Clock::System;
    let catalogue = Catalogue::load(settings.ides_dir.as_deref()).map_err(with_code(CONFIG))?;
    let store = place.store().await?;
    warn_of_shared_account(&store, &settings).await?;
    let local = LocalSettings { data_dir: settings.data_dir.clone(), agent: settings.agent.clone() };
    let launcher = LocalLauncher::open(local).map_err(|e| cannot_run_sessions(&e))?;
    let settings = Current::new(settings);
    let sessions = Sessions::new(store.clone(), clock.clone(), settings.clone(), catalogue, Arc::new(launcher));
    // Asking every program for its version takes seconds: the server need not wait for that.
    tokio::spawn({
        let sessions = sessions.clone();
        async move { sessions.look_again().await }
    });

    let stop = CancellationToken::new();
    let supervisor = Supervisor::new(sessions.clone(), &replica_name());
    let supervising = tokio::spawn(supervisor.run(stop.clone()));
    let server =
        Server::start(ServerParts { settings, store, sessions, clock }).await.map_err(with_code(UNAVAILABLE))?;
    say(format!("Carrel listens on http://{}", server.local_addr()))?;

    wait_for_stop().await?;
    tracing::info!("stopping; sessions go on");
    stop.cancel();
    server.stop(DRAIN).await;
    supervising.await?;
    Ok(())
}

fn cannot_run_sessions(error: &carrel_local::OpenError) -> anyhow::Error {
    let code = if matches!(error, carrel_local::OpenError::NoAgent { .. }) { CONFIG } else { CANNOT_CREATE };
    failure(code, error.to_string())
}

/// A name no other replica has: host and process.
fn replica_name() -> String {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    format!("{}-{}", host.unwrap_or_else(|| "carrel".into()), std::process::id())
}

async fn warn_of_shared_account(store: &carrel_store::Store, settings: &Settings) -> anyhow::Result<()> {
    tracing::warn!(
        data_dir = %settings.data_dir.display(),
        "all sessions run as the account of this server: a session can read what the server can"
    );
    let people = store.users().await?.len();
    if people > 1 {
        tracing::warn!(people, "several people share this account: each can read the files of the others");
    }
    if people == 0 {
        tracing::warn!("nobody may sign in yet: `carrel user add NAME` makes a user");
    }
    Ok(())
}

async fn wait_for_stop() -> anyhow::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    Ok(())
}
