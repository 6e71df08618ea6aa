//! What the chart's templates make, against what is made here, file by file and byte by byte.
//!
//! Where helm is, `CARREL_TEST_HELM` says (`cargo xtask test` sets it). Without it the test says that it did not run.

use super::{GUIDE, Node, Source, render, source, yaml};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Values that write files in all the ways there are.
const CASES: [(&str, &str); 15] = [
    ("the chart's own values", ""),
    ("without root", "pod: {runAsRoot: false}"),
    ("without root and components", "pod: {runAsRoot: false, serviceAccountUser: ''}\ncomponents: {enabled: false}"),
    ("the exporter beside it", "prometheus: {legacy: true}"),
    (
        "without metrics",
        "prometheus: {enabled: false}\nconfig: {server: {rserver.conf: {monitor-graphite-enabled: 1}}}",
    ),
    ("Graphite and metrics", "config: {server: {rserver.conf: {monitor-graphite-enabled: 1, metrics-enabled: 0}}}"),
    ("a license server", "license: {server: 'http://l:1'}"),
    ("Positron", "components: {positron: {version: '1.2'}, sessionInit: {image: {repository: r/i, tag: t}}}"),
    (
        "images",
        "image: {repository: r/s, os: jammy}\nsession: {image: {repository: r/x, rVersion: 4.4.1, pythonVersion: 3.12, os: jammy}}",
    ),
    (
        "homes",
        "homeStorage: {mount: true, subPath: h}\nconfig: {serverDcf: {launcher-mounts: [{MountType: NFS, MountPath: /data}]}}",
    ),
    (
        "homes that are mounted already",
        "homeStorage: {create: true}\nconfig: {serverDcf: {launcher-mounts: [{MountType: NFS, MountPath: /home/all}]}}",
    ),
    (
        "homes by a map",
        "homeStorage: {create: true}\nconfig: {serverDcf: {launcher-mounts: {a: {MountType: NFS, MountPath: /b}}}}",
    ),
    ("the other place of the database", "config: {database: {conf: {value: {provider: postgresql, host: db}}}}"),
    (
        "Chronicle",
        "chronicle: {localConfig: {S3Storage: {Enabled: true}}}\nconfig: {server: {chronicle-local.gcfg: {S3Storage: {Bucket: b}}}}",
    ),
    (
        "what the 2023 generation wrote",
        "userPassword: x\nsecureCookieKey: k\nconfig: {secret: {database.conf: 'provider=sqlite'}}",
    ),
];

/// Everything that is odd, in one file.
const ODD: &str = r#"
launcher: {useTemplates: false, namespace: elsewhere}
config:
  session:
    mine.conf: {none: null, zero: 0, off: false, 0755: mode, 1.50: float, zed: true, Cap: 010, big: 10000000, half: 0.5, less: -2.5e-7, list: [1, two]}
    r-versions:
      - {Path: /opt/R/4.5, Label: new}
      - {Path: /opt/R/4.1, Label: old}
    one.conf: [{a: 1}, {s: {b: 2}}]
    text.conf: "a=1\n\n  b=2  \n"
    open-end.conf: "a=1"
    pip.conf: "[global]\nindex-url = https://pypi.example.org\n"
    empty.conf: ""
  sessionSecret:
    odbc.ini: {dsn: {Driver: x, Options: {a: 1}, Hosts: [a, b]}}
  secret:
    database.conf: {provider: postgresql, password: "a'b\"c\\d=&<>"}
    none.conf: null
  server:
    launcher.conf: {cluster: [{name: A, type: Local}, {name: B, type: Kubernetes}]}
    rserver.conf: {server-add-header: ['A: 1', 'B: 2'], www-port: 8080, admin-enabled: null, several: "a\nb"}
    "vscode-user-settings.json": |
      {"a": [1, 2]}
    profiles: {"*": {session-limit: 5}, "@devs": {session-limit: 9}, zoë: {session-limit: 1}}
  serverDcf:
    launcher-env:
      - {JobType: session, Environment: {B: x, A: 1}}
      - JobType: any
        Environment: {C: "d e"}
    launcher-ports: "JobType: any\nPort: 80\n"
  profiles:
    launcher.kubernetes.profiles.conf:
      "*":
        container-images: [a:1, b:2]
        job-json-overrides: [{name: for all, target: /a~1b, json: {x: [1]}}]
      "@devs":
        job-json-overrides: [{name: devs, target: /c, json: 1}, {target: /d, file: /mnt/own.json}]
        max-cpus: 8
      ada: null
      "007": {max-cpus: 1.5}
    launcher.kubernetes.resources.conf:
      small: {name: Small, cpus: "1.0", mem-mb: "512"}
"#;

fn helm() -> Option<PathBuf> {
    let helm = env::var_os("CARREL_TEST_HELM").map(PathBuf::from);
    if helm.is_none() {
        eprintln!("the chart was NOT compared: CARREL_TEST_HELM is unset, `cargo xtask test` sets it");
    }
    helm
}

/// Files by object and key, of the config maps and secrets of a release named as the chart.
type Objects = BTreeMap<(String, String), String>;

fn of_helm(helm: &Path, values: &[(&str, &str)]) -> Objects {
    let text = rendered(helm, values, &[]);
    text.split("\n---\n").flat_map(|document| files_of(&parsed(document))).collect()
}

