//! The path below which browsers see the server.

/// What the server's own paths begin with: a root path that began so could not be told from them.
const OWN: [&str; 14] = [
    "admin",
    "api",
    "assets",
    "health-check",
    "livez",
    "metrics",
    "readyz",
    "s",
    "sessions",
    "settings",
    "sign-in",
    "sign-out",
    "signed-out",
    "static",
];

/// Nothing, or a path like `/carrel`, without a slash at its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Root(String);

impl Root {
    /// Reads `/carrel`, `carrel/` or `/`; the error says what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let path = text.trim_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
        let fine = |segment: &str| !segment.is_empty() && segment.chars().all(plain) && !matches!(segment, "." | "..");
        if path.is_empty() {
            return Ok(Self::default());
        }
        if !path.split('/').all(fine) {
            return Err("a path of letters, digits, `-`, `_`, `.` and `~`: /carrel".into());
        }
        if path.split('/').next().is_some_and(|first| OWN.contains(&first)) {
            return Err(format!("a path that does not begin like one of the server's own: {}", OWN.join(", ")));
        }
        Ok(Self(format!("/{path}")))
    }

    /// The path, without a slash at its end; empty when there is none.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A path of the server's own as browsers see it.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The server's own path that stands behind one that browsers see. Some proxies take the root path away and some
    /// leave it: a path without it stays as it is.
    pub fn strip<'a>(&self, path: &'a str) -> &'a str {
        match path.strip_prefix(self.0.as_str()) {
            Some("") => "/",
            Some(rest) if rest.starts_with('/') => rest,
            // `/carrel` is no root of `/carrels`.
            _ => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_path_is_put_on_and_taken_off() {
        for text in ["/carrel", "carrel/", "/carrel/"] {
            assert_eq!(Root::parse(text).unwrap().as_str(), "/carrel");
        }
        let root = Root::parse("/team/carrel").unwrap();
        assert_eq!(root.join("/s/x/"), "/team/carrel/s/x/");
        let stripped = ["/team/carrel/s/x/", "/team/carrel", "/team/carrel/", "/s/x/", "/team/carrels/"];
        assert_eq!(stripped.map(|path| root.strip(path)), ["/s/x/", "/", "/", "/s/x/", "/team/carrels/"]);
        let none = Root::parse("/").unwrap();
        assert_eq!((none.is_empty(), none.join("/x"), none.strip("/x")), (true, "/x".into(), "/x"));
    }

    #[test]
    fn a_root_path_that_is_no_plain_path_or_one_of_the_servers_own_is_refused() {
        for text in ["/a//b", "/a/../b", "/a b", "/a?b", "/%61", "//evil.example/\\", "/s", "/api/v2", "/sign-in"] {
            assert!(Root::parse(text).is_err(), "{text}");
        }
    }
}
