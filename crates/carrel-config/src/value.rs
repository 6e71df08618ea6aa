//! What an option may hold, and how that is read.

use serde::{Serialize, Serializer};
use std::fmt;

/// The type of an option.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Yes or no: 1 or 0.
    Flag,
    /// A whole number within bounds.
    Whole(u64, u64),
    /// A number within bounds.
    Decimal(f64, f64),
    /// Any text.
    Text,
    /// A file or folder.
    Path,
    /// A host name or an IP address.
    Host,
    /// An address that begins with `http://` or `https://`.
    Url,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Words with commas between them.
    Words,
    /// Some of these words, with commas between them.
    Some(&'static [&'static str]),
    /// Lines of `NAME=value`.
    Environment,
}

/// A whole number without a bound that matters.
pub const WHOLE: Kind = Kind::Whole(0, WHOLE_MAX);
/// A number that is not negative.
pub const DECIMAL: Kind = Kind::Decimal(0.0, f64::MAX);
/// A port to listen on or connect to.
pub const PORT: Kind = Kind::Whole(1, 65535);

/// The chart writes large numbers as floating-point ones, which hold whole numbers up to here exactly.
const WHOLE_MAX: u64 = 1 << 53;

/// What an option holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Whole(u64),
    /// A number.
    Decimal(f64),
    /// A text, a path, a word.
    Text(String),
    /// Words or lines.
    List(Vec<String>),
}

impl Value {
    /// The words of a list, or the one that a text is; none of an empty text, or where there are no words.
    pub fn words(&self) -> &[String] {
        match self {
            Self::List(words) => words,
            Self::Text(word) if !word.is_empty() => std::slice::from_ref(word),
            _ => &[],
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(on) => f.write_str(if *on { "1" } else { "0" }),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Decimal(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::List(words) => f.write_str(&words.join(",")),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Flag(on) => serializer.serialize_bool(*on),
            Self::Whole(number) => serializer.serialize_u64(*number),
            Self::Decimal(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(words) => words.serialize(serializer),
        }
    }
}

/// A text is not what the option may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongValue;

impl Kind {
    /// Reads a text of a file. `None` says that the text stands for no value: it is empty, where that means nothing.
    pub fn parse(self, text: &str) -> Result<Option<Value>, WrongValue> {
        let text = text.trim();
        let holds_empty = matches!(self, Self::Text | Self::Path | Self::Words | Self::Some(_) | Self::Environment);
        if text.is_empty() && !holds_empty {
            return Ok(None);
        }
        self.parse_some(text).map(Some)
    }

    fn parse_some(self, text: &str) -> Result<Value, WrongValue> {
        match self {
            Self::Flag => flag(text).map(Value::Flag),
            Self::Whole(min, max) => whole(text).filter(|n| (min..=max).contains(n)).map(Value::Whole),
            Self::Decimal(min, max) => decimal(text).filter(|n| (min..=max).contains(n)).map(Value::Decimal),
            Self::Text | Self::Path => Some(Value::Text(text.to_owned())),
            Self::Host => is_host(text).then(|| Value::Text(text.to_owned())),
            Self::Url => is_url(text).then(|| Value::Text(text.to_owned())),
            Self::Choice(words) => one_of(words, text).map(|word| Value::Text(word.to_owned())),
            Self::Words => Some(Value::List(words(text).map(str::to_owned).collect())),
            Self::Some(known) => {
                words(text).map(|word| one_of(known, word).map(str::to_owned)).collect::<Option<_>>().map(Value::List)
            }
            Self::Environment => environment(text),
        }
        .ok_or(WrongValue)
    }

    /// What the option may hold, as a sentence of the report and of the reference page says it.
    pub fn allowed(self) -> String {
        match self {
            Self::Flag => "1 or 0".into(),
            Self::Whole(0, max) if max >= WHOLE_MAX => "a whole number".into(),
            Self::Whole(min, max) if max >= WHOLE_MAX => format!("a whole number from {min}"),
            Self::Whole(min, max) => format!("a whole number from {min} to {max}"),
            Self::Decimal(0.0, max) if max >= f64::MAX => "a number".into(),
            Self::Decimal(min, max) => format!("a number from {min} to {max}"),
            Self::Text => "a text".into(),
            Self::Path => "a path".into(),
            Self::Host => "a host name or an IP address".into(),
            Self::Url => "an address that begins with http:// or https://".into(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Words => "words with commas between them".into(),
            Self::Some(words) => format!("any of {}, with commas between them", words.join(", ")),
            Self::Environment => "lines of NAME=value".into(),
        }
    }

    /// The words that may stand there, for "did you mean".
    pub(crate) fn known_words(self) -> &'static [&'static str] {
        match self {
            Self::Choice(words) | Self::Some(words) => words,
            _ => &[],
        }
    }
}

fn flag(text: &str) -> Option<bool> {
    let is = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match () {
        () if is(["1", "true", "yes", "on"]) => Some(true),
        () if is(["0", "false", "no", "off"]) => Some(false),
        () => None,
    }
}

/// `8787`, and what the chart makes of large numbers: `1e+07`.
fn whole(text: &str) -> Option<u64> {
    let exact = || text.parse::<u64>().ok();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "checked here"
    )]
    let written_as_float = || {
        let number = decimal(text)?;
        (number >= 0.0 && number.fract() == 0.0 && number <= WHOLE_MAX as f64).then_some(number as u64)
    };
    exact().or_else(written_as_float)
}

