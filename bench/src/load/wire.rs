//! One connection of the client. By hand, and as cheap as can be: the client shares the machine with what is measured.

use super::{Door, Kind};
use crate::backend::{BETWEEN_EVENTS, EVENTS};
use anyhow::{Context, bail};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How much is read at once.
const BUFFER: usize = 64 << 10;
/// Bytes of a websocket message; below 126 they stand in the second byte of a frame.
const MESSAGE: u8 = 64;

/// One connection.
pub(crate) enum Wire {
    /// For requests.
    Http(HttpWire, usize),
    /// For a websocket.
    Socket(SocketWire),
}

impl Wire {
    /// Connects.
    pub(crate) async fn open(door: &Door, kind: Kind) -> anyhow::Result<Self> {
        Ok(match kind {
            Kind::Get(name, length) => Self::Http(HttpWire::open(door, name).await?, length),
            Kind::Echo => Self::Socket(SocketWire::open(door).await?),
        })
    }

    /// Asks once, and waits for the whole answer.
    pub(crate) async fn ask(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Http(wire, length) => wire.get(*length).await,
            Self::Socket(wire) => wire.echo().await,
        }
    }
}

/// A kept connection that asks for one thing again and again.
pub(crate) struct HttpWire {
    stream: TcpStream,
    request: Vec<u8>,
    buffer: Vec<u8>,
}

impl HttpWire {
    /// Connects.
    async fn open(door: &Door, name: &str) -> anyhow::Result<Self> {
        let request = format!("GET {}{name} HTTP/1.1\r\n{}accept: */*\r\n\r\n", door.prefix, heads(door)).into_bytes();
        Ok(Self { stream: connect(door).await?, request, buffer: vec![0; BUFFER] })
    }

    /// Asks, and reads the answer to its end: 200, with a body of this length.
    async fn get(&mut self, length: usize) -> anyhow::Result<()> {
        self.stream.write_all(&self.request).await?;
        let mut have = 0;
        let head = loop {
            have += read_some(&mut self.stream, &mut self.buffer[have..]).await?;
            if let Some(head) = head(&self.buffer[..have])? {
                break head;
            }
        };
        if head.code != StatusCode::OK || head.length != Some(length) {
            bail!("status {} with {:?} bytes instead of 200 with {length}", head.code, head.length);
        }
        let mut left = (head.size + length).checked_sub(have).context("more bytes came than were announced")?;
        while left > 0 {
            let room = left.min(BUFFER);
            left -= read_some(&mut self.stream, &mut self.buffer[..room]).await?;
        }
        Ok(())
    }
}

/// An open websocket.
pub(crate) struct SocketWire {
    stream: TcpStream,
}

impl SocketWire {
    /// Connects and switches protocols.
    async fn open(door: &Door) -> anyhow::Result<Self> {
        let mut stream = connect(door).await?;
        let upgrade = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                       sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let (prefix, address) = (&door.prefix, door.address);
        let request =
            format!("GET {prefix}socket HTTP/1.1\r\n{}{upgrade}origin: http://{address}\r\n\r\n", heads(door));
        stream.write_all(request.as_bytes()).await?;
        let mut buffer = vec![0; 4096];
        let mut have = 0;
        let head = loop {
            have += read_some(&mut stream, &mut buffer[have..]).await?;
            if let Some(head) = head(&buffer[..have])? {
                break head;
            }
        };
        if head.code != StatusCode::SWITCHING_PROTOCOLS || have != head.size {
            bail!("status {} instead of 101", head.code);
        }
        Ok(Self { stream })
    }

