//! `carrel serve`: the server.

mod launch;

use crate::{
    commands::{check::Check, table::say},
    database, environment,
    exit::{CONFIG, NO_PERMISSION, UNAVAILABLE, failure, with_code},
    given,
    host::{self, Place},
    telemetry::{self, LogFlags, LogFormat},
    test_user::{self, TestUser},
};
use anyhow::Context;
use carrel_agent::trust::ServerKey;
use carrel_config::{
    ClusterKind, Configuration, Diagnostic, Installation, Level, Settings,
    installation::Reloaded,
    sealed::{SealError, secure_cookie_key},
    web::Network,
};
use carrel_model::Clock;
use carrel_server::{Server, ServerParts};
use carrel_sessions::{Sessions, Supervisor, catalogue::Catalogue};
use carrel_store::Store;
use clap::Args;
use secrecy::ExposeSecret;
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long open connections have to end after SIGTERM.
const DRAIN: Duration = Duration::from_secs(5);
/// How long a thread for blocking work waits for more. Its memory goes with it: 19 MiB of each password that was checked.
const IDLE_THREADS: Duration = Duration::from_secs(1);

/// Run the server.
///
/// What no flag says, the configuration files say: each flag is also an option of carrel.conf by the same name, unless
/// its help names another file.
#[derive(Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    place: Place,
    /// Wait so many seconds for a database that does not answer yet, 0 for not at all; by default 60.
    #[arg(long, env = "CARREL_WAIT_FOR_DATABASE", value_name = "SECONDS")]
    wait_for_database: Option<u64>,
    /// Address and port to listen on; port 0 takes any that is free. Without it: `www-address` and `www-port` of
    /// rserver.conf, or 127.0.0.1:8787.
    #[arg(long, env = "CARREL_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// What the sign-in page calls this Carrel.
    #[arg(long, value_name = "TEXT")]
    site_name: Option<String>,
    /// Where browsers find it, when a proxy stands before it: <https://carrel.example.org>.
    #[arg(long, env = "CARREL_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// A proxy whose X-Forwarded headers are believed, or a network of them. May be given more than once.
    #[arg(long, env = "CARREL_TRUSTED_PROXIES", value_name = "ADDRESS", value_delimiter = ',')]
    trusted_proxy: Vec<Network>,
    /// Where browsers that come by HTTP are sent on to HTTPS, when the server speaks it; port 0 takes any that is free. By
    /// default 80 where it listens on 443, and else nowhere.
    #[arg(long, value_name = "PORT")]
    redirect_port: Option<u16>,
    /// The agent that runs beside each IDE; by default `carrel-agent` beside this program.
    #[arg(long, value_name = "PROGRAM")]
    agent: Option<PathBuf>,
    /// The image that holds the agent, from which it is brought into the pods of sessions. Without it:
    /// `launcher-sessions-init-container-image-name` and `-tag` of rserver.conf.
    #[arg(long, env = "CARREL_AGENT_IMAGE", value_name = "IMAGE")]
    agent_image: Option<String>,
    /// A folder that is searched for IDE programs before PATH. May be given more than once.
    #[arg(long, value_name = "DIR")]
    ide_path: Vec<PathBuf>,
    /// A folder with IDE entries (TOML) on top of the built-in ones.
    #[arg(long, value_name = "DIR")]
    ides: Option<PathBuf>,
    /// How many sessions one user may have running at once.
    #[arg(long, value_name = "N")]
    max_sessions: Option<u32>,
    /// Without use for this many minutes a session of any IDE is suspended; 0 for never. Without it: what the files say,
    /// or 120.
    #[arg(long, value_name = "MINUTES")]
    suspend_after: Option<f64>,
    /// Without use for this many minutes a session is called Idle; by default 5.
    #[arg(long, value_name = "MINUTES")]
    idle_after: Option<f64>,
    /// A start that makes no progress for this many seconds has failed; by default 120.
    #[arg(long, value_name = "SECONDS")]
    start_limit: Option<u64>,
    /// An IDE has this many seconds to end by itself after Suspend or Quit; by default 10.
    #[arg(long, value_name = "SECONDS")]
    stop_grace: Option<u64>,
    /// How many threads carry bytes between browsers and IDEs; by default one for two cores.
    #[arg(long, value_name = "N")]
    proxy_threads: Option<usize>,
    /// The form of log lines. Without it: `log-message-format` of logging.conf, or pretty.
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
    /// What is logged, as of `RUST_LOG`: `info`, `carrel_server=debug,info`. Without it: `log-level` of logging.conf, or
    /// info.
    #[arg(long, value_name = "FILTER")]
    log_level: Option<String>,
}

