//! The other end of a connection: its address, and whether it speaks TLS. A proxy in front is believed only when it
//! is one of the trusted ones.

use carrel_config::Settings;
use http::{HeaderMap, HeaderValue, header, request::Parts};
use std::net::{IpAddr, Ipv4Addr};

/// The cookie's name over HTTPS. The prefix makes browsers refuse one that was set by another host or for a path.
pub(crate) const SECURE_COOKIE: &str = "__Host-carrel";
/// The cookie's name over HTTPS below a root path, where other programs may share the host and shall not get it.
pub(crate) const SECURE_PATH_COOKIE: &str = "__Secure-carrel";
/// The cookie's name over plain HTTP, where browsers take no `__Host-` cookies.
pub(crate) const PLAIN_COOKIE: &str = "carrel";

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// The browser's address, as far as it can be known.
    pub address: IpAddr,
    /// The browser speaks HTTPS, with us or with a trusted proxy.
    pub secure: bool,
    /// The connection is one of a trusted proxy.
    pub trusted: bool,
    /// Browsers see the server below a root path.
    pub below_root: bool,
}

impl Client {
    /// The client at the other end, put into the request by the house.
    pub(crate) fn of(parts: &Parts) -> Self {
        parts.extensions.get().copied().unwrap_or(Self {
            address: Ipv4Addr::UNSPECIFIED.into(),
            secure: false,
            trusted: false,
            below_root: false,
        })
    }

    /// Reads it from the connection and, behind a trusted proxy, from what that proxy says: it may speak HTTPS with us for
    /// a browser that does not.
    pub(crate) fn read(parts: &Parts, peer: IpAddr, settings: &Settings) -> Self {
        let public_https = settings.public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
        let always_secure = public_https || settings.web.force_secure;
        let below_root = !settings.web.root.is_empty();
        let tls = settings.https().is_some();
        if !is_trusted(peer, settings) {
            return Self { address: peer, secure: always_secure || tls, trusted: false, below_root };
        }
        let said = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok());
        let secure = always_secure || said("x-forwarded-proto").map_or(tls, |proto| proto == "https");
        // The last address that is no proxy of ours: what stands left of it, anybody can write.
        let address = said("x-forwarded-for")
            .and_then(|list| {
                list.rsplit(',')
                    .map_while(|one| one.trim().parse::<IpAddr>().ok())
                    .find(|one| !is_trusted(*one, settings))
            })
            .unwrap_or(peer);
        Self { address, secure, trusted: true, below_root }
    }

    /// The host that the browser asked: a trusted proxy may have put another one into `Host`.
    pub(crate) fn host(self, headers: &HeaderMap) -> Option<&HeaderValue> {
        let said = headers.get("x-forwarded-host").filter(|_| self.trusted);
        said.or_else(|| headers.get(header::HOST))
    }

    /// The name of our cookie on this connection.
    pub(crate) fn cookie_name(self) -> &'static str {
        match (self.secure, self.below_root) {
            (true, false) => SECURE_COOKIE,
            (true, true) => SECURE_PATH_COOKIE,
            (false, _) => PLAIN_COOKIE,
        }
    }
}

fn is_trusted(address: IpAddr, settings: &Settings) -> bool {
    settings.trusted_proxies.iter().any(|network| network.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let request = headers.iter().fold(http::Request::builder(), |r, (name, value)| r.header(*name, *value));
        request.body(()).unwrap().into_parts().0
    }

    fn settings() -> Settings {
        let mut settings = Settings::local(PathBuf::from("/d"), PathBuf::from("/a"), Vec::new());
        settings.trusted_proxies = ["10.0.0.1", "10.0.0.2"].map(|one| one.parse().unwrap()).to_vec();
        settings
    }

    #[test]
    fn a_stranger_cannot_say_that_it_speaks_https_or_comes_from_elsewhere() {
        let forged = parts(&[("x-forwarded-proto", "https"), ("x-forwarded-for", "6.6.6.6")]);
        let peer = IpAddr::from([192, 0, 2, 7]);
        let client = Client::read(&forged, peer, &settings());
        assert_eq!(client, Client { address: peer, secure: false, trusted: false, below_root: false });
        assert_eq!(client.cookie_name(), "carrel");
    }

    #[test]
    fn a_trusted_proxy_is_believed_for_the_last_address_that_is_not_one_of_them() {
        let said = parts(&[("x-forwarded-proto", "https"), ("x-forwarded-for", "6.6.6.6, 192.0.2.9, 10.0.0.2")]);
        let client = Client::read(&said, IpAddr::from([10, 0, 0, 1]), &settings());
        let address = IpAddr::from([192, 0, 2, 9]);
        assert_eq!(client, Client { address, secure: true, trusted: true, below_root: false });
        assert_eq!(client.cookie_name(), "__Host-carrel");
    }

    #[test]
    fn a_public_address_with_https_makes_every_connection_secure() {
        let settings = Settings { public_url: Some("https://carrel.example".into()), ..settings() };
        assert!(Client::read(&parts(&[]), IpAddr::from([192, 0, 2, 7]), &settings).secure);
    }
}
