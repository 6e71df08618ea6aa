use super::*;
use crate::ask::{NewSession, settle_size};
use carrel_config::{Configuration, options::file_named};
use carrel_model::{Capacity, size::sizes_of_host};
use proptest::prelude::*;
use std::path::Path;

const RULES: &str = "launcher.kubernetes.profiles.conf";
const SIZES: &str = "launcher.kubernetes.resources.conf";

fn settings(files: &[(&str, &str)]) -> Settings {
    let mut configuration = Configuration::default();
    for (name, text) in files {
        configuration.read(file_named(name).unwrap(), Path::new(name), text.as_bytes());
    }
    let mut settings = Settings::local("/d".into(), "/a".into(), sizes_of_host(8.0, 32_000));
    settings.apply(&configuration);
    settings.capacity = Some(Capacity { cpus: 8.0, memory_mb: 32_000 });
    settings
}

fn offering(files: &[(&str, &str)], groups: &[&str]) -> Offering {
    let settings = settings(files);
    let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
    Offering::of("ada", &settings.profiles.of("ada", &groups), &settings)
}

/// `id cpus memory`, and the reason of those that cannot be had.
fn shown(offering: &Offering) -> Vec<String> {
    let line = |o: &SizeOffer| {
        let why = o.available.as_ref().err().map(|cause| format!(": {}", cause.text)).unwrap_or_default();
        format!("{} {} {}{why}", o.size.id, o.size.cpus, o.size.memory_mb)
    };
    offering.sizes.iter().map(line).collect()
}

#[test]
fn without_files_the_sizes_of_the_host_are_offered_up_to_the_largest() {
    let offering = offering(&[], &[]);
    assert_eq!(shown(&offering), ["small 1 2048", "medium 2 4096", "large 4 16384"]);
    assert_eq!((offering.most_cpus.unwrap().value, offering.most_memory_mb.unwrap().value), (4.0, 16384));
    assert!(offering.custom.value && offering.sessions.is_none());
}

#[test]
fn what_the_guide_sets_makes_the_first_choice_and_the_bounds() {
    let guide = "[*]\ndefault-cpus=1.5\ndefault-mem-mb=2048\nmax-cpus=3.0\nmax-mem-mb=8192\n[@ml]\nmax-cpus=64\n";
    let offered = offering(&[(RULES, guide)], &[]);
    let expected = [
        "default 1.5 2048",
        "small 1 2048",
        "medium 2 4096",
        "large 4 16384: It has 4 CPUs, and the profile of everybody allows at most 3.",
    ];
    assert_eq!(shown(&offered), expected);
    let settled = settle_size(&offered, &NewSession::default()).unwrap();
    assert_eq!((settled.resource_profile.as_deref(), settled.cpus, settled.memory_mb), (Some("default"), 1.5, 2048));
    let too_much = NewSession { memory_mb: Some(9000), ..NewSession::default() };
    assert_eq!(
        settle_size(&offered, &too_much).unwrap_err().to_string(),
        "memory_mb must be between 256 and 8192, not 9000; the most is set by the profile of everybody \
         (launcher.kubernetes.profiles.conf:5)"
    );
    // No rule makes the machine larger.
    let ml = offering(&[(RULES, guide)], &["ml"]);
    assert_eq!(ml.most_cpus, Some(Set { value: 8.0, by: By::Host }));
}

#[test]
fn sizes_of_the_file_are_offered_and_those_not_allowed_say_why() {
    let sizes = "[small]\nname=Small\ncpus=1.0\nmem-mb=512\n[huge]\ncpus=16\nmem-mb=8192\n[gpu]\ncpus=1\nnvidia-gpus=1\n\
                 [other]\ncpus=1\nmem-mb=512\n";
    let rules = "[*]\nresource-profiles=small,huge,gpu\ndefault-mem-mb=1024\nallow-custom-resources=0\n";
    let offered = offering(&[(RULES, rules), (SIZES, sizes)], &[]);
    let expected = [
        "small 1 512",
        "huge 16 8192: It has 16 CPUs, and the size of this machine allows at most 8.",
        "gpu 1 1024: It has GPUs, which sessions of this machine do not get.",
        "other 1 512: It is not among the sizes that the profile of everybody allows.",
    ];
    assert_eq!(shown(&offered), expected);
    let asked = |profile: Option<&str>, cpus| NewSession {
        resource_profile: profile.map(str::to_owned),
        cpus,
        ..NewSession::default()
    };
    let refused = |asked| settle_size(&offered, &asked).unwrap_err().to_string();
    assert_eq!(
        refused(asked(Some("other"), None)),
        "the size “other” cannot be had: It is not among the sizes that the profile of everybody allows"
    );
    assert_eq!(
        refused(asked(Some("small"), Some(1.0))),
        "CPUs, memory and GPUs of your own are not allowed by the profile of everybody (launcher.kubernetes.profiles.conf:4); \
         small are offered"
    );
    assert_eq!(settle_size(&offered, &asked(None, None)).unwrap().resource_profile.as_deref(), Some("small"));
}

