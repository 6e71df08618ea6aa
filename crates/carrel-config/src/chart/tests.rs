mod helm;

use super::*;
use crate::{Level, configuration::Configuration};

fn source(name: &str, text: &str) -> Source {
    Source::new(Path::new(name), text.as_bytes()).0
}

fn rendered(text: &str) -> Rendered {
    render(&[source("values.yaml", text)])
}

/// The text of a file that is rendered from values.
fn file(text: &str, name: &str) -> String {
    let rendered = rendered(text);
    let file = rendered.files.iter().find(|file| file.name == name);
    file.unwrap_or_else(|| panic!("{name} is not rendered")).text()
}

/// What is told, but not that something has no effect (yet): that is another test's business.
fn told(rendered: &Rendered) -> Vec<String> {
    let of_role = ["not-yet", "no-effect", "not-supported"];
    rendered.check().iter().filter(|d| !of_role.contains(&d.code)).map(ToString::to_string).collect()
}

/// Everything of the installation guide, in its order; each snippet goes over the values before it.
const GUIDE: [(&str, &str); 7] = [
    ("values.yaml", include_str!("../../fixtures/guide/values.yaml")),
    ("images.yaml", include_str!("../../fixtures/guide/images.yaml")),
    ("offered-images.yaml", include_str!("../../fixtures/guide/offered-images.yaml")),
    ("replicas.yaml", include_str!("../../fixtures/guide/replicas.yaml")),
    ("sssd.yaml", include_str!("../../fixtures/guide/sssd.yaml")),
    ("resources.yaml", include_str!("../../fixtures/guide/resources.yaml")),
    ("ingress.yaml", include_str!("../../fixtures/guide/ingress.yaml")),
];

#[test]
fn the_values_of_the_installation_guide_render_without_anything_wrong_in_them() {
    let sources: Vec<Source> = GUIDE.iter().map(|(name, text)| source(name, text)).collect();
    for upto in 1..=sources.len() {
        assert_eq!(told(&render(&sources[..upto])), [""; 0], "{}", GUIDE[upto - 1].0);
    }
    assert_eq!(told(&rendered("")), [""; 0]);
}

#[test]
fn each_setting_of_the_guide_is_read_from_the_file_that_the_chart_makes() {
    let rendered = render(&GUIDE.map(|(name, text)| source(name, text)));
    let mut configuration = Configuration::default();
    for file in &rendered.files {
        if let Some(known) = file_named(&file.name) {
            configuration.read(known, Path::new(&file.path()), file.text().as_bytes());
        }
    }
    assert_eq!(configuration.get("rsession.conf", "session-timeout-minutes").whole(), Some(60));
    assert_eq!(configuration.get("jupyter.conf", "session-cull-minutes").whole(), Some(60));
    assert_eq!(configuration.get("jupyter.conf", "labs-enabled").flag(), Some(true));
    assert_eq!(configuration.get("database.conf", "provider").text(), Some("postgresql"));
    let everybody = |key| configuration.get_in(PROFILES, Some("*"), key);
    assert_eq!((everybody("max-cpus").decimal(), everybody("container-images").list().len()), (Some(4.0), 3));
    let small = configuration.get_in("launcher.kubernetes.resources.conf", Some("small"), "mem-mb");
    assert_eq!(small.decimal().or(small.whole().map(|_| 512.0)), Some(512.0));
    assert_eq!(configuration.get_in("launcher-mounts", Some("1"), "ClaimName").text(), Some("workbench-user-pvc"));
}

const PROFILES: &str = "launcher.kubernetes.profiles.conf";

#[test]
fn keys_are_sorted_and_oddities_are_written_as_helm_writes_them() {
    let text = "config:\n  server:\n    rsession.conf:\n      zed: yes\n      big: 10000000\n      none:\n      Cap: '010'\n      \
                octal: 0644\n      half: 0.5\n";
    assert_eq!(file(text, "rsession.conf"), "");
    let text = text.replace("rsession.conf", "mine.conf");
    assert_eq!(file(&text, "mine.conf"), "Cap=010\nbig=1e+07\nhalf=0.5\nnone=<nil>\noctal=420\nzed=true\n");
}

#[test]
fn keys_without_quotes_are_flags_and_numbers_to_helm() {
    let text = "config:\n  server:\n    mine.conf:\n      s: {off: 1, 007: 2, '007': 3, y: 4}\n";
    assert_eq!(file(text, "mine.conf"), "[s]\n007=3\n7=2\nfalse=1\ntrue=4\n\n");
}

