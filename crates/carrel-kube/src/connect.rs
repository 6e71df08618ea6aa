//! The way to the API server.

use base64::{Engine, engine::general_purpose::STANDARD};
use carrel_config::kubernetes::ApiServer;
use kube::{
    Client, Config,
    config::{AuthInfo, Cluster, Context, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext},
};
use std::{env, fmt::Display, path::Path, time::Duration};

/// How long connecting may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// The name of everything in a configuration that is made here.
const NAME: &str = "carrel";

/// Why nothing can be asked of the cluster, before it was asked anything.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nothing says where it is.
    #[error(
        "nothing says where the Kubernetes cluster is: set api-url in launcher.kubernetes.conf or KUBECONFIG, or run the \
         server in a pod with a service account ({0})"
    )]
    Nowhere(String),
    /// What says it is of no use.
    #[error("the Kubernetes cluster cannot be reached as {by} says: {why}")]
    Unusable {
        /// The file or variable.
        by: &'static str,
        /// What is wrong.
        why: String,
    },
}

fn unusable(by: &'static str) -> impl Fn(&dyn Display) -> ConnectError {
    move |why| ConnectError::Unusable { by, why: why.to_string() }
}

/// A client of the cluster: by `launcher.kubernetes.conf`, else `KUBECONFIG`, else the service account of the pod that the
/// server runs in. Nothing is sent yet.
pub async fn client(api: &ApiServer) -> Result<Client, ConnectError> {
    let mut config = match &api.url {
        Some(_) => by_file(api).await?,
        None => by_surroundings(api).await?,
    };
    config.connect_timeout = Some(CONNECT_LIMIT);
    Client::try_from(config).map_err(|error| unusable("its configuration")(&error))
}

/// Everything by `launcher.kubernetes.conf`.
async fn by_file(api: &ApiServer) -> Result<Config, ConnectError> {
    let (authority, authority_data) = match api.authority.as_deref().map(authority) {
        Some(Authority::File(path)) => (Some(path), None),
        Some(Authority::Data(data)) => (None, Some(data)),
        None => (None, None),
    };
    let cluster = Cluster {
        server: api.url.clone(),
        certificate_authority: authority,
        certificate_authority_data: authority_data,
        insecure_skip_tls_verify: api.insecure.then_some(true),
        ..Cluster::default()
    };
    let context = Context { cluster: NAME.into(), user: Some(NAME.into()), ..Context::default() };
    let file = Kubeconfig {
        clusters: vec![NamedCluster { name: NAME.into(), cluster: Some(cluster), ..NamedCluster::default() }],
        auth_infos: vec![NamedAuthInfo { name: NAME.into(), auth_info: Some(who(api)), ..NamedAuthInfo::default() }],
        contexts: vec![NamedContext { name: NAME.into(), context: Some(context), ..NamedContext::default() }],
        current_context: Some(NAME.into()),
        ..Kubeconfig::default()
    };
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await;
    config.map_err(|error| unusable("launcher.kubernetes.conf")(&error))
}

/// By the environment, with the token of the file where that sets one.
async fn by_surroundings(api: &ApiServer) -> Result<Config, ConnectError> {
    let mut config = if env::var_os("KUBECONFIG").is_some_and(|files| !files.is_empty()) {
        let config = Config::from_kubeconfig(&KubeConfigOptions::default()).await;
        config.map_err(|error| unusable("KUBECONFIG")(&error))?
    } else {
        Config::incluster().map_err(|error| ConnectError::Nowhere(error.to_string()))?
    };
    if api.token.is_some() || api.token_path.is_some() {
        config.auth_info = who(api);
    }
    match api.authority.as_deref().map(authority) {
        Some(Authority::File(path)) => config.root_cert_file = Some(path.into()),
        Some(Authority::Data(_)) => {
            let why = "certificate-authority needs api-url, or has to be the path of a file";
            return Err(unusable("launcher.kubernetes.conf")(&why));
        }
        None => {}
    }
    config.accept_invalid_certs |= api.insecure;
    Ok(config)
}

fn who(api: &ApiServer) -> AuthInfo {
    let token_file = api.token_path.as_ref().map(|path| path.display().to_string());
    AuthInfo { token: api.token.clone(), token_file, ..AuthInfo::default() }
}

/// The forms in which an authority is named.
enum Authority {
    File(String),
    /// PEM in base 64, as a kubeconfig has it.
    Data(String),
}

fn authority(text: &str) -> Authority {
    if text.starts_with("-----BEGIN ") {
        Authority::Data(STANDARD.encode(text))
    } else if Path::new(text).is_absolute() {
        Authority::File(text.into())
    } else {
        Authority::Data(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[tokio::test]
    async fn a_file_says_all_there_is_to_say() {
        let api = ApiServer {
            url: Some("https://k.example:6443".into()),
            token_path: Some("/run/token".into()),
            insecure: true,
            ..ApiServer::default()
        };
        let config = by_file(&api).await.unwrap();
        assert_eq!(config.cluster_url.to_string(), "https://k.example:6443/");
        assert_eq!(config.auth_info.token_file.map(PathBuf::from), api.token_path);
        assert!(config.accept_invalid_certs && config.root_cert.is_none());
    }

    #[tokio::test]
    async fn an_authority_that_is_none_is_told_with_the_file() {
        let api = ApiServer {
            url: Some("https://k.example:6443".into()),
            authority: Some("not base 64!".into()),
            ..ApiServer::default()
        };
        let text = by_file(&api).await.unwrap_err().to_string();
        assert!(
            text.starts_with("the Kubernetes cluster cannot be reached as launcher.kubernetes.conf says: "),
            "{text}"
        );
    }

    #[test]
    fn an_authority_is_a_file_or_pem_with_or_without_base_64() {
        assert!(matches!(authority("/etc/ca.pem"), Authority::File(path) if path == "/etc/ca.pem"));
        let pem = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n";
        assert!(matches!(authority(pem), Authority::Data(data) if STANDARD.decode(&data).unwrap() == pem.as_bytes()));
        assert!(matches!(authority("LS0tLS1CRUdJTg=="), Authority::Data(data) if data == "LS0tLS1CRUdJTg=="));
    }
}
