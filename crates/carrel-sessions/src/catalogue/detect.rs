//! Which IDEs are there: looking for programs, and asking them for their version.

use super::{Catalogue, Entry, Icon};
use carrel_config::ides::IdeSettings;
use carrel_model::{Cause, IdeId, Who};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::{AccessFlags, Pid, access},
};
use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsStr,
    io::Read,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::{Duration, SystemTime},
};

/// How long a program may take to say its version. A cold start of Jupyter on a busy machine takes half of it.
const VERSION_LIMIT: Duration = Duration::from_mins(1);
/// How much a program may say then.
const VERSION_BYTES: u64 = 16 << 10;
/// What a program gets of the server's environment to say its version: nothing that could be secret.
const INHERITED: [&str; 3] = ["HOME", "LANG", "PATH"];

/// The programs of an entry, found on this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where each of [`Entry::requires`] is.
    pub programs: BTreeMap<String, PathBuf>,
    /// What the IDE's own program says of itself.
    pub version: Option<String>,
}

/// An entry as it can be offered on this host.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Which entry.
    pub id: IdeId,
    /// What pages call it.
    pub name: String,
    /// The drawing beside the name.
    pub icon: Icon,
    /// Its version, when that is known.
    pub version: Option<String>,
    /// The programs, or why there is nothing to start, and who can change that.
    pub available: Result<Found, Cause>,
}

/// What programs said, for as long as their files stay the same.
#[derive(Debug, Default)]
pub(super) struct Versions(Mutex<HashMap<Question, Arc<Mutex<Option<Known>>>>>);

/// A program and what it is given to say its version.
type Question = (PathBuf, Vec<String>);

/// What it said, and of when its file was.
#[derive(Debug)]
struct Known {
    changed: SystemTime,
    version: Option<String>,
}

/// What came of asking a program for its version.
enum Said {
    Version(Option<String>),
    /// It cannot run here: what it said instead.
    Failed(String),
    /// No answer in time; perhaps next time.
    Late,
}

impl Catalogue {
    /// Looks for the programs of every entry: in `ide_path`, then in `PATH`, then in the places that the entry names.
    ///
    /// Blocks: new or changed programs are run to say their version, all at once. What they said is remembered until
    /// their file changes; a program that failed is asked again each time.
    pub fn detect(&self, ide_path: &[PathBuf], ides: &IdeSettings) -> Vec<Offer> {
        self.detect_with(&Search { ide_path, path: &std::env::var_os("PATH").unwrap_or_default(), ides })
    }

    fn detect_with(&self, search: &Search<'_>) -> Vec<Offer> {
        std::thread::scope(|scope| {
            let looking: Vec<_> =
                self.entries.iter().map(|entry| (entry, scope.spawn(|| self.find(entry, search)))).collect();
            looking
                .into_iter()
                .map(|(entry, thread)| {
                    let found = thread.join().unwrap_or_else(|_| Err(broken(entry, "the look for it failed")));
                    offer(entry, found)
                })
                .collect()
        })
    }

    /// Looks for the programs as [`Catalogue::detect`] does, and runs none: quick, with no version known.
    pub fn locate(&self, ide_path: &[PathBuf], ides: &IdeSettings) -> Vec<Offer> {
        let search = Search { ide_path, path: &std::env::var_os("PATH").unwrap_or_default(), ides };
        let found = |entry| locate(entry, &search).map(|programs| Found { programs, version: None });
        self.entries.iter().map(|entry| offer(entry, found(entry))).collect()
    }

    /// What the images of a cluster are taken to have: the programs of every entry, by their names or where a
    /// configuration file says that they are. Whether they are there is seen in the container.
    pub fn in_images(&self, ides: &IdeSettings) -> Vec<Offer> {
        let programs = |entry: &Entry| {
            let named = |(number, name): (usize, &String)| {
                let path = chosen(entry, number, name, ides)
                    .map_or_else(|| usual(entry, number, name, ides), |(path, _)| path);
                (name.clone(), path.to_owned())
            };
            entry.requires.iter().enumerate().map(named).collect()
        };
        let found = |entry| match switched_off(entry, ides) {
            Some(cause) => Err(cause),
            None => Ok(Found { programs: programs(entry), version: None }),
        };
        self.entries.iter().map(|entry| offer(entry, found(entry))).collect()
    }

