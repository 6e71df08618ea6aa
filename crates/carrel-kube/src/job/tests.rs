use super::*;
use carrel_config::{Configuration, Settings, options::file_named};
use carrel_model::{Container, container::Override};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

const HOMES: &str = "ClaimName: homes\nMountPath: /home\nMountType: KubernetesPersistentVolumeClaim\n";

fn run() -> RunId {
    "abcdefghjkmnpqrs-3".parse().unwrap()
}

fn container() -> Container {
    Container {
        image: "registry.example/session:4.5".into(),
        account: Account {
            uid: 20001,
            gid: 20001,
            groups: vec![("science".into(), 30001)],
            home: "/home/ada".into(),
            shell: "/bin/bash".into(),
        },
        cpu_request: None,
        memory_request_mb: None,
        gpus: BTreeMap::new(),
        placement: BTreeMap::new(),
        overrides: Vec::new(),
    }
}

fn plan(container: Container) -> Plan {
    let plan = carrel_sessions::contract::plan(vec!["/ide".into()]);
    Plan { ide: Some("jupyterlab".parse().unwrap()), cpus: 1.5, memory_mb: 2048, container: Some(container), ..plan }
}

/// The Job of a plan, with these mounts and values of templates.
fn made(plan: &Plan, mounts: &str, templates: &Value) -> Result<Job, Cause> {
    let mut files = Configuration::default();
    files.read(file_named("launcher-mounts").unwrap(), Path::new("launcher-mounts"), mounts.as_bytes());
    let mut settings = Settings::local("/d".into(), "/a".into(), Vec::new());
    settings.apply(&files);
    settings.kubernetes.templates.values = templates.clone();
    session_job(
        &run(),
        plan,
        &JobSettings {
            cluster: "Kubernetes",
            kubernetes: &settings.kubernetes,
            agent_image: "registry.example/carrel:0.1.0",
            mounts: &settings.ides.mounts,
            server_key: "PUBLIC-KEY",
            stop_grace: Duration::from_secs(10),
            instance: "0123456789abcdef",
        },
    )
}

fn job_with(mounts: &str, templates: &Value) -> Job {
    made(&plan(container()), mounts, templates).unwrap()
}

fn refusal(templates: &Value) -> String {
    made(&plan(container()), HOMES, templates).unwrap_err().text
}

/// The Job with these values set, as target and JSON.
fn overridden(overrides: &[(&str, Value)]) -> Result<Job, Cause> {
    let overrides =
        overrides.iter().map(|(target, json)| Override { target: (*target).into(), json: json.to_string() });
    made(&plan(Container { overrides: overrides.collect(), ..container() }), HOMES, &Value::Null)
}

fn at(job: &Job, pointer: &str) -> Value {
    serde_json::to_value(job).unwrap().pointer(pointer).cloned().unwrap_or_default()
}

const POD: &str = "/spec/template/spec";

fn at_pod(job: &Job, pointer: &str) -> Value {
    at(job, &format!("{POD}{pointer}"))
}

#[test]
fn a_session_with_a_home_in_a_claim() {
    insta::assert_yaml_snapshot!(job_with(HOMES, &Value::Null));
}

#[test]
fn a_session_with_gpus_requests_and_placement() {
    let container = Container {
        cpu_request: Some(0.25),
        memory_request_mb: Some(512),
        gpus: BTreeMap::from([("nvidia.com/gpu".into(), 2), ("amd.com/gpu".into(), 0)]),
        placement: BTreeMap::from([("disk".into(), "ssd".into())]),
        ..container()
    };
    let job = made(&plan(container), HOMES, &Value::Null).unwrap();
    insta::assert_yaml_snapshot!(json!({
        "session": at_pod(&job, "/containers/0/resources"),
        "install": at_pod(&job, "/initContainers/0/resources"),
        "nodeSelector": at_pod(&job, "/nodeSelector"),
    }));
}

