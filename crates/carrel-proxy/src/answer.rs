//! Phases 6 and 7: what an upstream's answer loses and what is rewritten in it.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{Edits, cookies, headers::strip_hop_by_hop};

const SERVICE_WORKER_ALLOWED: HeaderName = HeaderName::from_static("service-worker-allowed");

/// Phase 6: removes what belongs to the connection to the upstream, and what the platform does not let it say.
pub(crate) fn strip(headers: &mut HeaderMap, edits: &Edits) {
    strip_hop_by_hop(headers);
    if headers.remove(header::TRANSFER_ENCODING).is_some() {
        // The length was not what framed this body, so it must not frame ours.
        headers.remove(header::CONTENT_LENGTH);
    }
    headers.remove(header::PROXY_AUTHENTICATE);
    for name in &edits.strip_answer {
        headers.remove(name);
    }
}

/// Phase 7: keeps cookies and service workers within the session.
pub(crate) fn rewrite(headers: &mut HeaderMap, edits: &Edits) {
    if headers.contains_key(header::SET_COOKIE) && (edits.cookie_path.is_some() || edits.strip_prefix.is_some()) {
        rewrite_cookies(headers, edits);
    }
    if let Some(scope) = &edits.service_worker_scope
        && headers.contains_key(SERVICE_WORKER_ALLOWED)
    {
        match HeaderValue::from_str(scope) {
            Ok(scope) => headers.insert(SERVICE_WORKER_ALLOWED, scope),
            Err(_) => headers.remove(SERVICE_WORKER_ALLOWED),
        };
    }
}

fn rewrite_cookies(headers: &mut HeaderMap, edits: &Edits) {
    let scope = edits.cookie_path.as_deref();
    let mut kept = Vec::new();
    for line in headers.get_all(header::SET_COOKIE) {
        let prefixed = edits.strip_prefix.as_deref().and_then(|prefix| cookies::prefix_path(line, prefix));
        let line = prefixed.unwrap_or_else(|| line.clone());
        if scope.is_none_or(|scope| cookies::may_set(&line, scope, &edits.strip_cookies)) {
            kept.push(line);
        }
    }
    headers.remove(header::SET_COOKIE);
    for line in kept {
        headers.append(header::SET_COOKIE, line);
    }
}

#[cfg(test)]
mod tests;