    fn find(&self, entry: &Entry, search: &Search<'_>) -> Result<Found, Cause> {
        let programs = locate(entry, search)?;
        let chosen = search.ides.of(entry.id.as_str()).and_then(|one| one.program.as_ref());
        let first = chosen.map(|program| program.first_arguments.as_slice()).unwrap_or_default();
        let version = match entry.requires.first().and_then(|name| programs.get(name)) {
            Some(program) if !entry.version.is_empty() => self.versions.of(program, &[first, &entry.version].concat()),
            _ => Said::Version(None),
        };
        match version {
            Said::Version(version) => Ok(Found { programs, version }),
            Said::Late => Ok(Found { programs, version: None }),
            Said::Failed(why) => Err(broken(entry, &why)),
        }
    }
}

fn offer(entry: &Entry, available: Result<Found, Cause>) -> Offer {
    Offer {
        id: entry.id.clone(),
        name: entry.name.clone(),
        icon: entry.icon,
        version: available.as_ref().ok().and_then(|found| found.version.clone()),
        available,
    }
}

/// Where programs are looked for, and what the configuration files say of them.
struct Search<'a> {
    ide_path: &'a [PathBuf],
    path: &'a OsStr,
    ides: &'a IdeSettings,
}

/// Why an entry is not offered although its programs may be there: a configuration file says so.
fn switched_off(entry: &Entry, ides: &IdeSettings) -> Option<Cause> {
    let said = ides.of(entry.id.as_str())?.disabled.as_ref()?;
    let text = format!("{} is switched off here: {said} says so.", entry.name);
    Some(Cause::new("ide-disabled", text, Who::Administrator))
}

/// The program that a configuration file names for one that an entry needs, and which file that is.
fn chosen<'a>(entry: &Entry, number: usize, name: &str, ides: &'a IdeSettings) -> Option<(&'a Path, &'a str)> {
    let program = ides.of(entry.id.as_str()).and_then(|one| one.program.as_ref()).filter(|_| number == 0);
    let r = || ides.r.usual.program.as_ref().filter(|_| name == "R").map(|r| (r.as_path(), "the configuration of R"));
    program.map(|program| (program.path.as_path(), program.said.as_str())).or_else(r)
}

/// The name by which a program that an entry needs is looked for.
fn usual<'a>(entry: &Entry, number: usize, name: &'a String, ides: &'a IdeSettings) -> &'a Path {
    let other = ides.of(entry.id.as_str()).and_then(|one| one.program_name.as_ref()).filter(|_| number == 0);
    Path::new(other.unwrap_or(name))
}

/// The files of all programs of an entry, unless a configuration file says that it is not offered.
fn locate(entry: &Entry, search: &Search<'_>) -> Result<BTreeMap<String, PathBuf>, Cause> {
    if let Some(cause) = switched_off(entry, search.ides) {
        return Err(cause);
    }
    // A relative folder would make the program depend on where the server was started.
    let folders: Vec<PathBuf> = search
        .ide_path
        .iter()
        .cloned()
        .chain(std::env::split_paths(search.path))
        .chain(entry.places.iter().cloned())
        .filter(|folder| folder.is_absolute())
        .collect();
    let find = |(number, name): (usize, &String)| {
        let path = match chosen(entry, number, name, search.ides) {
            Some((path, said)) => named(entry, path, said)?,
            None => look_for(entry, number, usual(entry, number, name, search.ides), &folders)?,
        };
        Ok((name.clone(), path))
    };
    entry.requires.iter().enumerate().map(find).collect()
}

/// Whether the account of Carrel may run this program.
pub fn can_run(program: &Path) -> bool {
    program.is_file() && access(program, AccessFlags::X_OK).is_ok()
}

/// The program that a configuration file names.
fn named(entry: &Entry, path: &Path, said: &str) -> Result<PathBuf, Cause> {
    if can_run(path) {
        return Ok(path.to_owned());
    }
    let text = format!("{} cannot run on this host: {said} names {}, which cannot be run.", entry.name, path.display());
    Err(Cause::new("ide-not-installed", text, Who::Administrator))
}

/// The first file of this name that may be run.
fn look_for(entry: &Entry, number: usize, name: &Path, folders: &[PathBuf]) -> Result<PathBuf, Cause> {
    let files: Vec<PathBuf> = folders.iter().map(|folder| folder.join(name)).filter(|file| file.is_file()).collect();
    match files.iter().find(|file| access(file.as_path(), AccessFlags::X_OK).is_ok()) {
        Some(file) => Ok(file.clone()),
        None => Err(missing(entry, number, files.first())),
    }
}