#[test]
fn a_session_with_all_values_of_templates() {
    let templates = json!({
        "job": {"annotations": {"cost": 7}, "labels": {"team": "data", "carrel.dev/run": "x"}, "ttlSecondsAfterFinished": 60},
        "service": {"type": "ClusterIP"},
        "pod": {
            "annotations": {"prometheus.io/scrape": true},
            "labels": {"team": "data"},
            "serviceAccountName": "sessions",
            "volumes": [{"name": "session-config", "configMap": {"name": "rstudio-session"}}],
            "volumeMounts": [{"name": "session-config", "mountPath": "/mnt/session-configmap/rstudio"}],
            "env": [{"name": "TZ", "value": "UTC"}],
            "imagePullPolicy": "IfNotPresent",
            "imagePullSecrets": [{"name": "registry"}],
            "initContainers": [{"name": "warm", "image": "busybox:1.36"}],
            "extraContainers": [{"name": "proxy", "image": "proxy:1"}],
            "containerSecurityContext": {"readOnlyRootFilesystem": false},
            "defaultSecurityContext": {"fsGroup": 20001},
            "securityContext": {"supplementalGroups": [40001]},
            "tolerations": [{"key": "sessions", "operator": "Exists"}],
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["sessions"]}]}]}}},
            "nodeSelector": {"pool": "sessions"},
            "hostAliases": [{"ip": "10.0.0.9", "hostnames": ["db"]}],
            "suppressStdinAnnotation": true,
            "ephemeralStorage": {"request": "1Gi", "limit": "2Gi"},
            "command": ["/usr/bin/tini", "--"],
            "priorityClassName": "interactive",
            "enableServiceLinks": true,
        },
    });
    insta::assert_yaml_snapshot!(job_with(HOMES, &templates));
}

#[test]
fn no_text_of_a_persons_stands_in_names_labels_or_annotations() {
    let job = job_with(HOMES, &Value::Null);
    for meta in ["/metadata", "/spec/template/metadata"] {
        assert!(!at(&job, meta).to_string().contains("ada"), "{}", at(&job, meta));
    }
}

#[test]
fn empty_values_of_templates_change_nothing() {
    let empty = json!({
        "job": {"annotations": {}, "labels": {}, "ttlSecondsAfterFinished": null},
        "pod": {"affinity": {}, "command": [], "env": [], "imagePullPolicy": "", "defaultSecurityContext": {},
            "ephemeralStorage": {"limit": "", "request": ""}, "initContainers": false, "serviceAccountName": ""},
    });
    assert_eq!(job_with(HOMES, &empty), job_with(HOMES, &Value::Null));
}

#[test]
fn a_shell_as_command_is_given_a_line_and_anything_else_the_words() {
    let args = |command: Value| at_pod(&job_with(HOMES, &json!({"pod": {"command": command}})), "/containers/0/args");
    let agent = "/carrel/carrel-agent run --listen [::]:8700 --dir /run/carrel --grace 10";
    assert_eq!(args(json!(["/bin/sh"])), json!(["-c", format!("exec {agent}")]));
    assert_eq!(args(json!(["/tini", "--"])), json!(agent.split(' ').collect::<Vec<_>>()));
}

#[test]
fn what_kubernetes_would_not_know_in_templates_is_named() {
    let text = refusal(&json!({"pod": {"tolerations": [{"key": "a", "operater": "Exists"}]}}));
    assert_eq!(
        text,
        "launcher.templateValues.pod.tolerations cannot be used: Kubernetes knows no field /0/operater in it."
    );
    let text = refusal(&json!({"pod": {"volumes": {"name": "x"}}}));
    assert!(text.starts_with("launcher.templateValues.pod.volumes cannot be used: invalid type: map"), "{text}");
}

