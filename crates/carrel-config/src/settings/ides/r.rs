//! R: which one, and where its packages come from.

use super::{IdeSettings, of_the_account, set_text};
use crate::{At, Configuration, Diagnostic, Level, Source, options::file_named, read};
use std::path::{Path, PathBuf};

/// R as the files describe it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct R {
    /// The program, where a file says which.
    pub program: Option<PathBuf>,
    /// Package repositories, by their names; one of them is `CRAN`.
    pub repos: Vec<(String, String)>,
    /// The folder of the user's own packages.
    pub user_library: Option<String>,
    /// The folder of packages for everybody.
    pub site_library: Option<String>,
}

pub(super) fn apply(ides: &mut IdeSettings, files: &Configuration, told: &mut Vec<Diagnostic>) {
    let chosen = choose(files);
    let program = files.get("rserver.conf", "rsession-which-r");
    let of_version = || Some(PathBuf::from(chosen.field("Path")?).join("bin/R"));
    ides.r.program = set_text(&program).map(|(path, _)| path.into()).or_else(of_version);
    // Only the R of the block has the block's packages.
    let is_chosen = set_text(&program).is_none_or(|(path, _)| of_version().is_some_and(|ours| ours == Path::new(path)));
    ides.r.repos = repos(files, chosen.field("Repo").filter(|_| is_chosen), chosen.at.as_ref(), told);
    ides.r.user_library = set_text(&files.get("rsession.conf", "r-libs-user")).map(|(path, _)| of_the_account(path));
    ides.r.site_library = chosen.field("Library").filter(|_| is_chosen).map(of_the_account);
    if !ides.r.repos.is_empty() {
        let lines: Vec<String> = ides.r.repos.iter().map(|(name, url)| format!("{name}={url}\n")).collect();
        ides.one("rstudio").values.insert("repos_conf", lines.concat());
    }
}

/// A block of `r-versions`.
#[derive(Default)]
struct Version<'a> {
    fields: Vec<(&'a str, String)>,
    at: Option<At>,
}

impl Version<'_> {
    fn field(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|(name, text)| *name == key && !text.is_empty()).map(|(_, text)| text.as_str())
    }
}

/// The first version that has a folder.
fn choose(files: &Configuration) -> Version<'_> {
    let mut versions: Vec<(&str, Version<'_>)> = Vec::new();
    for set in files.settings().iter().filter(|set| set.file.name == "r-versions") {
        let block = set.section.as_deref().unwrap_or_default();
        if versions.last().is_none_or(|(last, _)| *last != block) {
            versions.push((block, Version { fields: Vec::new(), at: Some(set.at.clone()) }));
        }
        if let Some((_, version)) = versions.last_mut() {
            version.fields.push((&set.key, set.value.to_string()));
        }
    }
    versions.into_iter().map(|(_, version)| version).find(|version| version.field("Path").is_some()).unwrap_or_default()
}

/// The repositories: those of the chosen version, else of the file named in `rsession.conf`, else of `repos.conf`, else
/// the one named in `rsession.conf`.
fn repos(
    files: &Configuration,
    of_version: Option<&str>,
    at: Option<&At>,
    told: &mut Vec<Diagnostic>,
) -> Vec<(String, String)> {
    let named = files.get("rsession.conf", "r-cran-repos-file");
    match (of_version, set_text(&named)) {
        (Some(path), _) if path.starts_with('/') => return repos_of_file(path, at, told),
        (Some(url), _) => return vec![("CRAN".into(), url.into())],
        (None, Some((path, at))) => return repos_of_file(path, Some(at), told),
        (None, None) => {}
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
fn repos_of_file(path: &str, at: Option<&At>, told: &mut Vec<Diagnostic>) -> Vec<(String, String)> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let at = at.cloned().unwrap_or_else(|| At::whole(Path::new(path)));
            let text = format!("the file of package repositories cannot be read: {error}");
            told.push(Diagnostic::new(at, Level::Error, "cannot-read", text).found(path));
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
