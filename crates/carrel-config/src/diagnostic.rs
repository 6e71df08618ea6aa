//! What is told about a configuration file: where, how bad, what stands there and what may stand there.

use crate::source::At;
use serde::{Serialize, Serializer, ser::SerializeMap};
use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The server does not start with it.
    Error,
    /// The server starts, and does not do all that the file asks for.
    Warning,
    /// Nothing is wrong; it may not be what the reader expects.
    Note,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// One thing to tell about one place. Values of secret options never get into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where.
    pub at: At,
    /// How bad.
    pub level: Level,
    /// A stable word for scripts: `wrong-value`, `unknown-key`.
    pub code: &'static str,
    /// What is wrong, in one sentence without its full stop.
    pub text: String,
    /// The value that stands there.
    pub found: Option<String>,
    /// What may stand there instead.
    pub allowed: Option<String>,
    /// The word that was probably meant.
    pub meant: Option<String>,
    /// The value of values.yaml that the line was made from, where it was made from one.
    pub from: Option<Origin>,
}

/// A value of values.yaml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Where it stands.
    pub at: At,
    /// Its path, as for `helm --set`.
    pub path: String,
}

/// A found value longer than this is cut: a line of the report stays a line.
const FOUND_CHARS: usize = 80;

impl Diagnostic {
    /// Tells `text` about a place.
    pub fn new(at: At, level: Level, code: &'static str, text: impl Into<String>) -> Self {
        Self { at, level, code, text: text.into(), found: None, allowed: None, meant: None, from: None }
    }

    /// Quotes the value that stands there.
    #[must_use]
    pub fn found(mut self, value: &str) -> Self {
        let mut short: String = value.chars().take(FOUND_CHARS).collect();
        if short.len() < value.len() {
            short.push('…');
        }
        self.found = Some(short);
        self
    }

    /// Says what may stand there.
    #[must_use]
    pub fn allowed(mut self, what: impl Into<String>) -> Self {
        self.allowed = Some(what.into());
        self
    }

    /// Says which value of values.yaml the line was made from.
    #[must_use]
    pub fn from(mut self, origin: Option<Origin>) -> Self {
        self.from = origin;
        self
    }

    /// Says what was probably meant, when that is known.
    #[must_use]
    pub fn meant(mut self, word: Option<&str>) -> Self {
        self.meant = word.map(str::to_owned);
        self
    }
}

/// How much is told about one file; the rest is counted.
pub(crate) const TOLD: usize = 500;

/// What there is to tell about one file: the first of it, and how much more. A file of nonsense has as many faults as
/// lines, and nobody reads them all; so what will not be told is not put into words either.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    list: Vec<Diagnostic>,
    more: usize,
    worst_of_more: Option<Level>,
}

impl Told {
    /// Tells one thing more. It is put into words only while there is room for it.
    pub fn tell(&mut self, level: Level, diagnostic: impl FnOnce() -> Diagnostic) {
        if self.list.len() < TOLD {
            self.list.push(diagnostic());
        } else {
            self.count(1, level);
        }
    }

    /// Tells all that another one tells, behind what is told already.
    pub fn append(&mut self, other: Self) {
        for diagnostic in other.list {
            self.tell(diagnostic.level, || diagnostic);
        }
        if let Some(level) = other.worst_of_more {
            self.count(other.more, level);
        }
    }

    fn count(&mut self, more: usize, level: Level) {
        self.more += more;
        self.worst_of_more = Some(self.worst_of_more.map_or(level, |worst| worst.min(level)));
    }

    /// What is told, in the order of lines.
    pub fn list(&self) -> &[Diagnostic] {
        &self.list
    }

    /// All of it; what was only counted is one diagnostic about the whole file.
    pub(crate) fn into_list(mut self, whole: At) -> Vec<Diagnostic> {
        if let Some(level) = self.worst_of_more {
            let text = format!("{} more of this kind are not listed", self.more);
            self.list.push(Diagnostic::new(whole, level, "more", text));
        }
        self.list
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.at, self.level, self.text)?;
        if let Some(found) = &self.found {
            write!(f, "; found “{}”", found.escape_debug())?;
        }
        if let Some(allowed) = &self.allowed {
            write!(f, "; allowed: {allowed}")?;
        }
        if let Some(meant) = &self.meant {
            write!(f, "; did you mean “{meant}”?")?;
        }
        if let Some(from) = self.from.as_ref().filter(|from| from.at != self.at) {
            write!(f, "; from {} {}", from.at, from.path)?;
        }
        write!(f, " [{}]", self.code)
    }
}

impl Serialize for Diagnostic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("file", &self.at.file.to_string_lossy())?;
        map.serialize_entry("line", &(self.at.line > 0).then_some(self.at.line))?;
        map.serialize_entry("level", &self.level)?;
        map.serialize_entry("code", self.code)?;
        map.serialize_entry("text", &self.text)?;
        map.serialize_entry("found", &self.found)?;
        map.serialize_entry("allowed", &self.allowed)?;
        map.serialize_entry("meant", &self.meant)?;
        if let Some(Origin { at, path }) = &self.from {
            let from = serde_json::json!({ "file": at.file.to_string_lossy(), "line": at.line, "path": path });
            map.serialize_entry("from", &from)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_diagnostic_is_one_line_that_says_where_what_and_what_else() {
        let at = At { file: Path::new("rserver.conf").into(), line: 3 };
        let told = Diagnostic::new(at, Level::Error, "wrong-value", "www-port is not a port")
            .found("87\n87")
            .allowed("1 to 65535")
            .meant(Some("8787"));
        assert_eq!(
            told.to_string(),
            "rserver.conf:3: error: www-port is not a port; found “87\\n87”; allowed: 1 to 65535; did you mean “8787”? \
             [wrong-value]"
        );
    }

    #[test]
    fn a_long_value_is_cut() {
        let told = Diagnostic::new(At::whole(Path::new("f")), Level::Note, "c", "t").found(&"é".repeat(200));
        assert_eq!(told.found.unwrap().chars().count(), FOUND_CHARS + 1);
    }
}