fn missing(entry: &Entry, number: usize, forbidden: Option<&PathBuf>) -> Cause {
    let (ide, name) = (&entry.name, &entry.requires[number]);
    if let Some(file) = forbidden {
        let text = format!("{ide} cannot run on this host: the account of Carrel may not run {}.", file.display());
        return Cause::new("ide-not-executable", text, Who::Administrator);
    }
    let text = match (number, &entry.missing) {
        (0, Some(sentence)) => sentence.clone(),
        (0, None) => format!("{ide} is not installed on this host: the program {name} was not found."),
        _ => format!("{ide} cannot run on this host: the program {name}, which it needs, was not found."),
    };
    Cause::new("ide-not-installed", text, Who::Administrator)
}

fn broken(entry: &Entry, why: &str) -> Cause {
    let text = format!("{} is installed on this host but does not run: {why}.", entry.name);
    Cause::new("ide-broken", text, Who::Administrator)
}

impl Versions {
    fn of(&self, program: &Path, arguments: &[String]) -> Said {
        let changed = std::fs::metadata(program).and_then(|meta| meta.modified()).ok();
        let question = (program.to_owned(), arguments.to_owned());
        let slot = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(question).or_default());
        // Held while the program runs: whoever asks meanwhile waits for this answer, and starts no second one.
        let mut known = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(|known| Some(known.changed) == changed) {
            return Said::Version(known.version.clone());
        }
        let said = ask(program, arguments, VERSION_LIMIT);
        if let (Said::Version(version), Some(changed)) = (&said, changed) {
            *known = Some(Known { changed, version: version.clone() });
        }
        said
    }
}

/// Runs a program to hear its version.
fn ask(program: &Path, arguments: &[String], limit: Duration) -> Said {
    let shown = program.display();
    let mut child = match Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
    {
        Ok(child) => child,
        // Where the interpreter of a script is missing or closed, the system blames the script.
        Err(error) => return Said::Failed(format!("starting {shown} failed: {error}")),
    };
    let Some((out, err)) = hear(&mut child, limit) else {
        end(&mut child);
        return Said::Late;
    };
    match child.wait() {
        Ok(status) if status.success() => Said::Version(version_in(&out)),
        Ok(status) => {
            let said = err.lines().rev().find(|line| !line.trim().is_empty()).map(|line| format!(": {}", line.trim()));
            Said::Failed(format!("{shown} {} ended with {status}{}", arguments.join(" "), said.unwrap_or_default()))
        }
        Err(error) => Said::Failed(format!("waiting for {shown} failed: {error}")),
    }
}

/// What a program writes until it closes both its outputs; `None` when it does not in time.
fn hear(child: &mut Child, limit: Duration) -> Option<(String, String)> {
    let (sender, receiver) = mpsc::channel();
    let (out, err) = (child.stdout.take()?, child.stderr.take()?);
    let other = sender.clone();
    std::thread::spawn(move || other.send((true, read_all(err))));
    std::thread::spawn(move || sender.send((false, read_all(out))));
    let mut heard = (String::new(), String::new());
    for _ in 0..2 {
        let (is_err, text) = receiver.recv_timeout(limit).ok()?;
        *(if is_err { &mut heard.1 } else { &mut heard.0 }) = text;
    }
    Some(heard)
}

fn read_all(mut from: impl Read) -> String {
    let mut bytes = Vec::new();
    // What cannot be read was not said.
    let _ = from.by_ref().take(VERSION_BYTES).read_to_end(&mut bytes);
    let _ = std::io::copy(&mut from, &mut std::io::sink());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Kills a program with all that it started.
fn end(child: &mut Child) {
    let group = i32::try_from(child.id()).map(Pid::from_raw);
    if let Ok(group) = group {
        let _ = killpg(group, Signal::SIGKILL);
    }
    let _ = child.wait();
}

/// The first word that looks like a version: `4.139.1` of `4.139.1 53c2f32 with Code 1.139.1`.
fn version_in(said: &str) -> Option<String> {
    let looks = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.') && word.len() <= 40;
    said.split_whitespace().find(looks).map(|word| word.trim_end_matches([',', ';', ')']).to_owned())
}

#[cfg(test)]
mod tests;