#[test]
fn sections_repeat_for_lists_and_records_have_blank_lines_between_them() {
    let text = "config:\n  server:\n    launcher.conf:\n      cluster:\n        - {name: A, type: Local}\n        - {name: B}\n";
    assert!(
        file(text, "launcher.conf").starts_with("[cluster]\nname=A\ntype=Local\n\n[cluster]\nname=B\n\n[server]\n")
    );
    let versions = "config:\n  session:\n    r-versions:\n      - {Path: /opt/R/4.5, Label: new}\n      - {Path: /opt/R/4.1, Label: old}\n";
    assert_eq!(file(versions, "r-versions"), "Label=new\nPath=/opt/R/4.5\n\nLabel=old\nPath=/opt/R/4.1\n\n");
    let headers = "config:\n  server:\n    rserver.conf:\n      server-add-header: ['A: 1', 'B: 2']\n";
    assert!(file(headers, "rserver.conf").contains("server-add-header=A: 1\nserver-add-header=B: 2\n"));
}

#[test]
fn dcf_has_its_keys_sorted_and_a_map_below_its_key() {
    let text = "config:\n  serverDcf:\n    launcher-env:\n      - {JobType: session, Environment: {A: 1, B: x}}\n";
    assert_eq!(file(text, "launcher-env"), "Environment:\n    A=1\n    B=x\nJobType: session\n\n");
}

#[test]
fn the_chart_writes_its_own_settings_below_those_of_the_values() {
    let plain = file("", "rserver.conf");
    for line in ["metrics-enabled=1", "metrics-port=8989", "server-user=rstudio-server", "auth-pam-sessions-enabled=1"]
    {
        assert!(plain.lines().any(|found| found == line), "{line} in {plain}");
    }
    let on = file(
        "config: {server: {rserver.conf: {metrics-enabled: 0, www-port: 8080, admin-enabled: null}}}",
        "rserver.conf",
    );
    assert!(
        on.contains("metrics-enabled=1\n") && on.contains("www-port=8080\n") && !on.contains("admin-enabled"),
        "{on}"
    );
    let rootless = "pod: {runAsRoot: false}";
    let server = file(rootless, "rserver.conf");
    assert!(server.contains("auth-pam-sessions-enabled=0\n") && server.contains("create-container-user-mode=nss\n"));
    assert!(
        file(rootless, "launcher.conf")
            .contains("secure-cookie-key-file=/mnt/secret-configmap/rstudio/secure-cookie-key\n")
    );
    let none = file("prometheus: {enabled: false}\nlicense: {server: l:1}", "rserver.conf");
    assert!(none.contains("metrics-enabled=0\n") && none.contains("server-license-type=remote\n"), "{none}");
}

#[test]
fn profiles_have_the_image_of_sessions_and_overrides_of_everybody_go_first() {
    let image = concat!("localhost/carrel/session:", env!("CARGO_PKG_VERSION"));
    let expected =
        format!("[*]\nallow-unknown-images=1\ncontainer-images={image}\ndefault-container-image={image}\n\n");
    assert_eq!(file("", PROFILES), expected);
    let overrides = "session: {defaultConfigMount: false}\nlauncher: {useTemplates: false}\nconfig:\n  profiles:\n    launcher.kubernetes.profiles.conf:\n      \
                     '*':\n        job-json-overrides: [{name: a b, target: /x, json: 1}]\n      '@devs':\n        \
                     job-json-overrides: [{name: c, target: /y, json: 2}]\n        max-cpus: 8\n";
    let devs = "[@devs]\njob-json-overrides=\"/x\":\"/mnt/job-json-overrides-new/ab.json\",\"/y\":\"/mnt/job-json-overrides-new/c.json\"\nmax-cpus=8\n";
    assert!(file(overrides, PROFILES).contains(devs), "{}", file(overrides, PROFILES));
    let refused = told(&rendered(&overrides.replace("useTemplates: false", "useTemplates: true")));
    assert!(
        refused[0].starts_with("values.yaml:7: error: the chart does not render job-json-overrides"),
        "{refused:?}"
    );
}

