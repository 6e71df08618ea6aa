//! Which files there are, and what the chart puts into them besides what the values say.

use super::{
    RenderedFile,
    node::{Content, Node},
    serialise::Writer,
};
use crate::diagnostic::{Diagnostic, Level, Told};

const SESSION: &str = "mnt/session-configmap/rstudio";
const SECRET: &str = "mnt/secret-configmap/rstudio";
const SERVER: &str = "mnt/configmap/rstudio";
const SESSION_SECRET: &str = "mnt/session-secret";

/// Stands for the release's name and namespace, which helm knows and a file of values does not.
const RELEASE: &str = "rstudio-workbench";
const NAMESPACE: &str = "default";
/// The version that the chart is of: its appVersion.
const VERSION: &str = env!("CARGO_PKG_VERSION");

const PROFILES: &str = "launcher.kubernetes.profiles.conf";
const MOUNTS: &str = "launcher-mounts";

/// Every file, from values that are put over what the chart brings.
pub(super) fn files(values: &Node, told: &mut Told) -> Vec<RenderedFile> {
    let mut files = Vec::new();
    let mut server = values.get(&["config", "server"]).clone();
    complete_server(values, &mut server);
    for (path, folder, node) in [
        ("session", SESSION, values.get(&["config", "session"])),
        ("sessionSecret", SESSION_SECRET, values.get(&["config", "sessionSecret"])),
        ("secret", SECRET, values.get(&["config", "secret"])),
        ("server", SERVER, &server),
    ] {
        for (name, file) in node.entries().filter(|(_, file)| path != "secret" || file.is_true()) {
            files.push(written(folder, name, &["config", path, name], |writer| writer.ini(file)));
        }
    }
    files.extend(database(values, told));
    files.extend(profiles(values, told));
    let mut dcf = values.get(&["config", "serverDcf"]).clone();
    mount_homes(values, &mut dcf);
    for (name, file) in dcf.entries() {
        files.push(written(SERVER, name, &["config", "serverDcf", name], |writer| writer.dcf(file)));
    }
    files
}

fn written(folder: &'static str, name: &str, path: &[&str], write: impl FnOnce(&mut Writer)) -> RenderedFile {
    let mut writer = Writer::new(path);
    write(&mut writer);
    RenderedFile { folder, name: name.to_owned(), lines: writer.lines }
}

/// `config.database.conf.value`, which the chart's own page names and its templates do not read.
fn database(values: &Node, told: &mut Told) -> Option<RenderedFile> {
    let value = values.get(&["config", "database", "conf", "value"]);
    let written_twice = values.get(&["config", "secret", "database.conf"]).is_true();
    let at = value.at.clone().filter(|_| value.is_true() && !written_twice)?;
    told.tell(Level::Note, || {
        let text = "the original's chart does not read config.database.conf.value; this one does";
        Diagnostic::new(at, Level::Note, "read-here", text)
    });
    Some(written(SECRET, "database.conf", &["config", "database", "conf", "value"], |writer| writer.ini(value)))
}

/// What the chart puts below and above the values of the server's files.
fn complete_server(values: &Node, server: &mut Node) {
    let launcher = values.get(&["launcher"]);
    let mut below = Node::map();
    let files = below.entries_mut();
    files.insert("rserver.conf".into(), rserver(values));
    if values.get(&["pod", "runAsRoot"]).is_true() {
        set(files, "rserver.conf", "auth-pam-sessions-enabled", Node::number(1.0));
    } else {
        rootless(values, files);
    }
    let version = values.get(&["components", "positron", "version"]);
    if values.get(&["components", "enabled"]).is_true() && version.is_true() {
        let exe = format!("/usr/lib/rstudio-server/bin/positron-server/{version}/bin/positron-server");
        set(files, "positron.conf", "exe", Node::text(exe));
    }
    let namespace = launcher.get(&["namespace"]);
    let namespace = if namespace.is_true() { namespace.clone() } else { Node::text(NAMESPACE) };
    set(files, "launcher.kubernetes.conf", "kubernetes-namespace", namespace);
    if launcher.get(&["useTemplates"]).is_true() {
        set(files, "launcher.kubernetes.conf", "use-templating", Node::number(1.0));
    }
    below.merge(std::mem::replace(server, Node::map()), false);
    let chronicle = values.get(&["chronicle", "localConfig"]);
    if chronicle.is_true() {
        let mut above = Node::map();
        above.entries_mut().insert("chronicle-local.gcfg".into(), chronicle.clone());
        below.merge(above, false);
    }
    *server = below;
    metrics(values, server);
}

