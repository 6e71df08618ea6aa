//! A namespace on a real cluster, with a launcher over it, real agents, and a stand-in for an IDE in the session image.

use async_trait::async_trait;
use carrel_agent::trust::ServerKey;
use carrel_config::{
    At, Current, Settings,
    ides::{ForWhom, Mount},
};
use carrel_kube::{
    KubeLauncher,
    names::{SESSION, SESSION_CONTAINER},
    pull::{Pull, pull},
};
use carrel_model::{Account, Clock, Container, Plan, RunId, SessionId, plan::PlanFile};
use carrel_sessions::{
    contract::{self, GREETING, StandIn},
    launcher::Launcher,
};
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::{
    ClusterResourceScope, NamespaceResourceScope,
    api::{
        admissionregistration::v1::{
            ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingWebhookConfiguration,
        },
        authentication::v1::TokenRequest,
        core::v1::{Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, ServiceAccount},
        node::v1::RuntimeClass,
        rbac::v1::{Role, RoleBinding},
        scheduling::v1::PriorityClass,
    },
};
use kube::{
    Api, Client, Config, Resource,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{collections::BTreeMap, env, path::Path, process::Command, sync::Arc, time::Duration};
use tokio::time::timeout;

/// The service account that the server runs as.
const SERVER: &str = "carrel";
/// The image with Python, which the stand-in for an IDE needs.
pub(crate) const SESSION_IMAGE: &str = "localhost/carrel/session:0.1.0";
/// The label of what a test makes outside of its namespace: the namespace.
const OF_TEST: &str = "carrel.dev/of-test";
/// The stand-in for an IDE, which its plan brings along.
const STAND_IN: &str = include_str!("../../../carrel-agent/tests/stand_in_ide.py");

/// See the module.
pub(crate) struct Cluster {
    pub(crate) namespace: String,
    admin: Client,
    settings: Current,
}

impl Cluster {
    pub(crate) async fn fresh() -> Self {
        Self::with_start_limit(Duration::from_mins(2)).await
    }

    pub(crate) async fn with_start_limit(limit: Duration) -> Self {
        let mut random = [0; 16];
        getrandom::fill(&mut random).unwrap();
        let namespace = format!("test-{}", SessionId::from_random(random));
        let mut settings = Settings::local("/nowhere".into(), "/nowhere".into(), Vec::new());
        settings.kubernetes.namespace.clone_from(&namespace);
        settings.agent_image = Some(image("CARREL_TEST_SERVER_IMAGE", "localhost/carrel/server:0.1.0"));
        settings.start_limit = limit;
        let cluster = Self { namespace, admin: admin().await, settings: Current::new(settings) };
        cluster.make().await;
        cluster
    }

    /// One with a claim for the homes of all users.
    pub(crate) async fn with_homes() -> Self {
        let cluster = Self::fresh().await;
        let claim = json!({
            "metadata": {"name": "homes"},
            "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}},
        });
        create(&cluster.api::<PersistentVolumeClaim>(), claim).await;
        cluster.open_to_all("homes").await;
        let mut settings = Settings::clone(&cluster.settings.now());
        settings.ides.mounts.push(Mount {
            at: At::whole(Path::new("launcher-mounts")),
            whom: ForWhom::default(),
            kind: "KubernetesPersistentVolumeClaim".into(),
            mount_path: "/home".into(),
            path: String::new(),
            host: String::new(),
            claim: "homes".into(),
            sub_path: String::new(),
            read_only: false,
        });
        cluster.settings.replace(settings);
        cluster
    }

    /// Gives the root of a volume the mode 1777, as whoever makes one for homes does.
    async fn open_to_all(&self, claim: &str) {
        self.admits("privileged").await;
        let container = json!({
            "name": "chmod", "image": image("CARREL_TEST_SESSION_IMAGE", SESSION_IMAGE),
            "command": ["/bin/chmod", "1777", "/volume"], "securityContext": {"runAsUser": 0},
            "volumeMounts": [{"name": "volume", "mountPath": "/volume"}],
        });
        let volume = json!({"name": "volume", "persistentVolumeClaim": {"claimName": claim}});
        let spec = json!({"restartPolicy": "Never", "containers": [container], "volumes": [volume]});
        let pods = self.api::<Pod>();
        let chmod: Pod = serde_json::from_value(json!({"metadata": {"name": "chmod"}, "spec": spec})).unwrap();
        // The API server's admission hears of the namespace's new label a moment later.
        let admitted = async {
            while let Err(error) = pods.create(&PostParams::default(), &chmod).await {
                assert!(matches!(&error, kube::Error::Api(status) if status.code == 403), "{error}");
            }
        };
        timeout(contract::LIMIT, admitted).await.unwrap();
        let ended_well = |pod: &Pod| {
            let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
            assert_ne!(phase, Some("Failed"));
            phase == Some("Succeeded")
        };
        until(&pods, "chmod", ended_well).await;
        self.admits("restricted").await;
    }

    /// Which pods the namespace admits (Pod Security).
    async fn admits(&self, level: &str) {
        let labels = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": level}}});
        let namespaces = Api::<Namespace>::all(self.admin.clone());
        namespaces.patch(&self.namespace, &PatchParams::default(), &Patch::Merge(&labels)).await.unwrap();
    }

    /// The namespace, which admits what is *restricted* only, and the server's account with the original chart's Role.
    async fn make(&self) {
        let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
        let namespace = json!({"metadata": {"name": self.namespace, "labels": labels}});
        create(&Api::<Namespace>::all(self.admin.clone()), namespace).await;
        create(&self.api::<ServiceAccount>(), json!({"metadata": {"name": SERVER}})).await;
        create(&self.api::<ServiceAccount>(), json!({"metadata": {"name": "nobody"}})).await;
        let rule = |groups: &[&str], resources: &[&str], verbs: &[&str]| json!({"apiGroups": groups, "resources": resources, "verbs": verbs});
        let rules = [
            rule(&[""], &["serviceaccounts"], &["list"]),
            rule(&[""], &["pods/log"], &["get", "watch", "list"]),
            rule(
                &[""],
                &["pods", "pods/attach", "pods/exec"],
                &["get", "create", "update", "patch", "watch", "list", "delete"],
            ),
            rule(&[""], &["events"], &["watch"]),
            rule(&[""], &["services"], &["create", "get", "watch", "list", "delete"]),
            rule(&["batch"], &["jobs"], &["create", "update", "patch", "get", "watch", "list", "delete"]),
            rule(&["metrics.k8s.io"], &["pods"], &["get"]),
        ];
        create(&self.api::<Role>(), json!({"metadata": {"name": SERVER}, "rules": rules})).await;
        let binding = json!({
            "metadata": {"name": SERVER},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": SERVER},
            "subjects": [{"kind": "ServiceAccount", "name": SERVER, "namespace": self.namespace}],
        });
        create(&self.api::<RoleBinding>(), binding).await;
        // Pods are refused before the namespace has its own account.
        until(&self.api::<ServiceAccount>(), "default", |_| true).await;
    }

    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.admin.clone(), &self.namespace)
    }

    pub(crate) fn everywhere<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = ClusterResourceScope>,
    {
        Api::all(self.admin.clone())
    }

    /// Makes an object outside of namespaces, which goes with this one.
    pub(crate) async fn create_everywhere<K>(&self, mut object: Value)
    where
        K: Resource<DynamicType = (), Scope = ClusterResourceScope>,
        K: Clone + std::fmt::Debug + DeserializeOwned + serde::Serialize,
    {
        object["metadata"]["labels"][OF_TEST] = self.namespace.clone().into();
        create(&self.everywhere::<K>(), object).await;
    }

    /// A client that may do what a server may.
    pub(crate) async fn as_server(&self) -> Client {
        self.client_of(SERVER).await
    }

    /// A client that may do nothing.
    pub(crate) async fn as_nobody(&self) -> Client {
        self.client_of("nobody").await
    }

    async fn client_of(&self, account: &str) -> Client {
        let request =
            json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": []}});
        let accounts = self.api::<ServiceAccount>();
        let params = PostParams::default();
        let token: TokenRequest = accounts.create_subresource("token", account, &params, &request).await.unwrap();
        self.with_token(&token.status.and_then(|status| status.token).unwrap()).await
    }

    /// A client with this token.
    pub(crate) async fn with_token(&self, token: &str) -> Client {
        let mut config = Config::infer().await.unwrap();
        let auth_info = kube::config::AuthInfo::default();
        config.auth_info = kube::config::AuthInfo { token: Some(token.to_owned().into()), ..auth_info };
        Client::try_from(config).unwrap()
    }

    /// A client of an API server at another address.
    pub(crate) async fn at(&self, url: &str) -> Client {
        let mut config = Config::infer().await.unwrap();
        config.cluster_url = url.parse().unwrap();
        Client::try_from(config).unwrap()
    }

    /// Has an image pulled as a server does that is checked.
    pub(crate) async fn pull(&self, client: Client, image: &str) -> Pull {
        pull(&client, image, &self.settings.now(), Duration::from_mins(1)).await
    }

    pub(crate) fn open(&self, client: Client) -> KubeLauncher {
        self.open_as(client, "the secret of the tests")
    }

    pub(crate) fn open_as(&self, client: Client, secret: &str) -> KubeLauncher {
        let key = ServerKey::derive(secret.as_bytes()).unwrap();
        KubeLauncher::open(client, key, self.settings.clone(), Clock::System)
    }

    /// What a shell in the session's container says, by both its outputs.
    pub(crate) fn exec(&self, run: &RunId, line: &str) -> String {
        let kubectl = env::var_os("CARREL_CLUSTER_KUBECTL").unwrap_or_else(|| "kubectl".into());
        let job = format!("job/carrel-{run}");
        let mut command = Command::new(kubectl);
        command.args(["-n", &self.namespace, "exec", &job, "-c", SESSION_CONTAINER, "--", "/bin/sh", "-c"]);
        let out = command.arg(format!("exec 2>&1; {line}")).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
    }

    /// Returns when no session has a pod.
    pub(crate) async fn until_no_pod(&self) {
        let pods = self.api::<Pod>();
        let listed = pods.list(&ListParams::default().labels(SESSION)).await.unwrap();
        let mut left = listed.items.len();
        let watch = WatchParams::default().labels(SESSION);
        let mut seen = pods.watch(&watch, &listed.metadata.resource_version.unwrap()).await.unwrap().boxed();
        while left > 0 {
            match seen.try_next().await.unwrap().expect("the pods go within the time of a watch") {
                WatchEvent::Deleted(_) => left -= 1,
                WatchEvent::Added(_) => left += 1,
                _ => {}
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let name = self.namespace.clone();
        let forget = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let admin = admin().await;
                let namespaces: Api<Namespace> = Api::all(admin.clone());
                let _ = namespaces.delete(&name, &DeleteParams::background()).await;
                forget::<Node>(&admin, &name).await;
                forget::<PersistentVolume>(&admin, &name).await;
                forget::<PriorityClass>(&admin, &name).await;
                forget::<RuntimeClass>(&admin, &name).await;
                forget::<ValidatingWebhookConfiguration>(&admin, &name).await;
                forget::<ValidatingAdmissionPolicyBinding>(&admin, &name).await;
                forget::<ValidatingAdmissionPolicy>(&admin, &name).await;
            });
        };
        let _ = std::thread::spawn(forget).join();
    }
}