impl Serve {
    /// Runs until SIGTERM or SIGINT. Sessions go on.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        refuse_root()?;
        environment::take_over(&self.place.folders.lookup())?;
        if given::only_diagnostics() {
            return Check::instead_of_serving(self.place);
        }
        let folder = self.place.make()?;
        let place = self.place.clone();
        let installation = self.installation(folder)?;
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).thread_keep_alive(IDLE_THREADS).enable_all().build()?;
        let served = runtime.block_on(serve(place, installation));
        // A program that is just asked for its version would be waited for otherwise.
        runtime.shutdown_background();
        served
    }

    /// Reads the files. Errors in them are told all at once, everything else goes to the log.
    fn installation(self, folder: PathBuf) -> anyhow::Result<Installation> {
        let agent = match &self.agent {
            Some(agent) => agent.clone(),
            None => beside_this_program("carrel-agent")?,
        };
        let log = LogFlags { format: self.log_format, level: self.log_level.clone() };
        let defaults = defaults(folder, agent);
        let lookup = self.place.folders.lookup();
        let flags = self.flags()?;
        let installation = Installation::load(lookup, defaults, flags).map_err(with_code(CONFIG))?;
        let level = telemetry::init(log, &installation.settings().now().logging)?;
        log_diagnostics(installation.files().diagnostics());
        log_certificate(&installation.settings().now());
        Ok(installation.on_reload(move |reloaded, settings| {
            level.follow(&settings.logging);
            log_reload(reloaded);
            log_certificate(settings);
        }))
    }

    /// What the command line sets over defaults and files.
    fn flags(self) -> anyhow::Result<impl Fn(&mut Settings) + use<>> {
        let suspend_after = self.suspend_after.map(|minutes| seconds("--suspend-after", minutes)).transpose()?;
        let idle_after = self.idle_after.map(|minutes| seconds("--idle-after", minutes)).transpose()?;
        Ok(move |settings: &mut Settings| {
            set(&mut settings.database, self.place.database());
            if let Some(address) = self.listen {
                (settings.listen, settings.socket) = (address, None);
            }
            set(&mut settings.redirect_port, self.redirect_port.map(Some));
            set(&mut settings.agent, self.agent.clone());
            set(&mut settings.agent_image, self.agent_image.clone().map(Some));
            set(&mut settings.wait_for_database, self.wait_for_database.map(Duration::from_secs));
            set(&mut settings.site_name, self.site_name.clone());
            set(&mut settings.start_limit, self.start_limit.map(Duration::from_secs));
            set(&mut settings.stop_grace, self.stop_grace.map(Duration::from_secs));
            set(&mut settings.proxy_threads, self.proxy_threads.map(|threads| threads.max(1)));
            set(&mut settings.public_url, self.public_url.clone().map(Some));
            set(&mut settings.ides_dir, self.ides.clone().map(Some));
            if self.max_sessions.is_some() {
                (settings.max_sessions, settings.max_sessions_at) = (self.max_sessions, None);
            }
            set(&mut settings.trusted_proxies, some(&self.trusted_proxy));
            set(&mut settings.ide_path, some(&self.ide_path));
            if let Some(seconds) = idle_after {
                settings.idle_all_after(seconds);
            }
            if let Some(seconds) = suspend_after {
                settings.suspend_all_after((seconds > 0).then_some(seconds));
            }
        })
    }
}

