use super::*;
use crate::options::file_named;
use std::path::Path;

fn read(texts: &[(&str, &str)]) -> (Kubernetes, Vec<String>) {
    let mut files = Configuration::default();
    for (name, text) in texts {
        files.read(file_named(name).unwrap(), Path::new(name), text.as_bytes());
    }
    let mut settings = Settings::local("/data".into(), "/agent".into(), Vec::new());
    let told = settings.apply(&files).iter().map(ToString::to_string).collect();
    (settings.kubernetes, told)
}

const CLUSTER: (&str, &str) = ("launcher.conf", "[server]\nport=5559\n\n[cluster]\nname=Lab\ntype=Kubernetes\n");

fn templates(text: &str) -> (Templates, Vec<String>) {
    let mut told = Vec::new();
    let templates = templates::from_text(Path::new("data.tpl"), text, &mut told);
    (templates, told.iter().map(ToString::to_string).collect())
}

#[test]
fn without_a_file_of_its_own_the_cluster_is_used_as_the_original_does() {
    let (kubernetes, told) = read(&[CLUSTER]);
    assert_eq!((kubernetes.namespace.as_str(), kubernetes.page), ("rstudio", 500));
    assert_eq!((kubernetes.watch_limit.as_secs(), kubernetes.expiry.as_secs()), (180, 86400));
    assert!(kubernetes.api.url.is_none() && !kubernetes.api.insecure);
    assert_eq!(told, [""; 0]);
}

#[test]
fn the_file_of_the_cluster_says_how_its_api_server_is_reached() {
    let text = "api-url=https://k:6443\nauth-token=secret\nauth-token-path=/t\ncertificate-authority=QQ==\n\
                verify-ssl-certs=0\nkubernetes-namespace=lab\nwatch-timeout-seconds=900\nfetch-limit=7\n\
                job-expiry-hours=2\n";
    let (kubernetes, told) = read(&[CLUSTER, ("launcher.kubernetes.conf", text)]);
    assert_eq!(kubernetes.api.url.as_deref(), Some("https://k:6443"));
    assert_eq!(kubernetes.api.token_path.as_deref(), Some(Path::new("/t")));
    assert_eq!(kubernetes.api.authority.as_deref(), Some("QQ=="));
    assert_eq!((kubernetes.namespace.as_str(), kubernetes.page), ("lab", 7));
    assert_eq!((kubernetes.watch_limit, kubernetes.expiry.as_secs()), (LONGEST_WATCH, 7200));
    assert!(!format!("{kubernetes:?}").contains("secret\""), "{kubernetes:?}");
    assert!(told.len() == 1 && told[0].contains("set certificate-authority instead"), "{told:?}");
}

#[test]
fn a_reload_keeps_the_connection_and_takes_the_templates() {
    let (started, _) = read(&[CLUSTER]);
    let (mut now, _) =
        read(&[CLUSTER, ("launcher.kubernetes.conf", "kubernetes-namespace=other\njob-expiry-hours=1\n")]);
    now.templates.values = serde_json::json!({"pod": {"labels": {"a": "b"}}});
    let held = now.with_fixed_of(&started);
    assert_eq!((held.namespace.as_str(), held.expiry.as_secs()), ("rstudio", 3600));
    assert!(held.templates.get("pod", "labels").is_some());
}

#[test]
fn mounts_are_made_in_a_cluster_and_nowhere_else() {
    let mounts = ("launcher-mounts", "MountType: NFS\nMountPath: /data\nHost: nas\nPath: /export\n");
    let (_, told) = read(&[mounts]);
    assert!(told.len() == 1 && told[0].contains("nothing is mounted"), "{told:?}");
    assert_eq!(read(&[CLUSTER, mounts]).1, [""; 0]);
}

#[test]
fn a_mount_that_cannot_be_made_is_told_with_its_line() {
    let told = |block: &str| read(&[CLUSTER, ("launcher-mounts", block)]).1.join("\n");
    let ceph = told("MountType: CephFs\nMountPath: /data\n");
    assert!(ceph.starts_with("launcher-mounts:1: warning: MountType CephFs is not mounted: make a Persist"), "{ceph}");
    assert!(told("MountType: NFS\nMountPath: /data\nHost: nas\n").contains("MountType NFS needs Path"));
    let claim = "MountType: KubernetesPersistentVolumeClaim\nMountPath: /data\n";
    assert!(told(claim).contains("MountType KubernetesPersistentVolumeClaim needs ClaimName"));
    assert!(told("MountType: Host\nMountPath: data\nPath: /d\n").contains("absolute path"));
}

