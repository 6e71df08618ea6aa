//! R: which ones there are, and where their packages come from.

use super::{Settings, of_the_account, set_text};
use crate::{
    At, Configuration, Diagnostic, Level, Source, configuration::Setting, nearest::nearest, options::file_named, read,
    settings::cluster::ClusterKind,
};
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// The keys of `profiles` that name Rs.
const KEYS: [&str; 2] = ["r-version", "r-versions"];
/// What stands in `r-versions` of `profiles` for every R.
pub const ALL: &str = "*";

/// Every R that files name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rs {
    /// That of sessions for which no other is chosen: the one of rserver.conf, else the first of r-versions, else the one
    /// that is found.
    pub usual: R,
    /// The others of r-versions.
    others: Vec<R>,
    /// Those that only profiles name.
    of_profiles: Vec<R>,
    /// The folder of the user's own packages.
    pub user_library: Option<String>,
}

/// An R as the files describe it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct R {
    /// What files and the API call it: its folder, or its program where rserver.conf names one that is in no such folder.
    /// Nothing when no file names it.
    pub path: String,
    /// What people see.
    pub name: String,
    /// The program, where a file says which.
    pub program: Option<PathBuf>,
    /// Package repositories, by their names; one of them is `CRAN`.
    pub repos: Vec<(String, String)>,
    /// The folder of packages for everybody.
    pub site_library: Option<String>,
    /// The line that names it.
    pub at: Option<At>,
}

impl Rs {
    /// Those that may be chosen by whoever is not held to some, the usual one first; none when no file names any.
    pub fn offered(&self) -> impl Iterator<Item = &R> {
        Some(&self.usual).filter(|usual| usual.program.is_some()).into_iter().chain(&self.others)
    }

    /// Every one that a file names.
    pub fn named(&self) -> impl Iterator<Item = &R> {
        self.offered().chain(&self.of_profiles)
    }

    /// The R that a profile or a person calls so.
    pub fn get(&self, called: &str) -> Option<&R> {
        self.named().find(|r| r.is(called))
    }
}

impl R {
    fn in_folder(path: &str, repos: &[(String, String)], at: At) -> Self {
        let path = path.trim_end_matches('/').to_owned();
        let program = Some(Path::new(&path).join("bin/R"));
        Self { name: path.clone(), path, program, repos: repos.to_vec(), site_library: None, at: Some(at) }
    }

    /// Whether it is called so: by its folder, or by its program.
    pub fn is(&self, called: &str) -> bool {
        let is_program = || self.program.as_deref().is_some_and(|program| program == Path::new(called));
        (!self.path.is_empty() && called.trim_end_matches('/') == self.path) || is_program()
    }

    /// Its repositories as `repos.conf` has them.
    pub fn repos_conf(&self) -> Option<String> {
        let lines: Vec<String> = self.repos.iter().map(|(name, url)| format!("{name}={url}\n")).collect();
        (!lines.is_empty()).then(|| lines.concat())
    }
}

pub(super) fn apply(settings: &mut Settings, files: &Configuration, told: &mut Vec<Diagnostic>) {
    let repos = repos(files, told);
    let mut blocks: Vec<R> = Vec::new();
    for r in versions(files).iter().filter_map(|version| version.r(&repos, told)) {
        if !blocks.iter().any(|known| known.path == r.path) {
            blocks.push(r);
        }
    }
    let which = files.get("rserver.conf", "rsession-which-r");
    let usual = match set_text(&which) {
        Some((program, at)) => match blocks.iter().position(|r| r.is(program)) {
            Some(number) => blocks.remove(number),
            None => R { program: Some(program.into()), ..R::in_folder(program, &repos, at.clone()) },
        },
        None if blocks.is_empty() => R { repos: repos.clone(), ..R::default() },
        None => blocks.remove(0),
    };
    let user_library = set_text(&files.get("rsession.conf", "r-libs-user")).map(|(path, _)| of_the_account(path));
    settings.ides.r = Rs { usual, others: blocks, of_profiles: Vec::new(), user_library };
    of_profiles(&mut settings.ides.r, &repos, settings.cluster.kind, files, told);
}

