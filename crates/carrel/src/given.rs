//! Variables that images of the original take: `PWB_NAME`, and by its former names `RSW_NAME` and `RSP_NAME`.

use std::env;

/// What a name of a variable begins with; the first that is set counts.
const PREFIXES: [&str; 3] = ["PWB_", "RSW_", "RSP_"];

/// What may be said about a license, and what that is.
const LICENSE: [(&str, &str); 3] =
    [("LICENSE", "a license key"), ("LICENSE_SERVER", "a license server"), ("LICENSE_FILE_PATH", "a license file")];

/// A variable's name and its text, unless it is empty.
pub(crate) fn variable(name: &str) -> Option<(String, String)> {
    variable_of(name, |name| env::var(name).ok())
}

fn variable_of(name: &str, get: impl Fn(&str) -> Option<String>) -> Option<(String, String)> {
    let full = PREFIXES.map(|prefix| format!("{prefix}{name}"));
    full.into_iter().find_map(|full| get(&full).filter(|text| !text.is_empty()).map(|text| (full, text)))
}

/// Says that a license was given. Never which.
pub(crate) fn note_of_license(type_in_files: Option<&str>) {
    let given: Vec<String> =
        LICENSE.iter().filter_map(|(name, what)| Some(format!("{what} ({})", variable(name)?.0))).collect();
    if !given.is_empty() {
        tracing::info!("{}: accepted and not used, since Carrel needs no license", given.join(", "));
    } else if type_in_files == Some("remote") {
        tracing::info!("server-license-type=remote: accepted and not used, since Carrel needs no license");
    }
}

/// Whether the original would only check itself (`DIAGNOSTIC_ONLY`).
pub(crate) fn only_diagnostics() -> bool {
    env::var("DIAGNOSTIC_ONLY").is_ok_and(|text| text == "true" || text == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_name_that_says_something_counts() {
        let all = |set: &'static [(&str, &str)]| {
            move |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, text)| (*text).to_owned())
        };
        let found = |name: &str, text: &str| Some((name.to_owned(), text.to_owned()));
        let newer = all(&[("RSW_TESTUSER", "a"), ("PWB_TESTUSER", "b")]);
        assert_eq!(variable_of("TESTUSER", newer), found("PWB_TESTUSER", "b"));
        assert_eq!(
            variable_of("TESTUSER", all(&[("PWB_TESTUSER", ""), ("RSP_TESTUSER", "c")])),
            found("RSP_TESTUSER", "c")
        );
        assert_eq!(variable_of("TESTUSER", all(&[("TESTUSER", "d")])), None);
    }
}
