//! Files of `e2e/cluster` with words to be filled in: `${HOST}`.

use anyhow::{Context, bail};

/// The text with its words filled in.
pub(super) fn filled(text: &str, words: &[(&'static str, String)]) -> anyhow::Result<String> {
    let mut parts = text.split("${");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').context("a template has a ${ without an end")?;
        let Some((_, word)) = words.iter().find(|(known, _)| *known == name) else {
            bail!("a template has the word ${{{name}}}, which is not known here");
        };
        filled.push_str(word);
        filled.push_str(rest);
    }
    Ok(filled)
}

/// The flags of a program: a line is one, unless it is empty or a comment.
pub(super) fn flags(text: &str, words: &[(&'static str, String)]) -> anyhow::Result<Vec<String>> {
    let text = filled(text, words)?;
    Ok(text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_filled_in_and_comments_left_out() {
        let words = [("HOST", "10.0.0.1".to_owned())];
        let text = "# where\n--listen=https://${HOST}:1,${HOST}\n\n--quiet\n";
        assert_eq!(flags(text, &words).unwrap(), ["--listen=https://10.0.0.1:1,10.0.0.1", "--quiet"]);
    }

    #[test]
    fn an_unknown_word_is_an_error_that_names_it() {
        let text = filled("a ${WHO} b", &[]).unwrap_err().to_string();
        assert!(text.contains("${WHO}"), "{text}");
        assert!(filled("a ${WHO", &[]).is_err());
    }
}
