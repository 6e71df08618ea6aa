//! Was a request made by one of our own pages?

use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};

use crate::headers::switches;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request comes from a page of the host it is sent to, for upgrades and for methods that change things.
///
/// `Sec-Fetch-Site`, when it came, must be `same-origin` or `none` (the user's own doing); `Origin`, when it came, must
/// be this host. One of them must have come, and for an upgrade it must be `Origin`, which browsers always send with
/// one. Programs that sign in by a token need not pass this.
pub fn same_origin(head: &Parts) -> bool {
    comes_from(head, head.headers.get(header::HOST))
}

/// The same where the host that the browser asked is not what stands in `Host`: a proxy in front changed it.
pub fn comes_from(head: &Parts, host: Option<&HeaderValue>) -> bool {
    let site = match only(&head.headers, &SEC_FETCH_SITE) {
        Ok(None) => None,
        Ok(Some(value)) if value == "same-origin" || value == "none" => Some(()),
        _ => return false,
    };
    let origin = match only(&head.headers, &header::ORIGIN) {
        Ok(None) => None,
        Ok(Some(value)) if is_host(value, host) => Some(()),
        _ => return false,
    };
    origin.is_some() || (site.is_some() && !switches(&head.headers))
}

/// The header's only value; an error when it came twice.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, ()> {
    let mut all = headers.get_all(name).iter();
    let first = all.next();
    if all.next().is_some() { Err(()) } else { Ok(first) }
}

/// Whether an origin (`https://host:port`) is this `Host`.
fn is_host(origin: &HeaderValue, host: Option<&HeaderValue>) -> bool {
    let (Ok(origin), Some(Ok(host))) = (origin.to_str(), host.map(HeaderValue::to_str)) else { return false };
    let (authority, default_port) = if let Some(rest) = origin.strip_prefix("https://") {
        (rest, ":443")
    } else if let Some(rest) = origin.strip_prefix("http://") {
        (rest, ":80")
    } else {
        return false;
    };
    let short = |name: &str| name.strip_suffix(default_port).unwrap_or(name).to_ascii_lowercase();
    !authority.is_empty() && short(authority) == short(host)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn asked(headers: &[(&str, &str)]) -> bool {
        let mut request = Request::post("/").header("host", "work.example:8443");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        same_origin(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_page_of_this_host_may() {
        assert!(asked(&[("origin", "https://work.example:8443")]));
        assert!(asked(&[("origin", "https://Work.Example:8443"), ("sec-fetch-site", "same-origin")]));
        assert!(asked(&[("sec-fetch-site", "same-origin")]));
    }

    #[test]
    fn pages_of_other_hosts_and_hosts_that_only_look_alike_may_not() {
        for origin in [
            "null",
            "",
            "https://",
            "https://work.example",
            "https://work.example:8443.evil.example",
            "https://evil-work.example:8443",
            "https://other.work.example:8443",
            "https://work.example:8443@evil.example",
            "ftp://work.example:8443",
            "work.example:8443",
        ] {
            assert!(!asked(&[("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn either_header_alone_can_refuse() {
        let ours = ("origin", "https://work.example:8443");
        assert!(!asked(&[ours, ("sec-fetch-site", "cross-site")]));
        assert!(!asked(&[ours, ("sec-fetch-site", "same-site")]));
        assert!(!asked(&[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")]));
        assert!(!asked(&[ours, ("origin", "https://evil.example")]));
    }

    #[test]
    fn nothing_said_is_no_yes() {
        assert!(!asked(&[]));
    }

    #[test]
    fn an_upgrade_needs_an_origin() {
        let upgrade =
            [("connection", "keep-alive, Upgrade"), ("upgrade", "websocket"), ("sec-fetch-site", "same-origin")];
        assert!(!asked(&upgrade));
        let mut with_origin = upgrade.to_vec();
        with_origin.push(("origin", "https://work.example:8443"));
        assert!(asked(&with_origin));
    }

    #[test]
    fn default_ports_may_be_said_or_not() {
        let head = |origin: &str, host: &str| {
            let request = Request::post("/").header("host", host).header("origin", origin);
            same_origin(&request.body(()).unwrap().into_parts().0)
        };
        assert!(head("https://a.example", "a.example:443"));
        assert!(head("http://a.example", "a.example:80"));
        assert!(!head("http://a.example", "a.example:443"));
    }
}
