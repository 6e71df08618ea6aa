use super::*;
use crate::options::file_named;
use carrel_model::Bounds;
use std::path::Path;

const POD_RULES: &str = "launcher.kubernetes.profiles.conf";
const POD_SIZES: &str = "launcher.kubernetes.resources.conf";

fn applied(files: &[(&str, &str)]) -> (Profiles, Vec<String>) {
    applied_on(ClusterKind::Local, files)
}

/// Whatever is no configuration file is one that a value names.
fn applied_on(kind: ClusterKind, files: &[(&str, &str)]) -> (Profiles, Vec<String>) {
    let mut configuration = Configuration::default();
    for (name, text) in files {
        match file_named(name) {
            Some(file) => configuration.read(file, Path::new(name), text.as_bytes()),
            None => configuration.read_named(name, text.as_bytes()),
        }
    }
    let mut settings = Settings::local("/d".into(), "/a".into(), Vec::new());
    settings.cluster.kind = kind;
    let told = apply(&mut settings, &configuration);
    (settings.profiles, told.iter().map(ToString::to_string).collect())
}

/// `value line` of a key for somebody, by the rules of one file.
fn held(text: &str, who: &str, groups: &[&str], key: &str) -> String {
    let (profiles, _) = applied(&[(POD_RULES, text)]);
    let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
    let rights = profiles.of(who, &groups);
    let found = rights.given().find(|(given, _)| *given == key);
    found.map_or("-".into(), |(_, given)| format!("{} {}", given.value, given.origin))
}

/// As the installation guide has it, with a group and a user beside it.
const GUIDE: &str = "[*]\ndefault-cpus=1.0\ndefault-mem-mb=2048\nmax-cpus=4.0\nmax-mem-mb=8192\n\n\
                     [@ml]\nmax-cpus=8\nmax-mem-mb=65536\n\n[@interns]\nmax-cpus=2\n\n[ada]\nmax-cpus=16\n";

#[test]
fn everybody_then_groups_in_the_order_of_the_file_then_the_user() {
    let cases: [(&str, &[&str], &str, &str); 8] = [
        ("bob", &[], "max-cpus", "4 launcher.kubernetes.profiles.conf:4 [*]"),
        ("bob", &["ml"], "max-cpus", "8 launcher.kubernetes.profiles.conf:8 [@ml]"),
        ("bob", &["interns"], "max-cpus", "2 launcher.kubernetes.profiles.conf:12 [@interns]"),
        // The order of the file decides between groups, not that of the person's groups.
        ("bob", &["interns", "ml"], "max-cpus", "2 launcher.kubernetes.profiles.conf:12 [@interns]"),
        ("bob", &["interns", "ml"], "max-mem-mb", "65536 launcher.kubernetes.profiles.conf:9 [@ml]"),
        ("ada", &["interns", "ml"], "max-cpus", "16 launcher.kubernetes.profiles.conf:15 [ada]"),
        ("ada", &[], "default-mem-mb", "2048 launcher.kubernetes.profiles.conf:3 [*]"),
        ("ada", &["unknown"], "max-nvidia-gpus", "-"),
    ];
    for (who, groups, key, expected) in cases {
        assert_eq!(held(GUIDE, who, groups, key), expected, "{who} {groups:?} {key}");
    }
    assert_eq!(applied(&[(POD_RULES, GUIDE)]).1, [""; 0]);
}

#[test]
fn the_order_of_sections_changes_only_what_groups_give() {
    let orders = [
        "[*]\nmax-cpus=1\n[@g]\nmax-cpus=2\n[ada]\nmax-cpus=3\n",
        "[ada]\nmax-cpus=3\n[@g]\nmax-cpus=2\n[*]\nmax-cpus=1\n",
        "[@g]\nmax-cpus=2\n[*]\nmax-cpus=1\n[ada]\nmax-cpus=3\n",
    ];
    for text in orders {
        assert!(held(text, "ada", &["g"], "max-cpus").starts_with("3 "), "{text}");
        assert!(held(text, "bob", &["g"], "max-cpus").starts_with("2 "), "{text}");
        assert!(held(text, "bob", &[], "max-cpus").starts_with("1 "), "{text}");
    }
}