/// Digits with a point or an exponent; none of the words (`inf`, `nan`) that Rust takes for numbers.
fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'e' | b'E'));
    plain.then(|| text.parse::<f64>().ok()).flatten().filter(|number| number.is_finite())
}

fn is_host(text: &str) -> bool {
    let bracketed = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '*');
    bracketed.parse::<std::net::IpAddr>().is_ok() || text.chars().all(name)
}

fn is_url(text: &str) -> bool {
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    host.is_some_and(|host| !host.is_empty() && !host.starts_with('/')) && !text.contains(char::is_whitespace)
}

fn one_of(known: &'static [&'static str], word: &str) -> Option<&'static str> {
    known.iter().copied().find(|known| known.eq_ignore_ascii_case(word))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

fn environment(text: &str) -> Option<Value> {
    let lines: Vec<String> = text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    let named = |line: &String| line.split_once('=').is_some_and(|(name, _)| !name.trim().is_empty());
    lines.iter().all(named).then_some(Value::List(lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_chart_writes_for_numbers_and_flags_is_read() {
        assert_eq!(WHOLE.parse("1e+07"), Ok(Some(Value::Whole(10_000_000))));
        assert_eq!(WHOLE.parse(" 8787 "), Ok(Some(Value::Whole(8787))));
        assert_eq!(DECIMAL.parse("0.5"), Ok(Some(Value::Decimal(0.5))));
        for (text, on) in [("true", true), ("1", true), ("False", false), ("0", false)] {
            assert_eq!(Kind::Flag.parse(text), Ok(Some(Value::Flag(on))));
        }
    }

    #[test]
    fn an_empty_text_is_no_number_and_an_empty_list() {
        assert_eq!(PORT.parse(""), Ok(None));
        assert_eq!(Kind::Words.parse(" "), Ok(Some(Value::List(Vec::new()))));
        assert_eq!(Kind::Text.parse(""), Ok(Some(Value::Text(String::new()))));
    }

    #[test]
    fn what_an_option_may_not_hold_is_refused() {
        let refused = [
            (Kind::Flag, "2"),
            (PORT, "0"),
            (PORT, "65536"),
            (WHOLE, "-1"),
            (WHOLE, "1.5"),
            (WHOLE, "1e+99"),
            (DECIMAL, "nan"),
            (DECIMAL, "-0.1"),
            (Kind::Host, "two words"),
            (Kind::Url, "example.org"),
            (Kind::Url, "https:///path"),
            (Kind::Choice(&["lax", "none"]), "strict"),
            (Kind::Some(&["session", "adhoc"]), "session,job"),
            (Kind::Environment, "PATH"),
        ];
        for (kind, text) in refused {
            assert_eq!(kind.parse(text), Err(WrongValue), "{text} as {kind:?}");
        }
    }

    #[test]
    fn words_and_hosts_are_read() {
        let list = |words: &[&str]| Ok(Some(Value::List(words.iter().map(ToString::to_string).collect())));
        assert_eq!(Kind::Words.parse("a, b ,c,"), list(&["a", "b", "c"]));
        assert_eq!(Kind::Some(&["session"]).parse("Session"), list(&["session"]));
        assert_eq!(Kind::Environment.parse("A=1\n  B=x=y"), list(&["A=1", "B=x=y"]));
        for host in ["::1", "[::1]", "0.0.0.0", "db.example.org", "localhost"] {
            assert!(Kind::Host.parse(host).is_ok(), "{host}");
        }
    }
}
