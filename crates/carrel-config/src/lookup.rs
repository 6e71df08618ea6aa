//! Where configuration files are looked for.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The last resort.
const FALLBACK: &str = "/etc/rstudio";

/// The folders with configuration files, the first one first. A file is taken from the first folder that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    folders: Vec<PathBuf>,
}

impl Lookup {
    /// As the original looks: `RSTUDIO_CONFIG_DIR` alone when it is set; else `rstudio` in each folder of
    /// `XDG_CONFIG_DIRS`, then `/etc/rstudio`.
    pub fn from_env(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        if let Some(only) = set("RSTUDIO_CONFIG_DIR") {
            return Self::in_folders([PathBuf::from(only)]);
        }
        let listed = set("XDG_CONFIG_DIRS").unwrap_or_default();
        // A relative folder depends on where the server was started: the XDG specification has it ignored.
        let absolute = std::env::split_paths(&listed).filter(|folder| folder.is_absolute());
        Self::in_folders(absolute.map(|folder| folder.join("rstudio")).chain([PathBuf::from(FALLBACK)]))
    }

    /// These folders and no other, each at its first mention.
    pub fn in_folders(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut once = Vec::new();
        for folder in folders {
            if !once.contains(&folder) {
                once.push(folder);
            }
        }
        Self { folders: once }
    }

    /// The folders, the first one first.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Every place with something of this name, the one that counts first.
    pub fn all(&self, name: &str) -> impl Iterator<Item = PathBuf> {
        self.folders.iter().map(move |folder| folder.join(name)).filter(|path| exists(path))
    }
}

/// Whether something stands there, even when it is a link that leads nowhere: then reading says so.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(variables: &[(&str, &str)]) -> Vec<String> {
        let get = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value));
        Lookup::from_env(get).folders().iter().map(|folder| folder.display().to_string()).collect()
    }

    #[test]
    fn folders_are_looked_at_in_the_order_of_the_original() {
        assert_eq!(folders(&[]), ["/etc/rstudio"]);
        assert_eq!(folders(&[("XDG_CONFIG_DIRS", "")]), ["/etc/rstudio"]);
        let chart = ("XDG_CONFIG_DIRS", "/mnt/dynamic:/mnt/configmap:relative:/mnt/dynamic:/mnt/load-balancer/");
        let expected = ["/mnt/dynamic/rstudio", "/mnt/configmap/rstudio", "/mnt/load-balancer/rstudio", "/etc/rstudio"];
        assert_eq!(folders(&[chart]), expected);
        assert_eq!(folders(&[chart, ("RSTUDIO_CONFIG_DIR", "/opt/conf")]), ["/opt/conf"]);
    }
}