#[test]
fn where_the_original_would_take_another_line_it_is_told() {
    let text = "[007]\nmax-cpus=3\n[@g]\nmax-cpus=2\n[*]\nmax-cpus=1\nmax-mem-mb=10\n[@g]\nmax-mem-mb=10\n";
    let told = applied(&[(POD_RULES, text)]).1;
    let of_order: Vec<&String> = told.iter().filter(|line| line.ends_with("[other-order]")).collect();
    let starts = [
        "launcher.kubernetes.profiles.conf:4: warning: max-cpus of [@g] stands below [007] of line 2: ",
        "launcher.kubernetes.profiles.conf:6: warning: max-cpus of [*] stands below [@g] of line 4: ",
    ];
    assert_eq!(of_order.len(), 2, "{told:#?}");
    for (line, start) in of_order.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
    // The same value in another order is the same result.
    let same = "[@g]\nmax-cpus=2\n[*]\nmax-cpus=2\n";
    assert_eq!(applied(&[(POD_RULES, same)]).1, [""; 0]);
}

#[test]
fn what_does_not_fit_together_is_told_with_its_line() {
    let rules = "[*]\nmax-cpus=4\ncontainer-images=a:1,b:2\nresource-profiles=small,huge\n\
                 [@devs]\ndefault-cpus=8\ndefault-container-image=a:2\ncpu-request-ratio=0\n\
                 [@a,b]\nmax-cpus=1\n[@]\nmax-cpus=1\n[Ada L]\nmax-cpus=2\n";
    let sizes = (POD_SIZES, "[small]\ncpus=1\n[hug]\nname=Hug\n");
    let told = applied_on(ClusterKind::Kubernetes, &[(POD_RULES, rules), sizes]).1;
    let expected = [
        "launcher.kubernetes.profiles.conf:10: warning: [@a,b] holds for nobody, as it names no group: ",
        "launcher.kubernetes.profiles.conf:12: warning: [@] holds for nobody, as it names no group: ",
        "launcher.kubernetes.profiles.conf:14: warning: [Ada L] holds for nobody, as it names no user: ",
        "launcher.kubernetes.profiles.conf:6: warning: default-cpus is more than max-cpus in line 2: sessions get no more \
         than that; found “8”; allowed: at most 4 [above-maximum]",
        "launcher.kubernetes.profiles.conf:7: warning: the default image is none of container-images in line 3; found \
         “a:2”; allowed: a:1, b:2",
        "launcher.kubernetes.profiles.conf:8: error: cpu-request-ratio is 0; found “0”; allowed: a number above 0, up to 1",
        "launcher.kubernetes.profiles.conf:4: warning: launcher.kubernetes.resources.conf has no such size; found “huge”; \
         allowed: small, hug; did you mean “hug”?",
        "launcher.kubernetes.resources.conf:4: warning: the size “hug” sets neither cpus nor mem-mb",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (line, start) in told.iter().zip(expected) {
        assert!(line.starts_with(start), "{line}\n{start}");
    }
}

#[test]
fn an_image_that_is_not_offered_is_fine_where_unknown_ones_are_allowed() {
    let rules = "[*]\nallow-unknown-images=1\ncontainer-images=a:1\ndefault-container-image=b:1\n";
    assert_eq!(applied_on(ClusterKind::Kubernetes, &[(POD_RULES, rules)]).1, [""; 0]);
}

#[test]
fn an_r_that_is_chosen_first_and_may_not_be_chosen_is_told() {
    let told = |profile: &str| applied(&[("profiles", profile)]).1;
    let fine = "[*]\nr-version=/opt/R/4.3.1\nr-versions=/opt/R/4.3.1/, /opt/R/4.4.1\n[ada]\nr-versions=*\n";
    assert_eq!(told(fine), [""; 0]);
    let one = told("[*]\nr-versions=/opt/R/4.3.1\n[@new]\nr-version=/opt/R/4.4.1\n");
    let what = "profiles:4: warning: r-version is none of r-versions in line 2: another one is chosen first; found \
                “/opt/R/4.4.1”; allowed: /opt/R/4.3.1; did you mean “/opt/R/4.3.1”? [r-not-offered]";
    assert_eq!(one, [what]);
}

#[test]
fn each_cluster_has_its_files_and_the_host_takes_those_of_kubernetes_without_its_own() {
    let (pods, own) = ((POD_RULES, "[*]\nmax-cpus=4\n"), ("launcher.local.profiles.conf", "[*]\nmax-cpus=2\n"));
    let most = |files: &[(&str, &str)]| applied(files).0.of("ada", &[]).most_cpus().map(|limit| limit.value);
    assert_eq!(most(&[pods]), Some(4.0));
    assert_eq!(most(&[pods, own]), Some(2.0));
    let sizes = (POD_SIZES, "[small]\nname=Small\ncpus=1.0\nmem-mb=512\n[gpu]\ncpus=2\nmem-mb=4096.5\nnvidia-gpus=1\n");
    let found = applied(&[sizes]).0;
    let shown: Vec<_> =
        found.sizes().iter().map(|s| (s.id.as_str(), s.name.as_str(), s.cpus, s.memory_mb, s.has_gpus())).collect();
    assert_eq!(shown, [("small", "Small", Some(1.0), Some(512), false), ("gpu", "gpu", Some(2.0), Some(4096), true)]);
    // Pods have nothing to do with the host's files.
    assert_eq!(applied_on(ClusterKind::Kubernetes, &[own]).0.of("ada", &[]).most_cpus(), None);
    assert_eq!(applied(&[sizes, ("launcher.local.resources.conf", "[tiny]\ncpus=0.5\n")]).0.sizes()[0].id, "tiny");
}

#[test]
fn of_two_limits_the_smaller_one_holds_and_none_is_written_as_0() {
    let of = |rules: &str, users: &str| applied(&[(POD_RULES, rules), ("profiles", users)]).0.of("ada", &["g".into()]);
    let rights = of("[*]\nmax-mem-mb=8192\nmax-jobs=5\n", "[@g]\nmax-memory-mb=4096\nsession-limit=3\n");
    let (memory, sessions) = (rights.most_memory_mb().unwrap(), rights.sessions().unwrap());
    assert_eq!((memory.value, memory.origin.to_string().as_str()), (4096, "profiles:2 [@g]"));
    assert_eq!((sessions.value, sessions.origin.who.words().as_str()), (3, "the profile of the group “g”"));
    let rights = of("[*]\nmax-cpus=0\nmax-jobs=0\n", "[*]\nsession-limit=0\nsession-timeout-minutes=0\n");
    assert_eq!((rights.most_cpus(), rights.sessions()), (None, None));
    assert_eq!(rights.suspend_minutes().map(|limit| limit.value), Some(0));
}

#[test]
fn what_is_of_pods_alone_is_told_where_sessions_run_on_the_host() {
    let files = [(POD_RULES, "[*]\nmax-cpus=4\ncontainer-images=a:1\n"), (POD_SIZES, "[s]\ncpus=1\ncpus-request=1\n")];
    let why = "changes nothing: sessions run on the server's host, without containers; allowed: a `[cluster]` of \
               launcher.conf with `type=Kubernetes` [no-containers]";
    let expected = [
        format!("{POD_RULES}:3: warning: container-images {why}"),
        format!("{POD_SIZES}:3: warning: cpus-request {why}"),
    ];
    assert_eq!(applied(&files).1, expected);
    assert_eq!(applied_on(ClusterKind::Kubernetes, &files).1, [""; 0]);
}

#[test]
fn names_that_kubernetes_refuses_are_errors() {
    let rules = "[*]\ncontainer-images=a:1,B b\nplacement-constraints=pool:high,zone,a b:c,pool:-x\n";
    let files = [(POD_RULES, rules), (POD_SIZES, "[s]\ncpus=1\nplacement-constraints=pool\n")];
    let told = applied_on(ClusterKind::Kubernetes, &files).1;
    let starts = [
        "launcher.kubernetes.profiles.conf:2: error: one is not of the form registry/path:tag, in small letters; found “B b”",
        "launcher.kubernetes.profiles.conf:3: error: one is no name of a label",
        "launcher.kubernetes.profiles.conf:3: error: one is no value of a label",
        "launcher.kubernetes.resources.conf:3: error: one has no value: `label:value` is needed; found “pool”",
    ];
    assert_eq!(told.len(), starts.len(), "{told:#?}");
    for (line, start) in told.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}\n{start}");
    }
}