/// All objects, as helm prints them.
fn rendered(helm: &Path, values: &[(&str, &str)], arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(helm);
    command.args(["template", "rstudio-workbench"]).arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../chart"));
    for (name, text) in values {
        let path = folder.path().join(name.replace(' ', "-"));
        fs::write(&path, text).unwrap();
        command.arg("--values").arg(path);
    }
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The object that makes the pods.
fn deployment(text: &str) -> &str {
    text.split("\n---\n").find(|document| document.contains("\nkind: Deployment\n")).unwrap()
}

fn parsed(document: &str) -> Node {
    let (node, told) = yaml::read(&Source::new(Path::new("rendered.yaml"), format!("{document}\n").as_bytes()).0);
    assert!(told.into_list(source("rendered.yaml", "").at(0)).is_empty(), "{document}");
    node
}

fn files_of(object: &Node) -> Vec<((String, String), String)> {
    let is_secret = object.get(&["kind"]).to_string() == "Secret";
    if !is_secret && object.get(&["kind"]).to_string() != "ConfigMap" {
        return Vec::new();
    }
    let name = object.get(&["metadata", "name"]).to_string();
    let text = |node: &Node| {
        let text = node.to_string();
        if is_secret { String::from_utf8(BASE64_STANDARD.decode(text).unwrap()).unwrap() } else { text }
    };
    object.get(&["data"]).entries().map(|(key, node)| ((name.clone(), key.clone()), text(node))).collect()
}

/// The same objects, as they are made here.
fn of_ours(values: &[(&str, &str)]) -> Objects {
    let sources: Vec<Source> = values.iter().map(|(name, text)| source(name, text)).collect();
    let object = |folder: &str| match folder {
        "mnt/session-configmap/rstudio" => "rstudio-workbench-session",
        "mnt/session-secret" => "rstudio-workbench-session-secret",
        "mnt/secret-configmap/rstudio" => "rstudio-workbench-secret",
        _ => "rstudio-workbench-config",
    };
    let files = render(&sources).files;
    files.into_iter().map(|file| ((object(file.folder).to_owned(), file.name.clone()), file.text())).collect()
}

fn compare(helm: &Path, what: &str, values: &[(&str, &str)]) {
    let mut theirs = of_helm(helm, values);
    let ours = of_ours(values);
    let objects = ["-session", "-session-secret", "-secret", "-config"].map(|end| format!("rstudio-workbench{end}"));
    // Keys that are made by chance, and objects that hold no files of the configuration.
    theirs.retain(|(object, key), _| objects.contains(object) && key != "launcher.pem" && key != "secure-cookie-key");
    for (path, text) in &ours {
        assert_eq!(theirs.get(path), Some(text), "{what}: {path:?}, left is the chart's");
    }
    let only_theirs: Vec<_> = theirs.keys().filter(|path| !ours.contains_key(*path)).collect();
    assert!(only_theirs.is_empty(), "{what}: only the chart makes {only_theirs:?}");
}

#[test]
fn the_chart_makes_the_files_that_are_made_here() {
    let Some(helm) = helm() else { return };
    // The schema of the chart knows what the first values of the guide name, and no sssd is run.
    let guide: Vec<_> = GUIDE.iter().map(|(name, text)| (*name, *text)).collect();
    for upto in 1..=guide.len() {
        let mut values = guide[..upto].to_vec();
        values.push(("no-sssd.yaml", "config: {sssd: {enabled: false}}"));
        compare(&helm, &format!("the guide up to {}", guide[upto - 1].0), &values);
    }
    for (what, text) in CASES.iter().chain(&[("everything odd", ODD)]) {
        compare(&helm, what, &[("values.yaml", text)]);
    }
}

#[test]
fn the_guide_installs_with_each_form_of_a_license_and_shows_no_secret_in_a_pod() {
    let Some(helm) = helm() else { return };
    let password = "config.secret.database\\.conf.password=pw-of-database";
    for (set, told) in [
        ("license.key=key-of-license", "name: RSW_LICENSE\n"),
        ("license.file.contents=text-of-license", "name: RSW_LICENSE_FILE_PATH\n"),
        ("license.server=http://license.example.org", "name: RSW_LICENSE_SERVER\n"),
    ] {
        let text = rendered(&helm, &GUIDE[..1], &["--set", set, "--set", password]);
        let pods = deployment(&text);
        assert!(pods.contains(told), "{told} is not in\n{pods}");
        for secret in ["pw-of-database", "key-of-license", "text-of-license", "value: \"rstudio-\""] {
            assert!(!pods.contains(secret), "{secret} is in\n{pods}");
        }
    }
}

#[test]
fn pods_stay_as_they_are_when_nothing_changed_and_roll_when_something_did() {
    let Some(helm) = helm() else { return };
    let render = |arguments: &[&str]| rendered(&helm, &GUIDE[..1], arguments);
    // Keys are made by chance each time: helm sees no cluster here that could have kept them.
    let (once, again) = (render(&[]), render(&[]));
    assert_ne!(once, again);
    assert_eq!(deployment(&once), deployment(&again));
    for set in [
        "config.server.rserver\\.conf.www-frame-origin=any",
        "config.session.rsession\\.conf.session-timeout-minutes=5",
        "config.secret.database\\.conf.password=another",
        "secureCookieKey.value=another",
        "userPassword.value=another",
        "launcher.templateValues.pod.labels.a=b",
    ] {
        assert_ne!(deployment(&once), deployment(&render(&["--set", set])), "{set}");
    }
}
