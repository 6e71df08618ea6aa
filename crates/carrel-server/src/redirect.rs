//! The port of HTTP beside that of HTTPS: whoever comes there is sent on.

use crate::origin::origin_of;
use carrel_config::Current;
use carrel_proxy::{Failed, HouseBody, Peer, Verdict, full_body};
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, StatusCode, header, request::Parts, uri::Authority};
use hyper::body::Incoming;
use std::sync::Arc;

/// See the module.
pub(crate) struct Redirect {
    settings: Current,
    /// The port of HTTPS.
    port: u16,
}

impl Redirect {
    pub(crate) fn new(settings: Current, port: u16) -> Self {
        Self { settings, port }
    }

    /// The same place by HTTPS: at the public address, or at the name that the browser used.
    fn place(&self, head: &Parts) -> Option<HeaderValue> {
        let settings = self.settings.now();
        let public = settings.public_url.as_deref().map(origin_of).filter(|origin| origin.starts_with("https://"));
        let origin = public.map(str::to_owned).or_else(|| {
            let asked = head.headers.get(header::HOST)?.to_str().ok()?.parse::<Authority>().ok()?;
            let port = if self.port == 443 { String::new() } else { format!(":{}", self.port) };
            Some(format!("https://{}{port}", asked.host()))
        })?;
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        HeaderValue::try_from(format!("{origin}{path}")).ok()
    }
}

impl carrel_proxy::House for Redirect {
    fn admit(&self, _head: &Parts, _peer: &Peer) -> Verdict {
        Verdict::House
    }

    fn answer(self: Arc<Self>, request: Request<Incoming>, _peer: Peer) -> BoxFuture<'static, Response<HouseBody>> {
        let mut answer = Response::new(full_body(""));
        match self.place(&request.into_parts().0) {
            Some(place) => {
                *answer.status_mut() = StatusCode::PERMANENT_REDIRECT;
                answer.headers_mut().insert(header::LOCATION, place);
            }
            None => *answer.status_mut() = StatusCode::BAD_REQUEST,
        }
        Box::pin(async { answer })
    }

    fn failed(&self, _failed: &Failed) -> Response<HouseBody> {
        // Nothing is forwarded from here.
        let mut answer = Response::new(full_body(""));
        *answer.status_mut() = StatusCode::BAD_GATEWAY;
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carrel_config::Settings;

    fn sent_to(public: Option<&str>, port: u16, host: &str, path: &str) -> Option<String> {
        let mut settings = Settings::local("/d".into(), "/a".into(), Vec::new());
        settings.public_url = public.map(str::to_owned);
        let head = Request::get(path).header(header::HOST, host).body(()).unwrap().into_parts().0;
        let place = Redirect::new(Current::new(settings), port).place(&head);
        place.map(|place| place.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_same_place_is_named_by_https() {
        let here = |port, host, path| sent_to(None, port, host, path).unwrap();
        assert_eq!(here(443, "carrel.example", "/s/1/?a=%2F"), "https://carrel.example/s/1/?a=%2F");
        assert_eq!(here(443, "carrel.example:80", "/"), "https://carrel.example/");
        assert_eq!(here(8443, "[::1]:8080", "//evil.example"), "https://[::1]:8443//evil.example");
        assert_eq!(sent_to(None, 443, "two words", "/"), None);
    }

    #[test]
    fn a_public_address_wins_over_the_name_that_was_used() {
        let to = |public| sent_to(Some(public), 8443, "other.example:8080", "/x").unwrap();
        assert_eq!(to("https://carrel.example/"), "https://carrel.example/x");
        assert_eq!(to("http://carrel.example/"), "https://other.example:8443/x");
    }
}
