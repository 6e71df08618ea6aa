use super::*;
use carrel_agent::{
    protocol::{Phase, Status},
    trust::{AgentKey, PublicKey, ServerKey},
};
use carrel_config::{Current, Settings};
use carrel_model::Clock;
use carrel_sessions::launcher::{Report, Seen};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{Client, Config};
use serde_json::{Value, json};
use std::{
    net::IpAddr,
    process,
    sync::atomic::{AtomicU8, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc::UnboundedReceiver,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

const RUN: &str = "abcdefghjkmnpqrs-1";
/// More than it takes to be told as silent.
const DROPPED: usize = 5;
const LIMIT: Duration = Duration::from_secs(30);

fn run() -> RunId {
    RUN.parse().unwrap()
}

fn agent_key() -> AgentKey {
    AgentKey::new(&[7; 32]).unwrap()
}

/// A launcher's state over a cluster that is never asked.
fn shared() -> Arc<Shared> {
    let client = Client::try_from(Config::new("http://192.0.2.1".parse().unwrap())).unwrap();
    let settings = Settings::local("/nowhere".into(), "/nowhere".into(), Vec::new());
    let key = ServerKey::derive(b"secure-cookie-key").unwrap();
    Arc::new(Shared::new(client, key, "instance".into(), Current::new(settings), Clock::System))
}

/// The Job and the pod of the run, whose init container has ended.
fn seen(shared: &Arc<Shared>, ip: IpAddr, session: &Value) {
    let meta = |name: &str| json!({"name": name, "uid": name, "labels": {"carrel.dev/run": RUN}});
    let container = |name: &str, state: &Value| json!({"name": name, "state": state, "image": "i", "imageID": "", "ready": false, "restartCount": 0});
    let installed = json!({"terminated": {"exitCode": 0, "message": agent_key().pin().announcement()}});
    let pod: Pod = serde_json::from_value(json!({"metadata": meta("carrel-abcdefghjkmnpqrs-1-x7k2p"), "status": {
        "podIP": ip, "conditions": [{"type": "PodScheduled", "status": "True"}],
        "initContainerStatuses": [container("carrel-install", &installed)],
        "containerStatuses": [container("session", session)],
    }}))
    .unwrap();
    let job: Job = serde_json::from_value(json!({"metadata": meta("carrel-abcdefghjkmnpqrs-1")})).unwrap();
    shared.index(|index, now| index.made_job(job, now));
    shared.index(|index, now| index.apply_pod(pod, now));
}

/// An address of this test's own, with the port of agents.
async fn port() -> TcpListener {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = process::id().to_be_bytes();
    let own = IpAddr::from([127, high, low, NEXT.fetch_add(1, Ordering::Relaxed)]);
    TcpListener::bind((own, PORT)).await.unwrap()
}

/// Closes so many connections at once, as a pod does whose agent is not there yet.
async fn drop_some(port: &TcpListener) {
    for _ in 0..DROPPED {
        port.accept().await.unwrap();
    }
}

/// A stand-in for an agent: is ready, and takes whatever it is given.
async fn serve_stand_in(port: TcpListener, server: PublicKey) {
    let config = agent_key().server_config(&server).unwrap();
    loop {
        let (stream, _) = port.accept().await.unwrap();
        // A knock ends with the handshake.
        tokio::spawn(answer(TlsAcceptor::from(config.clone()), stream));
    }
}

async fn answer(acceptor: TlsAcceptor, stream: TcpStream) -> std::io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut head = [0; 4096];
    if stream.read(&mut head).await? == 0 || !head.starts_with(b"GET /watch ") {
        return stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
    }
    let status = Status::new(run(), Phase::Ready);
    let line = serde_json::to_string(&status)?;
    stream.write_all(format!("HTTP/1.1 200 OK\r\n\r\n{line}\n").as_bytes()).await?;
    stream.flush().await?;
    std::future::pending().await
}

/// All that is told of the run until this.
async fn told(reports: &mut UnboundedReceiver<Report>, last: impl Fn(&Seen) -> bool) -> Vec<Seen> {
    let mut told = Vec::new();
    while !told.last().is_some_and(&last) {
        let report = timeout(LIMIT, reports.recv()).await.unwrap_or_else(|_| panic!("nothing after {told:?}")).unwrap();
        if let Report::Run(_, seen) = report {
            told.push(seen);
        }
    }
    told
}

#[tokio::test]
async fn an_agent_is_reached_before_kubernetes_says_that_its_container_runs_and_knocked_for_in_silence() {
    let (shared, port) = (shared(), port().await);
    let mut reports = shared.hub.listen();
    seen(&shared, port.local_addr().unwrap().ip(), &json!({"waiting": {"reason": "PodInitializing"}}));
    drop_some(&port).await;
    assert_eq!(shared.look(&run()), Some(Known::Begins));
    assert!(shared.control_of(&run()).is_none(), "it cannot be asked yet");
    tokio::spawn(serve_stand_in(port, shared.key.public()));
    let told = told(&mut reports, |seen| matches!(seen, Seen::Ready(_))).await;
    assert!(!told.iter().any(|seen| matches!(seen, Seen::Unreachable(_))), "{told:?}");
    let Some(Seen::Ready(Address::Tls { certificate, .. })) = told.last() else { panic!("{told:?}") };
    assert_eq!(*certificate, agent_key().pin().to_string());
    assert_eq!(shared.look(&run()), Some(Known::Up));
    assert!(shared.control_of(&run()).is_some());
}

#[tokio::test]
async fn the_silence_of_an_agent_whose_container_runs_is_told() {
    let (shared, port) = (shared(), port().await);
    let mut reports = shared.hub.listen();
    seen(&shared, port.local_addr().unwrap().ip(), &json!({"running": {}}));
    drop_some(&port).await;
    told(&mut reports, |seen| matches!(seen, Seen::Unreachable(_))).await;
    tokio::spawn(serve_stand_in(port, shared.key.public()));
    told(&mut reports, |seen| matches!(seen, Seen::Ready(_))).await;
}

#[tokio::test]
async fn an_agent_that_is_knocked_for_in_vain_is_told_as_silent_once_its_container_runs() {
    let (shared, port) = (shared(), port().await);
    let (mut reports, ip) = (shared.hub.listen(), port.local_addr().unwrap().ip());
    seen(&shared, ip, &json!({"waiting": {"reason": "PodInitializing"}}));
    drop_some(&port).await;
    seen(&shared, ip, &json!({"running": {}}));
    let dropping = tokio::spawn(async move { while port.accept().await.is_ok() {} });
    told(&mut reports, |seen| matches!(seen, Seen::Unreachable(_))).await;
    dropping.abort();
}

#[tokio::test]
async fn who_has_the_address_and_not_the_key_is_not_taken_for_the_agent() {
    let (shared, port) = (shared(), port().await);
    seen(&shared, port.local_addr().unwrap().ip(), &json!({"waiting": {"reason": "PodInitializing"}}));
    let config = AgentKey::new(&[8; 32]).unwrap().server_config(&shared.key.public()).unwrap();
    for _ in 0..DROPPED {
        let (stream, _) = port.accept().await.unwrap();
        assert!(TlsAcceptor::from(config.clone()).accept(stream).await.is_err());
    }
    assert_eq!(shared.look(&run()), Some(Known::Begins));
}
