use super::*;
use crate::{cpu_time::used, diagnostic::TOLD};
use proptest::prelude::*;

fn read(name: &str, bytes: impl AsRef<[u8]>) -> Configuration {
    let mut configuration = Configuration::default();
    configuration.read(file_named(name).unwrap(), Path::new(name), bytes.as_ref());
    configuration
}

/// What is told, but not that something has no effect (yet): that is another test's business.
fn told(configuration: &Configuration) -> Vec<String> {
    let of_role = ["not-yet", "no-effect", "not-supported"];
    let others = configuration.diagnostics().iter().filter(|d| !of_role.contains(&d.code));
    others.map(ToString::to_string).collect()
}

/// `section key=value@line` of each setting.
fn set(configuration: &Configuration) -> Vec<String> {
    let line = |s: &Setting| {
        let section = s.section.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
        format!("{section}{}={}@{}", s.key, s.value, s.at.line)
    };
    configuration.settings().iter().map(line).collect()
}

#[test]
fn all_errors_of_a_file_are_told_at_once_with_what_is_allowed_and_meant() {
    let text = "www-prot=8787\nwww-port=87870\nadmin-enabled=maybe\nwww-same-site=laxx\nnothing\nmonitor-interval-seconds=-1\n";
    let expected = [
        "rserver.conf:1: warning: rserver.conf has no such key; found “www-prot”; did you mean “www-port”? [unknown-key]",
        "rserver.conf:2: error: www-port cannot be this; found “87870”; allowed: a whole number from 1 to 65535 [wrong-value]",
        "rserver.conf:3: error: admin-enabled cannot be this; found “maybe”; allowed: 1 or 0 [wrong-value]",
        "rserver.conf:4: error: www-same-site cannot be this; found “laxx”; allowed: one of none, lax; did you mean “lax”? \
         [wrong-value]",
        "rserver.conf:5: error: there is no `=` in this line; allowed: `key=value` [no-equals-sign]",
        "rserver.conf:6: error: monitor-interval-seconds cannot be this; found “-1”; allowed: a whole number [wrong-value]",
    ];
    assert_eq!(told(&read("rserver.conf", text)), expected);
}

#[test]
fn what_the_chart_ships_is_read_without_an_error() {
    let files = [
        (
            "rserver.conf",
            "admin-enabled=1\naudited-jobs=1\nauth-pam-sessions-enabled=1\nchronicle-enabled=0\nlauncher-address=127.0.0.1\n\
             launcher-default-cluster=Kubernetes\nlauncher-port=5559\n\
             launcher-sessions-callback-address=http://rsw.default.svc.cluster.local:80\nlauncher-sessions-enabled=1\n\
             metrics-enabled=1\nmetrics-port=8989\nserver-health-check-enabled=1\nserver-project-sharing=1\n\
             server-user=rstudio-server\nwww-port=8787\n",
        ),
        (
            "launcher.conf",
            "[cluster]\nname=Kubernetes\ntype=Kubernetes\n\n[server]\naddress=127.0.0.1\nadmin-group=rstudio-server\n\
             authorization-enabled=1\nenable-debug-logging=0\nport=5559\nserver-user=rstudio-server\nthread-pool-size=4\n  \n",
        ),
        ("launcher.kubernetes.conf", "kubernetes-namespace=rstudio\nuse-templating=1\n"),
        ("jupyter.conf", "default-session-cluster=Kubernetes\njupyter-exe=/usr/local/bin/jupyter\nlabs-enabled=1\n"),
        ("vscode.conf", "enabled=1\nsession-timeout-kill-hours=12\n"),
        ("positron.conf", "enabled=1\nexe=/usr/lib/p\nsession-timeout-kill-hours=12\n"),
        ("vscode.extensions.conf", "quarto.quarto\nposit.shiny\nposit.publisher\n"),
        ("logging.conf", "[*]\nlog-level=info\nlogger-type=stderr\n"),
        ("repos.conf", "CRAN=https://packagemanager.posit.co/cran/__linux__/jammy/latest\n"),
        ("notifications.conf", "\n"),
        ("health-check", "# HELP active_sessions x\nactive_sessions #active-sessions#\nidle #idle-seconds#\n"),
        (
            "launcher.kubernetes.profiles.conf",
            "[*]\nallow-unknown-images=1\ncontainer-images=a:1,b:2\ndefault-cpus=1.0\ndefault-mem-mb=2048\n\
             job-json-overrides=\"/spec\":\"/mnt/a.json\"\nmax-cpus=4.0\nmax-mem-mb=8192\n\n[@devs]\nmax-cpus=8\n",
        ),
        ("launcher-env", "Environment:\n    A=1\n    PATH=/opt:$PATH\nJobType: session\nWorkbench: any\n"),
        (
            "launcher-mounts",
            "ClaimName: home\nMountPath: /home\nMountType: KubernetesPersistentVolumeClaim\nSubPath: \n",
        ),
        ("load-balancer", "delete-node-on-exit=1\nwww-host-name=10.1.2.3\n"),
    ];
    for (name, text) in files {
        let configuration = read(name, text);
        assert_eq!(told(&configuration), [""; 0], "{name}");
        let sets_nothing = ["notifications.conf", "health-check"].contains(&name);
        assert_eq!(configuration.settings().is_empty(), sets_nothing, "{name}");
    }
}

