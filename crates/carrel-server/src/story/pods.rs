//! Sessions in pods, whose agents are reached by TLS.

use super::{Backend, TestCarrel};
use carrel_agent::trust::{AgentKey, Channel, ServerKey};
use carrel_model::Address;
use carrel_proxy::{
    Alive, Edits, Failed, House, HouseBody, Listen, Pass, Peer, PoolSettings, Proxy, ProxySettings, Running, Target,
    Tls, Upstream, Verdict, full_body,
};
use futures::future::BoxFuture;
use http::{Request, Response, StatusCode, request::Parts};
use hyper::body::Incoming;
use std::sync::Arc;
use tokio::runtime::Handle;

/// The port of a pod, with the backend of all sessions behind it.
struct Port(Pass);

impl House for Port {
    fn admit(&self, _: &Parts, peer: &Peer) -> Verdict {
        assert_eq!(peer.protocol(), Some(Channel::Data.alpn()));
        self.0.clone().into()
    }

    fn answer(self: Arc<Self>, _: Request<Incoming>, _: Peer) -> BoxFuture<'static, Response<HouseBody>> {
        Box::pin(async { Response::new(full_body("nothing is asked of the agent itself")) })
    }

    fn failed(&self, _: &Failed) -> Response<HouseBody> {
        Response::new(full_body("the backend does not answer"))
    }
}

/// The key of the servers of this test.
fn key() -> ServerKey {
    ServerKey::derive(b"secure-cookie-key").unwrap()
}

/// A pod before `backend` that believes that server, and its address.
fn pod(backend: &Backend) -> (Running, Address) {
    let agent = AgentKey::new(&[7; 32]).unwrap();
    let certificate = agent.pin().to_string();
    let config = agent.server_config(&key().public()).unwrap();
    let upstream = Upstream::new(Target::Handed(Arc::new(backend.door.clone())), PoolSettings::default());
    let port = Port(Pass { upstream, edits: Arc::new(Edits::default()), alive: Alive::new(), set: Vec::new() });
    let settings = ProxySettings {
        threads: Some(std::num::NonZeroUsize::MIN),
        tls: Some(Tls { config, needs_protocol: true }),
        ..ProxySettings::new(Handle::current())
    };
    let running = Proxy::start(Listen::Tcp(([127, 0, 0, 1], 0).into()), Arc::new(port), settings).unwrap();
    let address = running.local_addr().unwrap();
    (running, Address::Tls { address, certificate })
}

#[tokio::test]
async fn a_session_in_a_pod_is_reached_by_a_server_that_has_the_key_and_by_no_other() {
    let carrel = TestCarrel::new().await;
    let (_pod, address) = pod(&carrel.backend);
    carrel.launcher.answers_at(address);
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let path = format!("/s/{id}/api");
    let with_key = carrel.replica_with(Some(key())).await;
    let reached = ada.before(with_key.local_addr()).get(&path).await;
    assert_eq!(reached.status, StatusCode::OK, "{}", reached.text());
    assert_eq!(carrel.backend.heads()[0].1["x-carrel-user"], "ada", "the agent is told who asks");
    let other = ServerKey::derive(b"another secure-cookie-key").unwrap();
    let with_another = carrel.replica_with(Some(other)).await;
    assert_eq!(ada.before(with_another.local_addr()).get(&path).await.code(), "session-no-answer");
    // The first server has none.
    assert_eq!(ada.get(&path).await.code(), "session-no-key");
    let page = ada.page(&format!("/s/{id}/")).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.text().contains("This server has no secure-cookie-key"), "{}", page.text());
}

#[tokio::test]
async fn a_pod_that_is_not_the_sessions_is_not_believed() {
    let carrel = TestCarrel::new().await;
    let (_pod, address) = pod(&carrel.backend);
    let Address::Tls { address, .. } = address else { panic!("{address:?}") };
    carrel.launcher.answers_at(Address::Tls { address, certificate: "ab".repeat(32) });
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let with_key = carrel.replica_with(Some(key())).await;
    assert_eq!(ada.before(with_key.local_addr()).get(&format!("/s/{id}/api")).await.code(), "session-no-answer");
}