#[test]
fn the_values_of_templates_are_read_out_of_their_define() {
    let (read, told) = templates(
        "{{- define \"rstudio-library.templates.data\" -}}{\"job\":{\"labels\":{}},\"pod\":{\"command\":[\"/tini\"],\
         \"env\":[]},\"service\":{\"type\":\"ClusterIP\"}}{{ end }}",
    );
    assert_eq!(told, [""; 0]);
    assert_eq!(read.get("pod", "command"), Some(&serde_json::json!(["/tini"])));
    assert_eq!((read.get("pod", "env"), read.get("job", "labels"), read.get("pod", "x")), (None, None, None));
}

#[test]
fn what_is_wrong_in_the_values_of_templates_is_told_with_its_line() {
    let (read, told) = templates("{{- define \"d\" -}}\n{\n \"pod\": }{{ end }}");
    assert_eq!(read, Templates::default());
    assert!(told[0].starts_with("data.tpl:3: error: the values of session templates are no JSON"), "{told:?}");
    assert!(templates("apiVersion: v1\n").1[0].contains("there is no JSON object"));
    let (_, told) = templates("{{- define \"d\" -}}{\"pod\":{\"tolleration\":[]},\"pods\":{}}{{ end }}");
    assert!(
        told[0].contains("pod.tolleration is not known") && told[0].contains("did you mean “tolerations”"),
        "{told:?}"
    );
    assert!(told[1].contains("templateValues.pods is not known") && told[1].contains("did you mean “pod”"), "{told:?}");
    let (_, told) = templates("{{- define \"d\" -}}{\"service\":{\"type\":\"NodePort\"}}{{ end }}");
    assert!(told[0].contains("sessions need no Service"), "{told:?}");
}

#[test]
fn a_template_program_is_told_as_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let lab = folder.path().join("Lab");
    std::fs::create_dir(&lab).unwrap();
    std::fs::write(lab.join("job.tpl"), "apiVersion: batch/v1\n").unwrap();
    std::fs::write(
        lab.join("rstudio-library-templates-data.tpl"),
        "{{- define \"d\" -}}{\"pod\":{\"env\":[1]}}{{end}}",
    )
    .unwrap();
    let scratch = folder.path().join("{name}");
    let text = format!("use-templating=1\nscratch-path={}\n", scratch.display());
    let (kubernetes, told) = read(&[CLUSTER, ("launcher.kubernetes.conf", &text)]);
    assert!(kubernetes.templates.get("pod", "env").is_some());
    assert!(told.len() == 1 && told[0].contains("/Lab/job.tpl:1: warning: this template is not used"), "{told:?}");
    let (kubernetes, _) = read(&[CLUSTER, ("launcher.kubernetes.conf", &text.replace("=1", "=0"))]);
    assert_eq!(kubernetes.templates, Templates::default());
}

#[test]
fn the_image_of_the_agent_is_that_of_rserver_conf_unless_carrel_conf_names_one() {
    let image = |rserver: &str, own: &str| {
        let mut files = Configuration::default();
        for (name, text) in [CLUSTER, ("rserver.conf", rserver), ("carrel.conf", own)] {
            files.read(file_named(name).unwrap(), Path::new(name), text.as_bytes());
        }
        let mut settings = Settings::local("/data".into(), "/agent".into(), Vec::new());
        let told: Vec<String> = settings.apply(&files).iter().map(ToString::to_string).collect();
        (settings.agent_image, told)
    };
    let name = "launcher-sessions-init-container-image-name";
    let server = format!("{name}=r/carrel\nlauncher-sessions-init-container-image-tag=1.2\n");
    assert_eq!(image(&server, "").0.as_deref(), Some("r/carrel:1.2"));
    assert_eq!(image(&server, "agent-image=mine:3\n").0.as_deref(), Some("mine:3"));
    let (none, told) = image(&format!("{name}=posit/workbench-session-init\n"), "");
    assert!(none.is_none() && told.len() == 1 && told[0].contains("holds no agent of Carrel's"), "{told:?}");
}

#[test]
fn the_servers_host_bounds_no_session_of_a_cluster() {
    let mut files = Configuration::default();
    let mut settings = Settings::local("/data".into(), "/agent".into(), Vec::new());
    settings.capacity = Some(carrel_model::Capacity { cpus: 2.0, memory_mb: 4096 });
    settings.home = Some("/home/server".into());
    settings.apply(&files);
    assert!(settings.capacity.is_some() && settings.home.is_some());
    files.read(file_named(CLUSTER.0).unwrap(), Path::new(CLUSTER.0), CLUSTER.1.as_bytes());
    settings.apply(&files);
    assert!(settings.capacity.is_none() && settings.home.is_none());
}