#[test]
fn the_oddities_of_the_chart_are_taken_and_told() {
    let odd = read(
        "rserver.conf",
        "\u{feff}www-port=<nil>  \r\n   \r\nmonitor-interval-seconds=1e+07\r\nadmin-enabled=true\r\n",
    );
    assert_eq!(set(&odd), ["monitor-interval-seconds=10000000@3", "admin-enabled=1@4"]);
    assert_eq!(told(&odd).len(), 1);
    assert!(told(&odd)[0].starts_with("rserver.conf:1: note: www-port: <nil>"), "{:?}", told(&odd));
    assert_eq!(odd.get("rserver.conf", "www-port").whole(), Some(8787));
}

#[test]
fn of_repeated_keys_the_last_one_counts_and_that_is_told() {
    let twice = read("rserver.conf", "www-port=1\nwww-port=2\nserver-add-header=A: 1\nserver-add-header=B: 2\n");
    assert_eq!(
        told(&twice),
        ["rserver.conf:2: warning: www-port stands in line 1 too: the last one counts [repeated]"]
    );
    let held = twice.get("rserver.conf", "www-port");
    assert_eq!((held.whole(), held.at.unwrap().line), (Some(2), 2));
}

#[test]
fn what_holds_is_typed_and_knows_its_place() {
    let configuration =
        read("launcher.kubernetes.profiles.conf", "[*]\nmax-cpus=4.0\ncontainer-images=a, b\n[bob]\nmax-cpus=8\n");
    let held = |who, key| configuration.get_in("launcher.kubernetes.profiles.conf", Some(who), key);
    assert_eq!(held("bob", "max-cpus").decimal(), Some(8.0));
    assert_eq!(held("*", "max-cpus").at.unwrap().line, 2);
    assert_eq!(held("*", "container-images").list(), ["a", "b"]);
    assert!(held("@devs", "max-cpus").value.is_none());
    let default = Configuration::default().get("logging.conf", "log-message-format");
    assert_eq!((default.text(), &default.at), (Some("pretty"), &None));
    assert_eq!(Configuration::default().get("rserver.conf", "www-proxy-localhost").flag(), Some(true));
}

