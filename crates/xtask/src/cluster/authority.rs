//! Keys, certificates and kubeconfigs of a cluster.

use super::place::Place;
use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// How long certificates hold. A cluster of tests is not that old.
const DAYS: &str = "30";
/// The settings of openssl are those of its command line, whatever the machine's say.
const SETTINGS: &str = "[req]\ndistinguished_name = names\n[names]\n";

/// The API server's names, in the cluster and on this machine.
const API_NAMES: &str = "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,\
                         DNS:kubernetes.default.svc.cluster.local,DNS:localhost";

/// What a certificate says.
struct Certificate {
    /// Its file name.
    file: String,
    /// Who it is for, as openssl writes names: `/O=system:nodes/CN=…`.
    subject: String,
    /// Where it serves: `IP:10.0.0.1,DNS:localhost`. A client serves nowhere.
    serves: String,
}

/// Makes all keys, certificates and kubeconfigs.
pub(super) fn make(place: &Place) -> anyhow::Result<()> {
    let authority = Authority { folder: place.pki() };
    fs::create_dir_all(&authority.folder)?;
    fs::set_permissions(&authority.folder, fs::Permissions::from_mode(0o700))?;
    fs::write(authority.path("openssl.cnf"), SETTINGS)?;
    authority.root("ca")?;
    authority.root("front-ca")?;
    authority.sign("front-ca", &client("front", "/CN=front"))?;
    for certificate in certificates(place) {
        authority.sign("ca", &certificate)?;
    }
    authority.accounts()?;
    for name in kubeconfigs(place) {
        let text = authority.kubeconfig(place, &name)?;
        write_secret(&authority.path(&format!("{name}.conf")), &text)?;
    }
    write_secret(&place.kubeconfig(), &authority.kubeconfig(place, "admin")?)
}

fn client(file: &str, subject: &str) -> Certificate {
    Certificate { file: file.into(), subject: subject.into(), serves: String::new() }
}

/// All but those of the front proxy, which has an authority of its own.
fn certificates(place: &Place) -> Vec<Certificate> {
    let host = format!("IP:{},IP:127.0.0.1", place.host());
    let api = format!("{host},IP:{},{API_NAMES}", place.api_service());
    let server =
        |file: &str, subject: &str, serves: &str| Certificate { serves: serves.into(), ..client(file, subject) };
    let mut all = vec![
        server("apiserver", "/CN=kube-apiserver", &api),
        server("etcd", "/CN=etcd", &host),
        server("controllers", "/CN=system:kube-controller-manager", &host),
        server("scheduler", "/CN=system:kube-scheduler", &host),
        client("apiserver-etcd", "/CN=kube-apiserver"),
        client("apiserver-kubelet", "/O=system:masters/CN=kube-apiserver-kubelet-client"),
        client("admin", "/O=system:masters/CN=admin"),
        client("proxy", "/CN=system:kube-proxy"),
    ];
    for number in 1..=place.nodes {
        let (name, address) = (place.node(number), place.node_address(number));
        let subject = format!("/O=system:nodes/CN=system:node:{name}");
        all.push(server(&format!("node{number}"), &subject, &format!("DNS:{name},IP:{address}")));
    }
    all
}

/// Whose certificates are put into a kubeconfig.
fn kubeconfigs(place: &Place) -> Vec<String> {
    let nodes = (1..=place.nodes).map(|number| format!("node{number}"));
    ["controllers", "scheduler", "proxy"].map(str::to_owned).into_iter().chain(nodes).collect()
}

/// The folder of keys and certificates.
struct Authority {
    folder: PathBuf,
}

impl Authority {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes a key and a certificate that signs itself.
    fn root(&self, name: &str) -> anyhow::Result<()> {
        self.request(name, &format!("/CN={name}"), &["CA:TRUE", "digitalSignature,keyCertSign"], &[])
    }

    fn sign(&self, by: &str, certificate: &Certificate) -> anyhow::Result<()> {
        let (crt, key) = (self.path(&format!("{by}.crt")), self.path(&format!("{by}.key")));
        let mut more = vec!["-CA".into(), crt.display().to_string(), "-CAkey".into(), key.display().to_string()];
        let mut usage = "extendedKeyUsage=clientAuth".to_owned();
        if !certificate.serves.is_empty() {
            usage.push_str(",serverAuth");
            more.extend(["-addext".into(), format!("subjectAltName={}", certificate.serves)]);
        }
        more.extend(["-addext".into(), usage]);
        self.request(&certificate.file, &certificate.subject, &["CA:FALSE", "digitalSignature"], &more)
    }

    /// `kind` are the basic constraints and what the key is used for.
    fn request(&self, file: &str, subject: &str, kind: &[&str; 2], more: &[String]) -> anyhow::Result<()> {
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", DAYS]);
        openssl.arg("-config").arg(self.path("openssl.cnf")).args(["-subj", subject]);
        openssl.args(["-addext", &format!("basicConstraints=critical,{}", kind[0])]);
        openssl.args(["-addext", &format!("keyUsage=critical,{}", kind[1])]).args(more);
        openssl.arg("-keyout").arg(self.path(&format!("{file}.key")));
        ran(openssl.arg("-out").arg(self.path(&format!("{file}.crt"))))
    }

    /// The key that signs the tokens of service accounts.
    fn accounts(&self) -> anyhow::Result<()> {
        let (key, public) = (self.path("accounts.key"), self.path("accounts.pub"));
        let mut make = Command::new("openssl");
        ran(make.args(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"]).arg(&key))?;
        ran(Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(&key).arg("-out").arg(public))
    }

    fn kubeconfig(&self, place: &Place, user: &str) -> anyhow::Result<String> {
        let read = |name: String| {
            fs::read(self.path(&name)).map(|text| STANDARD.encode(text)).context("a certificate is missing")
        };
        let config = serde_json::json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": place.name,
            "contexts": [{"name": place.name, "context": {"cluster": place.name, "user": user}}],
            "clusters": [{"name": place.name, "cluster": {
                "server": place.api(),
                "certificate-authority-data": read("ca.crt".into())?,
            }}],
            "users": [{"name": user, "user": {
                "client-certificate-data": read(format!("{user}.crt"))?,
                "client-key-data": read(format!("{user}.key"))?,
            }}],
        });
        // JSON is YAML.
        Ok(serde_json::to_string_pretty(&config)?)
    }
}

fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(())
}

fn ran(command: &mut Command) -> anyhow::Result<()> {
    let out = command.output().context("openssl could not be started (Debian package: openssl)")?;
    if !out.status.success() {
        bail!("openssl failed: {}", String::from_utf8_lossy(&out.stderr).trim());
    }
    Ok(())
}
