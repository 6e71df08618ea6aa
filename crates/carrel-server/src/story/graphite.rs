//! The numbers of the metrics reach a real carbon.

use super::TestCarrel;
use carrel_config::settings::operation::Graphite;
use carrel_testkit::eventually;
use std::{
    fs,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// A carbon of one test's own, ended with it.
struct Carbon {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Carbon {
    fn start() -> Self {
        let folder = carrel_testkit::scratch();
        let path = folder.path().display();
        // Carbon takes no port of the system's choice, so one that is free a moment before.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "[cache]\nSTORAGE_DIR = {path}\nCONF_DIR = {path}\nLOG_DIR = {path}\nPID_DIR = {path}\n\
             LOCAL_DATA_DIR = {path}/whisper\nUSER =\nLINE_RECEIVER_INTERFACE = 127.0.0.1\nLINE_RECEIVER_PORT = {port}\n\
             PICKLE_RECEIVER_PORT = 0\nCACHE_QUERY_INTERFACE = 127.0.0.1\nCACHE_QUERY_PORT = 0\nENABLE_TAGS = False\n\
             MAX_CREATES_PER_MINUTE = inf\nMAX_UPDATES_PER_SECOND = inf\nENABLE_LOGROTATION = False\n"
        );
        fs::write(folder.path().join("carbon.conf"), settings).unwrap();
        let schema = "[all]\npattern = .*\nretentions = 1s:1h\n";
        fs::write(folder.path().join("storage-schemas.conf"), schema).unwrap();
        let mut command = Command::new("carbon-cache");
        command.arg(format!("--config={path}/carbon.conf")).args(["--debug", "start"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.expect("carbon is missing: apt-get install --no-install-recommends graphite-carbon");
        Self { child, folder, port }
    }

    /// What was last stored under this path.
    fn value(&self, path: &str) -> Option<f64> {
        let file = self.folder.path().join("whisper").join(path.replace('.', "/")).with_extension("wsp");
        let output = Command::new("whisper-fetch").arg("--json").arg(file).output().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        told["values"].as_array()?.iter().rev().find_map(serde_json::Value::as_f64)
    }
}

impl Drop for Carbon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn carbon_stores_what_the_metrics_say() {
    let carbon = Carbon::start();
    let carrel = TestCarrel::with(|settings| {
        settings.operation.graphite = Some(Graphite {
            host: "localhost".into(),
            port: carbon.port,
            client: "rstudio".into(),
            every: Duration::from_secs(1),
        });
    })
    .await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    assert_eq!(ada.get(&format!("/s/{id}/")).await.status, http::StatusCode::OK);
    for (path, expected) in
        [("rstudio.carrel_sessions.state.Active", 1.0), ("rstudio.carrel_requests_to_sessions_total", 1.0)]
    {
        eventually(path, async || {
            // Each round is a second later than the last one, as it is for a server.
            carrel.clock.set(carrel_model::Clock::System.now());
            carbon.value(path).filter(|value| (value - expected).abs() < 0.5)
        })
        .await;
    }
}