#[test]
fn sections_that_a_file_does_not_have_are_told() {
    let wrong = read("launcher.conf", "port=1\n[servers]\nport=2\n[cluster]\nname=Local\n");
    assert_eq!(set(&wrong), ["cluster name=Local@5"]);
    assert_eq!(
        wrong.diagnostics().iter().map(|d| (d.at.line, d.code, d.meant.as_deref())).take(2).collect::<Vec<_>>(),
        [(1, "unknown-section", None), (2, "unknown-section", Some("server"))]
    );
    let headless = read("profiles", "session-limit=1\n[*]\nsession-limit=2\n");
    assert_eq!((headless.diagnostics()[0].code, headless.diagnostics()[0].level), ("no-section", Level::Error));
    assert_eq!(set(&headless), ["* session-limit=2@3"]);
    let flat = read("rserver.conf", "[server]\nwww-port=1\n");
    assert_eq!(
        (flat.diagnostics()[0].code, flat.get("rserver.conf", "www-port").whole()),
        ("unknown-section", Some(1))
    );
    assert_eq!(told(&read("load-balancer", "[config]\ntimeout=1\n[nodes]\nhost-1\nhost-2\n")), [""; 0]);
}

#[test]
fn what_carrel_does_with_an_option_is_told_unless_it_asks_for_nothing() {
    let roles = |name, text| read(name, text).diagnostics().iter().map(|d| (d.level, d.code)).collect::<Vec<_>>();
    assert_eq!(roles("rserver.conf", "auth-openid=1\n"), [(Level::Warning, "not-yet")]);
    assert_eq!(roles("rserver.conf", "auth-openid=0\n"), []);
    assert_eq!(roles("rserver.conf", "server-license-type=remote\n"), [(Level::Note, "no-effect")]);
    assert_eq!(roles("rserver.conf", "launcher-port=5559\n"), []);
    assert_eq!(roles("rserver.conf", "chronicle-enabled=1\n"), [(Level::Warning, "not-supported")]);
    assert_eq!(roles("rsession.conf", "allow-vcs=0\n"), []);
    assert_eq!(roles("launcher.pem", "abc"), [(Level::Note, "no-effect")]);
}

#[test]
fn nothing_of_a_secret_file_is_told() {
    let secret = read("database.conf", "password=hunter2\nport=hunter2\nprovider=hunter2\nhunter2\nhunter2==\n");
    let text = secret.diagnostics().iter().map(ToString::to_string).collect::<String>();
    assert!(text.contains("wrong-value") && !text.contains("hunter2"), "{text}");
    assert!(secret.settings().iter().all(Setting::is_secret));
}

#[test]
fn lines_and_variables_that_mean_nothing_are_told() {
    let rules = read("ip-rules", "allow 192.0.2.0/24\ndeny all\nallow 2001:db8::/129\npermit all\n");
    assert_eq!(set(&rules), ["=allow 192.0.2.0/24@1", "=deny all@2"]);
    assert_eq!(told(&rules).len(), 2);
    assert_eq!(told(&read("vscode.extensions.conf", "a.b@1.2\nnoname\n/x/y.vsix\n")).len(), 1);
    let health = told(&read("health-check", "#active-session#"));
    assert!(health[0].contains("did you mean “active-sessions”?"), "{health:?}");
    assert!(told(&read("rstudio-prefs.json", "{"))[0].starts_with("rstudio-prefs.json:1: error: this is not JSON"));
    assert!(told(&read("repos.conf", "RSPM=https://p.example.org\n"))[0].ends_with("[no-cran]"));
}

/// A file, its text, and the line and code of each fault in it.
type Faulty = (&'static str, &'static str, &'static [(u32, &'static str)]);

