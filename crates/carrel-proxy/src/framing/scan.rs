//! Looks at a connection's raw bytes for a head with both `Content-Length` and `Transfer-Encoding`.
//!
//! hyper takes such a head as chunked and removes the `Content-Length` before anybody can see it. That is safe for the
//! upstream, which gets the body framed anew, but the proxy in front of us may have read it the other way; so we refuse.
//! The scan knows lines, not requests. A body can therefore look like such a head, and the verdict only counts when
//! the next request is chunked too.

/// Where in the lines the connection is. Reads may cut them anywhere.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The start of the current line, in lower case, as much as is needed to know it.
    line: [u8; LONGEST],
    line_len: u8,
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
            self.extend(&bytes[..at]);
            both |= self.end_line();
            bytes = &bytes[at + 1..];
        }
        self.extend(bytes);
        both
    }

    fn extend(&mut self, part: &[u8]) {
        let have = usize::from(self.line_len);
        let more = part.len().min(LONGEST - have);
        self.line[have..have + more].copy_from_slice(&part[..more]);
        self.line[have..have + more].make_ascii_lowercase();
        self.line_len = u8::try_from(have + more).unwrap_or(u8::MAX);
    }

    fn end_line(&mut self) -> bool {
        let line = &self.line[..usize::from(self.line_len)];
        self.line_len = 0;
        if line.is_empty() || line == b"\r" {
            let both = self.length && self.encoding;
            (self.length, self.encoding) = (false, false);
            return both;
        }
        self.length |= line.starts_with(LENGTH);
        self.encoding |= line.starts_with(ENCODING);
        false
    }
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
