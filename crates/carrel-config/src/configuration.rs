//! What the files of an installation say, and what is wrong in them: all of it, not the first fault only.

mod check;
mod keys;

use crate::{
    diagnostic::{Diagnostic, Level, Told},
    lookup::Lookup,
    nearest::nearest,
    options::{File, Format, Row, file_named, files},
    read::{self, NamedOverride},
    source::{At, Source},
    value::Value,
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// A file longer than this is not one that somebody wrote.
const LONGEST: u64 = 16 << 20;

/// Files that an option of rserver.conf names, and that option.
const ELSEWHERE: [(&str, &str); 2] =
    [("database.conf", "database-config-file"), ("secure-cookie-key", "secure-cookie-key-file")];

/// The option whose values name files.
pub(crate) const OVERRIDES: &str = "job-json-overrides";

/// All files that were found.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    files: Vec<Found>,
    settings: Vec<Setting>,
    diagnostics: Vec<Diagnostic>,
    /// Files that values name: what stands in them, or why they could not be read.
    named: BTreeMap<String, Result<Source, String>>,
    /// Where each option is set last; made when it is first asked for.
    index: OnceLock<Index>,
}

/// The last setting of each option, by file, section (empty for none) and key.
type Index = HashMap<&'static str, HashMap<String, HashMap<String, usize>>>;

/// A file that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// What it is.
    pub file: &'static File,
    /// Where it is.
    pub path: Arc<Path>,
    /// What stands in it, decoded, unless it is a secret.
    text: Option<Arc<str>>,
    mark: u64,
}

impl Found {
    /// Another number for another content; the same one for all of a file with options, whose values are compared.
    pub(crate) fn mark(&self) -> u64 {
        self.mark
    }
}

/// A value that a file sets.
#[derive(Debug, Clone)]
pub struct Setting {
    /// In which file.
    pub file: &'static File,
    /// In which section, where the file has sections; of which block, counted from 1, where it has blocks.
    pub section: Option<Arc<str>>,
    /// The key as it stands there.
    pub key: Cow<'static, str>,
    /// Its declaration; none where names are the administrator's (`repos.conf`).
    pub row: Option<&'static Row>,
    /// What it is set to.
    pub value: Value,
    /// Where.
    pub at: At,
}

impl Setting {
    /// Whether the value must not be shown.
    pub fn is_secret(&self) -> bool {
        self.file.secret || self.row.is_some_and(|row| row.secret)
    }
}

/// What holds for an option: what a file sets, or the default.
#[derive(Debug, Clone)]
pub struct Held {
    /// The value; none when nothing is set and nothing is the default.
    pub value: Option<Value>,
    /// Where it is set; nowhere for a default.
    pub at: Option<At>,
}

impl Held {
    /// The value of a flag.
    pub fn flag(&self) -> Option<bool> {
        if let Some(Value::Flag(on)) = self.value { Some(on) } else { None }
    }

    /// The value of a whole number.
    pub fn whole(&self) -> Option<u64> {
        if let Some(Value::Whole(number)) = self.value { Some(number) } else { None }
    }

    /// The value of a number.
    pub fn decimal(&self) -> Option<f64> {
        if let Some(Value::Decimal(number)) = self.value { Some(number) } else { None }
    }

    /// The value of a text, a path, a host or a word.
    pub fn text(&self) -> Option<&str> {
        if let Some(Value::Text(text)) = &self.value { Some(text) } else { None }
    }

    /// The words of a list.
    pub fn list(&self) -> &[String] {
        if let Some(Value::List(words)) = &self.value { words } else { &[] }
    }
}

impl Configuration {
    /// Reads every file that there is. What cannot be read is told like what is wrong in a file.
    pub fn load(lookup: &Lookup) -> Self {
        let mut configuration = Self::default();
        for file in files() {
            if let Some(path) = configuration.elsewhere(file.name) {
                configuration.open(file, path);
                continue;
            }
            let mut places = lookup.all(file.name);
            let Some(path) = places.next() else { continue };
            for hidden in places {
                let text = format!("this file is not read: {} comes first", path.display());
                configuration.diagnostics.push(Diagnostic::new(At::whole(hidden), Level::Note, "hidden", text));
            }
            configuration.open(file, path);
        }
        configuration.open_named();
        for folder in lookup.folders() {
            configuration.look_for_strangers(folder);
        }
        configuration.diagnostics.sort_by(|a, b| a.at.cmp(&b.at).then(a.level.cmp(&b.level)));
        configuration
    }