#[test]
fn a_home_is_found_in_whatever_mount_it_lies() {
    let session = |mounts: &str| {
        let job = job_with(mounts, &Value::Null);
        let all = at_pod(&job, "/containers/0/volumeMounts");
        let home = all.as_array().unwrap().iter().find(|mount| mount["mountPath"] == "/home/ada").cloned().unwrap();
        (home["subPath"].clone(), at_pod(&job, "/initContainers/0/command").to_string())
    };
    let (sub_path, install) = session(&format!("{HOMES}SubPath: lab/homes\n"));
    assert!(sub_path == "lab/homes/ada" && install.ends_with(r#""--homes","/homes","--home-name","ada"]"#));
    let own = "ClaimName: c\nMountPath: /home/${USER}\nMountType: KubernetesPersistentVolumeClaim\nSubPath: ${USER}\n";
    assert_eq!(session(own).0, "ada");
    // A volume that is one home needs no folder made in it; without any mount the home is gone with the pod.
    for mounts in ["Host: nas\nMountPath: /home/${USER}\nMountType: NFS\nPath: /homes/${USER}\n", ""] {
        let (sub_path, install) = session(mounts);
        assert!(sub_path.is_null() && !install.contains("--homes"), "{install}");
    }
    assert_eq!(at_pod(&job_with("", &Value::Null), "/volumes/4"), json!({"name": "home", "emptyDir": {}}));
}

#[test]
fn other_mounts_are_made_by_their_type_and_only_for_whom_they_are() {
    let mounts = format!(
        "{HOMES}\nMountType: NFS\nMountPath: /data\nHost: nas\nPath: /export\nReadOnly: true\n\n\
         MountType: Host\nMountPath: /scratch\nPath: /mnt/scratch\nWorkbench: rstudio\n\n\
         MountType: Host\nMountPath: /opt/r\nPath: /opt/r\nWorkbench: jupyterlab\n"
    );
    let job = job_with(&mounts, &Value::Null);
    assert_eq!(
        at_pod(&job, "/volumes/5"),
        json!({"name": "mount-1", "nfs": {"server": "nas", "path": "/export", "readOnly": true}})
    );
    assert_eq!(at_pod(&job, "/volumes/6"), json!({"name": "mount-2", "hostPath": {"path": "/opt/r"}}));
    assert_eq!(at_pod(&job, "/volumes/7"), Value::Null);
    let mounts = at_pod(&job, "/containers/0/volumeMounts");
    assert!(mounts.as_array().unwrap().contains(&json!({"name": "mount-1", "mountPath": "/data", "readOnly": true})));
}

#[test]
fn a_mount_that_leads_out_of_its_volume_or_is_of_no_known_type_is_refused() {
    let why = |mounts: &str| made(&plan(container()), mounts, &Value::Null).unwrap_err().text;
    let out = why(&format!("{HOMES}SubPath: ../etc\n"));
    assert_eq!(out, "SubPath of launcher-mounts:1 leads out of its volume: ../etc.");
    let gluster = why("MountPath: /data\nMountType: GlusterFs\n");
    assert!(gluster.contains("launcher-mounts:1 has MountType GlusterFs, which Carrel does not mount"), "{gluster}");
}

#[test]
fn without_an_image_or_as_root_there_is_no_session() {
    let none = Plan { container: None, ..plan(container()) };
    assert_eq!(made(&none, HOMES, &Value::Null).unwrap_err().code, "no-image");
    let root = Account { uid: 0, ..container().account };
    let root = plan(Container { account: root, ..container() });
    assert_eq!(made(&root, HOMES, &Value::Null).unwrap_err().code, "account-root");
}

#[test]
fn overrides_set_what_they_point_at() {
    let job = overridden(&[
        ("/spec/template/spec/containers/0/image", json!("other:1")),
        ("/spec/template/spec/tolerations/-", json!({"key": "gpu", "operator": "Exists"})),
        ("/spec/template/metadata/annotations/example.com~1team", json!("data")),
        ("/spec/template/spec/containers/0/env/0/value", json!("changed")),
    ]);
    let job = job.unwrap();
    assert_eq!(at_pod(&job, "/containers/0/image"), "other:1");
    assert_eq!(at_pod(&job, "/tolerations"), json!([{"key": "gpu", "operator": "Exists"}]));
    assert_eq!(at(&job, "/spec/template/metadata/annotations"), json!({"example.com/team": "data"}));
    assert_eq!(at_pod(&job, "/containers/0/env/0/value"), "changed");
}

#[test]
fn an_override_that_cannot_be_applied_is_named() {
    let why = |target: &str, json: Value| overridden(&[(target, json)]).unwrap_err().text;
    assert!(why("spec", json!(1)).contains("“spec” cannot be applied: it does not begin with “/”"));
    assert!(why("/spec/template/spec/containers/7/image", json!("x")).contains("a list of 1 has no place “7”"));
    assert!(
        why("/spec/template/spec/tolerashuns", json!([1]))
            .contains("a Job has no field /spec/template/spec/tolerashuns")
    );
    assert!(why("/spec/backoffLimit/x", json!(1)).contains("neither object nor list"));
    assert!(why("/spec/template/spec/tolerations", json!("x")).contains("it makes no Job"));
}

/// Each thing that no setting may bring about: what would bring it, and what the refusal says.
#[test]
fn the_policy_refuses_and_names_the_override() {
    let pod = |path: &str| format!("{POD}{path}");
    let cases = [
        (pod("/hostNetwork"), json!(true), "does not share the network of its host"),
        (pod("/hostPID"), json!(true), "does not share the processes of its host"),
        (pod("/hostIPC"), json!(true), "does not share the IPC of its host"),
        (pod("/volumes/-"), json!({"name": "x", "hostPath": {"path": "/etc"}}), "the folder /etc of the host"),
        (pod("/securityContext/runAsUser"), json!(0), "runs as its user"),
        (pod("/securityContext/runAsUser"), json!(20002), "runs as its user"),
        (pod("/securityContext/runAsNonRoot"), json!(false), "runs as its user"),
        (pod("/securityContext/supplementalGroups/-"), json!(0), "the group of root"),
        (pod("/securityContext/fsGroup"), json!(0), "the group of root"),
        (pod("/securityContext/seccompProfile"), json!({"type": "Unconfined"}), "the seccomp profile stays on"),
        (pod("/securityContext/sysctls"), json!([{"name": "a", "value": "b"}]), "neither sysctls"),
        (pod("/containers/0/securityContext/privileged"), json!(true), "session would be privileged"),
        (pod("/containers/0/securityContext/allowPrivilegeEscalation"), json!(true), "could gain privileges"),
        (pod("/containers/0/securityContext/runAsUser"), json!(0), "session would run as root"),
        (pod("/containers/0/securityContext/capabilities"), json!({"add": ["SYS_ADMIN"]}), "the capability SYS_ADMIN"),
        (pod("/containers/0/securityContext"), json!({}), "session keeps its restrictions"),
        (pod("/containers/0/securityContext/procMount"), json!("Unmasked"), "keeps the kernel's filters"),
        (pod("/containers/0/command"), json!(["/bin/bash"]), "session starts the agent"),
        (pod("/containers/0/volumeMounts"), json!([]), "the mount /carrel of the container session"),
        (pod("/containers/0/name"), json!("x"), "the container session is gone"),
        (pod("/containers/0/ports/0/hostPort"), json!(80), "takes no port of its host"),
        (pod("/initContainers"), json!([]), "the container carrel-install is gone"),
        (
            pod("/containers/-"),
            json!({"name": "x", "image": "x", "securityContext": {"privileged": true}}),
            "the container x would be privileged",
        ),
        (pod("/initContainers/0/terminationMessagePath"), json!("/tmp/x"), "carrel-install tells Carrel by its"),
        (pod("/restartPolicy"), json!("OnFailure"), "one pod that is started once"),
        ("/spec/backoffLimit".into(), json!(3), "one pod that is started once"),
        ("/spec/parallelism".into(), json!(2), "one pod that is started once"),
        ("/metadata/name".into(), json!("x"), "name and namespace of the Job"),
        ("/metadata/labels".into(), json!({}), "the label app.kubernetes.io/managed-by"),
        ("/spec/template/metadata/labels/carrel.dev~1run".into(), json!("x"), "the label carrel.dev/run"),
    ];
    for (target, value, why) in cases {
        let cause = overridden(&[(&target, value.clone())]).map(|_| panic!("{target} {value}")).unwrap_err();
        assert_eq!(cause.code, "policy", "{cause:?}");
        let begins = format!("job-json-overrides “{target}” is refused: ");
        assert!(cause.text.starts_with(&begins) && cause.text.contains(why), "{target} {value}: {}", cause.text);
    }
}

#[test]
fn the_policy_holds_for_templates_too() {
    let why = |context: Value| refusal(&json!({"pod": {"containerSecurityContext": context}}));
    assert_eq!(
        why(json!({"privileged": true})),
        "launcher.templateValues is refused: the container session would be privileged."
    );
    assert!(why(json!({"capabilities": {"add": ["NET_ADMIN"]}})).contains("the capability NET_ADMIN"));
    let extra = json!({"pod": {"extraContainers": [{"name": "x", "image": "x", "securityContext": {"runAsUser": 0}}]}});
    assert!(refusal(&extra).contains("the container x would run as root"));
}

#[test]
fn a_folder_of_the_host_that_a_setting_names_is_allowed() {
    let volumes = json!({"pod": {"volumes": [{"name": "x", "hostPath": {"path": "/opt/tools"}}]}});
    assert_eq!(at_pod(&job_with(HOMES, &volumes), "/volumes/5/hostPath/path"), "/opt/tools");
}
