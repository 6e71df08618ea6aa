//! Phase 3: take off a request what is not for the upstream. The same for plain requests and for upgrades.

use http::{HeaderMap, HeaderName, Uri, header, uri::PathAndQuery};

use crate::{Edits, cookies, headers::strip_hop_by_hop};

const FORWARDED_PREFIX: &str = "x-forwarded-";

/// Removes what belongs to this connection, to the platform, or to nobody.
pub(crate) fn headers(headers: &mut HeaderMap, edits: &Edits) {
    strip_hop_by_hop(headers);
    // hyper has answered it: it says 100 as soon as the body is asked for.
    headers.remove(header::EXPECT);
    headers.remove(header::PROXY_AUTHORIZATION);
    for name in &edits.strip_request {
        headers.remove(name);
    }
    for name in by_prefix(headers, edits) {
        headers.remove(name);
    }
    if edits.forwarded {
        headers.remove(header::FORWARDED);
        headers.remove("x-real-ip");
    }
    cookies::strip(headers, &edits.strip_cookies);
}

/// The headers to go by the start of their name. Empty, and without an allocation, for what browsers send.
fn by_prefix(headers: &HeaderMap, edits: &Edits) -> Vec<HeaderName> {
    let goes = |name: &&HeaderName| {
        let name = name.as_str();
        edits.strip_request_prefixes.iter().any(|prefix| name.starts_with(prefix))
            || (edits.forwarded && name.starts_with(FORWARDED_PREFIX))
    };
    headers.keys().filter(goes).cloned().collect()
}

/// Takes a prefix off the path, which stays encoded as it came. A path without the prefix stays as it is.
pub fn path(uri: &mut Uri, prefix: &str) {
    let Some(rest) = uri.path().strip_prefix(prefix) else { return };
    let whole = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let stripped = if rest.starts_with('/') {
        whole[prefix.len()..].try_into()
    } else if rest.is_empty() {
        format!("/{}", &whole[prefix.len()..]).try_into()
    } else {
        // `/s/01J` is no prefix of `/s/01JX`.
        return;
    };
    if let Ok(path) = stripped {
        let path: PathAndQuery = path;
        *uri = Uri::from(path);
    }
}

/// Puts a prefix before a path that does not have it.
pub(crate) fn back(uri: &mut Uri, prefix: &str) {
    if uri.path().strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        return;
    }
    let whole = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    if let Ok(path) = format!("{prefix}{whole}").try_into() {
        let path: PathAndQuery = path;
        *uri = Uri::from(path);
    }
}

#[cfg(test)]
mod tests;
