//! What the IDE itself can tell of what it does.

use crate::program::ask;
use carrel_model::{Plan, plan::BusyProbe};
use http::HeaderMap;
use serde::Deserialize;
use std::{io, path::PathBuf, time::Duration};
use tokio::{sync::watch, time::sleep};

/// What Jupyter tells of a kernel.
#[derive(Debug, Deserialize)]
struct Kernel {
    id: String,
    execution_state: Option<String>,
}

/// What Jupyter tells of a notebook or console with a kernel.
#[derive(Debug, Deserialize)]
struct Open {
    path: Option<String>,
    kernel: Option<Kernel>,
}

/// Asks an IDE what it does.
#[derive(Debug)]
pub(crate) struct Probe {
    socket: PathBuf,
    base: String,
    headers: HeaderMap,
    kind: BusyProbe,
}

impl Probe {
    /// Asks the IDE of `plan` on `socket` with the headers that every request gets.
    pub(crate) fn new(plan: &Plan, socket: PathBuf, headers: HeaderMap) -> Self {
        let base = if plan.http.strip_prefix { "/".into() } else { plan.http.prefix.clone() };
        Self { socket, base, headers, kind: plan.probe.busy }
    }

    /// Asks again and again, and tells why the IDE is busy.
    pub(crate) async fn run(self, busy: watch::Sender<Option<String>>, every: Duration) {
        if self.kind == BusyProbe::None {
            return;
        }
        while !busy.is_closed() {
            // An IDE that does not answer is not thereby busy, and not thereby idle: what was known stays.
            if let Ok(because) = self.busy().await {
                busy.send_if_modified(|known| std::mem::replace(known, because.clone()) != because);
            }
            sleep(every).await;
        }
    }

    async fn busy(&self) -> io::Result<Option<String>> {
        let kernels = self.ask("api/kernels").await?;
        if !kernels_are_busy(&kernels)? {
            return Ok(None);
        }
        // The names are a courtesy: without them it is busy all the same.
        let open = self.ask("api/sessions").await.unwrap_or_default();
        Ok(Some(sentence(&busy_names(&open))))
    }

    async fn ask(&self, path: &str) -> io::Result<Vec<u8>> {
        let path = format!("{}{path}?no_track_activity=1", self.base);
        match ask::get(&self.socket, &path, &self.headers).await? {
            (http::StatusCode::OK, body) => Ok(body.to_vec()),
            (status, _) => Err(io::Error::other(format!("{path} answers {status}"))),
        }
    }
}

fn is_busy(kernel: &Kernel) -> bool {
    kernel.execution_state.as_deref() == Some("busy")
}

fn kernels_are_busy(json: &[u8]) -> io::Result<bool> {
    Ok(serde_json::from_slice::<Vec<Kernel>>(json)?.iter().any(is_busy))
}

/// The file names of what is open with a busy kernel, each once.
fn busy_names(json: &[u8]) -> Vec<String> {
    let open: Vec<Open> = serde_json::from_slice(json).unwrap_or_default();
    let mut seen = Vec::new();
    for entry in open {
        let Some(kernel) = entry.kernel.filter(is_busy) else { continue };
        let name = entry.path.as_deref().and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned();
        // Two tabs may share a kernel; the first names it.
        if !name.is_empty() && !seen.iter().any(|(id, _)| *id == kernel.id) {
            seen.push((kernel.id, name));
        }
    }
    seen.into_iter().map(|(_, name)| name).collect()
}

fn sentence(names: &[String]) -> String {
    match names {
        [] => "A kernel is running.".into(),
        [one] => format!("The kernel of {one} is running."),
        [first, rest @ ..] => format!("The kernels of {first} and {} more are running.", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_is_busy_only_when_it_says_so() {
        let kernels = |state: &str| format!(r#"[{{"id":"a","name":"python3","execution_state":{state}}}]"#);
        assert!(kernels_are_busy(kernels(r#""busy""#).as_bytes()).unwrap());
        for state in [r#""idle""#, r#""starting""#, "null"] {
            assert!(!kernels_are_busy(kernels(state).as_bytes()).unwrap(), "{state}");
        }
        assert!(kernels_are_busy(b"<html>").is_err());
    }

    #[test]
    fn the_notebook_of_the_busy_kernel_is_named() {
        let open = |path: &str, id: &str, state: &str| {
            format!(r#"{{"path":"{path}","type":"notebook","kernel":{{"id":"{id}","execution_state":"{state}"}}}}"#)
        };
        let said = |open: &[String]| sentence(&busy_names(format!("[{}]", open.join(",")).as_bytes()));
        let train = open("deep/train.ipynb", "a", "busy");
        assert_eq!(said(&[train.clone(), open("x.ipynb", "b", "idle")]), "The kernel of train.ipynb is running.");
        assert_eq!(said(&[train.clone(), open("console", "a", "busy")]), "The kernel of train.ipynb is running.");
        assert_eq!(said(&[train, open("x.ipynb", "b", "busy")]), "The kernels of train.ipynb and 1 more are running.");
        assert_eq!(sentence(&busy_names(b"nonsense")), "A kernel is running.");
    }
}