#[test]
fn images_have_the_tag_of_their_parts_and_the_agent_comes_with_the_server_unless_said_otherwise() {
    let parts = "session: {image: {repository: r, rVersion: 4.4.1, pythonVersion: 3.12, os: jammy}}";
    assert!(file(parts, PROFILES).contains("default-container-image=r:R4.4.1-python3.12-jammy\n"));
    let agent = |text: &str| {
        let of = |line: &&str| line.contains("init-container-image");
        file(text, "rserver.conf").lines().filter(of).map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    let image = "image: {repository: r/carrel, os: jammy}\nversionOverride: '9'";
    let name = "launcher-sessions-init-container-image-name";
    let tag = "launcher-sessions-init-container-image-tag";
    assert_eq!(agent(image), format!("{name}=r/carrel {tag}=9-jammy"));
    let own = format!("{image}\ncomponents: {{sessionInit: {{image: {{repository: a}}}}}}");
    assert_eq!(agent(&own), format!("{name}=a {tag}=9"));
}

#[test]
fn without_templates_the_files_of_sessions_come_by_overrides_before_all_others() {
    let text = "launcher: {useTemplates: false}\nconfig:\n  session: {pip.conf: x}\n  sessionSecret: {odbc.ini: y}\n  profiles:\n    \
                launcher.kubernetes.profiles.conf:\n      '*':\n        job-json-overrides: [{name: own, target: /x, json: 1}]\n";
    let line = file(text, PROFILES);
    let line = line.lines().find(|line| line.starts_with("job-json-overrides=")).unwrap().to_owned();
    let names: Vec<&str> = line.split(".json").filter_map(|part| part.rsplit('/').next()).collect();
    let expected = [
        "defaultSessionVolume",
        "defaultSessionSecretVolume",
        "defaultSessionVolumeMount",
        "defaultPipConfVolumeMount",
        "defaultSessionSecretVolumeMount",
        "own",
    ];
    assert_eq!(names[..6], expected);
    let off = format!(
        "session: {{defaultConfigMount: false}}\n{}",
        text.replace("useTemplates: false", "enabled: true, useTemplates: false")
    );
    assert!(!file(&off, PROFILES).contains("defaultSession"));
}

#[test]
fn homes_are_mounted_unless_something_is_mounted_there() {
    let homes = "homeStorage: {mount: true, name: homes, subPath: h}\n";
    let entry = "ClaimName: homes\nMountPath: /home\nMountType: KubernetesPersistentVolumeClaim\nSubPath: h\n\n";
    assert_eq!(file(homes, "launcher-mounts"), entry);
    assert_eq!(file("", "launcher-mounts"), "");
    let taken =
        format!("{homes}config: {{serverDcf: {{launcher-mounts: [{{MountType: NFS, MountPath: /home/all}}]}}}}");
    assert_eq!(file(&taken, "launcher-mounts"), "MountPath: /home/all\nMountType: NFS\n\n");
}

#[test]
fn what_is_wrong_is_told_with_its_rendered_line_and_its_value() {
    let text = "config:\n  server:\n    rserver.conf:\n      www-prot: 1\n      www-port: many\n    vscode.extensions.conf: |\n      \
                a.b\n      noname\n";
    let told = told(&rendered(text));
    let expected = [
        "mnt/configmap/rstudio/rserver.conf:18: error: www-port cannot be this; found “many”; allowed: a whole number from 1 \
         to 65535; from values.yaml:5 config.server.rserver\\.conf.www-port [wrong-value]",
        "mnt/configmap/rstudio/rserver.conf:19: warning: rserver.conf has no such key; found “www-prot”; did you mean \
         “www-port”?; from values.yaml:4 config.server.rserver\\.conf.www-prot [unknown-key]",
        "mnt/configmap/rstudio/vscode.extensions.conf:2: error: this is no line of vscode.extensions.conf; found “noname”; \
         allowed: `publisher.name`; from values.yaml:8 config.server.vscode\\.extensions\\.conf [wrong-line]",
    ];
    assert_eq!(told, expected);
}

#[test]
fn values_that_were_taken_out_are_errors_and_unknown_ones_are_told() {
    let text = "image: {tagPrefix: jammy-}\nsession:\n  image:\n    tagPrefix: x\nserviceAccountName: me\nreplica: 2\n\
                config: {sever: {}}\n";
    let rendered = rendered(text);
    let told: Vec<_> = rendered.diagnostics.iter().map(|d| (d.at.line, d.level, d.code, d.meant.as_deref())).collect();
    let expected = [
        (1, Level::Error, "removed-value", None),
        (4, Level::Error, "removed-value", None),
        (5, Level::Error, "removed-value", None),
        (7, Level::Error, "unknown-value", Some("server")),
        (6, Level::Error, "unknown-value", Some("replicas")),
    ];
    assert_eq!(told, expected);
}

#[test]
fn yaml_is_read_with_anchors_merges_and_documents_and_has_a_limit() {
    let text = "x: &a {k: 1}\nconfig:\n  server:\n    mine.conf:\n      s: {<<: *a, l: 2}\n---\nreplicas: 5\n";
    assert_eq!(file(text, "mine.conf"), "[s]\nk=1\nl=2\n\n");
    assert!(rendered(text).diagnostics.iter().any(|d| d.code == "second-document" && d.at.line == 6));
    let wrong = rendered("a: [1\nb: 2\n");
    assert_eq!((wrong.diagnostics[0].code, wrong.diagnostics[0].level), ("not-yaml", Level::Error));
    let level = |i: usize| format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(", "));
    let bomb = "a0: &a0 x\n".to_owned() + &(1..12).map(level).collect::<Vec<_>>().concat();
    assert!(rendered(&bomb).diagnostics.iter().any(|d| d.text.contains("too many")));
    assert_eq!(rendered(&"[".repeat(10_000)).diagnostics[0].code, "not-yaml");
}
