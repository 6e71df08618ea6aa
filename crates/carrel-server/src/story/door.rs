//! Sessions of this host, whose agents hand over connections to the IDE.

use super::{
    TestCarrel,
    tunnels::{self, echoes},
};
use carrel_agent::door::RULES;
use carrel_model::Address;
use carrel_testkit::eventually;
use futures::SinkExt;
use http::StatusCode;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixListener,
    time::timeout,
};

#[tokio::test]
async fn an_agent_is_asked_for_the_way_once_by_each_server_and_never_for_a_stranger() {
    let carrel = TestCarrel::new().await;
    let (ada, bea) = (carrel.user("ada").await, carrel.user("bea").await);
    let id = carrel.running(&ada).await;
    let path = format!("/s/{id}/api");
    assert_eq!(bea.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(carrel.stranger().get(&path).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(carrel.backend.opened(), 0);
    let all = futures::future::join_all((0..20).map(|_| ada.get(&path))).await;
    assert!(all.iter().all(|answer| answer.status == StatusCode::OK));
    echoes(&mut tunnels::open(&ada, &id).await).await;
    assert_eq!(carrel.backend.opened(), 1);
    // A server that knows neither caller nor way learns both in one request.
    let other = carrel.replica().await;
    assert_eq!(ada.before(other.local_addr()).get(&path).await.status, StatusCode::OK);
    assert_eq!(carrel.backend.opened(), 2);
}

#[tokio::test]
async fn use_is_told_to_the_agent_and_the_polling_of_a_page_is_not() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    for _ in 0..3 {
        assert_eq!(ada.get(&format!("/s/{id}/polled")).await.status, StatusCode::OK);
    }
    let mut socket = tunnels::open(&ada, &id).await;
    echoes(&mut socket).await;
    assert_eq!(carrel.backend.used(), 0, "opening a websocket and a keep-alive are none");
    socket.send("print('hello')".into()).await.unwrap();
    eventually("use by a websocket", async || (carrel.backend.used() == 1).then_some(())).await;
    for _ in 0..50 {
        ada.get(&format!("/s/{id}/a-page")).await;
    }
    eventually("use by requests", async || (carrel.backend.used() > 1).then_some(())).await;
    assert!(carrel.backend.used() < 20, "told seldom, however often there is use: {}", carrel.backend.used());
}

#[tokio::test]
async fn an_agent_that_was_away_is_asked_again_and_one_that_talks_nonsense_is_not_believed() {
    let carrel = TestCarrel::new().await;
    let folder = carrel_testkit::scratch();
    let path = folder.path().join("data.sock");
    carrel.launcher.answers_at(Address::Unix(path.clone()));
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let ask = async || ada.get(&format!("/s/{id}/api")).await;
    assert_eq!(ask().await.code(), "session-no-answer");
    let listener = UnixListener::bind(&path).unwrap();
    let nonsense = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), RULES);
        stream.write_all(b"{\"user\":\"ada\"}\n").await.unwrap();
    });
    assert_eq!(ask().await.code(), "session-no-answer");
    timeout(Duration::from_secs(10), nonsense).await.expect("the agent is asked again").unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::hard_link(&carrel.backend.door.0, &path).unwrap();
    assert_eq!(ask().await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_ide_that_takes_no_connection_is_told_as_one_and_tried_again() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    carrel.backend.shut(true);
    let page = ada.page(&format!("/s/{id}/")).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.text().contains("The session does not answer at present"), "{}", page.text());
    carrel.backend.shut(false);
    assert_eq!(ada.page(&format!("/s/{id}/")).await.status, StatusCode::OK);
}
