//! The agent as in a pod: a port with TLS instead of sockets, and the texts that Kubernetes carries.

use crate::place::{LIMIT, eventually, lives, plan};
use bytes::Bytes;
use carrel_agent::{
    folder::RunFolder,
    pod::{LISTENS_LINE, TERMINATION_BYTES, is_agents, read_termination},
    protocol::{End, Phase, Status, Stop},
    trust::{AgentKey, Channel, Pin, ServerKey},
};
use carrel_model::{Account, Container, Ending, Plan};
use futures::{SinkExt, StreamExt};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rustls::{ClientConfig, pki_types::ServerName};
use serde::Serialize;
use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::tungstenite::Message;

/// Puts a key where the init container does.
fn key_in(folder: &Path) -> Pin {
    let random = [7; 32];
    fs::write(RunFolder::new(folder).key(), random).unwrap();
    AgentKey::new(&random).unwrap().pin()
}

/// What stands for a container: its folder, the agent in it, and the server that may speak with it.
struct Pod {
    dir: tempfile::TempDir,
    folder: RunFolder,
    agent: Child,
    key: ServerKey,
    pin: Pin,
    address: SocketAddr,
}

impl Pod {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(arguments: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["home", "run"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let path = |name: &str| dir.path().join(name);
        fs::write(path("termination-log"), "").unwrap();
        let pin = key_in(&path("run"));
        let key = ServerKey::derive(b"secure-cookie-key").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_carrel-agent"));
        command.args(["run", "--listen", "127.0.0.1:0", "--dir"]).arg(path("run"));
        command.arg("--termination-log").arg(path("termination-log")).args(arguments);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/root").env("R_LIBS_SITE", "/opt/r");
        command.env("CARREL_RUN", "abcdefghjkmnpqrs-1").env("CARREL_SERVER_KEY", key.public().to_string());
        let log = fs::File::create(path("log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let agent = command.spawn().unwrap();
        let said = || async {
            let log = fs::read_to_string(path("log")).unwrap();
            log.lines().find_map(|line| line.strip_prefix(LISTENS_LINE)).map(|at| at.parse().unwrap())
        };
        let address = eventually("the agent says where it listens", said).await;
        Self { folder: RunFolder::new(path("run")), dir, agent, key, pin, address }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The log of the container.
    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    /// A plan for this container.
    fn plan(&self, arguments: &[&str]) -> Plan {
        let account =
            Account { uid: 20001, gid: 20001, groups: Vec::new(), home: self.path("home"), shell: "/bin/bash".into() };
        let container = Container {
            image: "registry.test/ide:1".into(),
            account,
            cpu_request: None,
            memory_request_mb: None,
            gpus: [].into(),
            placement: [].into(),
            overrides: Vec::new(),
        };
        Plan { container: Some(container), ..plan(arguments) }
    }

    async fn dial(&self, channel: Channel) -> io::Result<TlsStream<TcpStream>> {
        self.dial_with(self.key.client_config(self.pin, channel)).await
    }

    async fn dial_with(&self, config: Arc<ClientConfig>) -> io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::IpAddress(self.address.ip().into());
        TlsConnector::from(config).connect(name, stream).await
    }

    async fn send(&self, channel: Channel, request: Request<Full<Bytes>>) -> Response<Incoming> {
        let stream = self.dial(channel).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    }

    async fn get(&self, channel: Channel, path: &str) -> Response<Incoming> {
        let request = Request::get(path).header("host", "carrel.test").body(Full::default()).unwrap();
        self.send(channel, request).await
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> StatusCode {
        let request = Request::post(path).header("host", "agent").body(serde_json::to_vec(body).unwrap().into());
        self.send(Channel::Control, request.unwrap()).await.status()
    }

    async fn status(&self) -> Status {
        let body = self.get(Channel::Control, "/status").await.into_body().collect().await.unwrap();
        serde_json::from_slice(&body.to_bytes()).unwrap()
    }

    async fn ready(&self, plan: &Plan) {
        assert_eq!(self.post("/start", plan).await, StatusCode::NO_CONTENT);
        eventually("the IDE answers", || async { (self.status().await.phase == Phase::Ready).then_some(()) }).await;
    }

    /// What the stand-in tells of itself and of the request.
    async fn ide(&self, path: &str) -> serde_json::Value {
        let answer = self.get(Channel::Data, path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    /// How it ended, with the exit code and the termination message.
    async fn end(&mut self) -> (Option<i32>, End) {
        let code = eventually("the agent ends", || {
            let ended = self.agent.try_wait().unwrap();
            async move { ended }
        })
        .await
        .code();
        let message = fs::read_to_string(self.path("termination-log")).unwrap();
        assert!(message.len() <= TERMINATION_BYTES);
        (code, read_termination(&message).unwrap())
    }

    /// What a client gets that connects like this and asks for the status: nothing, or the beginning of an answer.
    async fn answered(&self, config: Arc<ClientConfig>) -> String {
        let Ok(mut stream) = self.dial_with(config).await else { return String::new() };
        let mut answer = Vec::new();
        let asked = async {
            stream.write_all(b"GET /status HTTP/1.1\r\nhost: agent\r\nconnection: close\r\n\r\n").await?;
            stream.read_to_end(&mut answer).await
        };
        let _ = timeout(LIMIT, asked).await.unwrap();
        String::from_utf8(answer).unwrap()
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        // What the IDE left ends with the agent.
        let _ = self.agent.kill();
        let _ = self.agent.wait();
    }
}

#[tokio::test]
async fn the_server_has_a_plan_run_and_requests_and_websockets_reach_the_ide_by_tls() {
    let mut pod = Pod::new().await;
    let early = pod.get(Channel::Data, "/s/x/lab").await;
    assert_eq!(early.status(), StatusCode::SERVICE_UNAVAILABLE, "there is no IDE yet");
    pod.ready(&pod.plan(&["--say", "hello from the start"])).await;
    let seen = pod.ide("/s/x/lab?a=b%2Fc").await;
    assert_eq!(seen["path"], "/s/x/lab?a=b%2Fc");
    assert_eq!(seen["headers"]["x-secret"], fs::read_to_string(pod.folder.secret()).unwrap());
    let stream = pod.dial(Channel::Data).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async("ws://carrel.test/s/x/ws", stream).await.unwrap();
    let long = "what a person types ".repeat(20_000);
    for text in ["what a person types", &long] {
        socket.send(Message::text(text)).await.unwrap();
    }
    // Framed and masked it is a little more.
    let all = 19 + i64::try_from(long.len()).unwrap();
    eventually("all of it came", || async { (pod.ide("/s/x/").await["tunnelled"].as_i64()? >= all).then_some(()) })
        .await;
    drop(socket);
    let output = pod.get(Channel::Control, "/output?follow=false").await.into_body().collect().await.unwrap();
    assert_eq!(output.to_bytes(), "hello from the start\n");
    assert_eq!(pod.post("/stop", &Stop { grace_ms: 5000 }).await, StatusCode::ACCEPTED);
    let (code, end) = pod.end().await;
    assert_eq!((code, &end.ending), (Some(0), &Ending::Asked));
    assert_eq!(pod.folder.read_end(), Some(end));
}

#[tokio::test]
async fn the_control_channel_is_not_the_ides_and_the_data_channel_is_not_the_agents() {
    let pod = Pod::new().await;
    pod.ready(&pod.plan(&[])).await;
    assert_eq!(pod.get(Channel::Control, "/s/x/lab").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(pod.ide("/s/x/status").await["path"], "/s/x/status");
    let status = pod.get(Channel::Data, "/status").await;
    let body = status.into_body().collect().await.unwrap().to_bytes();
    assert!(serde_json::from_slice::<Status>(&body).is_err(), "it is the IDE that answers");
}

#[tokio::test]
async fn the_ide_sees_who_asks_and_nothing_else_of_carrels() {
    let pod = Pod::new().await;
    pod.ready(&pod.plan(&[])).await;
    let request = Request::get("/s/x/lab")
        .header("host", "carrel.test")
        .header("x-carrel-user", "grace")
        .header("x-carrel-token", "t0ken")
        .body(Full::default());
    let answer = pod.send(Channel::Data, request.unwrap()).await;
    assert_eq!(answer.headers()["service-worker-allowed"], "/s/x/");
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let seen: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let headers = seen["headers"].as_object().unwrap();
    assert_eq!(headers["x-workbench-user"], "grace");
    assert!(headers.keys().all(|name| !name.starts_with("x-carrel-")), "{headers:?}");
}

#[tokio::test]
async fn who_cannot_prove_to_be_the_server_gets_no_answer() {
    let pod = Pod::new().await;
    let right = pod.key.client_config(pod.pin, Channel::Control);
    assert!(pod.answered(right.clone()).await.starts_with("HTTP/1.1 200"));
    let other = ServerKey::derive(b"another installation").unwrap();
    assert_eq!(pod.answered(other.client_config(pod.pin, Channel::Control)).await, "");
    let mut none = ClientConfig::clone(&right);
    none.alpn_protocols.clear();
    assert_eq!(pod.answered(none.into()).await, "", "no channel named");
    let mut unknown = ClientConfig::clone(&right);
    unknown.alpn_protocols = vec![b"http/1.1".to_vec()];
    assert_eq!(pod.answered(unknown.into()).await, "", "a channel that there is not");
    let mut nobody = ClientConfig::clone(&right);
    nobody.client_auth_cert_resolver = Arc::new(NoCertificate);
    assert_eq!(pod.answered(nobody.into()).await, "", "no certificate");
    let mut plain = TcpStream::connect(pod.address).await.unwrap();
    plain.write_all(b"GET /status HTTP/1.1\r\nhost: agent\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(LIMIT, plain.read_to_end(&mut answer)).await.unwrap();
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP"), "without TLS");
    let elsewhere: Pin = "ab".repeat(32).parse().unwrap();
    let refused = pod.dial_with(pod.key.client_config(elsewhere, Channel::Control)).await.unwrap_err().to_string();
    assert!(refused.contains("not the one that the agent announced"), "{refused}");
    assert_eq!(pod.status().await.phase, Phase::Waiting, "and the server is still served");
}

/// Shows nothing when a certificate is asked for.
#[derive(Debug)]
struct NoCertificate;

impl rustls::client::ResolvesClientCert for NoCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<rustls::sign::CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn the_account_is_the_plans_and_the_variables_are_the_containers_but_for_the_agents() {
    let pod = Pod::new().await;
    let mut plan = pod.plan(&[]);
    plan.env.insert("AS".into(), "{account} {user} {home} {path}".into());
    pod.ready(&plan).await;
    let seen = pod.ide("/s/x/").await;
    let home = pod.path("home");
    let home = home.to_str().unwrap();
    let is = |name: &str| seen["env"][name].as_str().unwrap_or("unset").to_owned();
    assert_eq!(is("AS"), format!("ada ada {home} /usr/bin:/bin"));
    assert_eq!([is("HOME"), is("USER"), is("LOGNAME"), is("SHELL")], [home, "ada", "ada", "/bin/bash"]);
    assert_eq!([is("R_LIBS_SITE"), is("CARREL_SERVER_KEY")], ["/opt/r", "unset"]);
}

#[tokio::test]
async fn the_log_has_what_the_ide_said() {
    let mut pod = Pod::new().await;
    pod.ready(&pod.plan(&["--say", "warming up"])).await;
    pod.ide("/s/x/say?text=last+words").await;
    pod.post("/stop", &Stop { grace_ms: 5000 }).await;
    pod.end().await;
    let log = pod.log();
    let said: Vec<&str> = log.lines().filter(|line| !is_agents(line.as_bytes())).collect();
    assert_eq!(said, ["warming up", "last words"]);
}

#[tokio::test]
async fn a_failure_is_an_exit_code_and_a_message_of_the_kubelets_size() {
    let mut pod = Pod::new().await;
    let mut plan = pod.plan(&[]);
    let code = "import sys\nfor n in range(3000): print('line', n)\nsys.exit(3)";
    plan.command = ["/usr/bin/python3", "-c", code].map(ToOwned::to_owned).to_vec();
    pod.post("/start", &plan).await;
    let (code, end) = pod.end().await;
    let Ending::Failed { cause } = &end.ending else { panic!("{end:?}") };
    assert_eq!((code, cause.code.as_str()), (Some(1), "ide-exited"));
    assert!(end.last_output.ends_with("line 2999\n") && end.last_output.starts_with("line 2"), "{}", end.last_output);
    assert!(pod.folder.read_end().unwrap().last_output.len() > end.last_output.len());
}

#[tokio::test]
async fn a_program_that_the_image_has_not_is_named_with_the_image() {
    let mut pod = Pod::new().await;
    let mut plan = pod.plan(&[]);
    plan.command[0] = "jupyter-lab-of-nobody".into();
    pod.post("/start", &plan).await;
    let (_, end) = pod.end().await;
    let Ending::Failed { cause } = end.ending else { panic!("{end:?}") };
    let text = "The program jupyter-lab-of-nobody is not in the image registry.test/ide:1, or may not be run by this \
                account.";
    assert_eq!(cause.text, text);
}

#[tokio::test]
async fn the_kubelets_wish_to_end_is_passed_on_and_kept_to_the_grace_time() {
    let mut pod = Pod::with(&["--grace", "1"]).await;
    pod.ready(&pod.plan(&["--ignore-term"])).await;
    let ide = i32::try_from(pod.ide("/s/x/").await["pid"].as_i64().unwrap()).unwrap();
    kill(Pid::from_raw(pod.agent.id().cast_signed()), Signal::SIGTERM).unwrap();
    let (code, end) = pod.end().await;
    assert_eq!((code, end.ending), (Some(0), Ending::Signalled));
    assert!(!lives(ide));
}

#[tokio::test]
async fn each_change_is_told_by_tls_to_those_who_watch() {
    let mut pod = Pod::new().await;
    let mut watched = pod.get(Channel::Control, "/watch").await.into_body().into_data_stream();
    pod.ready(&pod.plan(&[])).await;
    pod.post("/stop", &Stop { grace_ms: 5000 }).await;
    let mut lines = Vec::new();
    while let Some(Ok(chunk)) = watched.next().await {
        lines.extend(chunk);
    }
    let told = lines.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Status>(line).ok());
    let mut phases: Vec<Phase> = told.map(|status| status.phase).collect();
    phases.dedup();
    assert_eq!(phases, [Phase::Waiting, Phase::Starting, Phase::Ready, Phase::Stopping, Phase::Ended]);
    pod.end().await;
}

#[tokio::test]
async fn the_ide_finds_no_key_of_the_agents_and_no_second_agent_has_it() {
    let mut pod = Pod::new().await;
    assert!(!pod.folder.key().exists(), "it is taken before anybody can ask for an IDE");
    pod.post("/stop", &Stop { grace_ms: 0 }).await;
    pod.end().await;
    let dir = tempfile::tempdir().unwrap();
    let cause = failure_of(&pod, "127.0.0.1:0", dir.path());
    assert!(cause.contains("/key, which `carrel-agent install` makes, cannot be taken: No such file"), "{cause}");
    fs::write(RunFolder::new(dir.path()).key(), "short").unwrap();
    let cause = failure_of(&pod, "127.0.0.1:0", dir.path());
    assert!(cause.contains("/key has 5 bytes and not 32"), "{cause}");
}

#[tokio::test]
async fn an_agent_that_cannot_listen_says_so_to_the_kubelet() {
    let pod = Pod::new().await;
    let taken = pod.address.to_string();
    let dir = tempfile::tempdir().unwrap();
    key_in(dir.path());
    let cause = failure_of(&pod, &taken, dir.path());
    assert!(cause.contains(&format!("cannot listen on {taken}: Address already in use")), "{cause}");
}

/// Why an agent in `folder` does not come to life.
fn failure_of(pod: &Pod, listen: &str, folder: &Path) -> String {
    let message = folder.join("termination-log");
    let mut command = Command::new(env!("CARGO_BIN_EXE_carrel-agent"));
    command.args(["run", "--listen", listen, "--run", "abcdefghjkmnpqrs-2", "--dir"]).arg(folder);
    command.args(["--server-key", &pod.key.public().to_string(), "--termination-log"]).arg(&message);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(70));
    let end = read_termination(&fs::read_to_string(message).unwrap()).unwrap();
    let Ending::Failed { cause } = end.ending else { panic!("{end:?}") };
    cause.text
}