/// Takes away what a test made outside of its namespace.
async fn forget<K>(admin: &Client, namespace: &str)
where
    K: Resource<DynamicType = (), Scope = ClusterResourceScope> + Clone + std::fmt::Debug + DeserializeOwned,
{
    let of_test = ListParams::default().labels(&format!("{OF_TEST}={namespace}"));
    let _ = Api::<K>::all(admin.clone()).delete_collection(&DeleteParams::background(), &of_test).await;
}

/// Returns when an object is as wanted.
pub(crate) async fn until<K>(api: &Api<K>, name: &str, wanted: impl Fn(&K) -> bool)
where
    K: Clone + std::fmt::Debug + DeserializeOwned + Send + 'static,
{
    let watch = WatchParams::default().fields(&format!("metadata.name={name}"));
    let mut seen = api.watch(&watch, "0").await.unwrap().boxed();
    loop {
        match seen.try_next().await.unwrap().expect("it comes about within the time of a watch") {
            WatchEvent::Added(object) | WatchEvent::Modified(object) if wanted(&object) => return,
            _ => {}
        }
    }
}

#[async_trait]
impl contract::Place for Cluster {
    async fn launcher(&self) -> Arc<dyn Launcher> {
        Arc::new(self.open(self.as_server().await))
    }

    fn plan(&self, ide: StandIn) -> Plan {
        match ide {
            StandIn::Good => plan(&[]),
            StandIn::Deaf => plan(&["--ignore-term"]),
            StandIn::Fails => plan(&["--exit", "3"]),
            StandIn::Missing => Plan { command: vec!["/no/such/program/of-an-ide".into()], ..plan(&[]) },
        }
    }
}