/// A file of each format with everything wrong in it that its reader and its options know, and each fault's line and code.
const FAULTS: [Faulty; 8] = [
    (
        "rserver.conf",
        "[x]\n=1\nwww-prot=1\nwww-port=x\nnothing\nwww-thread-pool-size=1 # two\nwww-address=<nil>\n[open\n",
        &[
            (1, "unknown-section"),
            (2, "no-key"),
            (3, "unknown-key"),
            (4, "wrong-value"),
            (5, "no-equals-sign"),
            (6, "comment-in-value"),
            (7, "nil"),
            (8, "unknown-section"),
            (8, "wrong-header"),
        ],
    ),
    (
        "launcher.conf",
        "[sever]\na=1\n[server]\nprt=1\nport=x\n",
        &[(1, "unknown-section"), (4, "unknown-key"), (5, "wrong-value")],
    ),
    (
        "profiles",
        "session-limit=1\n[*]\nsession-limit=x\nlimit=1\n",
        &[(1, "no-section"), (3, "wrong-value"), (4, "unknown-key")],
    ),
    (
        "launcher-mounts",
        "  A=1\nno colon\n: x\nMountTyp: NFS\nReadOnly: perhaps\n",
        &[(1, "nothing-to-go-on-with"), (2, "no-key"), (3, "no-key"), (4, "unknown-key"), (5, "wrong-value")],
    ),
    ("r-versions", "Pth: /opt/R\nPath: /opt/R\nnothing\n", &[(1, "unknown-key"), (3, "no-key")]),
    ("ip-rules", "allow all\npermit all\ndeny 1.2.3\n", &[(2, "wrong-line"), (3, "wrong-line")]),
    ("rstudio-prefs.json", "{\n\"a\": 1,\n}\n", &[(3, "not-json")]),
    ("health-check", "#active-session#\n#nothing#\n", &[(1, "unknown-variable"), (2, "unknown-variable")]),
];

#[test]
fn every_fault_of_every_format_is_told_at_once_and_at_its_line() {
    let of_role = ["not-yet", "no-effect", "not-supported"];
    for (name, text, expected) in FAULTS {
        let configuration = read(name, text);
        let faults = configuration.diagnostics().iter().filter(|d| !of_role.contains(&d.code));
        let mut told: Vec<(u32, &str)> = faults.map(|d| (d.at.line, d.code)).collect();
        told.sort_unstable();
        assert_eq!(told, expected, "{name}");
    }
}

#[test]
fn a_file_of_nonsense_is_told_in_few_lines_and_in_short_time() {
    let nonsense: String = (0..50_000).map(|i| ["key-", &i.to_string(), "=1\n"].concat()).collect();
    let configuration = read("rserver.conf", nonsense);
    assert_eq!(configuration.diagnostics().len(), TOLD + 1);
    let last = configuration.diagnostics().last().unwrap();
    assert_eq!((last.code, last.level), ("more", Level::Warning));
    assert!(last.text.starts_with("49500 more"), "{last}");
}

/// Files that hold the reader's hands full: every line of them valid, unknown, repeated or nonsense.
const AWKWARD: [(&str, &str); 13] = [
    ("rserver.conf", "www-port=8787\n"),
    ("rserver.conf", "key-%n=1\n"),
    ("rsession.conf", "#a=[ b:#\n"),
    ("profiles", "[user%n]\nsession-limit=3\n"),
    ("launcher-mounts", "MountPath: /a\nmounttype: NFS\nkey: x\n\n"),
    ("launcher-env", "Environment: A=1\n  B=2\n"),
    ("r-versions", "/opt/R/%n\n"),
    ("launcher-ports", "Port: 1\n\n"),
    ("notifications.conf", "Message: a\n  b\n\n"),
    ("carrel.conf", "ide-path=/%n\n"),
    ("rserver.conf", "auth-saml-%n=x\n"),
    ("ip-rules", "permit %n\n"),
    ("health-check", "#name# #active-sessions#\n"),
];

/// Whether 16 times the length takes nearer to 16 than to 256 times as long, once in a few tries.
fn is_linear(name: &str, piece: &str) -> bool {
    let of_length =
        |bytes: usize| (0..bytes / piece.len()).map(|i| piece.replace("%n", &i.to_string())).collect::<String>();
    let time = |text: &str| {
        let began = used();
        read(name, text);
        used().saturating_sub(began)
    };
    // The first so many unknown words are looked up; behind them every line costs the same.
    let (short, long) = (of_length(16 << 10), of_length(256 << 10));
    (0..8).any(|_| {
        let of_short = (0..4).map(|_| time(&short)).min().unwrap();
        time(&long) < of_short * 64 + std::time::Duration::from_millis(5)
    })
}

