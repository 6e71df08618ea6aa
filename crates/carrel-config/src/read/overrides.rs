//! The value of `job-json-overrides`.

/// A change of a Job, as a profiles file names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedOverride {
    /// Where in the Job, as a JSON pointer.
    pub target: String,
    /// The file with what stands there afterwards.
    pub file: String,
}

/// Reads `"target":"file"`, with commas between several. `None` where it is not of this form.
pub fn overrides(text: &str) -> Option<Vec<NamedOverride>> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (target, after) = quoted(rest)?;
        let (file, after) = quoted(after.trim_start().strip_prefix(':')?.trim_start())?;
        found.push(NamedOverride { target: target.to_owned(), file: file.to_owned() });
        rest = match after.trim_start() {
            "" => "",
            // Something has to follow a comma.
            more => Some(more.strip_prefix(',')?.trim_start()).filter(|more| !more.is_empty())?,
        };
    }
    Some(found)
}

/// What stands between the quotes at the beginning, and what follows them.
fn quoted(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('"')?.split_once('"')
}

/// What is wrong with a JSON pointer (RFC 6901) to something in a document; `None` when nothing is.
pub fn pointer_fault(pointer: &str) -> Option<&'static str> {
    if !pointer.starts_with('/') {
        return Some("a JSON pointer begins with /");
    }
    let escaped = pointer.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
    (!escaped).then_some("in a JSON pointer ~ is written ~0, and / in a name ~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<(String, String)>> {
        overrides(text).map(|found| found.into_iter().map(|one| (one.target, one.file)).collect())
    }

    #[test]
    fn overrides_are_read_in_order_and_a_target_may_stand_there_twice() {
        let pair = |target: &str, file: &str| (target.to_owned(), file.to_owned());
        assert_eq!(read("\"/spec/a\":\"/mnt/a.json\""), Some(vec![pair("/spec/a", "/mnt/a.json")]));
        let two = "\"/x/-\" : \"/1\" , \"/x/-\":\"/2\"";
        assert_eq!(read(two), Some(vec![pair("/x/-", "/1"), pair("/x/-", "/2")]));
        assert_eq!(read(""), Some(Vec::new()));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["/a:/b", "\"/a\"", "\"/a\":", "\"/a\":/b", "\"/a\":\"/b\",", "\"/a\":\"/b\" \"/c\":\"/d\"", "\"/a"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn pointers_are_those_of_the_rfc() {
        for fine in ["/spec", "/spec/template/spec/tolerations/-", "/metadata/annotations/a~1b~0"] {
            assert_eq!(pointer_fault(fine), None, "{fine}");
        }
        for wrong in ["", "spec", "/a~", "/a~2"] {
            assert!(pointer_fault(wrong).is_some(), "{wrong}");
        }
    }
}
