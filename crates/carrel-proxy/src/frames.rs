//! Websocket frames in passing: finds the frame headers in a stream of bytes that may be cut anywhere, keeps no payload.

/// The longest frame header: two bytes, eight of length, four of mask.
const LONGEST_HEADER: usize = 14;

/// The opcodes of RFC 6455 that mean something to an observer.
pub mod opcode {
    /// More of the message before.
    pub const CONTINUATION: u8 = 0x0;
    /// A text message.
    pub const TEXT: u8 = 0x1;
    /// A binary message.
    pub const BINARY: u8 = 0x2;
    /// The end of the conversation.
    pub const CLOSE: u8 = 0x8;
    /// Are you there?
    pub const PING: u8 = 0x9;
    /// I am.
    pub const PONG: u8 = 0xA;
}

/// A frame whose header has gone by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// One of [`opcode`].
    pub opcode: u8,
    /// How long its payload is, in bytes.
    pub payload_len: u64,
    /// Whether the payload is masked; a client's always is.
    pub masked: bool,
    /// Whether it is the last of its message.
    pub last: bool,
}

/// A place in a stream of frames.
#[derive(Debug, Clone, Default)]
pub struct Frames {
    /// Payload bytes still to come.
    payload_left: u64,
    /// A header that is not complete yet.
    header: [u8; LONGEST_HEADER],
    header_len: u8,
    lost: bool,
}

impl Frames {
    /// The start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and tells each frame whose header they complete.
    pub fn feed(&mut self, mut bytes: &[u8], mut seen: impl FnMut(Frame)) {
        while !bytes.is_empty() && !self.lost {
            bytes = if self.payload_left > 0 { self.skip_payload(bytes) } else { self.take_header(bytes, &mut seen) };
        }
    }

    /// Whether the stream stands between two frames, where another frame could be put in.
    pub fn between(&self) -> bool {
        self.payload_left == 0 && self.header_len == 0 && !self.lost
    }

    /// Whether something came that no websocket sends. Nothing is told from then on.
    pub fn lost(&self) -> bool {
        self.lost
    }

    fn skip_payload<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let here = usize::try_from(self.payload_left).map_or(bytes.len(), |left| left.min(bytes.len()));
        self.payload_left -= here as u64;
        &bytes[here..]
    }

    fn take_header<'a>(&mut self, bytes: &'a [u8], seen: &mut impl FnMut(Frame)) -> &'a [u8] {
        let have = usize::from(self.header_len);
        // The second byte says how long the header is; until it is here, ask for two.
        let need = if have < 2 { 2 } else { header_length(self.header[1]) };
        let here = (need - have).min(bytes.len());
        self.header[have..have + here].copy_from_slice(&bytes[..here]);
        let have = have + here;
        self.header_len = u8::try_from(have).unwrap_or(u8::MAX);
        if have >= 2 && have == header_length(self.header[1]) {
            self.header_len = 0;
            match self.frame() {
                Some(frame) => {
                    self.payload_left = frame.payload_len;
                    seen(frame);
                }
                None => self.lost = true,
            }
        }
        &bytes[here..]
    }

    /// The frame of the complete header, unless it is none.
    fn frame(&self) -> Option<Frame> {
        let [first, second, rest @ ..] = self.header;
        let payload_len = match second & 0x7F {
            126 => u64::from(u16::from_be_bytes([rest[0], rest[1]])),
            127 => rest.first_chunk().map(|long| u64::from_be_bytes(*long))?,
            short => u64::from(short),
        };
        let opcode = first & 0x0F;
        let known = matches!(opcode, 0x0..=0x2 | 0x8..=0xA);
        let control_fits = opcode < 0x8 || payload_len <= 125;
        (known && control_fits && payload_len >> 63 == 0).then_some(Frame {
            opcode,
            payload_len,
            masked: second & 0x80 != 0,
            last: first & 0x80 != 0,
        })
    }
}

/// How long a header is by its second byte.
fn header_length(second: u8) -> usize {
    let length = match second & 0x7F {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    2 + length + if second & 0x80 == 0 { 0 } else { 4 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(opcode: u8, len: u64, masked: bool, last: bool) -> Vec<u8> {
        let mask_bit = if masked { 0x80 } else { 0 };
        let mut bytes = vec![opcode | if last { 0x80 } else { 0 }];
        match len {
            0..=125 => bytes.push(u8::try_from(len).unwrap() | mask_bit),
            126..=0xFFFF => {
                bytes.push(0x7E | mask_bit);
                bytes.extend(u16::try_from(len).unwrap().to_be_bytes());
            }
            _ => {
                bytes.push(0x7F | mask_bit);
                bytes.extend(len.to_be_bytes());
            }
        }
        if masked {
            bytes.extend([0xFF, 0x81, 0x89, 0x00]);
        }
        bytes.extend(std::iter::repeat_n(0x81, usize::try_from(len).unwrap()));
        bytes
    }

    fn one_frame() -> impl Strategy<Value = Frame> {
        let length = prop_oneof![0..=125u64, 126..=300u64, 65_500..=65_600u64];
        let data = (prop_oneof![Just(0u8), Just(1), Just(2)], length);
        let control = (prop_oneof![Just(8u8), Just(9), Just(10)], 0..=125u64);
        (prop_oneof![data, control], any::<bool>(), any::<bool>())
            .prop_map(|((opcode, payload_len), masked, last)| Frame { opcode, payload_len, masked, last })
    }

    proptest! {
        #[test]
        fn frames_are_found_wherever_the_stream_is_cut(
            frames in prop::collection::vec(one_frame(), 0..6),
            cuts in prop::collection::vec(1usize..2000, 1..40),
        ) {
            let stream: Vec<u8> =
                frames.iter().flat_map(|f| written(f.opcode, f.payload_len, f.masked, f.last)).collect();
            let mut place = Frames::new();
            let mut found = Vec::new();
            let mut rest = stream.as_slice();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                place.feed(now, |frame| found.push(frame));
                rest = later;
            }
            prop_assert_eq!(found, frames);
            prop_assert!(place.between());
        }

        #[test]
        fn nonsense_neither_panics_nor_loops(bytes in prop::collection::vec(any::<u8>(), 0..4000)) {
            let mut place = Frames::new();
            place.feed(&bytes, |_| ());
        }
    }

    #[test]
    fn a_half_header_and_an_open_payload_are_not_between() {
        let mut place = Frames::new();
        place.feed(&[0x82], |_| ());
        assert!(!place.between());
        place.feed(&[0x83, 1, 2, 3, 4, b'a'], |_| ());
        assert!(!place.between());
        place.feed(b"bc", |_| ());
        assert!(place.between());
    }

    #[test]
    fn what_is_no_websocket_is_given_up() {
        let mut place = Frames::new();
        place.feed(b"SSH-2.0-something", |_| ());
        assert!(place.lost() && !place.between());
    }
}