/// Takes up the Rs that profiles name and no other file does, where they may be there.
fn of_profiles(
    rs: &mut Rs,
    repos: &[(String, String)],
    kind: ClusterKind,
    files: &Configuration,
    told: &mut Vec<Diagnostic>,
) {
    let lines = files.settings().iter().filter(|set| set.file.name == "profiles" && KEYS.contains(&&*set.key));
    for (set, path) in lines.flat_map(|set| set.value.words().iter().map(move |path| (set, path))) {
        if path.is_empty() || path == ALL || rs.get(path).is_some() {
            continue;
        }
        let is_there = match kind {
            ClusterKind::Local => can_run(&Path::new(path).join("bin/R")),
            // Images are not looked into: where r-versions says nothing of them, the profile is believed.
            ClusterKind::Kubernetes => rs.offered().next().is_none(),
        };
        if is_there && path.starts_with('/') {
            rs.of_profiles.push(R::in_folder(path, repos, set.at.clone()));
        } else {
            told.push(no_such_r(set, path, rs));
        }
    }
}

fn can_run(program: &Path) -> bool {
    std::fs::metadata(program).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

fn no_such_r(set: &Setting, path: &str, rs: &Rs) -> Diagnostic {
    let there: Vec<&str> = rs.offered().map(|r| r.path.as_str()).collect();
    let text = format!("{} names an R that is not there: it is left out", set.key);
    let one = Diagnostic::new(set.at.clone(), Level::Warning, "no-such-r", text).found(path);
    let one = one.meant(nearest(path, there.iter().copied()));
    if there.is_empty() { one.allowed("a folder with bin/R in it") } else { one.allowed(there.join(", ")) }
}

/// A block of `r-versions`.
struct Version<'a> {
    fields: Vec<(&'a str, String)>,
    at: At,
}

impl Version<'_> {
    fn field(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|(name, text)| *name == key && !text.is_empty()).map(|(_, text)| text.as_str())
    }

    /// Its R, when it names a folder. `repos` are those of every R that has none of its own.
    fn r(&self, repos: &[(String, String)], told: &mut Vec<Diagnostic>) -> Option<R> {
        let r = R::in_folder(self.field("Path")?, repos, self.at.clone());
        let repos = match self.field("Repo") {
            Some(path) if path.starts_with('/') => repos_of_file(path, &self.at, told),
            Some(url) => vec![("CRAN".into(), url.into())],
            None => r.repos,
        };
        let name = self.field("Label").map_or(r.name, str::to_owned);
        Some(R { name, repos, site_library: self.field("Library").map(of_the_account), ..r })
    }
}

fn versions(files: &Configuration) -> Vec<Version<'_>> {
    let mut versions: Vec<(&str, Version<'_>)> = Vec::new();
    for set in files.settings().iter().filter(|set| set.file.name == "r-versions") {
        let block = set.section.as_deref().unwrap_or_default();
        if versions.last().is_none_or(|(last, _)| *last != block) {
            versions.push((block, Version { fields: Vec::new(), at: set.at.clone() }));
        }
        if let Some((_, version)) = versions.last_mut() {
            version.fields.push((&set.key, set.value.to_string()));
        }
    }
    versions.into_iter().map(|(_, version)| version).collect()
}

/// The repositories of every R that has none of its own: those of the file named in `rsession.conf`, else of `repos.conf`,
/// else the one named in `rsession.conf`.
fn repos(files: &Configuration, told: &mut Vec<Diagnostic>) -> Vec<(String, String)> {
    if let Some((path, at)) = set_text(&files.get("rsession.conf", "r-cran-repos-file")) {
        return repos_of_file(path, at, told);
    }
    let lines = files.settings().iter().filter(|set| set.file.name == "repos.conf");
    let listed: Vec<_> = lines.map(|set| (set.key.to_string(), set.value.to_string())).collect();
    if !listed.is_empty() {
        return listed;
    }
    let one = files.get("rsession.conf", "r-cran-repos");
    set_text(&one).map(|(url, _)| vec![("CRAN".into(), url.into())]).unwrap_or_default()
}

/// Reads a file of repositories that another file names.
fn repos_of_file(path: &str, at: &At, told: &mut Vec<Diagnostic>) -> Vec<(String, String)> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let text = format!("the file of package repositories cannot be read: {error}");
            told.push(Diagnostic::new(at.clone(), Level::Error, "cannot-read", text).found(path));
            return Vec::new();
        }
    };
    debug_assert!(file_named("repos.conf").is_some(), "the file has the form of repos.conf");
    let (source, diagnostic) = Source::new(Path::new(path), &bytes);
    let read = read::ini(&source);
    told.extend(diagnostic.into_iter().chain(read.told.into_list(source.at(0))));
    let entries = read.found.sections.into_iter().flat_map(|section| section.entries);
    entries.filter_map(|entry| Some((entry.key.to_owned(), entry.value?.to_owned()))).collect()
}
