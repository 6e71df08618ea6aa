//! Looks at a connection's raw bytes for a head with both `Content-Length` and `Transfer-Encoding`.
//!
//! hyper takes such a head as chunked and removes the `Content-Length` before anybody can see it. That is safe for the
//! upstream, which gets the body framed anew, but the proxy in front of us may have read it the other way; so we refuse.
//! The scan knows lines, not requests. A body can therefore look like such a head, and the verdict only counts when
//! the next request is chunked too.

/// Where in the lines the connection is. Reads may cut them anywhere.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The start of a line whose end has not come, as much as is needed to know it.
    begun: [u8; LONGEST],
    begun_len: u8,
    length: bool,
    encoding: bool,
}

const LENGTH: &[u8] = b"content-length:";
const ENCODING: &[u8] = b"transfer-encoding:";
const LONGEST: usize = ENCODING.len();

impl Scan {
    /// Takes the next bytes; true when they complete a block of lines that has both headers.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> bool {
        let mut both = false;
        while let Some(at) = memchr::memchr(b'\n', bytes) {
            if self.begun_len == 0 {
                both |= self.line(&bytes[..at]);
            } else {
                self.begin(&bytes[..at]);
                let (begun, len) = (self.begun, usize::from(self.begun_len));
                self.begun_len = 0;
                both |= self.line(&begun[..len]);
            }
            bytes = &bytes[at + 1..];
        }
        self.begin(bytes);
        both
    }

    fn begin(&mut self, part: &[u8]) {
        let have = usize::from(self.begun_len);
        let more = part.len().min(LONGEST - have);
        self.begun[have..have + more].copy_from_slice(&part[..more]);
        self.begun_len = u8::try_from(have + more).unwrap_or(u8::MAX);
    }

    /// Takes a line; true when it ends a block that has both headers.
    fn line(&mut self, line: &[u8]) -> bool {
        match line {
            [] | [b'\r'] => {
                let both = self.length && self.encoding;
                (self.length, self.encoding) = (false, false);
                return both;
            }
            [b'c' | b'C', ..] => self.length |= starts_with(line, LENGTH),
            [b't' | b'T', ..] => self.encoding |= starts_with(line, ENCODING),
            _ => (),
        }
        false
    }
}

fn starts_with(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Scan;

    fn scan(parts: &[&[u8]]) -> bool {
        let mut scan = Scan::default();
        parts.iter().fold(false, |seen, part| seen | scan.feed(part))
    }

    #[test]
    fn both_headers_in_one_head_are_seen_in_either_order() {
        assert!(scan(&[b"POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"]));
        assert!(scan(&[b"POST / HTTP/1.1\nTRANSFER-ENCODING:chunked\nHost: a\ncontent-length:4\n\n"]));
    }

    #[test]
    fn one_header_in_each_of_two_heads_is_fine() {
        assert!(!scan(&[
            b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ]));
        assert!(!scan(&[b"GET / HTTP/1.1\r\nX-Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"]));
    }

    proptest! {
        #[test]
        fn where_reads_cut_does_not_matter(cut in 1usize..70) {
            let head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n";
            let cut = cut.min(head.len());
            prop_assert!(scan(&[&head[..cut], &head[cut..]]));
        }
    }
}
