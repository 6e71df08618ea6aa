//! Opaque ids: sixteen characters of Crockford's base 32 in lower case, eighty random bits.
//!
//! They stand in URLs (`/s/<id>/`), file names and Kubernetes names, so they hold no upper case, no separator and
//! begin with a letter (RFC 1035 labels).

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How many characters an id has.
pub const ID_CHARS: usize = 16;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A text is not an id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an id: an id has {ID_CHARS} characters, lower-case letters and digits")]
pub struct NotAnId;

fn is_id(text: &str) -> bool {
    text.len() == ID_CHARS && text.as_bytes()[0].is_ascii_lowercase() && text.bytes().all(|b| ALPHABET.contains(&b))
}

fn from_random(bytes: [u8; ID_CHARS]) -> String {
    let letter = |i: usize, b: u8| match i {
        0 => char::from(ALPHABET[10 + usize::from(b) % 22]),
        _ => char::from(ALPHABET[usize::from(b) % 32]),
    };
    bytes.iter().enumerate().map(|(i, b)| letter(i, *b)).collect()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Makes an id of random bytes. Randomness is the caller's, so that tests can hold it.
            pub fn from_random(bytes: [u8; ID_CHARS]) -> Self {
                Self(from_random(bytes))
            }

            /// The sixteen characters.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                if is_id(text) { Ok(Self(text.to_owned())) } else { Err(NotAnId) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A session, for as long as it is known: it stays the same over suspending and resuming.
    SessionId;
    /// A user.
    UserId;
    /// A sign-in: one browser of one user. Not the secret in the cookie.
    SignInId;
    /// An API token. Not its secret.
    TokenId;
}

/// One process or pod of a session: the session and the count of its starts, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId {
    /// Whose run it is.
    pub session: SessionId,
    /// Which start of it, from 1.
    pub generation: u32,
}

impl fmt::Display for RunId {
    /// `<session>-<generation>`, the name of the run's folder and of its Kubernetes Job.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.session, self.generation)
    }
}

impl FromStr for RunId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (session, generation) = text.split_once('-').ok_or(NotAnId)?;
        Ok(Self { session: session.parse()?, generation: generation.parse().map_err(|_| NotAnId)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_begin_with_a_letter_and_survive_text() {
        for byte in 0..=255u8 {
            let id = SessionId::from_random([byte; ID_CHARS]);
            assert!(id.as_str().starts_with(|c: char| c.is_ascii_lowercase()), "{id}");
            assert_eq!(id.as_str().parse(), Ok(id));
        }
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in ["", "abc", "a/../../../../etc", "ABCDEFGHJKMNPQRS", "0123456789abcdef", "abcdefghijklmnop"] {
            assert_eq!(text.parse::<SessionId>(), Err(NotAnId), "{text}");
        }
    }

    #[test]
    fn a_run_is_named_by_session_and_generation() {
        let run = RunId { session: SessionId::from_random([1; ID_CHARS]), generation: 12 };
        assert_eq!(run.to_string().parse(), Ok(run));
        assert_eq!("x-y".parse::<RunId>(), Err(NotAnId));
    }
}
