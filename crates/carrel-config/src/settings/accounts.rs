//! Which numbers and folders the accounts of users get: rserver.conf.

use super::Settings;
use crate::{Configuration, Diagnostic, Level};
use carrel_model::AccountRules;

const FILE: &str = "rserver.conf";

/// What the files say of accounts, without everything else that they say.
pub fn of_files(files: &Configuration) -> Result<AccountRules, Vec<Diagnostic>> {
    let file = files.found(FILE).map(|found| &found.path);
    let errors = files.diagnostics().iter().filter(|one| one.level == Level::Error && Some(&one.at.file) == file);
    let mut errors: Vec<Diagnostic> = errors.cloned().collect();
    let mut rules = AccountRules::default();
    errors.extend(take(&mut rules, files));
    if errors.is_empty() { Ok(rules) } else { Err(errors) }
}

pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    take(&mut settings.accounts, files)
}

fn take(rules: &mut AccountRules, files: &Configuration) -> Vec<Diagnostic> {
    for (key, first) in
        [("user-provisioning-start-uid", &mut rules.first_uid), ("group-provisioning-start-gid", &mut rules.first_gid)]
    {
        if let Some(number) = files.get(FILE, key).whole().and_then(|number| u32::try_from(number).ok()) {
            *first = number;
        }
    }
    let homes = files.get(FILE, "user-homedir-path");
    let Some(path) = homes.text().filter(|path| !path.is_empty()) else { return Vec::new() };
    if let (false, Some(at)) = (path.starts_with('/'), &homes.at) {
        let text = "user-homedir-path is not an absolute path";
        let told = Diagnostic::new(at.clone(), Level::Error, "wrong-value", text).found(path);
        return vec![told.allowed("a path that begins with /")];
    }
    rules.homes = path.into();
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::file_named;
    use std::path::Path;

    fn read(text: &str) -> Result<AccountRules, Vec<String>> {
        let mut files = Configuration::default();
        files.read(file_named(FILE).unwrap(), Path::new(FILE), text.as_bytes());
        of_files(&files).map_err(|told| told.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn numbers_and_home_folders_begin_where_the_file_says() {
        assert_eq!(read("admin-enabled=1\n"), Ok(AccountRules::default()));
        let text =
            "user-provisioning-start-uid=20000\ngroup-provisioning-start-gid=30000\nuser-homedir-path=/nfs/home\n";
        let rules = read(text).unwrap();
        assert_eq!((rules.first_uid, rules.first_gid, rules.homes), (20_000, 30_000, "/nfs/home".into()));
    }

    #[test]
    fn a_wrong_number_or_folder_is_an_error_and_no_default_is_taken() {
        let told = read("user-provisioning-start-uid=999\n\nuser-homedir-path=home\n").unwrap_err();
        let starts = [
            "rserver.conf:1: error: user-provisioning-start-uid ",
            "rserver.conf:3: error: user-homedir-path is not an absolute path; found “home”",
        ];
        assert_eq!(told.len(), starts.len(), "{told:#?}");
        for (line, start) in told.iter().zip(starts) {
            assert!(line.starts_with(start), "{line}");
        }
    }
}