#[test]
fn every_image_that_a_file_names_is_known_once_with_its_line() {
    let files = [
        (POD_RULES, "[*]\ncontainer-images=a:1,b:2\ndefault-container-image=b:2\n[ada]\ndefault-container-image=c:3\n"),
        ("vscode.conf", "session-container-images=a:1\ndefault-session-container-image=d:4\n"),
        ("rserver.conf", "launcher-sessions-container-image=e:5\n"),
        ("launcher.conf", "[cluster]\ntype=Kubernetes\n"),
    ];
    let mut configuration = Configuration::default();
    for (name, text) in files {
        configuration.read(file_named(name).unwrap(), Path::new(name), text.as_bytes());
    }
    let mut settings = Settings::local("/d".into(), "/a".into(), Vec::new());
    settings.apply(&configuration);
    let named = settings.images_named().into_iter().map(|said| format!("{} {}", said.value, said.at));
    let profiles = |line: u32| format!("{POD_RULES}:{line}");
    let expected = [
        "e:5 rserver.conf:1".into(),
        "d:4 vscode.conf:2".into(),
        "a:1 vscode.conf:1".into(),
        format!("b:2 {}", profiles(2)),
        format!("c:3 {}", profiles(5)),
    ];
    assert_eq!(named.collect::<Vec<_>>(), expected);
}

