//! The API of a server, for the commands that speak with one.

use anyhow::{Context, anyhow, bail};
use clap::Args;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use std::{fs, path::PathBuf};

/// Which server, and who asks.
#[derive(Args)]
pub(crate) struct Remote {
    /// The server's address.
    #[arg(long, env = "CARREL_SERVER", value_name = "URL", default_value = "http://127.0.0.1:8787")]
    server: String,
    /// A file that holds a token; by default the variable `CARREL_TOKEN`, then `carrel/token` in the folder of your
    /// settings.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// A server that is spoken with.
pub(crate) struct Api {
    client: Client,
    server: String,
    token: SecretString,
}

/// The part of problem+json (RFC 9457) that people read.
#[derive(Deserialize)]
struct Problem {
    title: Option<String>,
    detail: Option<String>,
}

impl Remote {
    /// Gets ready to speak; finds the token.
    pub(crate) fn open(&self) -> anyhow::Result<Api> {
        let client = Client::builder().user_agent(concat!("carrel/", env!("CARGO_PKG_VERSION"))).build()?;
        Ok(Api { client, server: self.server.trim_end_matches('/').to_owned(), token: self.token()? })
    }

    /// The full address of a path that the server named: it begins with the server's root path already.
    pub(crate) fn address(&self, path: &str) -> String {
        let server = self.server.as_str();
        let host = server.find("://").map_or(0, |at| at + 3);
        let origin = server[host..].find('/').map_or(server, |end| &server[..host + end]);
        format!("{origin}{path}")
    }

    fn token(&self) -> anyhow::Result<SecretString> {
        let from_file = |file: &PathBuf| {
            let text = fs::read_to_string(file).with_context(|| format!("the token file {}", file.display()))?;
            anyhow::Ok(SecretString::from(text.trim().to_owned()))
        };
        if let Some(file) = &self.token_file {
            return from_file(file);
        }
        if let Ok(token) = std::env::var("CARREL_TOKEN") {
            return Ok(token.into());
        }
        match default_token_file() {
            Some(file) if file.is_file() => from_file(&file),
            _ => bail!(
                "a token is needed: make one in Settings, or with `carrel token create` on the server's host, and put \
                 it into CARREL_TOKEN"
            ),
        }
    }
}

fn default_token_file() -> Option<PathBuf> {
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    let config = config.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some(config.join("carrel/token"))
}

impl Api {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/api/v1/{path}", self.server);
        self.client.request(method, url).bearer_auth(self.token.expose_secret())
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let answer = request.send().await.with_context(|| format!("the server {} was not reached", self.server))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let problem = answer.json::<Problem>().await.unwrap_or(Problem { title: None, detail: None });
        let said = problem.detail.or(problem.title).unwrap_or_else(|| format!("the server answered {status}"));
        Err(match status {
            StatusCode::UNAUTHORIZED => anyhow!("{said} (is the token right, and not revoked or expired?)"),
            _ => anyhow!(said),
        })
    }

    /// Reads something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        Ok(self.send(self.request(Method::GET, path)).await?.json().await?)
    }

    /// Asks for something to be done, with a body.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &serde_json::Value) -> anyhow::Result<T> {
        Ok(self.send(self.request(Method::POST, path).json(body)).await?.json().await?)
    }

    /// Ends something.
    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.send(self.request(Method::DELETE, path)).await.map(drop)
    }

    /// Reads a stream.
    pub(crate) async fn stream(&self, path: &str) -> anyhow::Result<Response> {
        self.send(self.request(Method::GET, path)).await
    }
}
