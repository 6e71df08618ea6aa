use super::*;
use crate::{cpu_time::used, source::Source};
use proptest::prelude::*;
use std::{path::Path, time::Duration};

fn source(bytes: impl AsRef<[u8]>) -> Source {
    Source::new(Path::new("f"), bytes.as_ref()).0
}

fn told<T>(read: &Read<T>) -> Vec<String> {
    read.told.list().iter().map(ToString::to_string).collect()
}

/// `name: key=value@line …` of each section.
fn sections(text: &str) -> Vec<String> {
    let source = source(text);
    let read = ini(&source);
    assert_eq!(told(&read), [""; 0]);
    let entry = |e: &Entry<'_>| [" ", e.key, "=", e.value.unwrap_or("-"), "@", &e.at.line.to_string()].concat();
    let section = |s: &Section<'_>| {
        let name = s.name.unwrap_or("");
        format!("[{name}]@{}{}", s.at.line, s.entries.iter().map(entry).collect::<String>())
    };
    read.found.sections.iter().map(section).collect()
}

/// `key=value+more@line …` of each block.
fn fields(read: &Read<Vec<Block<'_>>>) -> Vec<String> {
    let field = |f: &Field<'_>| {
        let more: String = f.more.iter().map(|(text, at)| ["+", text, "@", &at.line.to_string()].concat()).collect();
        format!("{}={}@{}{more}", f.key, f.value, f.at.line)
    };
    read.found.iter().map(|b| b.fields.iter().map(field).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn ini_keeps_the_line_of_keys_without_a_section_and_of_repeated_sections_and_keys() {
    let text = "# of the server\nwww-port=8787\n\n[cluster]\nname=Local\n[cluster]\nname=Kubernetes\nname=K8s\n";
    let expected = ["[]@2 www-port=8787@2", "[cluster]@4 name=Local@5", "[cluster]@6 name=Kubernetes@7 name=K8s@8"];
    assert_eq!(sections(text), expected);
}

#[test]
fn ini_takes_sections_of_users_and_groups_and_of_everybody() {
    assert_eq!(sections("[*]\na=1\n[@data science]\n[ bob ]"), ["[*]@1 a=1@2", "[@data science]@3", "[bob]@4"]);
}

#[test]
fn ini_takes_what_the_chart_writes() {
    let text = "a=<nil>  \r\n   \r\nb=1e+07\r\n  c = true\t\r\nd=\r\n; old\r\njson=\"/a\":\"b=c\"\r\n";
    assert_eq!(sections(text), ["[]@1 a=<nil>@1 b=1e+07@3 c=true@4 d=@5 json=\"/a\":\"b=c\"@7"]);
}

#[test]
fn ini_keeps_lines_without_an_equals_sign() {
    assert_eq!(sections("[nodes]\nhost-1\n"), ["[nodes]@1 host-1=-@2"]);
}

#[test]
fn ini_tells_about_wrong_headers_and_missing_keys_and_goes_on() {
    let source = source("[open\na=1\n=2\n[x] y\n[ok] # fine\n");
    let read = ini(&source);
    assert_eq!(
        told(&read),
        [
            "f:1: error: a section's header is not `[name]` alone on its line; found “[open” [wrong-header]",
            "f:3: error: a key is missing before `=`; allowed: `key=value` [no-key]",
            "f:4: error: a section's header is not `[name]` alone on its line; found “[x] y” [wrong-header]",
        ]
    );
    assert_eq!(read.found.sections.len(), 3);
    assert_eq!(read.found.sections[0].entries[0].key, "a");
}

#[test]
fn ini_cuts_a_comment_off_a_value_and_says_so() {
    let source = source("port=8787 # ours\ncolour=a#b\n");
    let read = ini(&source);
    let values: Vec<_> = read.found.sections[0].entries.iter().map(|e| e.value.unwrap()).collect();
    assert_eq!(values, ["8787", "a#b"]);
    let note = "f:1: note: what stands behind # in the value of port is taken for a comment [comment-in-value]";
    assert_eq!(told(&read), [note]);
}

#[test]
fn dcf_takes_fields_in_any_order_continued_and_separated_by_white_space() {
    let text =
        "Environment:\n    A=1\n    B=x: y\nJobType: session\n   \n# of the homes\nClaimName: home \nMountType: NFS";
    let source = source(text);
    let read = dcf(&source);
    assert_eq!(told(&read), [""; 0]);
    assert_eq!(fields(&read), ["Environment=@1+A=1@2+B=x: y@3 JobType=session@4", "ClaimName=home@7 MountType=NFS@8"]);
    assert_eq!(read.found[1].field("mounttype").unwrap().value, "NFS");
}

#[test]
fn dcf_tells_about_lines_that_belong_to_nothing() {
    let source = source("    A=1\nno colon\n: x\nPath: /a\n");
    let read = dcf(&source);
    assert_eq!(
        read.told.list().iter().map(|d| (d.at.line, d.code)).collect::<Vec<_>>(),
        [(1, "nothing-to-go-on-with"), (2, "no-key"), (3, "no-key")]
    );
    assert_eq!(fields(&read), ["Path=/a@4"]);
}

#[test]
fn blocks_without_headers_take_both_separators_and_bare_paths() {
    let text = "Path: /opt/R/4.5\nLabel: R = new\n\nLabel=Old: R\nPath=/opt/R/3.6\n\n/opt/R/4.1\n/opt/R/4.2\n";
    assert_eq!(
        fields(&blocks(&source(text))),
        [
            "Path=/opt/R/4.5@1 Label=R = new@2",
            "Label=Old: R@4 Path=/opt/R/3.6@5",
            "Path=/opt/R/4.1@7",
            "Path=/opt/R/4.2@8"
        ]
    );
}

#[test]
fn a_list_has_a_thing_a_line() {
    let source = source("# ours\nquarto.quarto \r\n\n  posit.shiny\n");
    let read = list(&source);
    let items: Vec<_> = read.found.iter().map(|item| (item.text, item.at.line)).collect();
    assert_eq!(items, [("quarto.quarto", 2), ("posit.shiny", 4)]);
}

#[test]
fn json_names_the_line_that_is_wrong() {
    assert_eq!(json(&source("\u{feff}{\"a\": [1]}")).found["a"][0], 1);
    assert!(json(&source(" \n")).found.as_object().unwrap().is_empty());
    let source = source("{\n  \"a\": 1,\n}\n");
    let wrong = json(&source);
    assert_eq!(told(&wrong), ["f:3: error: this is not JSON: trailing comma, at column 1 [not-json]"]);
}

#[test]
fn the_template_knows_variables_from_comments() {
    let source = source("# HELP x\nload #load-average#\n#a##b# #C# #");
    let read = template(&source);
    let part = |part: &Part<'_>| match part {
        Part::Text(text) => text.clone(),
        Part::Variable { name, at } => format!("<{name}@{}>", at.line),
    };
    let parts: Vec<_> = read.found.iter().map(part).collect();
    assert_eq!(parts, ["# HELP x\nload ", "<load-average@2>", "\n", "<a@3>", "<b@3>", " #C# #"]);
}