#[test]
fn overrides_are_those_of_the_line_that_wins_with_what_stands_in_their_files() {
    let rules = "[*]\njob-json-overrides=\"/spec/a\":\"/x/a.json\"\n\
                 [@ml]\njob-json-overrides=\"/spec/a\":\"/x/a.json\",\"/spec/b/-\":\"/x/b.json\"\n[bob]\njob-json-overrides=\n";
    let files = [(POD_RULES, rules), ("/x/a.json", "{\"k\":\n 1}\n"), ("/x/b.json", "[2]")];
    let (profiles, told) = applied_on(ClusterKind::Kubernetes, &files);
    assert_eq!(told, [""; 0]);
    let of = |user: &str, groups: &[&str]| {
        let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
        let rights = profiles.of(user, &groups);
        rights.overrides().iter().map(|one| format!("{} {}", one.target, one.json)).collect::<Vec<_>>()
    };
    assert_eq!(of("ada", &[]), ["/spec/a {\"k\":\n 1}"]);
    assert_eq!(of("ada", &["ml"]), ["/spec/a {\"k\":\n 1}", "/spec/b/- [2]"]);
    assert_eq!(of("bob", &["ml"]), [""; 0]);
}

#[test]
fn what_is_wrong_with_overrides_and_their_files_is_an_error_with_its_line() {
    let rules = "[*]\njob-json-overrides=/spec:/x\n[a]\njob-json-overrides=\"spec\":\"/x/a.json\"\n\
                 [b]\njob-json-overrides=\"/spec\":\"x.json\"\n[c]\njob-json-overrides=\"/spec\":\"/x/empty.json\"\n";
    let files = [(POD_RULES, rules), ("/x/a.json", "{\n  \"k\": 1,\n}"), ("/x/empty.json", "\n")];
    let told = applied_on(ClusterKind::Kubernetes, &files).1;
    let starts = [
        "launcher.kubernetes.profiles.conf:2: error: job-json-overrides cannot be this; found “/spec:/x”; allowed: `\"/pointer\"",
        "launcher.kubernetes.profiles.conf:4: error: a JSON pointer begins with /; found “spec”",
        "/x/a.json:3: error: this is not JSON",
        "launcher.kubernetes.profiles.conf:6: error: the file of an override is named by its whole path; found “x.json”",
        "/x/empty.json: error: this file is empty, and JSON is needed",
    ];
    assert_eq!(told.len(), starts.len(), "{told:#?}");
    for (line, start) in told.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}\n{start}");
    }
}

