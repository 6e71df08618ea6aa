//! "Did you mean": the known word that a mistyped one is nearest to.

/// No key is longer; a longer word is not compared, so that a file of nonsense costs little.
const LONGEST: usize = 64;

/// The known word that differs from `word` by the fewest letters put in, left out, changed or swapped with their
/// neighbour: at most a third of its length, and never more than three.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(LONGEST + 1).flat_map(char::to_lowercase).collect();
    if word.len() > LONGEST {
        return None;
    }
    let most = (word.len() / 3).clamp(1, 3);
    // Every letter that one has more than the other is a step; most known words are out of reach by that alone.
    let in_reach = |k: &&'a str| k.len().abs_diff(word.len()) <= most || !k.is_ascii();
    let near = |k: &'a str| (distance(&word, &k.chars().flat_map(char::to_lowercase).collect::<Vec<_>>()), k);
    let (steps, found) = known.into_iter().filter(in_reach).map(near).min_by_key(|(steps, _)| *steps)?;
    (steps <= most).then_some(found)
}

/// How many single steps lead from one word to the other (optimal string alignment).
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let changed = last[j] + usize::from(a != b);
            let mut steps = changed.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                steps = steps.min(before[j - 1] + 1);
            }
            row.push(steps);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        fn nearest(word: &str) -> Option<&'static str> {
            super::nearest(word, ["www-port", "www-address", "admin-group", "ssl-enabled"])
        }
        assert_eq!(nearest("www-prot"), Some("www-port"));
        assert_eq!(nearest("WWW-PORT"), Some("www-port"));
        assert_eq!(nearest("www-adress"), Some("www-address"));
        assert_eq!(nearest("admin-groups"), Some("admin-group"));
        assert_eq!(nearest("session-limit"), None);
        assert_eq!(nearest(&"w".repeat(1000)), None);
        assert_eq!(nearest(""), None);
    }
}
