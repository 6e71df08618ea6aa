//! Who may come in at all, before it is asked who they are: by the address they come from, and by the name they call
//! the server.

use crate::{app::App, client::Client, origin::authority_of, problem::Problem};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use carrel_config::Settings;
use http::{HeaderValue, StatusCode, request::Parts};

/// Names of this host itself: whoever uses one is on it.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
/// What probes ask from whatever address; the answers tell nobody anything.
const SILENT: [&str; 2] = ["/livez", "/readyz"];
/// What probes ask by the address of the host or the pod, not by its name.
const PROBES: [&str; 3] = ["/livez", "/readyz", "/health-check"];

/// Refuses those who may not come in.
pub(crate) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match refusal(&parts, Client::of(&parts), &app.settings.now()) {
        Some(problem) => problem.into_response(),
        None => next.run(Request::from_parts(parts, body)).await,
    }
}

/// Why a request may not come in.
pub(crate) fn refusal(head: &Parts, client: Client, settings: &Settings) -> Option<Problem> {
    let path = head.uri.path();
    let by_address = || by_address(client, settings).filter(|_| !SILENT.contains(&path));
    let by_name = || by_name(head, client, settings).filter(|_| !PROBES.contains(&path));
    by_address().or_else(by_name)
}

fn by_address(client: Client, settings: &Settings) -> Option<Problem> {
    let detail = || format!("The rules of this server (ip-rules) let nobody in from {}.", client.address);
    let refused = !settings.web.lets_in(client.address);
    refused.then(|| Problem::new(StatusCode::FORBIDDEN, "address-refused", detail()))
}

fn by_name(head: &Parts, client: Client, settings: &Settings) -> Option<Problem> {
    // Where nobody signs in, a page of another name that leads here would be let in like everybody else.
    let here = settings.admission.everybody.then_some("http://localhost");
    let public = settings.public_url.as_deref().or(here)?;
    if is_named(client.host(&head.headers), public) {
        return None;
    }
    let detail = format!("This server is not called so: it is found at {public}.");
    Some(Problem::new(StatusCode::MISDIRECTED_REQUEST, "unknown-host", detail))
}

/// Whether a request is for the public address or for this host itself. A page of another name that leads here, which is
/// how DNS rebinding begins, is for neither.
fn is_named(host: Option<&HeaderValue>, public: &str) -> bool {
    let Some(asked) = host.and_then(|host| host.to_str().ok()).map(name) else { return false };
    let is = |ours: &str| !ours.is_empty() && asked.eq_ignore_ascii_case(ours);
    is(name(authority_of(public))) || LOOPBACK.into_iter().any(is)
}

/// The name in `Host`: without the port and without the dot at the end.
fn name(host: &str) -> &str {
    let port = host.rfind(':').filter(|at| host[at + 1..].bytes().all(|byte| byte.is_ascii_digit()));
    let name = port.map_or(host, |at| &host[..at]);
    name.strip_suffix('.').unwrap_or(name)
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
