mod said;

use super::{
    On::{Event, Waiting},
    *,
};
use said::SAID;
use std::collections::BTreeSet;

#[test]
fn what_kubernetes_says_becomes_a_code_and_an_outlook() {
    for (on, word, message, code, outlook) in SAID {
        let reason = reason(*on, word, message).unwrap_or_else(|| panic!("{word}: {message}"));
        assert_eq!((reason.cause.code.as_str(), reason.outlook), (*code, *outlook), "{on:?} {word}: {message}");
    }
}

#[test]
fn each_row_is_met_by_something_that_was_said() {
    let met: BTreeSet<usize> = SAID.iter().filter_map(|(on, word, message, ..)| row(*on, word, message)).collect();
    let unmet: Vec<_> = (0..table::ROWS.len()).filter(|at| !met.contains(at)).map(|at| &table::ROWS[at]).collect();
    assert!(unmet.is_empty(), "{unmet:#?}");
}

#[test]
fn each_sentence_is_one_and_shows_no_template() {
    for (on, word, message, ..) in SAID {
        let text = reason(*on, word, message).unwrap().cause.text;
        assert!(text.ends_with(['.', '…']) && !text.contains("  ") && !text.contains("{quoted}"), "{text}");
        assert!(text.chars().count() < 450, "{text}");
    }
}

#[test]
fn what_says_nothing_to_people_is_passed_over() {
    for (on, word) in [
        (Event, "Created"),
        (Event, "Started"),
        (Event, "Killing"),
        (Waiting, "ContainerCreating"),
        (Waiting, "PodInitializing"),
    ] {
        assert_eq!(reason(on, word, "x"), None, "{word}");
    }
}

#[test]
fn a_message_is_quoted_on_one_line_and_cut() {
    let text = reason(Waiting, "ErrImagePull", &format!("a\n  b {}", "x".repeat(999))).unwrap().cause.text;
    assert!(text.starts_with("The image cannot be pulled. Kubernetes says: a b xxx") && text.ends_with("x…"), "{text}");
    assert_eq!(reason(Event, "Pulling", "Pulling image \"r/s:1\"").unwrap().cause.text, "Pulling the image r/s:1.");
}

#[test]
fn the_time_and_size_of_a_pull_are_told() {
    let said = "Successfully pulled image \"r/s:1\" in 3.245s (3.3s including waiting). Image size: 388412345 bytes.";
    assert_eq!(pulled(said).unwrap(), "The image r/s:1 was pulled in 3.245s, 389 MB.");
    let older = "Successfully pulled image \"r/s:1\" in 3.245s (3.245s including waiting)";
    assert_eq!(pulled(older).unwrap(), "The image r/s:1 was pulled in 3.245s.");
    let there = "Container image \"r/s:1\" already present on machine";
    assert_eq!(pulled(there).unwrap(), "The image r/s:1 is there already.");
    assert_eq!(pulled("x"), None);
}
