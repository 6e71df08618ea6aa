//! The typed settings that everything else takes.

pub mod accounts;
pub mod admission;
pub mod cluster;
pub mod database;
pub mod ides;
pub mod idle;
pub mod images;
pub mod kubernetes;
pub mod logging;
pub mod operation;
pub mod own;
pub mod rights;
pub mod tls;
pub mod web;

use admission::Admission;
use cluster::Cluster;
use database::Database;
use ides::IdeSettings;
use idle::IdleLines;
use images::Images;
use kubernetes::Kubernetes;
use logging::Logging;
use operation::Operation;
use rights::Profiles;
use tls::Tls;
use web::{Network, Web};

use crate::{At, Configuration, Diagnostic};
use arc_swap::ArcSwap;
use carrel_model::{AccountRules, Capacity, IdleRule, Size};
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

/// The settings in force. A reload replaces them as a whole, so whoever needs several of them together takes them once.
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Current(Arc<ArcSwap<Settings>>);

impl Current {
    /// Begins with these.
    pub fn new(settings: Settings) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(settings)))
    }

    /// What is in force now.
    pub fn now(&self) -> Arc<Settings> {
        self.0.load_full()
    }

    /// Puts others in force.
    pub fn replace(&self, settings: Settings) {
        self.0.store(Arc::new(settings));
    }
}

/// All settings of one server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address the server listens on (`www-address`, `www-port` of rserver.conf).
    pub listen: SocketAddr,
    /// A Unix socket that it listens on instead (`www-socket`).
    pub socket: Option<PathBuf>,
    /// How it speaks HTTPS itself (`ssl-*`); ask for it by [`Settings::https`].
    pub tls: Option<Tls>,
    /// Browsers that come by HTTP are sent on to HTTPS (`ssl-redirect-http`). Holds from the start of the server.
    pub redirects: bool,
    /// The port where they come, where it is not that of HTTP beside that of HTTPS; see [`Settings::redirect_from`].
    pub redirect_port: Option<u16>,
    /// The name of the account that it runs as.
    pub account: String,
    /// Database, runs of the local cluster, and nothing else.
    pub data_dir: PathBuf,
    /// Which database, and how it is reached (`database.conf`).
    pub database: Database,
    /// What the sign-in page calls this Carrel.
    pub site_name: String,
    /// Where browsers find it, when that is not what they say in `Host`; decides Secure cookies.
    pub public_url: Option<String>,
    /// Peers whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// What browsers see of the server besides its pages.
    pub web: Web,
    /// Who may sign in, and who administers.
    pub admission: Admission,
    /// Which numbers and folders the accounts of users get.
    pub accounts: AccountRules,
    /// Where sessions run.
    pub cluster: Cluster,
    /// Health, metrics, and what people are told.
    pub operation: Operation,
    /// What is logged, and where.
    pub logging: Logging,
    /// A folder of the administrator's with IDE entries, on top of the built-in ones.
    pub ides_dir: Option<PathBuf>,
    /// Folders searched for IDE programs before `PATH`.
    pub ide_path: Vec<PathBuf>,
    /// The agent's program.
    pub agent: PathBuf,
    /// The sizes that people may choose where no file sets any; the first is the default.
    pub sizes: Vec<Size>,
    /// The images that files name for all sessions and for those of an IDE.
    pub images: Images,
    /// What users and groups may ask for, and the sizes that files set.
    pub profiles: Profiles,
    /// What the host has: no session gets more. `None` where that is not known.
    pub capacity: Option<Capacity>,
    /// The home folder of sessions, where they all run as one account.
    pub home: Option<PathBuf>,
    /// How many sessions one user may have running; `None` for no limit.
    pub max_sessions: Option<u32>,
    /// The line that says it.
    pub max_sessions_at: Option<At>,
    /// How long sessions may be without use, where nothing is said of their IDE ([`Settings::idle_of`]).
    pub idle: IdleRule,
    /// The lines that say it ([`Settings::idle_lines_of`]).
    pub idle_lines: IdleLines,
    /// What sessions are given.
    pub ides: IdeSettings,
    /// How the Kubernetes cluster is used, where sessions run on one.
    pub kubernetes: Kubernetes,
    /// The image that holds the agent, from which an init container brings it into a session's pod; of a server in a
    /// pod usually its own.
    pub agent_image: Option<String>,
    /// How long a start may make no progress.
    pub start_limit: Duration,
    /// How long the start waits for a database that does not answer yet.
    pub wait_for_database: Duration,
    /// How long an IDE has to end by itself after Suspend or Quit.
    pub stop_grace: Duration,
    /// A sign-in without use ends after this (`auth-timeout-minutes`); `None` for never.
    pub sign_in_idle: Option<Duration>,
    /// A sign-in ends after this, used or not (`auth-active-timeout-minutes`, `auth-stay-signed-in-days`).
    pub sign_in_limit: Duration,
    /// How long a name waits at least after a wrong password (`auth-sign-in-throttle-seconds`).
    pub sign_in_pause: Duration,
    /// How many threads carry bytes between browsers and IDEs.
    pub proxy_threads: usize,
    /// Lets a second person be added although all sessions run as one account.
    pub shared_account: bool,
}

