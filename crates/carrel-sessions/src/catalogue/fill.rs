//! Variables in the texts of an entry: `{name}`.
//!
//! Some are filled in here, when a plan is made; the rest by the agent, which alone knows folders and the secret.
//! Braces around anything else stay as they are.

use std::ops::Range;

/// Filled in by [`super::Entry::plan`], beside the variables of the entry itself: the paths of programs, the session's path
/// with and without its last slash, its id.
pub(super) const OURS: [&str; 4] = ["program", "prefix", "base", "session"];
/// Filled in by the agent, in every text of a plan.
pub(super) const AGENTS: [&str; 9] =
    ["socket", "ipc", "run", "secret_file", "home", "folder", "user", "account", "path"];
/// Filled in by the agent, in headers only, so that it stands in no file, argument or environment.
pub(super) const SECRET: &str = "secret";

/// The variables of `text`, with their places: lower-case letters and `_` in braces, and `program:<name>`.
pub(super) fn variables(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let open = from + text[from..].find('{')?;
            let close = open + text[open..].find('}')?;
            let name = &text[open + 1..close];
            // `{{run}`: the variable begins at the last brace.
            from = open + 1;
            if is_variable(name) {
                from = close + 1;
                return Some((open..from, name));
            }
        }
    })
}

fn is_variable(name: &str) -> bool {
    let (word, program) = name.split_once(':').map_or((name, None), |(word, program)| (word, Some(program)));
    let is_word = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let is_program = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.+".contains(&b));
    is_word && program.is_none_or(|p| word == "program" && is_program(p))
}

/// `text` with each variable replaced that `value` knows. Values are not looked into again.
pub(super) fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut from = 0;
    for (place, name) in variables(text) {
        let Some(value) = value(name) else { continue };
        filled.push_str(&text[from..place.start]);
        filled.push_str(&value);
        from = place.end;
    }
    filled + &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        variables(text).map(|(_, name)| name).collect()
    }

    #[test]
    fn only_words_in_braces_are_variables() {
        assert_eq!(names("{run}/{program:R} {{home}} {user}"), ["run", "program:R", "home", "user"]);
        assert_eq!(names(r#"{"a": {"b": 1}} {} {A} {x y} {1} {run:R} {program:../x} {open"#), [""; 0]);
    }

    #[test]
    fn what_is_not_known_stays_and_values_are_not_looked_into() {
        let value = |name: &str| (name == "run").then(|| "{home}".to_owned());
        assert_eq!(fill("a {run} {home} {\"run\": {run}}", value), "a {home} {home} {\"run\": {home}}");
    }
}
