//! The variables of a plan, filled in. Pure.

/// The values of the variables, as `(name, value)`. What is no known variable stays as it is: JSON has braces too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables(Vec<(&'static str, String)>);

impl Variables {
    /// Variables of these values.
    pub(crate) fn new(values: Vec<(&'static str, String)>) -> Self {
        Self(values)
    }

    /// The same with one more.
    #[must_use]
    pub(crate) fn with(&self, name: &'static str, value: String) -> Self {
        let mut values = self.0.clone();
        values.push((name, value));
        Self(values)
    }

    /// The same without one.
    #[must_use]
    pub(crate) fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(known, _)| *known != name).cloned().collect())
    }

    /// `text` with `{name}` replaced for each known name, from left to right; values are not filled again.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            filled.push_str(&rest[..open]);
            rest = &rest[open..];
            let known = self
                .0
                .iter()
                .find(|(name, _)| rest[1..].strip_prefix(*name).is_some_and(|after| after.starts_with('}')));
            if let Some((name, value)) = known {
                filled.push_str(value);
                rest = &rest[name.len() + 2..];
            } else {
                filled.push('{');
                rest = &rest[1..];
            }
        }
        filled.push_str(rest);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        Variables::new(vec![("socket", "/r/ide.sock".into()), ("user", "{socket}".into())])
    }

    #[test]
    fn known_variables_are_filled_and_other_braces_stay() {
        let text = r#"--sock={socket} {"serviceUrl":""} {{port}} {other} {socket {"#;
        assert_eq!(variables().fill(text), r#"--sock=/r/ide.sock {"serviceUrl":""} {{port}} {other} {socket {"#);
    }

    #[test]
    fn a_value_that_looks_like_a_variable_is_not_filled_again() {
        assert_eq!(variables().fill("{user}{socket}"), "{socket}/r/ide.sock");
    }

    #[test]
    fn a_secret_is_filled_only_where_it_was_added() {
        assert_eq!(variables().fill("{secret}"), "{secret}");
        assert_eq!(variables().with("secret", "s3".into()).fill("{secret}"), "s3");
    }
}
