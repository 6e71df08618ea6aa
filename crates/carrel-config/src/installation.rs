//! The files of an installation as a running server holds them: read at the start, and again when it is told to.

use crate::{
    Configuration, Current, Diagnostic, Level, Lookup, Settings,
    changes::{Change, changes},
    tls,
};
use arc_swap::ArcSwap;
use serde::Serialize;
use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

/// What the command line sets over the files.
type Flags = Box<dyn Fn(&mut Settings) + Send + Sync>;
/// Who is told of each reload, with the settings in force after it.
type Listener = Box<dyn Fn(&Reloaded, &Settings) + Send + Sync>;

/// The configuration in force, where it comes from, and how to read it again. Precedence is the same each time:
/// defaults, then files, then the command line.
pub struct Installation {
    lookup: Lookup,
    defaults: Settings,
    flags: Flags,
    current: Current,
    started: Configuration,
    now: ArcSwap<Configuration>,
    listener: Listener,
    /// Held during a reload: of two at the same time the later one reads the later files.
    reloading: Mutex<()>,
}

/// What came of reading the files again.
#[derive(Debug, Clone, Serialize)]
pub struct Reloaded {
    /// Whether what the files say now is in force; when not, what was in force before still is.
    pub applied: bool,
    /// What they say otherwise than before; nothing when they were not taken.
    pub changes: Vec<Change>,
    /// All there is to tell about them.
    pub diagnostics: Vec<Diagnostic>,
}

/// The files have errors: all there is to tell about them.
#[derive(Debug, Clone)]
pub struct Wrong(pub Vec<Diagnostic>);

impl Wrong {
    /// The errors alone.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter().filter(|one| one.level == Level::Error)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration files have errors:")?;
        self.errors().try_for_each(|error| write!(f, "\n{error}"))
    }
}

impl std::error::Error for Wrong {}

impl Installation {
    /// Reads the files. `flags` sets what the command line says.
    pub fn load(
        lookup: Lookup,
        defaults: Settings,
        flags: impl Fn(&mut Settings) + Send + Sync + 'static,
    ) -> Result<Self, Wrong> {
        let flags: Flags = Box::new(flags);
        let (files, settings) = read(&lookup, &defaults, &flags)?;
        Ok(Self {
            lookup,
            defaults,
            flags,
            current: Current::new(settings),
            started: files.clone(),
            now: ArcSwap::from_pointee(files),
            listener: Box::new(|_, _| {}),
            reloading: Mutex::default(),
        })
    }

    /// Settings that no file says and nothing changes.
    pub fn without_files(settings: Settings) -> Self {
        Self {
            lookup: Lookup::in_folders([]),
            defaults: settings.clone(),
            flags: Box::new(|_| {}),
            current: Current::new(settings),
            started: Configuration::default(),
            now: ArcSwap::default(),
            listener: Box::new(|_, _| {}),
            reloading: Mutex::default(),
        }
    }

    /// Has this called after each reload, whoever asked for it.
    #[must_use]
    pub fn on_reload(self, listener: impl Fn(&Reloaded, &Settings) + Send + Sync + 'static) -> Self {
        Self { listener: Box::new(listener), ..self }
    }

    /// The settings in force.
    pub fn settings(&self) -> Current {
        self.current.clone()
    }

    /// The folders that are looked at, the first one first.
    pub fn folders(&self) -> &[PathBuf] {
        self.lookup.folders()
    }

    /// The files in force.
    pub fn files(&self) -> Arc<Configuration> {
        self.now.load_full()
    }

    /// What is in the files and not in force before a restart.
    pub fn waits_for_restart(&self) -> Vec<Change> {
        let mut waiting = changes(&self.started, &self.now.load());
        waiting.retain(|change| change.needs_restart);
        waiting
    }