#[test]
fn the_time_to_check_a_file_grows_with_its_length_and_not_with_its_square() {
    for (name, piece) in AWKWARD {
        assert!(is_linear(name, piece), "{name} of many {piece:?}");
    }
}

#[test]
fn asking_for_options_costs_the_same_in_a_file_of_many_users() {
    let text: String =
        (0..5_000).map(|i| ["[user", &i.to_string(), "]\nsession-limit=", &i.to_string(), "\n"].concat()).collect();
    let configuration = read("profiles", text);
    // As a scan of all lines for each question this takes minutes.
    for i in 0..5_000_u64 {
        let held = configuration.get_in("profiles", Some(&format!("user{i}")), "session-limit");
        assert_eq!(held.whole(), Some(i));
    }
}

#[test]
fn a_file_is_taken_from_the_first_folder_that_has_it() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let write = |folder: &Path, name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write(second.path(), "rserver.conf", "www-port=2\n");
    write(second.path(), "logging.conf", "[*]\nlog-level=info\n");
    write(first.path(), "rserver.conf", "www-port=1\n");
    write(first.path(), "rserver.cnof", "");
    write(first.path(), "notes-of-the-administrator.txt", "");
    write(first.path(), "..2026_11_22", "");
    fs::create_dir(first.path().join("database.conf")).unwrap();
    fs::create_dir(first.path().join("themes")).unwrap();
    let folders = [first.path().join("is-not-there"), first.path().into(), second.path().into()];
    let found = Configuration::load(&Lookup::in_folders(folders));

    assert_eq!(found.get("rserver.conf", "www-port").whole(), Some(1));
    assert_eq!(found.get_in("logging.conf", Some("*"), "log-level").text(), Some("info"));
    let mut told: Vec<_> = found.diagnostics().iter().map(|d| (d.code, d.level, d.meant.as_deref())).collect();
    told.retain(|(code, ..)| *code != "not-yet");
    told.sort_unstable();
    let expected = [
        ("cannot-read", Level::Error, None),
        ("hidden", Level::Note, None),
        ("unknown-file", Level::Warning, Some("rserver.conf")),
        ("unknown-file", Level::Note, None),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_file_beside_the_others_that_an_option_names_is_no_stranger() {
    let folder = tempfile::tempdir().unwrap();
    let (key, spare) = (folder.path().join("k.pem"), folder.path().join("old.pem"));
    for path in [&key, &spare] {
        fs::write(path, "").unwrap();
    }
    fs::write(folder.path().join("rserver.conf"), format!("ssl-certificate-key={}\n", key.display())).unwrap();
    let found = Configuration::load(&Lookup::in_folders([folder.path().to_owned()]));
    let strangers: Vec<_> = found.diagnostics().iter().map(|told| told.at.file.to_path_buf()).collect();
    assert_eq!(strangers, [spare]);
}

#[test]
fn a_file_that_nobody_wrote_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = fs::File::create(folder.path().join("rserver.conf")).unwrap();
    file.set_len(LONGEST + 1).unwrap();
    let told = Configuration::load(&Lookup::in_folders([folder.path().to_owned()]));
    let said: Vec<_> = told.diagnostics().iter().map(|d| (d.code, d.text.as_str())).collect();
    assert_eq!(said, [("cannot-read", "this file cannot be read: it has 16 MiB, more than 16")]);
}

proptest! {
    // Each case goes through every file and every option.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_bytes_in_any_file_are_told_about_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for file in files() {
            let mut configuration = Configuration::default();
            configuration.read(file, Path::new(file.name), &bytes);
        }
    }

    #[test]
    fn any_value_of_any_option_is_taken_or_told(text in "[ -~]{0,12}") {
        for row in files().flat_map(File::options) {
            let _ = row.kind.parse(&text);
        }
    }
}
