//! The headers that every answer of the server's own carries. Answers of sessions get none of them: they are the IDE's.

use crate::{app::App, client::Client};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use carrel_config::web::{Frames, Web};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Nothing from elsewhere, nothing inline. Who may show a page in a frame is added when the answer leaves.
pub(crate) const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                                 form-action 'self'";
/// The same for the pages of the application, whose components write their variables into `<style>`.
pub(crate) const APP_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                                     object-src 'none'; base-uri 'none'; form-action 'self'";

const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Keeps addresses of sessions from other sites, and `Origin` on forms of our own.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Puts them on. What a handler said itself (its own policy, that an asset may be kept) stays.
pub(crate) async fn secure(State(app): State<App>, request: Request, next: Next) -> Response {
    let secure = request.extensions().get::<Client>().is_some_and(|client| client.secure);
    dressed(next.run(request).await, secure, &app.settings.now().web)
}

/// See [`secure`]. Handlers name places of the server's own; a browser that sees it below a root path gets them with it.
pub(crate) fn dressed(mut response: Response, secure: bool, web: &Web) -> Response {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    frames(headers, &web.frames);
    if secure && let Some(value) = HeaderValue::from_str(&web.hsts).ok().filter(|value| !value.is_empty()) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    let place = headers.get(header::LOCATION).and_then(|place| place.to_str().ok());
    if let Some(place) = place.filter(|place| place.starts_with('/') && !web.root.is_empty())
        && let Ok(place) = HeaderValue::try_from(web.root.join(place))
    {
        headers.insert(header::LOCATION, place);
    }
    add(headers, &web.headers);
    response
}

/// Says who may show the page in a frame, in the policy and for browsers that know no policies.
fn frames(headers: &mut HeaderMap, frames: &Frames) {
    let (ancestors, old) = match frames {
        Frames::Nobody => ("'none'", Some("DENY")),
        Frames::Same => ("'self'", Some("SAMEORIGIN")),
        // The older header cannot name anybody.
        Frames::These(domains) => (domains.as_str(), None),
        Frames::Anybody => return,
    };
    if let Some(policy) = headers.get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok())
        && let Ok(policy) = HeaderValue::try_from(format!("{policy}; frame-ancestors {ancestors}"))
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if let Some(old) = old {
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static(old));
    }
}

/// The administrator's headers, in place of ours of the same name.
fn add(headers: &mut HeaderMap, added: &[(String, String)]) {
    for (n, (name, value)) in added.iter().enumerate() {
        let (Ok(key), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else { continue };
        if added[..n].iter().any(|(before, _)| before == name) {
            headers.append(key, value);
        } else {
            headers.insert(key, value);
        }
    }
}
