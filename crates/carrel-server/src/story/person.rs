//! A browser, or a program with a token, as far as a server can tell.

use super::carrel::PASSWORD;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header, request::Builder};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// Speaks HTTP with a server. As a browser does it says where it comes from.
#[derive(Clone)]
pub(super) struct Person {
    pub address: SocketAddr,
    pub cookie: Option<String>,
    pub token: Option<String>,
    /// Speaks HTTPS with whom this believes.
    pub tls: Option<Arc<ClientConfig>>,
}

/// A connection of either kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}): {self:?}"))
    }

    /// The code of a problem.
    pub(super) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        self.json()["code"].as_str().unwrap().to_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

impl Person {
    pub(super) fn at(address: SocketAddr) -> Self {
        Self { address, cookie: None, token: None, tls: None }
    }

    /// The same person in front of another replica.
    pub(super) fn before(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    pub(super) fn with_token(&self, token: &str) -> Self {
        Self { cookie: None, token: Some(token.into()), ..self.clone() }
    }

    pub(super) fn origin(&self) -> String {
        format!("{}://{}", if self.tls.is_some() { "https" } else { "http" }, self.address)
    }

    /// A request with what this person always sends.
    pub(super) fn request(&self, method: &Method, path: &str) -> Builder {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, self.address.to_string());
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        match &self.token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None if method.is_safe() => request,
            None => request.header(header::ORIGIN, self.origin()).header("sec-fetch-site", "same-origin"),
        }
    }

    /// Opens a connection.
    pub(super) async fn connect(&self) -> TokioIo<Box<dyn Stream>> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        TokioIo::new(match &self.tls {
            Some(config) => {
                let name = ServerName::from(self.address.ip());
                Box::new(TlsConnector::from(config.clone()).connect(name, stream).await.unwrap())
            }
            None => Box::new(stream),
        })
    }

    /// Sends a request and waits for the head of the answer.
    pub(super) async fn begin(&self, request: Request<Full<Bytes>>) -> http::Response<Incoming> {
        let (mut send, connection) = http1::handshake(self.connect().await).await.unwrap();
        tokio::spawn(connection);
        send.send_request(request).await.unwrap()
    }

    pub(super) async fn send(&self, request: Builder, body: impl Into<Bytes>) -> Answer {
        let (head, body) = self.begin(request.body(Full::new(body.into())).unwrap()).await.into_parts();
        Answer { status: head.status, headers: head.headers, body: body.collect().await.unwrap().to_bytes() }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(&Method::GET, path), "").await
    }

    /// Opens an address as a person does.
    pub(super) async fn page(&self, path: &str) -> Answer {
        let request = self.request(&Method::GET, path).header(header::ACCEPT, "text/html,*/*;q=0.8");
        self.send(request, "").await
    }

    pub(super) async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.request(&method, path);
        if body.is_null() {
            return self.send(request, "").await;
        }
        self.send(request.header(header::CONTENT_TYPE, "application/json"), body.to_string()).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, &body).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, &Value::Null).await
    }

    /// Fills a form in as a browser does.
    pub(super) async fn form(&self, path: &str, body: &str) -> Answer {
        let request = self.request(&Method::POST, path).header(header::ACCEPT, "text/html");
        self.send(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), body.to_owned()).await
    }

    /// Signs in and keeps the cookie.
    pub(super) async fn sign_in(&mut self, user: &str, password: &str) -> Answer {
        let answer = self.post("/api/v1/sign-in", json!({ "user": user, "password": password })).await;
        self.keep_cookie(&answer);
        answer
    }

    pub(super) fn keep_cookie(&mut self, answer: &Answer) {
        let cookie = answer.header("set-cookie");
        if let Some((cookie, _)) = cookie.split_once(';') {
            self.cookie = Some(cookie.to_owned());
        }
    }

    /// The same user in another browser.
    pub(super) async fn again(&self, user: &str) -> Self {
        let mut other = Self::at(self.address);
        assert_eq!(other.sign_in(user, PASSWORD).await.status, 204);
        other
    }

    /// Launches a session; its id.
    pub(super) async fn launch(&self) -> String {
        let answer = self.post("/api/v1/sessions", json!({ "ide": "shell" })).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }
}