#[test]
fn the_fewest_sessions_of_rules_and_server_count() {
    let mut settings = settings(&[("profiles", "[*]\nsession-limit=5\n[ada]\nsession-limit=3\n")]);
    let limit = |settings: &Settings| {
        Offering::of("ada", &settings.profiles.of("ada", &[]), settings)
            .sessions
            .map(|limit| (limit.value, limit.by.words("ada")))
    };
    assert_eq!(limit(&settings), Some((3, "your profile".into())));
    settings.max_sessions = Some(2);
    assert_eq!(limit(&settings), Some((2, "the settings of this server".into())));
    let by = |files: &[(&str, &str)]| {
        let settings = self::settings(files);
        let offering = Offering::of("ada", &settings.profiles.of("ada", &[]), &settings);
        offering.sessions.map(|limit| format!("{} {}", limit.value, limit.by))
    };
    let own = ("carrel.conf", "max-sessions=4\n");
    assert_eq!(by(&[own]).as_deref(), Some("4 carrel.conf:1"));
    assert_eq!(by(&[own, ("rserver.conf", "server-multiple-sessions=0\n")]).as_deref(), Some("1 rserver.conf:1"));
}

#[test]
fn the_idle_clock_is_that_of_the_person() {
    let idle = |users: &str| {
        let settings = settings(&[("profiles", users)]);
        let (rule, by) = idle_rule("shell", &settings.profiles.of("ada", &["g".into()]), &settings);
        (rule.ends_after_s, rule.action, by.ends_after.to_string())
    };
    assert_eq!(idle(""), (Some(7200), IdleAction::Suspend, "default".into()));
    assert_eq!(idle("[@g]\nsession-timeout-minutes=30\n"), (Some(1800), IdleAction::Suspend, "profiles:2 [@g]".into()));
    assert_eq!(idle("[*]\nsession-timeout-minutes=0\n"), (None, IdleAction::Suspend, "profiles:2 [*]".into()));
    let both = "[*]\nsession-timeout-minutes=180\nsession-timeout-kill-hours=1\n";
    assert_eq!(idle(both), (Some(3600), IdleAction::Quit, "profiles:3 [*]".into()));
    assert_eq!(idle("[*]\nsession-timeout-kill-hours=12\n"), (Some(7200), IdleAction::Suspend, "default".into()));
}

#[test]
fn the_lines_that_set_the_idle_clock_are_known() {
    let lines = |ide: &str, files: &[(&str, &str)]| {
        let settings = settings(files);
        let by = idle_rule(ide, &settings.profiles.of("ada", &[]), &settings).1;
        [by.idle_after, by.ends_after, by.action].map(|by| by.to_string())
    };
    let own = ("carrel.conf", "suspend-after=30\nidle-after=3\n");
    let default = "default";
    assert_eq!(lines("vscode", &[]), [default; 3]);
    assert_eq!(lines("vscode", &[own]), ["carrel.conf:2", "carrel.conf:1", default]);
    let rsession = ("rsession.conf", "session-timeout-minutes=2\nsession-timeout-suspend=0\n");
    assert_eq!(lines("vscode", &[own, rsession]), ["rsession.conf:1", "rsession.conf:1", "rsession.conf:2"]);
    let kill = ("vscode.conf", "session-timeout-kill-hours=1\n");
    assert_eq!(lines("vscode", &[own, kill]), ["carrel.conf:2", "vscode.conf:1", "vscode.conf:1"]);
    assert_eq!(lines("rstudio", &[own, kill]), ["carrel.conf:2", "carrel.conf:1", default]);
    let kill = ("rsession.conf", "session-timeout-kill-hours=1\n");
    assert_eq!(lines("rstudio", &[kill]), [default, "rsession.conf:1", "rsession.conf:1"]);
    let jupyter = ("jupyter.conf", "session-cull-minutes=60\nsession-shutdown-minutes=30\n");
    let both = "jupyter.conf:1, jupyter.conf:2";
    assert_eq!(lines("jupyterlab", &[jupyter]), [default, both, both]);
    let off = ("jupyter.conf", "session-cull-minutes=0\nsession-shutdown-minutes=30\n");
    assert_eq!(lines("jupyterlab", &[off])[1], "jupyter.conf:1");
    let profile = ("profiles", "[*]\nsession-timeout-minutes=1\n");
    assert_eq!(lines("vscode", &[own, profile]), ["profiles:2 [*]", "profiles:2 [*]", default]);
}

const VERSIONS: (&str, &str) = ("r-versions", "/opt/R/4.4.1\n/opt/R/4.3.1\n/opt/R/4.2.0\n");

/// Which Rs are offered, by what; and what a session gets that asks for none.
fn rs(files: &[(&str, &str)]) -> (Vec<String>, String, Option<(String, String)>) {
    let offering = offering(files, &[]);
    let settled = settle_r(&offering, &NewSession::default()).unwrap();
    let settled = settled.map(|r| (r.value, r.by.unwrap().to_string()));
    let paths = offering.r.offered.iter().map(|r| r.path.replace("/opt/R/", "")).collect();
    (paths, offering.r.by.to_string(), settled)
}

