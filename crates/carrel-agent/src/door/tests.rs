use super::*;
use tokio::net::UnixListener;

/// What an agent that answers with `text` and no connection looks like to who asks for one.
async fn refusal_of(text: &'static [u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let door = Door(dir.path().join("data.sock"));
    let listener = UnixListener::bind(&door.0).unwrap();
    let agent = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), CONNECTION);
        stream.write_all(text).await.unwrap();
    });
    let refusal = door.dial().await.unwrap_err().to_string();
    agent.await.unwrap();
    refusal
}

#[tokio::test]
async fn an_agent_that_hands_over_no_connection_says_why_or_is_told_to_have_said_nothing() {
    assert_eq!(refusal_of(b"the IDE takes no connection: refused").await, "the IDE takes no connection: refused");
    assert_eq!(refusal_of(b"").await, "its agent hands over nothing");
    assert_eq!(refusal_of(&[HANDED]).await, "its agent hands over nothing", "the byte without a connection");
}

#[tokio::test]
async fn what_is_handed_over_is_the_connection_and_both_ways_are_open() {
    let (server, agent) = UnixStream::pair().unwrap();
    let (mut ide, connection) = UnixStream::pair().unwrap();
    hand(&agent, connection).unwrap();
    server.readable().await.unwrap();
    let mut handed = receive(&server).unwrap();
    handed.write_all(b"?").await.unwrap();
    assert_eq!(ide.read_u8().await.unwrap(), b'?');
    ide.write_all(b"!").await.unwrap();
    assert_eq!(handed.read_u8().await.unwrap(), b'!');
    drop(handed);
    assert_eq!(ide.read(&mut [0]).await.unwrap(), 0, "the agent keeps none of it");
}

#[tokio::test]
async fn use_is_told_at_once_once_for_many_and_until_nobody_can_note_it() {
    let (ours, mut agent) = UnixStream::pair().unwrap();
    let (on_use, telling) = Teller(ours).start();
    let telling = tokio::spawn(telling);
    for _ in 0..100 {
        on_use();
    }
    let told = timeout(Duration::from_secs(10), agent.read_u8());
    assert_eq!(told.await.expect("it is told").unwrap(), b'.');
    on_use();
    drop(on_use);
    let mut rest = Vec::new();
    agent.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b".", "what was noted last is told too");
    telling.await.unwrap();
}