    /// Sends a message and waits until it comes back.
    async fn echo(&mut self) -> anyhow::Result<()> {
        /// A whole binary message, masked with a key of zeros, which leaves it as it is.
        const SENT: [u8; 6 + MESSAGE as usize] = {
            let mut frame = [b'c'; 6 + MESSAGE as usize];
            (frame[0], frame[1]) = (0x82, 0x80 | MESSAGE);
            (frame[2], frame[3], frame[4], frame[5]) = (0, 0, 0, 0);
            frame
        };
        self.stream.write_all(&SENT).await?;
        let mut back = [0; 2 + MESSAGE as usize];
        self.stream.read_exact(&mut back).await.context("the websocket was closed")?;
        if back[..2] != [0x82, MESSAGE] || back[2..] != SENT[6..] {
            bail!("another message came back");
        }
        Ok(())
    }
}

/// What stands in each request.
fn heads(door: &Door) -> String {
    let (address, cookie) = (door.address, &door.cookie);
    format!("host: {address}\r\nuser-agent: carrel-bench\r\naccept-encoding: identity\r\ncookie: {cookie}\r\n")
}

async fn connect(door: &Door) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(door.address).await.context("cannot connect")?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn read_some(stream: &mut TcpStream, room: &mut [u8]) -> anyhow::Result<usize> {
    match stream.read(room).await? {
        0 => bail!("the connection was closed in the middle of an answer"),
        read => Ok(read),
    }
}

/// The head of an answer.
struct Head {
    code: StatusCode,
    size: usize,
    length: Option<usize>,
}

/// Reads it; `None` while some of it is missing.
fn head(bytes: &[u8]) -> anyhow::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; 48];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(size) = response.parse(bytes)? else { return Ok(None) };
    let code = StatusCode::from_u16(response.code.unwrap_or_default())?;
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok());
    Ok(Some(Head { code, size, length }))
}

/// A single call on a connection of its own, for what is not measured. Answers with status, headers and body.
pub(crate) async fn call(
    door: &Door,
    method: Method,
    path: &str,
    body: Option<String>,
) -> anyhow::Result<(StatusCode, HeaderMap, Bytes)> {
    let (mut send, connection) = hyper::client::conn::http1::handshake(TokioIo::new(connect(door).await?)).await?;
    let connection = tokio::spawn(connection);
    let origin = format!("http://{}", door.address);
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, door.address.to_string());
    request = request.header(header::COOKIE, &door.cookie).header(header::ORIGIN, origin);
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let request = request.body(Full::new(Bytes::from(body.unwrap_or_default())))?;
    let (head, body) = send.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    connection.abort();
    Ok((head.status, head.headers, body))
}

/// Reads a stream of events. Says how much later than sent they came, at the median of the distances.
pub(crate) async fn lateness_of_events(door: &Door) -> anyhow::Result<Duration> {
    let (mut send, connection) = hyper::client::conn::http1::handshake(TokioIo::new(connect(door).await?)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::get(format!("{}events", door.prefix)).header(header::HOST, door.address.to_string());
    let request = request.header(header::COOKIE, &door.cookie).body(Full::<Bytes>::default())?;
    let mut body = send.send_request(request).await?.into_body();
    let (mut last, mut late) = (None::<Instant>, Vec::new());
    let mut came = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        came += data.windows(2).filter(|two| two == b"\n\n").count();
        let now = Instant::now();
        late.extend(last.replace(now).map(|last| now.duration_since(last).saturating_sub(BETWEEN_EVENTS)));
    }
    connection.abort();
    if came != EVENTS || late.len() + 1 < EVENTS / 2 {
        bail!("{came} of {EVENTS} events came, in {} parts: they are held back", late.len() + 1);
    }
    late.sort();
    Ok(late[late.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_an_answer_is_read_when_it_is_whole() {
        let text = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        assert!(head(&text[..20]).unwrap().is_none());
        let head = head(text).unwrap().unwrap();
        assert_eq!((head.code, head.size, head.length), (StatusCode::OK, text.len() - 3, Some(3)));
    }

    #[test]
    fn what_is_not_http_is_a_fault() {
        assert!(head(b"SSH-2.0\r\n").is_err());
    }
}