type Files = std::collections::BTreeMap<String, Node>;

fn set(files: &mut Files, file: &str, key: &str, node: Node) {
    files.entry(file.to_owned()).or_insert_with(Node::map).entries_mut().insert(key.to_owned(), node);
}

fn rserver(values: &Node) -> Node {
    let mut node = Node::map();
    let rserver = node.entries_mut();
    let mut put = |key: &str, node: Node| drop(rserver.insert(key.to_owned(), node));
    let address = format!("http://{RELEASE}.{NAMESPACE}.svc.cluster.local:80");
    put("launcher-sessions-callback-address", Node::text(address));
    let user = values.get(&["pod", "serviceAccountUser"]);
    if user.is_true() {
        put("server-user", user.clone());
    }
    if values.get(&["license", "server"]).is_true() {
        put("server-license-type", Node::text("remote"));
    }
    if values.get(&["launcher", "enabled"]).is_true() && values.get(&["components", "enabled"]).is_true() {
        let (name, tag) = agent_image(values);
        put("launcher-sessions-auto-update", Node::number(1.0));
        put("launcher-sessions-init-container-image-name", Node::text(name));
        put("launcher-sessions-init-container-image-tag", Node::text(tag));
        let positron = values.get(&["components", "positron"]);
        if positron.get(&["version"]).is_true() {
            let tag = [positron.get(&["image", "tag"]), positron.get(&["version"])].into_iter().find(|n| n.is_true());
            put("launcher-positron-init-container-enabled", Node::number(1.0));
            put("launcher-positron-init-container-image-name", positron.get(&["image", "repository"]).clone());
            put("launcher-positron-init-container-image-tag", tag.cloned().unwrap_or_else(|| Node::text("")));
        }
    }
    node
}

/// The first of these that says something, as text.
fn first_of<const N: usize>(nodes: [&Node; N]) -> Option<String> {
    nodes.into_iter().find(|node| node.is_true()).map(ToString::to_string)
}

/// Name and tag of the image that brings the agent into sessions: the server's, unless another one is named.
fn agent_image(values: &Node) -> (String, String) {
    let init = values.get(&["components", "sessionInit", "image"]);
    let server = values.get(&["image"]);
    let version = || first_of([values.get(&["versionOverride"])]).unwrap_or_else(|| VERSION.into());
    let of_server = || {
        let with_os = || first_of([server.get(&["os"])]).map_or_else(version, |os| format!("{}-{os}", version()));
        first_of([server.get(&["tag"])]).unwrap_or_else(with_os)
    };
    let named = first_of([init.get(&["repository"])]);
    let tag = first_of([init.get(&["tag"])]);
    let tag = tag.unwrap_or_else(|| if named.is_some() { version() } else { of_server() });
    (named.unwrap_or_else(|| server.get(&["repository"]).to_string()), tag)
}

/// The image that sessions have unless the profiles say otherwise.
fn session_image(values: &Node) -> String {
    let image = values.get(&["session", "image"]);
    let part = |key: &str, before: &str| first_of([image.get(&[key])]).map(|text| format!("{before}{text}"));
    let parts: Vec<String> =
        [part("rVersion", "R"), part("pythonVersion", "python"), part("os", "")].into_iter().flatten().collect();
    let of_parts = || Some(parts.join("-")).filter(|tag| !tag.is_empty());
    let version = || first_of([values.get(&["versionOverride"])]);
    let tag = part("tag", "").or_else(of_parts).or_else(version).unwrap_or_else(|| VERSION.into());
    format!("{}:{tag}", image.get(&["repository"]))
}