/// What a flag says, when it is there.
fn set<T>(setting: &mut T, flag: Option<T>) {
    if let Some(value) = flag {
        *setting = value;
    }
}

/// The values of a flag that may be given more than once, when it is there.
fn some<T: Clone>(values: &[T]) -> Option<Vec<T>> {
    (!values.is_empty()).then(|| values.to_vec())
}

fn seconds(option: &str, minutes: f64) -> anyhow::Result<u64> {
    let whole = Duration::try_from_secs_f64(minutes * 60.0).map(|d| d.as_secs());
    whole.map_err(|_| failure(CONFIG, format!("{option} {minutes}: a number of minutes, 0 or more, is needed")))
}

fn log_diagnostics(told: &[Diagnostic]) {
    for one in told {
        match one.level {
            Level::Error => tracing::error!("{one}"),
            Level::Warning => tracing::warn!("{one}"),
            Level::Note => tracing::debug!("{one}"),
        }
    }
}

/// What the date has to say about the certificate.
fn log_certificate(settings: &Settings) {
    let told = settings.https().and_then(|tls| tls.at_date(Clock::System.now()));
    log_diagnostics(told.as_slice());
}

fn log_reload(reloaded: &Reloaded) {
    log_diagnostics(&reloaded.diagnostics);
    for change in &reloaded.changes {
        tracing::info!("{change}");
    }
    match (reloaded.applied, reloaded.changes.len()) {
        (false, _) => tracing::error!("the configuration files have errors: what was in force before still is"),
        (true, 0) => tracing::info!("the configuration files were read again: nothing changed"),
        (true, changes) => tracing::info!(changes, "the configuration files were read again"),
    }
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

/// The settings of this host before any file is read.
pub(super) fn defaults(folder: PathBuf, agent: PathBuf) -> Settings {
    let mut defaults = Settings::local(folder, agent, host::sizes());
    defaults.capacity = Some(host::capacity());
    defaults.account = host::account();
    defaults.home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    defaults
}

pub(super) fn beside_this_program(name: &str) -> anyhow::Result<PathBuf> {
    let me = std::env::current_exe().context("the place of this program is not known; name the agent with --agent")?;
    Ok(me.with_file_name(name))
}

async fn serve(place: Place, installation: Installation) -> anyhow::Result<()> {
    let clock = Clock::System;
    let (current, installation) = (installation.settings(), Arc::new(installation));
    let settings = current.now();
    let catalogue = Catalogue::load(settings.ides_dir.as_deref()).map_err(with_code(CONFIG))?;
    let store = open_store(&place, &settings, &installation).await?;
    warn_of_people(&store, &settings).await?;
    let (mut signals, hangup) = (StopSignals::listen()?, signal(SignalKind::hangup())?);
    let agents = server_key(&installation.files())?;
    let launcher = launch::launcher(&current, agents.as_ref(), &clock).await?;
    let sessions = Sessions::new(store.clone(), clock.clone(), current, catalogue, launcher);
    // Asking every program for its version takes seconds: the server need not wait for that.
    tokio::spawn({
        let sessions = sessions.clone();
        async move { sessions.look_again().await }
    });

    let stop = CancellationToken::new();
    let supervisor = Supervisor::new(sessions.clone(), &replica_name());
    let supervising = tokio::spawn(supervisor.run(stop.clone()));
    let reloading = tokio::spawn(reload_on_hangup(hangup, installation.clone()));
    let parts = ServerParts { installation, store, sessions, agents, clock };
    let server = Server::start(parts).await.map_err(with_code(UNAVAILABLE))?;
    say(format!("Carrel listens on {}", server.place()))?;
    if let Some(address) = server.redirect_addr() {
        say(format!("Browsers that come to http://{address} are sent on to it"))?;
    }

    signals.heard().await;
    tracing::info!("stopping; sessions go on");
    stop.cancel();
    reloading.abort();
    server.stop(DRAIN).await;
    supervising.await?;
    Ok(())
}

/// What proves this server to agents in pods. One that has no secure-cookie-key, or may not read it, has no such agents.
fn server_key(files: &Configuration) -> anyhow::Result<Option<ServerKey>> {
    match secure_cookie_key(files) {
        Ok(secret) => Ok(Some(ServerKey::derive(secret.expose_secret().as_bytes())?)),
        Err(SealError::NoKey) => Ok(None),
        Err(error) => {
            tracing::warn!(%error, "without the secure-cookie-key this server reaches no session in a pod");
            Ok(None)
        }
    }
}

/// Opens the database, with the test user whom the environment names, or without.
async fn open_store(place: &Place, settings: &Settings, installation: &Installation) -> anyhow::Result<Store> {
    let (test_user, files) = (TestUser::of_environment()?, installation.files());
    given::note_of_license(files.get("rserver.conf", "server-license-type").text());
    let store = database::open(place, settings.database.clone(), &files, settings.wait_for_database).await?;
    test_user::settle(test_user, &store, &settings.accounts).await?;
    Ok(store)
}

/// A name no other replica has: host and process.
fn replica_name() -> String {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    format!("{}-{}", host.unwrap_or_else(|| "carrel".into()), std::process::id())
}

async fn warn_of_people(store: &Store, settings: &Settings) -> anyhow::Result<()> {
    let people = store.users().await?.len();
    if settings.cluster.kind == ClusterKind::Local {
        tracing::warn!(
            data_dir = %settings.data_dir.display(),
            "all sessions run as the account of this server: a session can read what the server can"
        );
        if people > 1 {
            tracing::warn!(people, "several people share this account: each can read the files of the others");
        }
    }
    if settings.admission.everybody {
        tracing::warn!(
            account = settings.account,
            "auth-none: whoever reaches this server is its account, without signing in. So is every account of this host"
        );
    } else if people == 0 {
        tracing::warn!("nobody may sign in yet: `carrel user add NAME` makes a user");
    }
    Ok(())
}

async fn reload_on_hangup(mut hangup: Signal, installation: Arc<Installation>) {
    while hangup.recv().await.is_some() {
        let installation = installation.clone();
        // The listener of the installation logs what came of it.
        let _ = tokio::task::spawn_blocking(move || installation.reload()).await;
    }
}

/// What ends the server. Listened for before anybody is told that it is there.
struct StopSignals {
    term: Signal,
    int: Signal,
}

impl StopSignals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? })
    }

    async fn heard(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carrel_config::options::file_named;

    /// Flags for what a file of the original says, and that file.
    const ELSEWHERE: [(&str, &str); 4] = [
        ("listen", "rserver.conf"),
        ("database", "database.conf"),
        ("log-format", "logging.conf"),
        ("log-level", "logging.conf"),
    ];
    /// Says where the files are, which no file can.
    const OF_THE_FILES: &str = "config-dir";

    #[test]
    fn every_flag_is_an_option_of_a_file_too() {
        let own = file_named("carrel.conf").unwrap();
        let command = Serve::augment_args(clap::Command::new("serve"));
        for flag in command.get_arguments().filter_map(clap::Arg::get_long).filter(|flag| *flag != OF_THE_FILES) {
            let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == flag);
            assert!(elsewhere.is_some() != own.option("", flag).is_some(), "--{flag}");
            assert!(elsewhere.is_none_or(|(_, file)| file_named(file).is_some()), "--{flag}");
        }
        for row in own.options() {
            assert!(command.get_arguments().any(|flag| flag.get_long() == Some(row.key)), "carrel.conf: {}", row.key);
        }
    }
}
