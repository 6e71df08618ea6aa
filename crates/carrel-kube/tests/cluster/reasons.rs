//! What goes wrong in a cluster, made to go wrong: each time the person is told which it was.
//!
//! Not here, since one node without registry, autoscaler and CSI driver cannot show it: what registries answer, volumes that
//! are attached, nodes that run full or are shut down. The unit tests have recorded what Kubernetes says then.

use crate::place::{Cluster, create, plan, until};
use carrel_kube::names::job_name;
use carrel_model::{Ending, Plan, RunId, Step, container::Override};
use carrel_sessions::{
    contract::{Heard, new_run},
    launcher::{Launcher, Report, Seen},
};
use k8s_openapi::api::{
    admissionregistration::v1::{
        ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingWebhookConfiguration,
    },
    core::v1::{LimitRange, Node, PersistentVolume, PersistentVolumeClaim, Pod, ResourceQuota},
    node::v1::RuntimeClass,
    scheduling::v1::PriorityClass,
};
use kube::{
    Api,
    api::{DeleteParams, EvictParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// What a person is told in the end.
#[derive(Debug, Clone, Copy)]
enum Told {
    /// The session failed with this code.
    Failed(&'static str),
    /// It waits, and this is how the sentence begins.
    Waits(&'static str),
}
use Told::{Failed, Waits};

/// Something that goes wrong: a name for those who read the test's output, what it is in the plan, what is told of it.
type Wrong = (&'static str, Box<dyn Fn(&mut Plan)>, Told);

fn wrong(name: &'static str, change: impl Fn(&mut Plan) + 'static, told: Told) -> Wrong {
    (name, Box::new(change), told)
}

/// Sets a value in the Job, as `job-json-overrides` does.
fn set(plan: &mut Plan, target: &str, value: &Value) {
    let target = target.replace("/pod", "/spec/template/spec").replace("/session", "/spec/template/spec/containers/0");
    plan.container.as_mut().unwrap().overrides.push(Override { target, json: value.to_string() });
}

fn mounts(volume: Value) -> impl Fn(&mut Plan) {
    let mut volume = volume;
    volume["name"] = "more".into();
    move |plan| {
        set(plan, "/pod/volumes/-", &volume);
        set(plan, "/session/volumeMounts/-", &json!({"name": "more", "mountPath": "/more"}));
    }
}

fn asks(resource: &'static str, amount: &'static str) -> impl Fn(&mut Plan) {
    move |plan| set(plan, &format!("/session/resources/limits/{}", resource.replace('/', "~1")), &amount.into())
}

fn of_pod(field: &'static str, value: Value) -> impl Fn(&mut Plan) {
    move |plan| set(plan, &format!("/pod/{field}"), &value)
}

fn cpus(plan: &mut Plan) {
    plan.cpus = 1000.0;
    plan.container.as_mut().unwrap().cpu_request = Some(1000.0);
}

/// Starts all, and waits until each is told as expected.
async fn each_is_told(cluster: &Cluster, all: Vec<Wrong>) {
    let launcher = cluster.open(cluster.as_server().await);
    let mut reports = Heard::of(&launcher);
    let mut left: BTreeMap<RunId, (&str, Told)> = BTreeMap::new();
    for (name, change, told) in all {
        let (run, mut plan) = (new_run(), plan(&[]));
        change(&mut plan);
        launcher.start(&run, &plan).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        left.insert(run, (name, told));
    }
    while !left.is_empty() {
        let Report::Run(run, seen) = reports.next().await else { continue };
        let Some((name, told)) = left.get(&run).copied() else { continue };
        match (seen, told) {
            (Seen::Step(_, Some(text)), Waits(begins)) if text.starts_with(begins) => {}
            (Seen::Ended(Ending::Failed { cause }), Failed(code)) if cause.code == code => {}
            (seen @ (Seen::Ended(_) | Seen::Ready(_)), _) if !matches!((&seen, told), (Seen::Ready(_), Failed(_))) => {
                panic!("{name}: {told:?} was expected, and not {seen:?}")
            }
            _ => continue,
        }
        left.remove(&run);
        launcher.stop(&run, Duration::ZERO).await.ok();
    }
}

#[tokio::test]
async fn a_session_that_no_node_takes_waits_or_fails_with_what_is_missing() {
    let cluster = Cluster::with_start_limit(Duration::from_secs(2)).await;
    let claim = json!({"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Mi"}}});
    let claims = cluster.api::<PersistentVolumeClaim>();
    create(&claims, json!({"metadata": {"name": "unbound"}, "spec": claim})).await;
    let mut classless = claim;
    classless["storageClassName"] = "none".into();
    create(&claims, json!({"metadata": {"name": "classless"}, "spec": classless})).await;
    let elsewhere = cluster.volume("elsewhere", json!({"path": "/"}), Some("no-such-node")).await;
    let memory = |plan: &mut Plan| {
        plan.memory_mb = 100_000_000;
        plan.container.as_mut().unwrap().memory_request_mb = Some(100_000_000);
    };
    let gpu = |plan: &mut Plan| {
        plan.container.as_mut().unwrap().gpus.insert("nvidia.com/gpu".into(), 1);
    };
    let placed = |plan: &mut Plan| {
        plan.container.as_mut().unwrap().placement.insert("disk".into(), "none-is-like-that".into());
    };
    let claimed = |name: &str| mounts(json!({"persistentVolumeClaim": {"claimName": name}}));
    let all = vec![
        wrong("CPUs", cpus, Waits("No node has as many CPUs free.")),
        wrong("memory", memory, Waits("No node has as much memory free.")),
        wrong("a GPU", gpu, Waits("No node has a GPU free.")),
        wrong("another resource", asks("example.com/thing", "1"), Waits("No node has what the session asks for.")),
        wrong("disk", asks("ephemeral-storage", "100Pi"), Waits("No node has as much disk free")),
        wrong("labels", placed, Failed("no-such-node")),
        wrong(
            "a gate",
            of_pod("schedulingGates", json!([{"name": "example.com/gate"}])),
            Waits("The session is held back"),
        ),
        wrong("no claim", claimed("none"), Failed("claim-missing")),
        wrong("a claim that nothing is bound to", claimed("unbound"), Failed("claim-unbound")),
        wrong("a claim of no class", claimed("classless"), Failed("claim-unbound")),
        wrong("a volume of another node", claimed(&elsewhere), Failed("volume-elsewhere")),
    ];
    each_is_told(&cluster, all).await;
}

#[tokio::test]
async fn a_pod_that_its_node_cannot_start_fails_with_what_is_missing() {
    let cluster = Cluster::with_start_limit(Duration::from_secs(5)).await;
    let missing = cluster.volume("missing", json!({"path": "/no/such/folder", "type": "Directory"}), None).await;
    let class = cluster.namespace.clone();
    cluster.create_everywhere::<RuntimeClass>(json!({"metadata": {"name": class}, "handler": "none"})).await;
    let node = cluster.node().await;
    let image = |name: &'static str| move |plan: &mut Plan| plan.container.as_mut().unwrap().image = name.into();
    let never = |plan: &mut Plan| {
        plan.container.as_mut().unwrap().image = "registry.invalid/carrel/none:1".into();
        set(plan, "/session/imagePullPolicy", &"Never".into());
    };
    let secret = json!({"name": "X", "valueFrom": {"secretKeyRef": {"name": "none", "key": "none"}}});
    let (full, other) = (node.clone(), node);
    let bound = move |plan: &mut Plan| {
        cpus(plan);
        set(plan, "/pod/nodeName", &full.clone().into());
    };
    let misplaced = move |plan: &mut Plan| {
        plan.container.as_mut().unwrap().placement.insert("disk".into(), "none-is-like-that".into());
        set(plan, "/pod/nodeName", &other.clone().into());
    };
    let fills = |plan: &mut Plan| {
        set(plan, "/session/resources/limits/ephemeral-storage", &"1Mi".into());
        let script = "import time\nopen('/tmp/full', 'wb').write(b'x' * (64 << 20))\ntime.sleep(600)";
        plan.command = vec!["/usr/bin/python3".into(), "-c".into(), script.into()];
        // A kubelet counts such files every one to two minutes, and the IDE never answers.
        plan.start_limit_s = 300;
    };
    let all = vec![
        wrong("no ConfigMap", mounts(json!({"configMap": {"name": "none"}})), Failed("mount-source-missing")),
        wrong("no folder", mounts(json!({"persistentVolumeClaim": {"claimName": missing}})), Failed("volume-mount")),
        wrong("no Secret", move |plan| set(plan, "/session/env/-", &secret), Failed("container-config")),
        wrong("an image with no name", image("Not/An/Image"), Failed("image-name")),
        wrong("an image that may not be pulled", never, Failed("image-not-there")),
        wrong("no service account", of_pod("serviceAccountName", "none".into()), Failed("no-service-account")),
        wrong("no priority class", of_pod("priorityClassName", "none".into()), Failed("no-priority-class")),
        wrong("no runtime", of_pod("runtimeClassName", class.clone().into()), Failed("sandbox")),
        wrong(
            "no folder to start in",
            |plan| set(plan, "/session/workingDir", &"/proc/1/no".into()),
            Failed("container-failed"),
        ),
        wrong("a node with no room", bound, Failed("node-had-no-room")),
        wrong("a node that does not take it", misplaced, Failed("node-refused")),
        wrong("a pod's deadline", of_pod("activeDeadlineSeconds", 1.into()), Failed("deadline")),
        wrong("a Job's deadline", |plan| set(plan, "/spec/activeDeadlineSeconds", &1.into()), Failed("deadline")),
        wrong("temporary files", fills, Failed("evicted-disk")),
    ];
    each_is_told(&cluster, all).await;
}

#[tokio::test]
async fn what_the_namespace_does_not_admit_is_told_with_its_rule() {
    let quota = |hard: Value| json!({"metadata": {"name": "quota"}, "spec": {"hard": hard}});
    // A Job of Carrel's has a size; what is laid over it may take that away.
    let sizeless = |plan: &mut Plan| set(plan, "/session/resources/limits", &json!({"memory": "512Mi"}));
    for (hard, change, told) in [
        (json!({"count/pods": "0"}), None, Waits("The namespace of sessions is full (quota).")),
        (json!({"limits.cpu": "4"}), Some(sizeless), Failed("quota-wants-size")),
    ] {
        let cluster = Cluster::fresh().await;
        create(&cluster.api::<ResourceQuota>(), quota(hard)).await;
        cluster.until_refused().await;
        let change = move |plan: &mut Plan| change.iter().for_each(|change| change(plan));
        each_is_told(&cluster, vec![wrong("a quota", change, told)]).await;
    }
    let cluster = Cluster::fresh().await;
    let limits = json!([{"type": "Container", "max": {"memory": "16Mi"}}]);
    create(&cluster.api::<LimitRange>(), json!({"metadata": {"name": "limits"}, "spec": {"limits": limits}})).await;
    cluster.until_refused().await;
    each_is_told(&cluster, vec![wrong("a limit", |_| {}, Failed("limit-range"))]).await;
}

#[tokio::test]
async fn rules_and_webhooks_that_do_not_admit_a_session_are_told() {
    let cluster = Cluster::with_start_limit(Duration::from_secs(2)).await;
    let name = cluster.namespace.as_str();
    let only_here = json!({"matchLabels": {"kubernetes.io/metadata.name": name}});
    let pods = json!([{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]);
    let webhook = json!({
        "name": "away.example.com", "clientConfig": {"url": "https://127.0.0.1:1/"}, "rules": pods,
        "namespaceSelector": only_here, "sideEffects": "None", "admissionReviewVersions": ["v1"],
    });
    let webhooks = cluster.everywhere::<ValidatingWebhookConfiguration>();
    cluster
        .create_everywhere::<ValidatingWebhookConfiguration>(json!({"metadata": {"name": name}, "webhooks": [webhook]}))
        .await;
    cluster.until_refused().await;
    each_is_told(&cluster, vec![wrong("a webhook", |_| {}, Failed("webhook-away"))]).await;
    webhooks.delete(name, &DeleteParams::default()).await.unwrap();

    let validations = json!([{"expression": "false", "message": "no sessions today"}]);
    let spec = json!({"matchConstraints": {"resourceRules": pods}, "validations": validations});
    cluster.create_everywhere::<ValidatingAdmissionPolicy>(json!({"metadata": {"name": name}, "spec": spec})).await;
    let matched = json!({"namespaceSelector": only_here});
    let spec = json!({"policyName": name, "validationActions": ["Deny"], "matchResources": matched});
    cluster
        .create_everywhere::<ValidatingAdmissionPolicyBinding>(json!({"metadata": {"name": name}, "spec": spec}))
        .await;
    cluster.until_refused().await;
    each_is_told(&cluster, vec![wrong("a rule", |_| {}, Failed("admission"))]).await;
}

#[tokio::test]
async fn a_session_whose_node_is_emptied_is_told_so() {
    let cluster = Cluster::fresh().await;
    let launcher = cluster.open(cluster.as_server().await);
    let (run, mut reports) = (new_run(), Heard::of(&launcher));
    launcher.start(&run, &plan(&[])).await.unwrap();
    reports.until(&run, |seen| matches!(seen, Seen::Ready(_))).await;
    let pod = cluster.pod(&run).await;
    cluster.api::<Pod>().evict(&pod, &EvictParams::default()).await.unwrap();
    let ended = reports.until(&run, |seen| matches!(seen, Seen::Ended(_))).await;
    assert!(matches!(&ended, Seen::Ended(Ending::Failed { cause }) if cause.code == "node-drained"), "{ended:?}");
}

#[tokio::test]
async fn a_session_whose_pod_somebody_deletes_is_told_so() {
    let cluster = Cluster::fresh().await;
    let launcher = cluster.open(cluster.as_server().await);
    let (run, mut reports) = (new_run(), Heard::of(&launcher));
    let mut plan = plan(&[]);
    // Before it has an agent, which would have a word to say of it.
    set(&mut plan, "/pod/schedulingGates", &json!([{"name": "example.com/gate"}]));
    launcher.start(&run, &plan).await.unwrap();
    reports.until(&run, |seen| matches!(seen, Seen::Step(_, Some(_)))).await;
    let pod = cluster.pod(&run).await;
    cluster.api::<Pod>().delete(&pod, &DeleteParams::default()).await.unwrap();
    let ended = reports.until(&run, |seen| matches!(seen, Seen::Ended(_))).await;
    assert!(matches!(&ended, Seen::Ended(Ending::Failed { cause }) if cause.code == "pod-gone"), "{ended:?}");
}

#[tokio::test]
async fn a_session_makes_room_for_one_that_matters_more_and_is_told_so() {
    let cluster = Cluster::fresh().await;
    let name = cluster.namespace.as_str();
    // One seat on the one node, for the two of this test.
    let seat = format!("example.com/{name}");
    let seats = json!({"status": {"capacity": {&seat: "1"}, "allocatable": {&seat: "1"}}});
    let nodes = cluster.everywhere::<Node>();
    nodes.patch_status(&cluster.node().await, &PatchParams::default(), &Patch::Merge(&seats)).await.unwrap();
    // Below all others: nobody else's session makes room.
    for (class, value) in [("low", -20), ("high", -10)] {
        cluster
            .create_everywhere::<PriorityClass>(
                json!({"metadata": {"name": format!("{name}-{class}")}, "value": value}),
            )
            .await;
    }
    let seated = |class: &str| {
        let mut plan = plan(&[]);
        set(&mut plan, "/pod/priorityClassName", &format!("{name}-{class}").into());
        set(&mut plan, &format!("/session/resources/limits/{}", seat.replace('/', "~1")), &"1".into());
        plan
    };
    let launcher = cluster.open(cluster.as_server().await);
    let (low, high, mut reports) = (new_run(), new_run(), Heard::of(&launcher));
    launcher.start(&low, &seated("low")).await.unwrap();
    reports.until(&low, |seen| matches!(seen, Seen::Ready(_))).await;
    launcher.start(&high, &seated("high")).await.unwrap();
    let ended = reports.until(&low, |seen| matches!(seen, Seen::Ended(_))).await;
    assert!(matches!(&ended, Seen::Ended(Ending::Failed { cause }) if cause.code == "preempted"), "{ended:?}");
    reports.until(&high, |seen| matches!(seen, Seen::Ready(_))).await;
}

#[tokio::test]
async fn a_session_whose_node_falls_silent_is_told_so() {
    let cluster = Cluster::with_start_limit(Duration::from_secs(2)).await;
    let name = cluster.namespace.as_str();
    // A node without a kubelet, kept for this test: it is taken for ready until it has not spoken for a while.
    let nodes = cluster.everywhere::<Node>();
    let taint = json!([{"key": "example.com/silent", "value": name, "effect": "NoSchedule"}]);
    let labels = json!({"example.com/silent": name});
    cluster
        .create_everywhere::<Node>(json!({"metadata": {"name": name, "labels": labels}, "spec": {"taints": taint}}))
        .await;
    let room = json!({"cpu": "4", "memory": "8Gi", "pods": "10"});
    let ready = json!([{"type": "Ready", "status": "True", "reason": "KubeletReady"}]);
    let status = json!({"status": {"capacity": room, "allocatable": room, "conditions": ready}});
    nodes.patch_status(name, &PatchParams::default(), &Patch::Strategic(&status)).await.unwrap();
    let mut plan = plan(&[]);
    plan.container.as_mut().unwrap().placement.insert("example.com/silent".into(), name.into());
    // Also of what is laid on a new node until it is known to be fine.
    set(&mut plan, "/pod/tolerations", &json!([{"operator": "Exists", "effect": "NoSchedule"}]));
    let launcher = cluster.open(cluster.as_server().await);
    let (run, mut reports) = (new_run(), Heard::of(&launcher));
    launcher.start(&run, &plan).await.unwrap();
    reports.until(&run, |seen| matches!(seen, Seen::Step(Step::ImagePresent, _))).await;
    // The last word of its kubelet.
    let ready = json!({"status": {"conditions": [{"type": "Ready", "status": "True"}]}});
    let pod = cluster.pod(&run).await;
    cluster.api::<Pod>().patch_status(&pod, &PatchParams::default(), &Patch::Strategic(&ready)).await.unwrap();
    let ended = reports.until(&run, |seen| matches!(seen, Seen::Ended(_))).await;
    assert!(matches!(&ended, Seen::Ended(Ending::Failed { cause }) if cause.code == "node-lost"), "{ended:?}");
}

impl Cluster {
    /// A claim with a volume of a folder of the node, which pods of the node `only` may use.
    async fn volume(&self, claim: &str, folder: Value, only: Option<&str>) -> String {
        let name = format!("{}-{claim}", self.namespace);
        let reference = json!({"name": claim, "namespace": self.namespace});
        let affinity = only.map(|node| {
            let here = json!([{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]);
            json!({"required": {"nodeSelectorTerms": [{"matchExpressions": here}]}})
        });
        let modes = json!(["ReadWriteOnce"]);
        let volume = json!({
            "capacity": {"storage": "1Mi"}, "accessModes": modes, "hostPath": folder, "claimRef": reference,
            "nodeAffinity": affinity, "persistentVolumeReclaimPolicy": "Delete", "storageClassName": "",
        });
        self.create_everywhere::<PersistentVolume>(json!({"metadata": {"name": name}, "spec": volume})).await;
        let size = json!({"requests": {"storage": "1Mi"}});
        let spec = json!({"accessModes": modes, "storageClassName": "", "volumeName": name, "resources": size});
        let claims = self.api::<PersistentVolumeClaim>();
        create(&claims, json!({"metadata": {"name": claim}, "spec": spec})).await;
        let bound = |claim: &PersistentVolumeClaim| {
            claim.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Bound")
        };
        until(&claims, claim, bound).await;
        claim.to_owned()
    }

    /// The name of the pod of a run.
    async fn pod(&self, run: &RunId) -> String {
        let of_run = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={}", job_name(run)));
        self.api::<Pod>().list(&of_run).await.unwrap().items.remove(0).metadata.name.unwrap()
    }

    /// The name of a node that has a kubelet.
    async fn node(&self) -> String {
        let nodes = self.everywhere::<Node>().list(&ListParams::default()).await.unwrap();
        let has_kubelet = |node: &&Node| node.status.as_ref().is_some_and(|status| status.node_info.is_some());
        nodes.items.iter().find(has_kubelet).and_then(|node| node.metadata.name.clone()).unwrap()
    }

    /// Returns when the namespace takes no pod any more: a rule holds a moment after it was made.
    async fn until_refused(&self) {
        let container = json!({
            "name": "try", "image": "try", "resources": {"requests": {"memory": "32Mi"}, "limits": {"memory": "32Mi"}},
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
        });
        let account = json!({"runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}});
        let spec = json!({"containers": [container], "securityContext": account});
        let pod: Pod = serde_json::from_value(json!({"metadata": {"name": "try"}, "spec": spec})).unwrap();
        let (pods, params): (Api<Pod>, _) = (self.api(), PostParams { dry_run: true, ..PostParams::default() });
        while pods.create(&params, &pod).await.is_ok() {}
    }
}
