//! Compares what commands print with what the guide shows.

/// The expected lines that are not there. They have to come in their order, with any lines between them; `…` stands for
/// anything, spaces count as one.
pub(super) fn missing<'a>(expected: &'a [String], output: &str) -> Vec<&'a str> {
    let mut lines = output.lines().map(narrow);
    let mut missing = Vec::new();
    for wanted in expected.iter().filter(|line| !line.trim().is_empty()) {
        let pattern = narrow(wanted);
        // What is missing must not use up the lines that the next ones are found in.
        let rest = lines.clone();
        if !lines.by_ref().any(|line| matches(&pattern, &line)) {
            missing.push(wanted.as_str());
            lines = rest;
        }
    }
    missing
}

fn narrow(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn matches(pattern: &str, line: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('…') else { return pattern == line };
    let Some(mut left) = line.strip_prefix(start) else { return false };
    let mut parts = rest.split('…').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(expected: &[&str], output: &str) -> Vec<String> {
        let expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        missing(&expected, output).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn lines_are_found_among_others_with_gaps_filled_by_anything() {
        let output = "NAME          READY   STATUS\nold-1   1/1   Terminating   0\nweb-7f  1/1     Running   0   3s\n";
        assert_eq!(of(&["NAME  READY …", "web-… 1/1 Running …"], output), [""; 0]);
        assert_eq!(of(&["…Running…"], output), [""; 0]);
        assert_eq!(of(&["web-… 2/2 Running …"], output), ["web-… 2/2 Running …"]);
        assert_eq!(of(&["Running"], output), ["Running"]);
    }

    #[test]
    fn lines_come_in_their_order_and_one_that_is_missing_hides_no_other() {
        assert_eq!(of(&["b", "a"], "a\nb\n"), ["a"]);
        assert_eq!(of(&["x", "b"], "a\nb\n"), ["x"]);
    }

    #[test]
    fn the_parts_of_a_pattern_come_in_their_order() {
        assert!(matches("a…b…c", "a1b2c") && matches("a…", "a") && matches("…", ""));
        assert!(!matches("a…b…c", "acb") && !matches("a…a", "a") && !matches("a…c", "ab"));
    }
}
