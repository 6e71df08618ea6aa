//! The two directions of a tunnel.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::{Watch, frames::Frames, io::Io, upstream::OpenTunnel};

/// How much is read at once.
const SCRATCH: usize = 64 * 1024;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

/// Both directions, and who looks on.
pub(super) struct Pipe {
    client: Io,
    upstream: Io,
    up: OneWay,
    down: OneWay,
    observer: Observer,
}

/// What is noted of the bytes that pass.
struct Observer {
    counts: OpenTunnel,
    watch: Option<Box<(Arc<dyn Watch>, Frames)>>,
    /// Where the upstream's websocket frames are, to know where a close frame may be put.
    frames: Option<Frames>,
}

impl Pipe {
    pub(super) fn new(client: Io, upstream: Io, counts: OpenTunnel) -> Self {
        let observer = Observer { counts, watch: None, frames: None };
        Self { client, upstream, up: OneWay::default(), down: OneWay::default(), observer }
    }

    pub(super) fn follow_frames(&mut self) {
        self.observer.frames = Some(Frames::new());
    }

    pub(super) fn watch(&mut self, watch: Arc<dyn Watch>) {
        self.observer.watch = Some(Box::new((watch, Frames::new())));
    }

    /// Bytes that each side sent before the tunnel was there.
    pub(super) fn came_early(&mut self, from_client: &[u8], from_upstream: &[u8]) {
        self.observer.up(from_client);
        self.up.left.extend_from_slice(from_client);
        self.observer.down(from_upstream);
        self.down.left.extend_from_slice(from_upstream);
    }

    /// Moves what can be moved; ready when the upstream has ended and the client knows, or when a side is broken. A
    /// client that ends first still gets what the upstream has to say.
    pub(super) fn poll_flow(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(Err(error)) = self.poll_up(cx) {
            return Poll::Ready(Err(error));
        }
        let Self { client, upstream, down, observer, .. } = self;
        down.poll(cx, upstream, client, |bytes| observer.down(bytes))
    }

    /// Moves what comes from the client; ready when it has ended and the upstream knows.
    pub(super) fn poll_up(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { client, upstream, up, observer, .. } = self;
        up.poll(cx, client, upstream, |bytes| observer.up(bytes))
    }

    /// Ends a tunnel that could go on: tells the client why when its protocol has a way to, and waits until it has
    /// closed its side. Closing at once could take the words back.
    pub(super) async fn goodbye(self, code: u16) {
        let Self { mut client, upstream, down, observer, .. } = self;
        drop(upstream);
        if down.left.is_empty() && observer.frames.is_some_and(|frames| frames.between()) {
            let [high, low] = code.to_be_bytes();
            let told = client.write_all(&[0x88, 2, high, low]).await;
            if told.is_err() || client.flush().await.is_err() {
                return;
            }
        }
        if client.shutdown().await.is_err() {
            return;
        }
        let _ = poll_fn(|cx| poll_until_closed(cx, &mut client)).await;
    }
}

impl Observer {
    fn up(&mut self, bytes: &[u8]) {
        self.counts.count_up(bytes.len());
        if let Some(watched) = &mut self.watch {
            let (watch, frames) = &mut **watched;
            watch.up(frames, bytes);
        }
    }

    fn down(&mut self, bytes: &[u8]) {
        self.counts.count_down(bytes.len());
        if let Some(frames) = &mut self.frames {
            frames.feed(bytes, |_| ());
        }
    }
}

/// Reads and forgets until the other end closes.
fn poll_until_closed(cx: &mut Context<'_>, io: &mut Io) -> Poll<io::Result<()>> {
    BUFFER.with_borrow_mut(|scratch| {
        loop {
            let mut buf = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *io).poll_read(cx, &mut buf))?;
            if buf.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    })
}

/// One direction.
#[derive(Default)]
struct OneWay {
    /// What was read and not taken yet. Allocated only when the writer is slower than the reader.
    left: Vec<u8>,
    /// How much of it was written.
    written: usize,
    /// Whether something was written that the writer may hold back: TLS does, when its socket is full.
    unflushed: bool,
    eof: bool,
    shut: bool,
}

impl OneWay {
    /// Ready when the reader has ended and the writer has been told so.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut Io,
        to: &mut Io,
        mut seen: impl FnMut(&[u8]),
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_write_left(cx, to))?;
            if self.eof {
                if !self.shut {
                    ready!(Pin::new(&mut *to).poll_shutdown(cx))?;
                    self.shut = true;
                }
                return Poll::Ready(Ok(()));
            }
            ready!(self.poll_pass(cx, from, to, &mut seen))?;
        }
    }

    fn poll_write_left(&mut self, cx: &mut Context<'_>, to: &mut Io) -> Poll<io::Result<()>> {
        while self.written < self.left.len() {
            match ready!(Pin::new(&mut *to).poll_write(cx, &self.left[self.written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                some => self.written += some,
            }
        }
        if self.written > 0 {
            self.left = Vec::new();
            self.written = 0;
        }
        if self.unflushed {
            ready!(Pin::new(&mut *to).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// One read, and one try to write it.
    fn poll_pass(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut Io,
        to: &mut Io,
        seen: &mut impl FnMut(&[u8]),
    ) -> Poll<io::Result<()>> {
        BUFFER.with_borrow_mut(|scratch| {
            let mut buf = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *from).poll_read(cx, &mut buf))?;
            let got = buf.filled();
            self.eof = got.is_empty();
            seen(got);
            let taken = match Pin::new(&mut *to).poll_write(cx, got) {
                Poll::Ready(taken) => taken?,
                Poll::Pending => 0,
            };
            self.left.extend_from_slice(&got[taken..]);
            self.unflushed = true;
            Poll::Ready(Ok(()))
        })
    }
}
