//! Phase 4: put on a request what the upstream should know. `Host` stays as the browser sent it.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{Pass, Peer};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Sets `X-Forwarded-*` where wanted, what the house wants, and the switch of protocols when there is one.
pub(crate) fn headers(headers: &mut HeaderMap, peer: &Peer, proto: &'static str, pass: &Pass) {
    if pass.edits.forwarded {
        if let Some(address) = peer.forwarded_for() {
            headers.insert(X_FORWARDED_FOR, address.clone());
        }
        if let Some(host) = headers.get(header::HOST).cloned() {
            headers.insert(X_FORWARDED_HOST, host);
        }
        headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static(proto));
    }
    for (name, value) in &pass.set {
        headers.insert(name.clone(), value.clone());
    }
}

/// Makes a head ask for, or agree to, this protocol.
pub(crate) fn switch(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, protocol);
}
