//! Origins, as browsers name them.

/// `https://host:port`, or a host alone, which means both schemes. In lower case, as browsers write them.
pub(super) fn read(text: &str) -> Option<Vec<String>> {
    let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
    let is_authority = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'))
    };
    match text.split_once("://") {
        Some(("http" | "https", authority)) => is_authority(authority).then(|| vec![text.clone()]),
        Some(_) => None,
        None => is_authority(&text).then(|| vec![format!("https://{text}"), format!("http://{text}")]),
    }
}