/// The volumes of the configuration as `job-json-overrides`, where no templates bring them into sessions.
fn session_overrides(values: &Node) -> Vec<Node> {
    const VOLUME: &str = "/spec/template/spec/volumes/-";
    const MOUNT: &str = "/spec/template/spec/containers/0/volumeMounts/-";
    if values.get(&["launcher", "useTemplates"]).is_true() || !values.get(&["session", "defaultConfigMount"]).is_true()
    {
        return Vec::new();
    }
    let pip = values.get(&["config", "session", "pip.conf"]).is_true();
    let secret = values.get(&["config", "sessionSecret"]).is_true();
    let all = [
        (true, "defaultSessionVolume", VOLUME),
        (secret, "defaultSessionSecretVolume", VOLUME),
        (true, "defaultSessionVolumeMount", MOUNT),
        (pip, "defaultPipConfVolumeMount", MOUNT),
        (secret, "defaultSessionSecretVolumeMount", MOUNT),
    ];
    let node = |(_, name, target)| {
        let mut item = Node::map();
        item.entries_mut().insert("name".into(), Node::text(name));
        item.entries_mut().insert("target".into(), Node::text(target));
        item
    };
    all.into_iter().filter(|(wanted, ..)| *wanted).map(node).collect()
}

/// What a pod without root needs.
fn rootless(values: &Node, files: &mut Files) {
    let components = values.get(&["components", "enabled"]).is_true();
    set(files, "rserver.conf", "auth-pam-sessions-enabled", Node::number(0.0));
    set(files, "rserver.conf", "user-provisioning-enabled", Node::number(1.0));
    if components {
        set(files, "rserver.conf", "launcher-sessions-create-container-user", Node::number(1.0));
        set(files, "rserver.conf", "launcher-sessions-create-container-user-mode", Node::text("nss"));
        set(files, "rserver.conf", "launcher-sessions-init-container-run-user", Node::text("server-user"));
    } else {
        set(files, "rserver.conf", "launcher-sessions-create-container-user", Node::number(0.0));
    }
    let mut section = Node::map();
    let key = Node::text("/mnt/secret-configmap/rstudio/secure-cookie-key");
    section.entries_mut().insert("secure-cookie-key-file".into(), key);
    set(files, "launcher.conf", "server", section);
}

/// Metrics go on with Prometheus, whatever the values say: the chart takes 0 for nothing and writes 1 over it.
fn metrics(values: &Node, server: &mut Node) {
    let prometheus = values.get(&["prometheus"]);
    let legacy = prometheus.get(&["legacy"]).is_true();
    let Some(rserver) = server.entries_mut().get_mut("rserver.conf").filter(|file| file.is_map()) else { return };
    let rserver = rserver.entries_mut();
    if !prometheus.get(&["enabled"]).is_true() {
        return;
    }
    if legacy {
        for (key, node) in [
            ("monitor-graphite-enabled", Node::number(1.0)),
            ("monitor-graphite-host", Node::text("127.0.0.1")),
            ("monitor-graphite-port", Node::number(9109.0)),
            ("monitor-graphite-client-id", Node::text("rstudio")),
        ] {
            rserver.entry(key.to_owned()).or_insert(node);
        }
        return;
    }
    if let Some(graphite) = rserver.get_mut("monitor-graphite-enabled") {
        graphite.content = Content::Text("0".into());
    }
    for (key, node) in [("metrics-enabled", Node::number(1.0)), ("metrics-port", prometheus.get(&["port"]).clone())] {
        if !rserver.get(key).is_some_and(Node::is_true) {
            rserver.insert(key.to_owned(), node);
        }
    }
}