type Reader = fn(&Source);

/// Every reader, for what holds for all of them.
const READERS: [(&str, Reader); 7] = [
    ("ini", |source| drop(ini(source))),
    ("dcf", |source| drop(dcf(source))),
    ("blocks", |source| drop(blocks(source))),
    ("list", |source| drop(list(source))),
    ("json", |source| drop(json(source))),
    ("is json", |source| drop(is_json(source))),
    ("template", |source| drop(template(source))),
];

/// Pieces that files are made of, the awkward ones above all.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 20] = [
        "[", "]", "=", ":", "#", ";", "\n", "\r\n", "  ", "\t", "<nil>", "1e+07", "key", "@", "*", "\"", "{", "é",
        "\0", "/",
    ];
    let piece = prop_oneof![
        9 => proptest::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    proptest::collection::vec(piece, 0..200).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(bytes in pieces()) {
        for (_, read) in READERS {
            read(&source(&bytes));
        }
    }

    #[test]
    fn every_place_is_a_line_of_the_file(bytes in pieces()) {
        let source = source(&bytes);
        let lines = u32::try_from(source.lines().count()).unwrap();
        let read = ini(&source);
        let entries = read.found.sections.iter().flat_map(|s| &s.entries).map(|e| e.at.line);
        for line in entries.chain(read.told.list().iter().map(|d| d.at.line)) {
            prop_assert!((1..=lines).contains(&line));
        }
    }

    #[test]
    fn a_template_without_its_marks_is_the_text(bytes in pieces()) {
        let source = source(&bytes);
        let put_together: String = template(&source).found.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Variable { name, .. } => format!("#{name}#"),
        }).collect();
        let text = source.text().replace("\r\n", "\n");
        prop_assert_eq!(put_together, text.strip_suffix('\r').unwrap_or(&text));
    }
}

/// What takes a reader the longest that has to look back or ahead.
const AWKWARD: [&str; 8] = ["#a", "# ", "key=value\n", "[s]\n", "Key: value\n  more\n", "/p\n", "a=#b #c", "é"];

fn time(read: Reader, source: &Source) -> Duration {
    let began = used();
    read(source);
    used().saturating_sub(began)
}

/// Whether 64 times the length takes nearer to 64 than to 4,096 times as long, once in a few tries: what else the machine
/// does only adds time.
fn is_linear(read: Reader, short: &Source, long: &Source) -> bool {
    (0..4).any(|_| {
        let of_short = (0..8).map(|_| time(read, short)).min().unwrap();
        time(read, long) < of_short * 512 + Duration::from_millis(1)
    })
}

#[test]
fn the_time_to_read_grows_with_the_length_and_not_with_its_square() {
    for (name, read) in READERS {
        for piece in AWKWARD {
            let of_length = |bytes: usize| source(piece.repeat(bytes / piece.len()));
            assert!(is_linear(read, &of_length(2 << 10), &of_length(128 << 10)), "{name} of many {piece:?}");
        }
    }
}
