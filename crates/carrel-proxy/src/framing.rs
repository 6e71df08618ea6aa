//! Phase 1: refuse what two parsers could read in two ways.
//!
//! hyper has already refused malformed lines, bad lengths, too many headers and heads over the limit. This is the rest.

pub(crate) mod scan;

use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, header, request::Parts, uri::PathAndQuery};

use crate::headers::tokens;

/// Why a request is not looked at any further. The connection is closed after telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Connect,
    NoHost,
    TwoHosts,
    OtherHost,
    NoPath,
    LengthAndEncoding,
    TwoEncodings,
    Encoding,
    H2c,
    UpgradeWithBody,
    Body,
}

impl Refusal {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Connect => StatusCode::METHOD_NOT_ALLOWED,
            Self::OtherHost => StatusCode::MISDIRECTED_REQUEST,
            Self::Encoding => StatusCode::NOT_IMPLEMENTED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT is not served here.",
            Self::NoHost => "The request has no Host header.",
            Self::TwoHosts => "The request has more than one Host header.",
            Self::OtherHost => "The host in the request line is not the one of the Host header.",
            Self::NoPath => "The request line has no path.",
            Self::LengthAndEncoding => "The request has both Content-Length and Transfer-Encoding.",
            Self::TwoEncodings => "The request has more than one Transfer-Encoding header.",
            Self::Encoding => "The only transfer encoding served here is chunked.",
            Self::H2c => "HTTP/2 is not served on this connection.",
            Self::UpgradeWithBody => "A request to switch protocols cannot have a body.",
            Self::Body => "The body of the request is malformed.",
        }
    }
}

/// Checks a head and brings its target into origin form. `ambiguous` is what the [`scan`] saw.
pub(crate) fn check(head: &mut Parts, ambiguous: bool) -> Result<(), Refusal> {
    if head.method == Method::CONNECT {
        return Err(Refusal::Connect);
    }
    let chunked = encoding(&head.headers)?;
    if chunked && (ambiguous || head.headers.contains_key(header::CONTENT_LENGTH)) {
        return Err(Refusal::LengthAndEncoding);
    }
    host(head)?;
    if head.headers.contains_key(header::UPGRADE) {
        upgrade(&head.headers, chunked)?;
    }
    Ok(())
}

/// Whether the body is chunked; any other transfer encoding would be lost on the way.
fn encoding(headers: &HeaderMap) -> Result<bool, Refusal> {
    let mut all = headers.get_all(header::TRANSFER_ENCODING).iter();
    let Some(encoding) = all.next() else { return Ok(false) };
    if all.next().is_some() {
        return Err(Refusal::TwoEncodings);
    }
    if encoding.as_bytes().eq_ignore_ascii_case(b"chunked") { Ok(true) } else { Err(Refusal::Encoding) }
}

fn host(head: &mut Parts) -> Result<(), Refusal> {
    let mut all = head.headers.get_all(header::HOST).iter();
    let host = all.next();
    if all.next().is_some() {
        return Err(Refusal::TwoHosts);
    }
    if host.is_none() && head.version > Version::HTTP_10 {
        return Err(Refusal::NoHost);
    }
    if let Some(authority) = head.uri.authority() {
        let same = |host: &HeaderValue| host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes());
        if !host.is_some_and(same) {
            return Err(Refusal::OtherHost);
        }
        let path = head.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        head.uri = Uri::from(path);
    }
    // `OPTIONS *` is for the server itself; what comes without a path otherwise is no request.
    let path = head.uri.path();
    if path.starts_with('/') || (path == "*" && head.method == Method::OPTIONS) { Ok(()) } else { Err(Refusal::NoPath) }
}

fn upgrade(headers: &HeaderMap, chunked: bool) -> Result<(), Refusal> {
    if tokens(headers, &header::UPGRADE).any(|token| token.eq_ignore_ascii_case(b"h2c")) {
        return Err(Refusal::H2c);
    }
    let has_length = headers.get(header::CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    if chunked || has_length { Err(Refusal::UpgradeWithBody) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