async fn admin() -> Client {
    assert!(
        env::var_os("KUBECONFIG").is_some(),
        "KUBECONFIG names no cluster: `cargo xtask cluster up` makes one, and `cargo xtask cluster env` says where"
    );
    Client::try_default().await.unwrap()
}

/// Makes an object.
pub(crate) async fn create<K>(api: &Api<K>, object: Value)
where
    K: Clone + std::fmt::Debug + DeserializeOwned + serde::Serialize,
{
    let object: K = serde_json::from_value(object).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap();
}

pub(crate) fn image(variable: &str, usual: &str) -> String {
    env::var(variable).unwrap_or_else(|_| usual.into())
}

/// A plan for the stand-in with these arguments, as a small container of the session image.
pub(crate) fn plan(arguments: &[&str]) -> Plan {
    let script = "{run}/stand_in_ide.py";
    let command = ["/usr/bin/python3", script, "{socket}", "--say", GREETING.trim_end()];
    let command = command.iter().chain(arguments).map(ToString::to_string).collect();
    let account = Account {
        uid: 20001,
        gid: 20001,
        groups: vec![("science".into(), 30001)],
        home: "/home/ada".into(),
        shell: "/bin/bash".into(),
    };
    let container = Container {
        image: image("CARREL_TEST_SESSION_IMAGE", SESSION_IMAGE),
        account,
        cpu_request: Some(0.01),
        memory_request_mb: Some(32),
        gpus: BTreeMap::new(),
        placement: BTreeMap::new(),
        overrides: Vec::new(),
    };
    Plan {
        files: vec![PlanFile { path: script.into(), text: STAND_IN.into(), keep: false }],
        container: Some(container),
        ..contract::plan(command)
    }
}
