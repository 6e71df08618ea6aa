//! Names that people type, parsed at the edge.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The longest session name, in characters.
pub const SESSION_NAME_CHARS: usize = 64;
/// The longest user name, in bytes (`useradd` allows 32).
pub const USER_NAME_BYTES: usize = 32;

/// Why a name is refused, in a sentence for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but spaces.
    #[error("a name is needed")]
    Empty,
    /// Longer than the bound.
    #[error("the name is too long: {len} characters, at most {max}")]
    TooLong {
        /// Characters given.
        len: usize,
        /// Characters allowed.
        max: usize,
    },
    /// A character that cannot stand in this name.
    #[error("the name may not hold {0}: {1}")]
    Character(String, &'static str),
}

fn describe(c: char) -> String {
    if c.is_control() { format!("the control character U+{:04X}", c as u32) } else { format!("“{c}”") }
}

/// Invisible characters that make one name look like another, or turn the text around it: bidi controls,
/// zero-width spaces, the byte order mark. The zero-width joiner stays, as emoji need it.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{200C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// The text without the spaces around it, when something is left and it has at most `max` characters.
fn trimmed(text: &str, max: usize) -> Result<&str, NameError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    let len = text.chars().count();
    if len > max { Err(NameError::TooLong { len, max }) } else { Ok(text) }
}

macro_rules! text_type {
    ($name:ident) => {
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
    };
}

/// What a session is called: any text of one line, 1 to 64 characters, emoji included. Shown, never interpreted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionName(String);
text_type!(SessionName);

impl FromStr for SessionName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = trimmed(text, SESSION_NAME_CHARS)?;
        match text.chars().find(|c| c.is_control() || is_deceptive(*c)) {
            Some(c) if c.is_control() => Err(NameError::Character(describe(c), "names are one line of text")),
            Some(c) => Err(NameError::Character(
                format!("the invisible character U+{:04X}", c as u32),
                "it would make the name look like another",
            )),
            None => Ok(Self(text.to_owned())),
        }
    }
}

/// The name somebody signs in with: a portable user name (POSIX.1-2017 §3.437) in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserName(String);
text_type!(UserName);

impl FromStr for UserName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        const ALLOWED: &str =
            "lower-case letters, digits, “.”, “_”, “-” and “@” are allowed, and the first is a letter or “_”";
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > USER_NAME_BYTES {
            return Err(NameError::TooLong { len: text.chars().count(), max: USER_NAME_BYTES });
        }
        let fits = |(i, c): &(usize, char)| match *c {
            'a'..='z' | '_' => true,
            '0'..='9' | '.' | '-' | '@' => *i > 0,
            _ => false,
        };
        match text.char_indices().find(|ic| !fits(ic)) {
            Some((_, c)) => Err(NameError::Character(describe(c), ALLOWED)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

/// The longest name of a group, in characters.
pub const GROUP_NAME_CHARS: usize = 64;

/// A group of users, as a section `[@name]` of a profiles file has it. Directories allow far more than POSIX does
/// (`Domain Users`), so whatever fits into such a header is taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GroupName(String);
text_type!(GroupName);

impl FromStr for GroupName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = trimmed(text, GROUP_NAME_CHARS)?;
        let refused = |(i, c): &(usize, char)| {
            c.is_control() || is_deceptive(*c) || matches!(c, '[' | ']' | ',' | '*') || (*i == 0 && *c == '@')
        };
        match text.char_indices().find(refused) {
            Some((_, '@')) => {
                Err(NameError::Character("“@” at its beginning".into(), "`[@name]` has the group `name`"))
            }
            Some((_, c)) => Err(NameError::Character(describe(c), "the name has to fit into a header `[@name]`")),
            None => Ok(Self(text.to_owned())),
        }
    }
}

/// An entry of the IDE catalogue: `jupyterlab`, `notebook`, `vscode`, `rstudio`, or an administrator's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdeId(String);
text_type!(IdeId);

impl FromStr for IdeId {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        const MAX: usize = 32;
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > MAX {
            return Err(NameError::TooLong { len: text.chars().count(), max: MAX });
        }
        match text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
            Some(c) => Err(NameError::Character(describe(c), "lower-case letters, digits and “-” are allowed")),
            None => Ok(Self(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_names_may_be_emoji_or_look_like_html() {
        for text in ["sales-forecast", "🚀🚀", "👩‍🔬 lab", "<script>alert(1)</script>", "données d'été"] {
            assert_eq!(text.parse::<SessionName>().map(String::from), Ok(text.to_owned()));
        }
        assert_eq!("  trimmed ".parse::<SessionName>().map(String::from), Ok("trimmed".to_owned()));
    }

    #[test]
    fn a_session_name_of_a_megabyte_is_refused_with_its_length() {
        let error = "x".repeat(1 << 20).parse::<SessionName>().unwrap_err();
        assert_eq!(error.to_string(), "the name is too long: 1048576 characters, at most 64");
    }

    #[test]
    fn names_that_deceive_are_refused() {
        let error = "a\u{202E}b".parse::<SessionName>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the name may not hold the invisible character U+202E: it would make the name look like another"
        );
        assert_eq!(" \t".parse::<SessionName>(), Err(NameError::Empty));
        assert!("two\nlines".parse::<SessionName>().is_err());
    }

    #[test]
    fn group_names_fit_into_a_header() {
        for text in ["devs", "Domain Users", "LAB\\science", "r-users", "équipe"] {
            assert_eq!(text.parse::<GroupName>().map(String::from), Ok(text.to_owned()));
        }
        for text in ["", " ", "@devs", "a]", "[a", "a,b", "*", "two\nlines", &"x".repeat(65)] {
            assert!(text.parse::<GroupName>().is_err(), "{text}");
        }
    }

    #[test]
    fn user_names_are_portable() {
        for text in ["ada", "ada.byron", "_svc", "a-b", "ada@lab.example"] {
            assert!(text.parse::<UserName>().is_ok(), "{text}");
        }
        for text in ["", "Ada", "-a", "0day", "ada byron", "ädä", "a/b", "root\0", &"x".repeat(33)] {
            assert!(text.parse::<UserName>().is_err(), "{text}");
        }
    }
}
