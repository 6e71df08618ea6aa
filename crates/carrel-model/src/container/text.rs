//! Texts that go into a pod: what is wrong with them, so that it is said before a pod is made.

/// The longest name of an image that registries take, without its tag and digest.
const IMAGE_BYTES: usize = 255;
/// The longest tag, name of a label, value of a label.
const PART_BYTES: usize = 128;
const LABEL_BYTES: usize = 63;
const LABEL_PREFIX_BYTES: usize = 253;

/// What is wrong with the name of an image (`registry:port/path:tag@digest`); `None` when nothing is.
pub fn image_fault(image: &str) -> Option<&'static str> {
    let (rest, digest) = image.split_once('@').map_or((image, None), |(rest, digest)| (rest, Some(digest)));
    if let Some(digest) = digest {
        let hex = digest.strip_prefix("sha256:").unwrap_or_default();
        if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f')) {
            return Some("has a digest that is not “sha256:” and 64 hexadecimal digits");
        }
    }
    // A colon before the last slash is that of a port.
    let name_begins = rest.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match rest[name_begins..].split_once(':') {
        Some((name, tag)) => (&rest[..name_begins + name.len()], Some(tag)),
        None => (rest, None),
    };
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if let Some(tag) = tag
        && (tag.is_empty() || tag.len() > PART_BYTES || tag.starts_with(['.', '-']) || !tag.bytes().all(word))
    {
        return Some("has a tag of other characters than letters, digits, “_”, “.” and “-”");
    }
    if name.is_empty() || name.len() > IMAGE_BYTES {
        return Some("needs a name of at most 255 characters");
    }
    let parts: Vec<&str> = name.split('/').collect();
    let is_host = |part: &str| parts.len() > 1 && (part.contains(['.', ':']) || part == "localhost");
    let (host, path) = if is_host(parts[0]) { parts.split_at(1) } else { parts.split_at(0) };
    let fine_host = |part: &&str| {
        let (host, port) = part.split_once(':').map_or((*part, None), |(host, port)| (host, Some(port)));
        let port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        port && !host.is_empty() && !host.starts_with('-') && host.bytes().all(word)
    };
    let fine_path = |part: &&str| {
        let small = part.bytes().all(|b| word(b) && !b.is_ascii_uppercase());
        small && part.starts_with(|c: char| c.is_ascii_alphanumeric()) && !part.ends_with(['.', '-', '_'])
    };
    let fine = host.iter().all(fine_host) && path.iter().all(fine_path);
    (!fine).then_some("is not of the form registry/path:tag, in small letters")
}

/// What is wrong with the name of a label (`topology.kubernetes.io/zone`); `None` when nothing is.
pub fn label_fault(label: &str) -> Option<&'static str> {
    let (prefix, name) = label.rsplit_once('/').map_or((None, label), |(prefix, name)| (Some(prefix), name));
    let fine_prefix = |prefix: &str| {
        let part = |part: &str| {
            let small = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase() || b == b'-';
            !part.is_empty() && !part.starts_with('-') && !part.ends_with('-') && part.bytes().all(small)
        };
        prefix.len() <= LABEL_PREFIX_BYTES && prefix.split('.').all(part)
    };
    let fine = !name.is_empty() && is_label_word(name) && prefix.is_none_or(fine_prefix);
    (!fine).then_some(
        "is no name of a label: letters, digits, “-”, “_” and “.”, at most 63, with “domain/” before it or not",
    )
}

/// What is wrong with the value of a label; `None` when nothing is.
pub fn label_value_fault(value: &str) -> Option<&'static str> {
    (!is_label_word(value)).then_some(
        "is no value of a label: letters, digits, “-”, “_” and “.”, at most 63, with a letter or a digit at both ends",
    )
}

/// The empty one is one, too.
fn is_label_word(text: &str) -> bool {
    let at_an_end = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    text.len() <= LABEL_BYTES
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && at_an_end(text.chars().next())
        && at_an_end(text.chars().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_images_with_registry_port_tag_and_digest_are_fine() {
        let digest = format!("a/b@sha256:{}", "0a".repeat(32));
        for image in
            ["r", "r:4.5", "posit/r-session:R4.5.2-python3.14", "localhost:5000/r:1", "ghcr.io/a/b_c/d", &digest]
        {
            assert_eq!(image_fault(image), None, "{image}");
        }
    }

    #[test]
    fn what_no_registry_has_is_refused() {
        let long = "x".repeat(256);
        for image in [
            "",
            ":tag",
            "r:",
            "r:-t",
            "R",
            "a//b",
            "/a",
            "a/",
            "a b",
            "a\nb",
            "-a",
            "a:b:c",
            "a@sha256:1",
            "a@md5:1",
            "reg.example:99999/a",
            "--privileged",
            "a/../b",
            &long,
            "a;rm",
            "a$(x)",
        ] {
            assert!(image_fault(image).is_some(), "{image}");
        }
    }

    #[test]
    fn labels_are_as_kubernetes_takes_them() {
        for label in ["pool", "topology.kubernetes.io/zone", "A_b.c-1"] {
            assert_eq!(label_fault(label), None, "{label}");
        }
        for label in ["", "-a", "a-", "a b", "a/b/c", "/a", "Upper.case/a", "a:b", &"x".repeat(64)] {
            assert!(label_fault(label).is_some(), "{label}");
        }
        assert_eq!((label_value_fault(""), label_value_fault("high-mem_1.2")), (None, None));
        for value in [".a", "a=b", "a\n", "ü", &"x".repeat(64)] {
            assert!(label_value_fault(value).is_some(), "{value}");
        }
    }
}