#[test]
fn files_of_overrides_are_read_with_the_others_and_one_that_is_missing_is_told_at_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("there.json"), "1").unwrap();
    let line = format!("job-json-overrides=\"/a\":\"{}\",\"/b\":\"{}\"", path("there.json"), path("gone.json"));
    std::fs::write(path(POD_RULES), format!("[*]\n{line}\n")).unwrap();
    std::fs::write(path("launcher.conf"), "[cluster]\ntype=Kubernetes\n").unwrap();
    let files = Configuration::load(&crate::Lookup::in_folders([folder.path().to_owned()]));
    let mut settings = Settings::local("/d".into(), "/a".into(), Vec::new());
    let told: Vec<String> = settings.apply(&files).iter().map(ToString::to_string).collect();
    assert_eq!(settings.profiles.of("ada", &[]).overrides().len(), 1);
    assert_eq!(told.len(), 1, "{told:?}");
    let start = format!("{}:2: error: {} cannot be read: No such file", path(POD_RULES), path("gone.json"));
    assert!(told[0].starts_with(&start), "{told:?}");
}

#[test]
fn reserved_is_what_the_rule_says_or_that_part() {
    let of = |text: &str| applied_on(ClusterKind::Kubernetes, &[(POD_RULES, text)]).0.of("ada", &[]);
    let shown = |rights: &Rights| {
        let cpus = rights.cpu_request(3.0).map(|request| request.value);
        (cpus, rights.memory_request_mb(4096).map(|request| request.value))
    };
    assert_eq!(shown(&of("[*]\nmax-cpus=4\n")), (None, None));
    assert_eq!(shown(&of("[*]\ncpu-request-ratio=0.1\nmemory-request-ratio=0.5\n")), (Some(0.3), Some(2048)));
    let both = "[*]\ncpu-request-ratio=0.5\ndefault-cpus-request=0.25\ndefault-mem-mb-request=100\n";
    assert_eq!(shown(&of(both)), (Some(0.25), Some(100)));
}

#[test]
fn what_the_kernel_holds_sessions_to_is_read_and_what_cannot_be_is_told() {
    let bounds = |text: &str| {
        let (profiles, told) = applied(&[("profiles", text)]);
        (profiles.of("ada", &["ml".to_owned()]).bounds(), told)
    };
    let text =
        "[*]\nmax-processes=100\nmax-open-files=1024\ncpu-affinity=1-3,2,8\npriority=5\n[@ml]\nmax-processes=0\n";
    let expected = Bounds { processes: None, open_files: Some(1024), priority: Some(5), cpus: vec![0, 1, 2, 7] };
    let (found, told) = bounds(text);
    assert_eq!(found, expected);
    assert!(told.iter().all(|one| !one.contains("wrong-value")), "{told:?}");
    assert_eq!(bounds("").0, Bounds::default());
    for (line, allowed) in [
        ("priority=20", "-20 to 19"),
        ("priority=low", "-20 to 19"),
        ("cpu-affinity=0-2", "counted from 1"),
        ("cpu-affinity=3-1", "counted from 1"),
        ("cpu-affinity=1,", "counted from 1"),
        ("cpu-affinity=1-99999999", "counted from 1"),
    ] {
        let (found, told) = bounds(&format!("[*]\n{line}\n"));
        assert_eq!(found, Bounds::default(), "{line}");
        assert!(told[0].starts_with("profiles:2: error: ") && told[0].contains(allowed), "{told:?}");
    }
    let (found, told) = bounds("[*]\npriority=-5\n");
    assert_eq!(found.priority, Some(-5));
    assert!(told[0].starts_with("profiles:2: warning: priority below 0"), "{told:?}");
}
