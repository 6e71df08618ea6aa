//! Where a sign-in may lead.

/// Where a sign-in leads when `next` leads nowhere good.
pub const HOME: &str = "/";
/// The longest path that is followed.
const LONGEST: usize = 2048;

/// `next` if it is a plain path on this origin, else [`HOME`]. Whoever makes somebody sign in chooses `next`, so
/// everything that some browser or some proxy may read as another place is refused, also what a correct one would
/// not: backslashes, empty or dotted segments, their encoded forms, spaces and control characters.
pub fn safe_next(next: &str) -> &str {
    if is_plain_path(next) { next } else { HOME }
}

fn is_plain_path(next: &str) -> bool {
    let Some(rest) = next.strip_prefix('/') else { return false };
    // What follows “?” or “#” is never a place.
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    next.len() <= LONGEST
        && next.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>'))
        && is_plain(path)
        && !has_encoded_trick(path)
}

/// No segment is empty (but the last) or dotted.
fn is_plain(path: &str) -> bool {
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        if matches!(segment, "." | "..") || (segment.is_empty() && !last) {
            return false;
        }
    }
    true
}

/// An encoded slash or backslash where a path begins, or encoded dots, control characters and the like anywhere.
fn has_encoded_trick(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let begins = lower.starts_with("%2f") || lower.starts_with("%5c");
    let controls = lower.match_indices('%').any(|(at, _)| match lower.get(at + 1..at + 3) {
        Some(hex) => u8::from_str_radix(hex, 16).map_or(true, |byte| byte.is_ascii_control()),
        None => true,
    });
    begins || controls || lower.contains("%2e") || lower.contains("%5c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_next_leaves_the_origin() {
        let evil = [
            "",
            "//evil.example",
            "///evil.example",
            "////evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "\\/evil.example",
            "/\\/evil.example",
            "https:evil.example",
            "https:/evil.example",
            "https://evil.example",
            "HTTPS://evil.example",
            "http:///evil.example",
            "//user@evil.example",
            "/@evil.example//../",
            "//user:pass@evil.example/s/abc/",
            "https://carrel.example@evil.example/",
            "/%2f/evil.example",
            "/%2F/evil.example",
            "/%2fevil.example",
            "/%5cevil.example",
            "/%5C%5Cevil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/ /evil.example",
            "/\u{0}/evil.example",
            "/%09/evil.example",
            "/%0d%0aLocation:%20https://evil.example",
            "/%0a/evil.example",
            "/./\\evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/s/../..//evil.example",
            "/%2e%2e//evil.example",
            "/%2e/evil.example",
            "/s//evil.example",
            "//\u{435}vil.example",
            "/\u{2215}evil.example",
            "/\u{FF0F}evil.example",
            "//xn--vil-mlc.example",
            "//s-abc.carrel.example/",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "/javascript:alert(1)\n",
            "data:text/html,x",
            "s/abc/",
            "?next=/",
            "#x",
            "/%",
            "/%zz",
            "/<script>",
        ];
        for next in evil {
            assert_eq!(safe_next(next), HOME, "{next:?}");
        }
        let long = format!("/{}", "a".repeat(LONGEST));
        assert_eq!(safe_next(&long), HOME);
    }

    #[test]
    fn a_path_of_this_origin_is_followed_as_it_stands() {
        let good = [
            "/",
            "/settings",
            "/s/abcdefghjkmnpqrs/",
            "/s/abcdefghjkmnpqrs/lab/tree/Work%20of%20Ada/d%C3%A9.ipynb?reset&file=a/b//c#L1",
            "/sessions/abcdefghjkmnpqrs/start?next=https://carrel.example//",
            "/s/abcdefghjkmnpqrs/files/a%2Fb",
        ];
        for next in good {
            assert_eq!(safe_next(next), next);
        }
    }
}
