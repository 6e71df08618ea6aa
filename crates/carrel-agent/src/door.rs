//! The data socket of an agent on the server's host: the server is handed connections to the IDE, and speaks with it itself.
//!
//! A client of the socket says by one byte what it comes for:
//!
//! | byte | answer |
//! |---|---|
//! | `c` | a connection to the IDE, as a file descriptor (`SCM_RIGHTS`, unix(7)) beside one byte; without one, the text says why |
//! | `r` | [`Rules`] as a line of JSON; each byte that the client sends after that says: a person did something just now |
//!
//! So bytes pass one process between browser and IDE, and not two. In a pod, where a file descriptor cannot be handed
//! over, the agent passes the bytes on.

use crate::gate::{OnUse, Rules};
use carrel_proxy::{Dial, connect_unix};
use futures::future::BoxFuture;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::{fd::AsFd, unix::net::UnixStream as StdUnixStream},
    path::PathBuf,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Interest},
    net::UnixStream,
    sync::mpsc,
    time::{sleep, timeout},
};

/// Asks for a connection.
pub const CONNECTION: u8 = b'c';
/// Asks for the rules.
pub const RULES: u8 = b'r';
/// Says that a connection comes with this byte; no text begins with it.
const HANDED: u8 = 0;
/// The longest text of an agent that hands over nothing.
const TEXT_BYTES: usize = 1024;
/// The longest line of rules that is taken.
const RULES_BYTES: u64 = 1 << 20;
/// How long an agent may take to tell them. It does so from memory.
const RULES_LIMIT: Duration = Duration::from_secs(5);
/// Use is told at once, and then no more often than this.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// The data socket of one agent.
#[derive(Debug, Clone)]
pub struct Door(pub PathBuf);

impl Door {
    /// The rules of the IDE, and who to tell of its use.
    pub async fn open(&self) -> io::Result<(Rules, Teller)> {
        let told = async {
            let mut stream = self.ask(RULES).await?;
            let mut line = Vec::new();
            BufReader::new(&mut stream).take(RULES_BYTES).read_until(b'\n', &mut line).await?;
            Ok((serde_json::from_slice(&line)?, Teller(stream)))
        };
        timeout(RULES_LIMIT, told).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn connection(&self) -> io::Result<UnixStream> {
        let stream = self.ask(CONNECTION).await?;
        stream.async_io(Interest::READABLE, || receive(&stream)).await
    }

    async fn ask(&self, what: u8) -> io::Result<UnixStream> {
        let mut stream = connect_unix(&self.0).await?;
        stream.write_all(&[what]).await?;
        Ok(stream)
    }
}

impl Dial for Door {
    fn dial(&self) -> BoxFuture<'_, io::Result<UnixStream>> {
        Box::pin(self.connection())
    }
}

/// Tells an agent of use.
#[derive(Debug)]
pub struct Teller(UnixStream);

impl Teller {
    /// What notes use, and what tells the agent of it: to be run for as long as the first is there, or the agent.
    pub fn start(self) -> (OnUse, impl Future<Output = ()> + Send) {
        // What was noted and not told yet stands for all that comes until then.
        let (note, mut noted) = mpsc::channel::<()>(1);
        let Self(mut agent) = self;
        let telling = async move {
            while noted.recv().await.is_some() && agent.write_all(b".").await.is_ok() {
                sleep(TELL_EVERY).await;
            }
        };
        let on_use = Box::new(move || {
            let _ = note.try_send(());
        });
        (on_use, telling)
    }
}

/// Hands a connection to the other end of `to`.
pub fn hand(to: &UnixStream, connection: impl AsFd) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let handed = [connection.as_fd()];
    ancillary.push(SendAncillaryMessage::ScmRights(&handed));
    // The socket has just come and is empty, so this never waits.
    sendmsg(to, &[IoSlice::new(&[HANDED])], &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Takes the connection that [`hand`] hands over, or the text that there is instead.
fn receive(from: &UnixStream) -> io::Result<UnixStream> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut text = [0; TEXT_BYTES];
    let received = recvmsg(from, &mut [IoSliceMut::new(&mut text)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let handed = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut handed) => handed.next(),
        _ => None,
    });
    match (handed, &text[..received.bytes]) {
        (Some(handed), [HANDED]) => {
            let handed = StdUnixStream::from(handed);
            handed.set_nonblocking(true)?;
            UnixStream::from_std(handed)
        }
        (_, [] | [HANDED]) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "its agent hands over nothing")),
        (_, text) => Err(io::Error::other(String::from_utf8_lossy(text).into_owned())),
    }
}

#[cfg(test)]
mod tests;
