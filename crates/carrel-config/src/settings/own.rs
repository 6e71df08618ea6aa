//! What only Carrel has: `carrel.conf`.

use super::Settings;
use crate::{Configuration, Diagnostic, Level, configuration::Held};
use std::{path::PathBuf, time::Duration};

const FILE: &str = "carrel.conf";
/// Times beyond this cannot be written as dates.
const TEN_YEARS: f64 = 10.0 * 365.0 * 86_400.0;

/// The folder of the database and of running sessions that the file names. It has to be known before all else, so it is no
/// part of what [`Settings::apply`] takes over.
pub fn data_dir(files: &Configuration) -> Option<PathBuf> {
    let held = files.get(FILE, "data-dir");
    held.text().filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Takes over what the file sets. Comes before the files that say more of an IDE or of a user.
pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    let set = |key: &str| Some(files.get(FILE, key)).filter(|held| held.at.is_some());
    server(settings, &set);
    sessions(settings, &set);
    let paths: Vec<PathBuf> = files.all(FILE, "ide-path").map(|one| one.value.to_string().into()).collect();
    if !paths.is_empty() {
        settings.ide_path = paths;
    }
    trusted_proxies(settings, files)
}

fn server(settings: &mut Settings, set: &impl Fn(&str) -> Option<Held>) {
    let text = |key: &str| set(key).and_then(|held| held.text().map(str::to_owned)).filter(|text| !text.is_empty());
    let whole = |key: &str| set(key).and_then(|held| held.whole());
    put(&mut settings.site_name, text("site-name"));
    put(&mut settings.public_url, text("public-url").map(Some));
    put(&mut settings.redirect_port, whole("redirect-port").map(|port| u16::try_from(port).ok()));
    put(&mut settings.proxy_threads, whole("proxy-threads").and_then(|n| usize::try_from(n).ok()));
    put(&mut settings.agent, text("agent").map(PathBuf::from));
    put(&mut settings.agent_image, text("agent-image").map(Some));
    put(&mut settings.ides_dir, text("ides").map(|path| Some(path.into())));
}

fn sessions(settings: &mut Settings, set: &impl Fn(&str) -> Option<Held>) {
    let seconds = |key: &str| set(key).and_then(|held| held.whole()).map(Duration::from_secs);
    put(&mut settings.wait_for_database, seconds("wait-for-database"));
    put(&mut settings.start_limit, seconds("start-limit"));
    put(&mut settings.stop_grace, seconds("stop-grace"));
    if let Some(held) = set("max-sessions") {
        settings.max_sessions = held.whole().and_then(|n| u32::try_from(n).ok());
        settings.max_sessions_at = held.at;
    }
    let minutes = |key: &str| set(key).and_then(|held| Some((minutes(&held)?, held.at.into_iter().collect())));
    if let Some((seconds, lines)) = minutes("idle-after") {
        (settings.idle.idle_after_s, settings.idle_lines.idle_after) = (seconds, lines);
    }
    if let Some((seconds, lines)) = minutes("suspend-after") {
        (settings.idle.ends_after_s, settings.idle_lines.ends_after) = ((seconds > 0).then_some(seconds), lines);
    }
}

fn put<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

/// Seconds of a number of minutes.
fn minutes(held: &Held) -> Option<u64> {
    let seconds = Duration::try_from_secs_f64((held.decimal()? * 60.0).min(TEN_YEARS));
    seconds.ok().map(|seconds| seconds.as_secs())
}

