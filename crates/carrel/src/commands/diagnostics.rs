//! `carrel diagnostics`: what somebody who helps needs to know, in one file.

use crate::{
    commands::{
        check::{Examined, Tried, examine},
        config::cells,
        table::say,
    },
    database,
    exit::{CANNOT_CREATE, failure},
    host::{self, Place, block_on},
};
use carrel_config::{Configuration, Settings, report::shown};
use carrel_store::Store;
use clap::Args;
use std::{
    collections::BTreeMap,
    env,
    fmt::Write,
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// Variables whose text says where things are, and no more. Of all others only the name is told.
const HARMLESS: &[&str] = &[
    "CARREL_DATA_DIR",
    "CARREL_LISTEN",
    "CARREL_PUBLIC_URL",
    "CARREL_TRUSTED_PROXIES",
    "DIAGNOSTIC_ONLY",
    "HOME",
    "KUBERNETES_SERVICE_HOST",
    "PATH",
    "POD_NAME",
    "POD_NAMESPACE",
    "RSTUDIO_CONFIG_DIR",
    "RSTUDIO_LAUNCHER_NAMESPACE",
    "RSW_LAUNCHER",
    "XDG_CONFIG_DIRS",
];
/// How long the database has, and the cluster.
const PATIENCE: Duration = Duration::from_secs(15);
/// Where the namespace of a pod stands.
const NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Write into one file what somebody who helps needs to know: versions, settings and where they come from, what checks
/// find. Passwords, keys and tokens do not get into it.
#[derive(Args)]
pub(crate) struct Diagnostics {
    #[command(flatten)]
    place: Place,
    /// The namespace whose Jobs and pods are told; without it, the pod's own.
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// The file to write, for its owner alone. Without it: the standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Diagnostics {
    /// Looks at everything, also when something is wrong: that is when it is asked for.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let text = self.text()?;
        let Some(path) = &self.output else { return say(text.trim_end()) };
        write(path, &text).map_err(|e| failure(CANNOT_CREATE, format!("{} cannot be written: {e}", path.display())))?;
        say(format!("{} is written. Read it before you pass it on.", path.display()))
    }

    fn text(&self) -> anyhow::Result<String> {
        let examined = examine(&self.place, Tried::AtOnce)?;
        let sections = [
            ("Carrel", format!("version {}\n", env!("CARGO_PKG_VERSION"))),
            ("Host", of_host()),
            ("Environment", environment(env::vars_os().map(|(name, text)| (lossy(&name), lossy(&text))))),
            ("Settings", settings(&examined.configuration)),
            ("Checks", checks(&examined)),
            ("Database", block_on(async { Ok(self.database(&examined.configuration).await) })?),
            ("Cluster", block_on(async { Ok(self.cluster(&examined.configuration).await) })?),
        ];
        let mut text = String::new();
        for (title, body) in sections {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "### {title} ###\n{body}");
        }
        Ok(text)
    }

    fn settings(&self, files: &Configuration) -> Settings {
        let mut settings = Settings::local(self.place.data_dir(), PathBuf::new(), Vec::new());
        // What this has to tell is among the checks.
        let _ = settings.apply(files);
        settings
    }

    /// How much there is in the store; only numbers.
    async fn database(&self, files: &Configuration) -> String {
        match tokio::time::timeout(PATIENCE, self.counted(files)).await {
            Ok(Ok(counts)) => counts,
            Ok(Err(error)) => format!("not asked: {error:#}\n"),
            Err(_) => format!("not asked: no answer within {} s\n", PATIENCE.as_secs()),
        }
    }

    async fn counted(&self, files: &Configuration) -> anyhow::Result<String> {
        let settings = self.settings(files);
        let database = self.place.database().unwrap_or(settings.database);
        let store = Store::open(database::connection(&self.place, database, files)?).await?;
        let counts = counts(&store).await;
        store.close().await;
        counts
    }

    /// The namespace of the server and of its sessions.
    async fn cluster(&self, files: &Configuration) -> String {
        let settings = self.settings(files);
        let own = || fs::read_to_string(NAMESPACE_FILE).ok().map(|text| text.trim().to_owned());
        let Some(namespace) = self.namespace.clone().or_else(own) else {
            return "this is no pod of a cluster, and --namespace was not given\n".into();
        };
        match tokio::time::timeout(PATIENCE, survey(&settings, &namespace)).await {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => format!("not asked: {error}\n"),
            Err(_) => format!("not asked: no answer within {} s\n", PATIENCE.as_secs()),
        }
    }
}

async fn survey(settings: &Settings, namespace: &str) -> Result<String, String> {
    let client = carrel_kube::client(&settings.kubernetes.api).await.map_err(|error| error.to_string())?;
    carrel_kube::survey(&client, namespace).await
}

fn lossy(text: &std::ffi::OsStr) -> String {
    text.to_string_lossy().into_owned()
}

fn of_host() -> String {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system =
        system.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or("unknown").trim_matches('"');
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let (capacity, uid) = (host::capacity(), nix::unistd::geteuid());
    format!(
        "system {system}\nkernel {}\ncpus {}\nmemory {} MiB\nuid {uid}\n",
        kernel.trim(),
        capacity.cpus,
        capacity.memory_mb
    )
}

fn environment(variables: impl Iterator<Item = (String, String)>) -> String {
    let sorted: BTreeMap<String, String> = variables.collect();
    let line = |(name, text): (String, String)| {
        if HARMLESS.contains(&name.as_str()) { format!("{name}={text}\n") } else { format!("{name} is set\n") }
    };
    sorted.into_iter().map(line).collect()
}

fn settings(configuration: &Configuration) -> String {
    let line = |shown: &_| {
        let [file, option, value, from, _] = cells(shown);
        format!("{file}: {option} = {value} ({from})\n")
    };
    shown(configuration, false).iter().map(line).collect()
}

fn checks(examined: &Examined) -> String {
    let files = examined.configuration.diagnostics().iter().map(ToString::to_string);
    let findings = examined.findings.iter().map(ToString::to_string);
    files.chain(findings).map(|line| line + "\n").collect()
}

async fn counts(store: &Store) -> anyhow::Result<String> {
    let mut text = format!("product {}\nusers {}\n", store.about().await?.product, store.users().await?.len());
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for session in store.sessions_live().await? {
        *states.entry(session.state.name()).or_default() += 1;
    }
    for (state, count) in states {
        let _ = writeln!(text, "sessions {state} {count}");
    }
    Ok(text)
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}
