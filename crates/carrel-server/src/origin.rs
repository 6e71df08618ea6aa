//! Whether a request comes from a page of ours, whatever stands between the browser and us.

use crate::{caller::bearer, client::Client};
use carrel_config::Settings;
use http::{HeaderMap, header, request::Parts};

/// From a page of this server, or of an origin that the administrator named (`www-allow-origin`).
pub(crate) fn is_ours(head: &Parts, client: Client, settings: &Settings) -> bool {
    is_named(&head.headers, settings) || carrel_proxy::comes_from(head, client.host(&head.headers))
}

/// Upgrades and methods that change something have to come from a page of ours, or with a token. Refused ones go to the
/// router, which says so.
pub(crate) fn is_from_here(head: &Parts, client: Client, settings: &Settings) -> bool {
    let harmless = head.method.is_safe() && !is_upgrade(&head.headers);
    let by_token = || matches!(bearer(&head.headers), Ok(Some(_))) && no_browser(&head.headers);
    harmless || is_ours(head, client, settings) || by_token()
}

/// Only browsers say where a request comes from.
fn no_browser(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::ORIGIN) && !headers.contains_key("sec-fetch-site")
}

pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}

/// One origin came, and it is the public address or one that was allowed.
fn is_named(headers: &HeaderMap, settings: &Settings) -> bool {
    let mut all = headers.get_all(header::ORIGIN).iter();
    let (Some(origin), None) = (all.next().and_then(|origin| origin.to_str().ok()), all.next()) else { return false };
    let public = settings.public_url.as_deref().is_some_and(|url| origin_of(url).eq_ignore_ascii_case(origin));
    public || settings.web.origins.iter().any(|allowed| allowed == origin)
}

/// `https://host:port` of an address.
pub(crate) fn origin_of(url: &str) -> &str {
    let authority = authority_of(url);
    url.find("://").map_or(authority, |at| &url[..at + 3 + authority.len()])
}

/// `host:port` of an address.
pub(crate) fn authority_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_an_origin_and_an_authority() {
        for url in ["https://carrel.example:8443", "https://carrel.example:8443/", "https://carrel.example:8443/x?y#z"]
        {
            assert_eq!(origin_of(url), "https://carrel.example:8443");
            assert_eq!(authority_of(url), "carrel.example:8443");
        }
    }
}