fn trusted_proxies(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let mut proxies = Vec::new();
    for setting in files.all(FILE, "trusted-proxy") {
        let text = setting.value.to_string();
        if let Ok(network) = text.parse() {
            proxies.push(network);
            continue;
        }
        let what = "trusted-proxy cannot be this";
        let wrong = Diagnostic::new(setting.at.clone(), Level::Error, "wrong-value", what).found(&text);
        told.push(wrong.allowed("an address or a network: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32"));
    }
    if !proxies.is_empty() {
        settings.trusted_proxies = proxies;
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{options::file_named, settings::idle::IdleLines};
    use std::path::Path;

    fn apply_to(texts: &[(&str, &str)]) -> (Settings, Vec<String>) {
        let mut files = Configuration::default();
        for (name, text) in texts {
            files.read(file_named(name).unwrap(), Path::new(*name), text.as_bytes());
        }
        let mut settings = Settings::local("/data".into(), "/agent".into(), Vec::new());
        let told = settings.apply(&files);
        let told = files.diagnostics().iter().chain(&told).map(ToString::to_string).collect();
        (settings, told)
    }

    #[test]
    fn every_option_of_the_file_takes_effect() {
        let text = "site-name=Science\npublic-url=https://carrel.example.org\ntrusted-proxy=192.0.2.7\n\
                    trusted-proxy=10.0.0.0/8\nproxy-threads=3\nredirect-port=8080\ndata-dir=/srv/carrel\nwait-for-database=5\nagent=/opt/agent\n\
                    ide-path=/opt/a\nide-path=/opt/b\nides=/etc/ides\nmax-sessions=4\nsuspend-after=1.5\nidle-after=0.5\n\
                    start-limit=30\nstop-grace=20\n";
        let (settings, told) = apply_to(&[(FILE, text)]);
        assert_eq!(told, [""; 0]);
        assert_eq!((settings.site_name.as_str(), settings.proxy_threads), ("Science", 3));
        assert_eq!(settings.public_url.as_deref(), Some("https://carrel.example.org"));
        assert_eq!(settings.trusted_proxies.len(), 2);
        assert_eq!(settings.agent, PathBuf::from("/opt/agent"));
        assert_eq!(settings.ide_path, ["/opt/a", "/opt/b"].map(PathBuf::from));
        assert_eq!((settings.ides_dir, settings.max_sessions), (Some("/etc/ides".into()), Some(4)));
        assert_eq!((settings.idle.ends_after_s, settings.idle.idle_after_s), (Some(90), 30));
        let limits = [settings.wait_for_database, settings.start_limit, settings.stop_grace];
        assert_eq!(limits, [5, 30, 20].map(Duration::from_secs));
    }

    #[test]
    fn an_empty_file_leaves_what_is_there_and_zero_is_never() {
        assert_eq!(format!("{:?}", apply_to(&[(FILE, "")]).0), format!("{:?}", apply_to(&[]).0));
        assert_eq!(apply_to(&[(FILE, "suspend-after=0\n")]).0.idle.ends_after_s, None);
    }

    #[test]
    fn what_an_ide_is_given_by_its_own_file_wins() {
        let own = (FILE, "suspend-after=30\n");
        let (settings, _) = apply_to(&[own, ("vscode.conf", "session-timeout-kill-hours=1\n")]);
        assert_eq!(settings.idle_of("vscode").ends_after_s, Some(3600));
        assert_eq!(settings.idle_of("jupyterlab").ends_after_s, Some(1800));
    }

    #[test]
    fn what_the_command_line_says_wins_over_every_file() {
        let files = [(FILE, "suspend-after=30\nidle-after=1\n"), ("vscode.conf", "session-timeout-kill-hours=1\n")];
        let (mut settings, _) = apply_to(&files);
        settings.suspend_all_after(Some(60));
        settings.idle_all_after(7);
        for ide in ["vscode", "jupyterlab"] {
            let idle = settings.idle_of(ide);
            assert_eq!((idle.ends_after_s, idle.idle_after_s), (Some(60), 7));
            assert_eq!(settings.idle_lines_of(ide), IdleLines::default(), "no line says it");
        }
    }

    #[test]
    fn every_wrong_value_is_told_with_its_line() {
        let text = "trusted-proxy=proxy.example.org\npublic-url=carrel.example.org\nproxy-threads=0\nsuspend-after=-1\n\
                    sitename=x\n";
        let (_, told) = apply_to(&[(FILE, text)]);
        let lines: Vec<&str> = told.iter().map(|line| line.split(" cannot").next().unwrap()).collect();
        let expected = [
            "carrel.conf:2: error: public-url",
            "carrel.conf:3: error: proxy-threads",
            "carrel.conf:4: error: suspend-after",
            "carrel.conf:5: warning: carrel.conf has no such key; found “sitename”; did you mean “site-name”? [unknown-key]",
            "carrel.conf:1: error: trusted-proxy",
        ];
        assert_eq!(lines, expected);
    }
}
