//! Cookies: read one, take some out of a request, and judge what an upstream wants to set.

use http::{HeaderMap, HeaderValue, header, request::Parts};

/// A cookie came twice: somebody who may set cookies for this host tries to be mistaken for the browser's owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cookie came more than once")]
pub struct Duplicate;

/// The value of a cookie that came with a request, or that it came twice.
pub fn cookie<'a>(head: &'a Parts, name: &str) -> Result<Option<&'a str>, Duplicate> {
    let mut found = None;
    for line in head.headers.get_all(header::COOKIE) {
        for pair in pairs(line.as_bytes()) {
            if name_of(pair) == name.as_bytes() {
                if found.is_some() {
                    return Err(Duplicate);
                }
                found = Some(value_of(pair));
            }
        }
    }
    Ok(found.and_then(|value| std::str::from_utf8(value).ok()))
}

/// Takes the cookies with these names out of a request; the others pass as they came.
pub(crate) fn strip(headers: &mut HeaderMap, names: &[String]) {
    let reserved = |line: &HeaderValue| pairs(line.as_bytes()).any(|pair| is_one_of(name_of(pair), names));
    if names.is_empty() || !headers.get_all(header::COOKIE).iter().any(reserved) {
        return;
    }
    let kept: Vec<HeaderValue> =
        headers.get_all(header::COOKIE).iter().filter_map(|line| without(line, names)).collect();
    headers.remove(header::COOKIE);
    for line in kept {
        headers.append(header::COOKIE, line);
    }
}

/// A `Cookie` line without the cookies of these names, or nothing when none is left.
fn without(line: &HeaderValue, names: &[String]) -> Option<HeaderValue> {
    let mut kept = Vec::with_capacity(line.len());
    for pair in pairs(line.as_bytes()).filter(|pair| !is_one_of(name_of(pair), names)) {
        if !kept.is_empty() {
            kept.extend_from_slice(b"; ");
        }
        kept.extend_from_slice(pair);
    }
    if kept.is_empty() { None } else { HeaderValue::from_maybe_shared(bytes::Bytes::from(kept)).ok() }
}

/// Whether a `Set-Cookie` of an upstream may pass: it has a name, which is none of `reserved`, no domain, and its path,
/// if it has one, is within `scope`.
pub(crate) fn may_set(line: &HeaderValue, scope: &str, reserved: &[String]) -> bool {
    let mut parts = line.as_bytes().split(|byte| *byte == b';');
    let first = parts.next().unwrap_or_default();
    // Without a name, browsers send the value alone, which then reads as a cookie of any name.
    if !first.contains(&b'=') || name_of(first).is_empty() || is_one_of(name_of(first), reserved) {
        return false;
    }
    parts.all(|part| {
        let (name, value) = (name_of(part), value_of(part));
        if name.eq_ignore_ascii_case(b"path") {
            // What does not begin with a slash is no path: browsers then take the folder of the request.
            !value.starts_with(b"/") || within(value, scope)
        } else {
            !name.eq_ignore_ascii_case(b"domain")
        }
    })
}

fn within(path: &[u8], scope: &str) -> bool {
    let folder = scope.strip_suffix('/').unwrap_or(scope).as_bytes();
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

/// A `Set-Cookie` whose path, as the upstream sees paths, becomes one as the browser sees them; nothing when it has no
/// path.
pub(crate) fn prefix_path(line: &HeaderValue, prefix: &str) -> Option<HeaderValue> {
    let mut out = Vec::with_capacity(line.len() + prefix.len());
    let mut changed = false;
    for (at, part) in line.as_bytes().split(|byte| *byte == b';').enumerate() {
        if at > 0 {
            out.push(b';');
        }
        if at > 0 && name_of(part).eq_ignore_ascii_case(b"path") && value_of(part).starts_with(b"/") {
            changed = true;
            out.extend_from_slice(b" Path=");
            out.extend_from_slice(prefix.as_bytes());
            out.extend_from_slice(value_of(part));
        } else {
            out.extend_from_slice(part);
        }
    }
    if changed { HeaderValue::from_bytes(&out).ok() } else { None }
}

fn pairs(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b';').map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty())
}

fn name_of(pair: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'=', pair).unwrap_or(pair.len());
    pair[..end].trim_ascii()
}

fn value_of(pair: &[u8]) -> &[u8] {
    memchr::memchr(b'=', pair).map_or(&[], |at| pair[at + 1..].trim_ascii())
}

/// Case is ignored: servers exist that ignore it.
fn is_one_of(name: &[u8], names: &[String]) -> bool {
    names.iter().any(|one| name.eq_ignore_ascii_case(one.as_bytes()))
}

#[cfg(test)]
mod tests;