    /// Reads the files again and puts what they say into force, unless something in them is wrong. Blocks for as long
    /// as files take to read.
    pub fn reload(&self) -> Reloaded {
        let _one_at_a_time = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let reloaded = match read(&self.lookup, &self.defaults, &self.flags) {
            Ok((files, settings)) => {
                let mut changes = changes(&self.now.load(), &files);
                changes.extend(tls::renewed(self.current.now().https(), settings.https()));
                let diagnostics = files.diagnostics().to_vec();
                self.current.replace(settings.with_fixed_of(&self.current.now()));
                self.now.store(Arc::new(files));
                Reloaded { applied: true, changes, diagnostics }
            }
            Err(Wrong(diagnostics)) => Reloaded { applied: false, changes: Vec::new(), diagnostics },
        };
        (self.listener)(&reloaded, &self.current.now());
        reloaded
    }
}

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installation").field("lookup", &self.lookup).finish_non_exhaustive()
    }
}

fn read(lookup: &Lookup, defaults: &Settings, flags: &Flags) -> Result<(Configuration, Settings), Wrong> {
    let mut files = Configuration::load(lookup);
    let mut settings = defaults.clone();
    let told = settings.apply(&files);
    files.tell(told);
    flags(&mut settings);
    let told = settings.contradictions(&files);
    files.tell(told);
    let wrong = files.diagnostics().iter().any(|one| one.level == Level::Error);
    if wrong { Err(Wrong(files.diagnostics().to_vec())) } else { Ok((files, settings)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};
    use tempfile::TempDir;

    fn load(folder: &Path) -> Result<Installation, Wrong> {
        let defaults = Settings::local(folder.into(), "/no/agent".into(), Vec::new());
        let flags = |settings: &mut Settings| settings.site_name = "Flags win".into();
        Installation::load(Lookup::in_folders([folder.to_owned()]), defaults, flags)
    }

    fn folder(rserver: &str) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("rserver.conf"), rserver).unwrap();
        folder
    }

    #[test]
    fn an_installation_with_errors_names_all_of_them() {
        let wrong = load(folder("www-port=many\nwww-address=two words\n").path()).unwrap_err();
        assert_eq!(wrong.errors().count(), 2);
        assert!(
            wrong.to_string().contains("rserver.conf:1") && wrong.to_string().contains("rserver.conf:2"),
            "{wrong}"
        );
    }

    #[test]
    fn what_cannot_change_while_the_server_runs_waits_for_a_restart_and_is_said_until_then() {
        let folder = folder("www-port=8001\n");
        let installation = load(folder.path()).unwrap();
        fs::write(folder.path().join("rserver.conf"), "www-port=8002\n").unwrap();
        let reloaded = installation.reload();
        assert!(reloaded.applied);
        assert_eq!(installation.settings().now().listen.port(), 8001);
        let said: Vec<String> = installation.waits_for_restart().iter().map(ToString::to_string).collect();
        assert_eq!(said, ["rserver.conf: www-port: 8001 → 8002, after a restart"]);
        fs::write(folder.path().join("rserver.conf"), "www-port=8001\n").unwrap();
        installation.reload();
        assert!(installation.waits_for_restart().is_empty(), "set back to what is in force");
    }

    #[test]
    fn a_wrong_file_leaves_everything_as_it_was() {
        let folder = folder("www-port=8001\n");
        let installation = load(folder.path()).unwrap();
        fs::write(folder.path().join("rserver.conf"), "www-port=none\nmetrics-port=many\n").unwrap();
        let reloaded = installation.reload();
        let errors = reloaded.diagnostics.iter().filter(|told| told.level == Level::Error).count();
        assert_eq!((reloaded.applied, reloaded.changes.len(), errors), (false, 0, 2));
        assert_eq!(installation.files().get("rserver.conf", "www-port").whole(), Some(8001));
    }

    #[test]
    fn the_command_line_wins_after_a_reload_too() {
        let folder = folder("");
        let installation = load(folder.path()).unwrap();
        installation.reload();
        assert_eq!(installation.settings().now().site_name, "Flags win");
    }

    #[test]
    fn whoever_reloads_the_listener_hears_of_it() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let folder = folder("");
        let to = heard.clone();
        let installation = load(folder.path()).unwrap().on_reload(move |reloaded, _| {
            to.lock().unwrap().push(reloaded.applied);
        });
        installation.reload();
        fs::write(folder.path().join("rserver.conf"), "www-port=none\n").unwrap();
        installation.reload();
        assert_eq!(*heard.lock().unwrap(), [true, false]);
    }
}