impl Settings {
    /// The settings of a laptop: SQLite in `data_dir`, sessions as the account of the server.
    pub fn local(data_dir: PathBuf, agent: PathBuf, sizes: Vec<Size>) -> Self {
        const DAY: Duration = Duration::from_hours(24);
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            socket: None,
            tls: None,
            redirects: true,
            redirect_port: None,
            account: "carrel".into(),
            database: Database::in_folder(&data_dir),
            data_dir,
            site_name: "Carrel".into(),
            public_url: None,
            trusted_proxies: Vec::new(),
            web: Web::default(),
            admission: Admission::default(),
            accounts: AccountRules::default(),
            cluster: Cluster::default(),
            operation: Operation::default(),
            logging: Logging::default(),
            ides_dir: None,
            ide_path: Vec::new(),
            agent,
            sizes,
            images: Images::default(),
            profiles: Profiles::default(),
            capacity: None,
            home: None,
            max_sessions: None,
            max_sessions_at: None,
            idle: IdleRule::default(),
            idle_lines: IdleLines::default(),
            ides: IdeSettings::default(),
            kubernetes: Kubernetes::default(),
            agent_image: None,
            start_limit: Duration::from_mins(2),
            wait_for_database: Duration::from_mins(1),
            stop_grace: Duration::from_secs(10),
            sign_in_idle: Some(DAY),
            sign_in_limit: 30 * DAY,
            sign_in_pause: Duration::ZERO,
            proxy_threads: std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2)),
            shared_account: false,
        }
    }

    /// These, with what cannot change while a server runs taken from those that it started with.
    #[must_use]
    pub(crate) fn with_fixed_of(self, started: &Self) -> Self {
        Self {
            listen: started.listen,
            socket: started.socket.clone(),
            tls: tls::with_fixed_of(self.tls, started.tls.as_ref()),
            redirects: started.redirects,
            redirect_port: started.redirect_port,
            // The address was looked at then.
            admission: Admission { everybody: started.admission.everybody, ..self.admission },
            data_dir: started.data_dir.clone(),
            database: started.database.clone(),
            agent: started.agent.clone(),
            ides_dir: started.ides_dir.clone(),
            proxy_threads: started.proxy_threads,
            cluster: started.cluster.clone(),
            // Sessions that run were started with it.
            web: Web { root: started.web.root.clone(), ..self.web },
            kubernetes: self.kubernetes.with_fixed_of(&started.kubernetes),
            ..self
        }
    }

    /// Takes over what the files set, over what is there; answers what cannot be told by looking at one value alone.
    pub fn apply(&mut self, files: &Configuration) -> Vec<Diagnostic> {
        let mut told = own::apply(self, files);
        told.extend(web::apply(self, files));
        told.extend(tls::apply(self, files));
        told.extend(admission::apply(self, files));
        told.extend(accounts::apply(self, files));
        told.extend(cluster::apply(self, files));
        told.extend(database::apply(self, files));
        told.extend(ides::apply(self, files));
        images::apply(self, files);
        told.extend(operation::apply(self, files));
        told.extend(logging::apply(self, files));
        told.extend(kubernetes::apply(self, files));
        told.extend(rights::apply(self, files));
        let several = files.get("rserver.conf", "server-multiple-sessions");
        if several.flag() == Some(false) {
            (self.max_sessions, self.max_sessions_at) = (Some(1), several.at);
        }
        told
    }

    /// What files and command line together must not say. Comes after both.
    pub fn contradictions(&self, files: &Configuration) -> Vec<Diagnostic> {
        let mut told = admission::contradictions(self, files);
        told.extend(tls::contradictions(self, files));
        told
    }
}
