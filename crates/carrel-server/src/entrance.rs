//! Who may come in at all, before it is asked who they are: by the address they come from, and by the name they call
//! the server.

use crate::{app::App, client::Client, problem::Problem};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use carrel_config::Settings;
use http::{HeaderValue, StatusCode, Uri, request::Parts};

/// Names of this host itself: whoever uses one is on it.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
/// What probes ask, by whatever address and name; the answers tell nobody anything.
const PROBES: [&str; 2] = ["/livez", "/readyz"];

/// Refuses those who may not come in.
pub(crate) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match refusal(&parts, Client::of(&parts), &app.settings.now()) {
        Some(problem) if !PROBES.contains(&parts.uri.path()) => problem.into_response(),
        _ => next.run(Request::from_parts(parts, body)).await,
    }
}

/// Why a request may not come in.
pub(crate) fn refusal(head: &Parts, client: Client, settings: &Settings) -> Option<Problem> {
    if !settings.web.lets_in(client.address) {
        let detail = format!("The rules of this server (ip-rules) let nobody in from {}.", client.address);
        return Some(Problem::new(StatusCode::FORBIDDEN, "address-refused", detail));
    }
    let public = settings.public_url.as_deref()?;
    if is_named(client.host(&head.headers), public) {
        return None;
    }
    let detail = format!("This server is not called so: it is found at {public}.");
    Some(Problem::new(StatusCode::MISDIRECTED_REQUEST, "unknown-host", detail))
}

/// Whether a request is for the public address or for this host itself. A page of another name that leads here, which is
/// how DNS rebinding begins, is for neither.
fn is_named(host: Option<&HeaderValue>, public: &str) -> bool {
    let Some(asked) = host.and_then(|host| host.to_str().ok()).and_then(name) else { return false };
    let public = public.parse::<Uri>().ok();
    let ours = public.as_ref().and_then(Uri::host).map(str::to_ascii_lowercase);
    ours.is_some_and(|ours| ours.trim_end_matches('.') == asked) || LOOPBACK.contains(&asked.as_str())
}

/// The name in `Host`: without the port, in lower case, without the dot at the end.
fn name(host: &str) -> Option<String> {
    let port = host.rfind(':').filter(|at| host[at + 1..].bytes().all(|byte| byte.is_ascii_digit()));
    let name = port.map_or(host, |at| &host[..at]);
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_name_and_those_of_the_host_itself_are_ours() {
        let named = |host: &str| is_named(Some(&HeaderValue::try_from(host).unwrap()), "https://Carrel.example:8443/x");
        for ours in
            ["carrel.example", "CARREL.example:8443", "carrel.example.", "localhost:8787", "127.0.0.1", "[::1]:1"]
        {
            assert!(named(ours), "{ours}");
        }
        for other in [
            "",
            "evil.example",
            "carrel.example.evil.example",
            "xcarrel.example",
            "carrel.example:x",
            "[::2]",
            ":80",
            ".",
        ] {
            assert!(!named(other), "{other}");
        }
        assert!(!is_named(None, "https://carrel.example"));
    }
}