/// The files of `config.profiles`, unless the server's own file of that name takes their place.
fn profiles(values: &Node, told: &mut Told) -> Vec<RenderedFile> {
    if values.get(&["config", "server"]).entries().any(|(name, _)| name == PROFILES) {
        return Vec::new();
    }
    let image = Node::text(session_image(values));
    let (mut below, mut everybody) = (Node::map(), Node::map());
    let section = everybody.entries_mut();
    section.insert("default-container-image".into(), image.clone());
    section.insert("container-images".into(), Node::new(Content::List(vec![image])));
    section.insert("allow-unknown-images".into(), Node::number(1.0));
    set(below.entries_mut(), PROFILES, "*", everybody);
    below.merge(values.get(&["config", "profiles"]).clone(), false);
    if values.get(&["launcher", "useTemplates"]).is_true() {
        refuse_overrides(&below, told);
    }
    put_before(&mut below, session_overrides(values));
    let write = |(name, file): (&String, &Node)| {
        written(SERVER, name, &["config", "profiles", name], |writer| writer.profiles(file))
    };
    below.entries().map(write).collect()
}

/// Puts overrides before those of everybody.
fn put_before(profiles: &mut Node, overrides: Vec<Node>) {
    if overrides.is_empty() {
        return;
    }
    let Some(file) = profiles.entries_mut().get_mut(PROFILES).filter(|file| file.is_map()) else { return };
    let Some(section) = file.entries_mut().get_mut("*").filter(|section| section.is_map()) else { return };
    match section.entries_mut().get_mut("job-json-overrides") {
        Some(Node { content: Content::List(own), .. }) => drop(own.splice(0..0, overrides)),
        Some(own) if own.is_true() => {}
        _ => {
            let list = Node::new(Content::List(overrides));
            section.entries_mut().insert("job-json-overrides".into(), list);
        }
    }
}

/// With templates the chart refuses to render overrides.
fn refuse_overrides(profiles: &Node, told: &mut Told) {
    for (_, section) in profiles.get(&[PROFILES]).entries() {
        let Some(at) = section.get(&["job-json-overrides"]).at.clone() else { continue };
        told.tell(Level::Error, || {
            let text = "the chart does not render job-json-overrides with templates: set launcher.useTemplates to false, \
                        or say it in launcher.templateValues";
            Diagnostic::new(at, Level::Error, "overrides-and-templates", text)
        });
    }
}

/// Adds the volume of the homes to the mounts of sessions, unless something is mounted there already.
fn mount_homes(values: &Node, dcf: &mut Node) {
    let home = values.get(&["homeStorage"]);
    let wanted = (home.get(&["create"]).is_true() || home.get(&["mount"]).is_true())
        && values.get(&["session", "defaultHomeMount"]).is_true();
    let mounts = dcf.entries_mut().entry(MOUNTS.to_owned()).or_insert_with(|| Node::new(Content::List(Vec::new())));
    if !wanted {
        return;
    }
    let path = home.get(&["path"]).to_string();
    let name = home.get(&["name"]);
    let claim = if name.is_true() { name.clone() } else { Node::text(format!("{RELEASE}-home-storage")) };
    let mut entry = Node::map();
    let fields = entry.entries_mut();
    fields.insert("MountType".into(), Node::text("KubernetesPersistentVolumeClaim"));
    fields.insert("MountPath".into(), home.get(&["path"]).clone());
    fields.insert("ClaimName".into(), claim.clone());
    if home.get(&["subPath"]).is_true() {
        fields.insert("SubPath".into(), home.get(&["subPath"]).clone());
    }
    let takes_its_place = |node: &Node| {
        let there = node.get(&["MountPath"]).to_string();
        let near = there.starts_with('/') && (path.starts_with(&there) || there.starts_with(&path));
        near || node.get(&["ClaimName"]).to_string() == claim.to_string()
    };
    match &mut mounts.content {
        Content::List(list) if !list.iter().any(takes_its_place) => list.push(entry),
        Content::Map(map) if !map.values().any(takes_its_place) => drop(map.insert(MOUNTS.to_owned(), entry)),
        _ => {}
    }
}