#[test]
fn people_choose_among_the_rs_of_their_profile_and_the_one_it_names_is_first() {
    let first = |path: &str, by: &str| Some((path.to_owned(), by.to_owned()));
    let all = ["4.4.1", "4.3.1", "4.2.0"].map(str::to_owned).to_vec();
    assert_eq!(rs(&[]), (vec![], "default".into(), None));
    assert_eq!(rs(&[VERSIONS]), (all.clone(), "default".into(), None));
    let of = |profile: &str| rs(&[VERSIONS, ("profiles", profile)]);
    let old = "[*]\nr-version=/opt/R/4.2.0\n";
    let moved = vec!["4.2.0".to_owned(), "4.4.1".into(), "4.3.1".into()];
    assert_eq!(of(old), (moved, "default".into(), first("/opt/R/4.2.0", "profiles:2 [*]")));
    let some = "[*]\nr-versions=/opt/R/4.2.0/, /opt/R/4.3.1/bin/R, /opt/R/4.2.0\n";
    let two = vec!["4.2.0".to_owned(), "4.3.1".into()];
    let by = "profiles:2 [*]".to_owned();
    assert_eq!(of(some), (two, by.clone(), first("/opt/R/4.2.0", "profiles:2 [*]")));
    let usual = of("[*]\nr-versions=/opt/R/4.2.0, /opt/R/4.4.1\n");
    assert_eq!(usual, (vec!["4.4.1".into(), "4.2.0".into()], by, None), "the usual one is first where it may be had");
    let user = of("[*]\nr-versions=/opt/R/4.2.0\n[ada]\nr-versions=*\n");
    assert_eq!(user, (all.clone(), "default".into(), None));
    let other = of("[*]\nr-versions=/opt/R/4.3.1\nr-version=/opt/R/4.2.0\n");
    assert_eq!(other.2, first("/opt/R/4.3.1", "profiles:2 [*]"), "never one that the person may not have");
    assert_eq!(of("[*]\nr-versions=/no/such\n").0, all, "a profile that names none that is there holds nobody to any");
}

#[test]
fn an_r_that_is_not_offered_is_refused_with_what_says_so() {
    let ask = |profile: &str, path: &str| {
        let asked = NewSession { r_version: Some(path.into()), ..NewSession::default() };
        let offered = offering(&[VERSIONS, ("profiles", profile)], &[]);
        settle_r(&offered, &asked).map(|r| r.unwrap().value).map_err(|error| error.to_string())
    };
    assert_eq!(ask("", "/opt/R/4.3.1/"), Ok("/opt/R/4.3.1".into()));
    assert_eq!(ask("[ada]\nr-versions=/opt/R/4.3.1\n", "/opt/R/4.3.1"), Ok("/opt/R/4.3.1".into()));
    let why = "the R “/opt/R/4.4.1” is not offered by your profile (profiles:2); /opt/R/4.3.1 may be had";
    assert_eq!(ask("[ada]\nr-versions=/opt/R/4.3.1\n", "/opt/R/4.4.1"), Err(why.into()));
    let none = offering(&[], &[]);
    let asked = NewSession { r_version: Some("/usr/lib/R".into()), ..NewSession::default() };
    let why = "the R “/usr/lib/R” is not offered by the settings of this server; none may be had";
    assert_eq!(settle_r(&none, &asked).unwrap_err().to_string(), why);
}

proptest! {
    #[test]
    fn nothing_above_the_maximum_is_ever_accepted(
        max_cpus in 0.0..20.0f64, max_mem in 0u64..40_000, default_cpus in 0.0..30.0f64, size_cpus in 0.0..30.0f64,
        size_mem in 0u64..80_000, named in any::<bool>(), custom in any::<bool>(),
        cpus in proptest::option::of(prop_oneof![any::<f64>(), 0.0..30.0f64]),
        memory_mb in proptest::option::of(prop_oneof![any::<u64>(), 0u64..80_000]),
    ) {
        let rules = format!(
            "[*]\nmax-cpus={max_cpus:.2}\nmax-mem-mb={max_mem}\ndefault-cpus={default_cpus:.2}\nallow-custom-resources={}\n",
            u8::from(custom)
        );
        let sizes = format!("[one]\ncpus={size_cpus:.2}\nmem-mb={size_mem}\n");
        let offering = offering(&[(RULES, &rules), (SIZES, &sizes)], &[]);
        let asked = NewSession { resource_profile: named.then(|| "one".into()), cpus, memory_mb, ..NewSession::default() };
        let most = |max: f64, host: f64| if max > 0.0 { max.min(host) } else { host };
        if let Ok(settled) = settle_size(&offering, &asked) {
            let max_cpus: f64 = format!("{max_cpus:.2}").parse().unwrap();
            prop_assert!(settled.cpus > 0.0 && settled.cpus <= most(max_cpus, 8.0), "{settled:?}");
            let most_memory = if max_mem > 0 { max_mem.min(32_000) } else { 32_000 };
            prop_assert!(settled.memory_mb <= most_memory, "{settled:?}");
        }
    }
}