    /// Where a file lies that rserver.conf, which is read before all others, names itself.
    fn elsewhere(&self, name: &str) -> Option<PathBuf> {
        let (_, key) = ELSEWHERE.iter().find(|(file, _)| *file == name)?;
        self.get("rserver.conf", key).text().filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    fn open(&mut self, file: &'static File, path: PathBuf) {
        let at = At::whole(path);
        if file.format == Format::Folder {
            self.files.push(Found { file, path: at.file.clone(), text: None, mark: 0 });
            let mut told = Told::default();
            check::role(&mut told, file.role, file.name, &at);
            self.diagnostics.extend(told.into_list(at));
            return;
        }
        match read_file(&at.file) {
            Ok(bytes) => self.read(file, at.file, &bytes),
            Err(error) => {
                let text = format!("this file cannot be read: {error}");
                self.diagnostics.push(Diagnostic::new(at, Level::Error, "cannot-read", text));
            }
        }
    }

    /// Reads one file's bytes.
    pub fn read(&mut self, file: &'static File, path: impl Into<Arc<Path>>, bytes: &[u8]) {
        let (source, diagnostic) = Source::new(path, bytes);
        let text = (!file.secret).then(|| source.shared_text());
        // Only files that are read as a whole are compared by it.
        let mark = if file.rows.is_empty() { mark(bytes) } else { 0 };
        self.files.push(Found { file, path: source.at(0).file, text, mark });
        self.diagnostics.extend(diagnostic);
        self.index = OnceLock::new();
        check::check(self, file, &source);
    }

    /// Reads the files that overrides of Jobs name. What is wrong with them is told where they are used.
    fn open_named(&mut self) {
        for setting in self.settings.iter().filter(|setting| setting.key == OVERRIDES) {
            let Value::Text(text) = &setting.value else { continue };
            for NamedOverride { file, .. } in read::overrides(text).unwrap_or_default() {
                let read = || match read_file(Path::new(&file)) {
                    Ok(bytes) => Ok(Source::new(Path::new(&file), &bytes).0),
                    Err(error) => Err(error.to_string()),
                };
                self.named.entry(file.clone()).or_insert_with(read);
            }
        }
    }

    /// A file that a value names, read with the others; nothing where no value names it.
    pub fn named(&self, path: &str) -> Option<&Result<Source, String>> {
        self.named.get(path)
    }

    /// Takes the bytes of a file that a value names.
    pub fn read_named(&mut self, path: &str, bytes: &[u8]) {
        self.named.insert(path.to_owned(), Ok(Source::new(Path::new(path), bytes).0));
    }

    /// Tells about files that nobody will read, which a mistyped name makes.
    fn look_for_strangers(&mut self, folder: &Path) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        // Kubernetes keeps the real files of a mounted ConfigMap in folders that begin with two dots.
        for name in names.filter(|name| !name.starts_with('.') && file_named(name).is_none()) {
            let path = folder.join(&name);
            let is_path = |setting: &Setting| matches!(&setting.value, Value::Text(text) if Path::new(text) == path);
            if self.settings.iter().any(is_path) {
                // A certificate, a key: an option says what reads it.
                continue;
            }
            let meant = nearest(&name, files().map(|file| file.name));
            let level = if meant.is_some() { Level::Warning } else { Level::Note };
            let told = Diagnostic::new(At::whole(path), level, "unknown-file", "nothing reads this file");
            self.diagnostics.push(told.meant(meant));
        }
    }

    /// The file of this name, when it was found.
    pub fn found(&self, name: &str) -> Option<&Found> {
        self.files.iter().find(|found| found.file.name == name)
    }

    /// What stands in a file that was found, unless it is a secret.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.files.iter().find(|found| found.file.name == file)?.text.as_deref()
    }

    /// Adds what only several values together tell.
    pub fn tell(&mut self, diagnostics: Vec<Diagnostic>) {
        self.diagnostics.extend(diagnostics);
        self.diagnostics.sort_by(|a, b| a.at.cmp(&b.at).then(a.level.cmp(&b.level)));
    }

    /// The files that were found, in the order of the reference page.
    pub fn files(&self) -> &[Found] {
        &self.files
    }

    /// Everything that is set, in the order of files and lines.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Everything that there is to tell, in the order of files and lines.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// What holds for an option of a file without sections.
    pub fn get(&self, file: &str, key: &str) -> Held {
        self.get_in(file, None, key)
    }

    /// Every line of an option that may stand in a file without sections more than once.
    pub fn all(&self, file: &str, key: &str) -> impl Iterator<Item = &Setting> {
        self.settings.iter().filter(move |s| s.file.name == file && s.key == key)
    }

    /// What holds for an option in a section. Of several lines the last one counts.
    pub fn get_in(&self, file: &str, section: Option<&str>, key: &str) -> Held {
        let index = self.index.get_or_init(|| index(&self.settings));
        let last = index.get(file).and_then(|sections| sections.get(section.unwrap_or(""))?.get(key));
        if let Some(set) = last.and_then(|at| self.settings.get(*at)) {
            return Held { value: Some(set.value.clone()), at: Some(set.at.clone()) };
        }
        let row = file_named(file).and_then(|file| file.option(section.unwrap_or(""), key));
        debug_assert!(row.is_some(), "{file} has no option {key}");
        Held { value: row.and_then(Row::default_value), at: None }
    }
}

impl Row {
    /// The default, read.
    pub fn default_value(&self) -> Option<Value> {
        (!self.default.is_empty()).then(|| self.kind.parse(self.default).ok().flatten()).flatten()
    }
}

fn mark(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

fn index(settings: &[Setting]) -> Index {
    let mut index = Index::new();
    for (at, set) in settings.iter().enumerate() {
        let section = set.section.as_deref().unwrap_or_default().to_owned();
        index.entry(set.file.name).or_default().entry(section).or_default().insert(set.key.to_string(), at);
    }
    index
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let length = fs::metadata(path)?.len();
    if length > LONGEST {
        return Err(io::Error::other(format!("it has {} MiB, more than {}", length >> 20, LONGEST >> 20)));
    }
    fs::read(path)
}

#[cfg(test)]
mod tests;
