//! The book's reference page of options, made from the table.

use crate::{
    options::{File, Format, Role, Row, Sections, files},
    value::Kind,
};
use std::fmt::Write as _;

const HEAD: &str = "\
<!-- Made by `cargo run -p carrel-config --example reference > docs/reference/options.md`. Do not edit. -->

# Configuration files and their options

Carrel reads the configuration files of an existing installation. It looks for each of them in the folder that
`RSTUDIO_CONFIG_DIR` names, or else in `rstudio` below each folder of `XDG_CONFIG_DIRS`, then in `/etc/rstudio`; the first one
found is read. `carrel check` tells what is wrong in them, `carrel config show` what they set.

The last column says what Carrel does with an option:

| word | meaning |
|---|---|
| used | It takes effect. |
| not yet | It is read and checked and has no effect so far; what holds meanwhile is said. |
| no effect | It is accepted, and there is nothing for it to change. |
| not supported | What it asks for is not done; what is done instead is said. |

A default stands for what the original does. Flags are 1 or 0; `true` and `false` are read too, numbers may be written like
`1e+07`, and `<nil>` stands for the default. A key that ends in `*` stands for all that begin so. *Since* is the original's
release that brought an option, where that is known.
";

/// The whole page, as Markdown.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    for file in files() {
        section(&mut page, file);
    }
    page
}

fn section(page: &mut String, file: &File) {
    // Writing to a String cannot fail.
    let _ = write!(page, "\n## {}\n\n{} Format: {}.", file.name, escape(file.meaning), format(file.format));
    if file.secret {
        page.push_str(" Values are secret and never shown.");
    }
    if file.rows.is_empty() {
        let _ = writeln!(page, " In Carrel: {}.", role(file.role));
        return;
    }
    page.push_str("\n\n| key | value | default | meaning | in Carrel |\n|---|---|---|---|---|\n");
    for row in file.options() {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            key(file, row),
            value(row),
            if row.default.is_empty() { String::new() } else { format!("`{}`", row.default) },
            meaning(row),
            role(row.role)
        );
    }
}

fn key(file: &File, row: &Row) -> String {
    let section = match file.format {
        Format::Ini(Sections::Named(_)) if !row.section.is_empty() => format!("`[{}]` ", row.section),
        _ => String::new(),
    };
    format!("{section}`{}`", row.key)
}

fn value(row: &Row) -> String {
    let counted = matches!(row.kind, Kind::Whole(..) | Kind::Decimal(..)) && !row.unit.is_empty();
    let unit = if counted { format!(" ({})", row.unit) } else { String::new() };
    let repeats = if row.repeats { "; may repeat" } else { "" };
    let secret = if row.secret { "; secret" } else { "" };
    format!("{}{unit}{repeats}{secret}", escape(&row.kind.allowed()))
}

fn meaning(row: &Row) -> String {
    let since = if row.since.is_empty() { String::new() } else { format!(" Since {}.", row.since) };
    format!("{}{since}", escape(row.meaning))
}

fn role(role: Role) -> String {
    match role {
        Role::Used => "used".into(),
        Role::Planned("") => "not yet".into(),
        Role::Planned(meanwhile) => format!("not yet: {}", escape(meanwhile)),
        Role::NoEffect(why) => format!("no effect: {}", escape(why)),
        Role::NotSupported(instead) => format!("not supported: {}", escape(instead)),
    }
}

fn format(format: Format) -> &'static str {
    match format {
        Format::Ini(Sections::None) => "`key=value`, a line each",
        Format::Ini(Sections::Named(_)) => "`key=value` in named sections",
        Format::Ini(Sections::Who) => "`key=value` in sections for everybody, for groups, for users",
        Format::Ini(Sections::Ids) => "`key=value` in a section each",
        Format::Names => "`NAME=value`, a line each",
        Format::Dcf => "`Key: value`, in blocks with blank lines between them",
        Format::Blocks => "`Key: value` or `key=value`, in blocks with blank lines between them, or a path a line",
        Format::Lines(_) => "one a line",
        Format::Json => "JSON",
        Format::Template(_) => "text with `#variables#`",
        Format::Opaque => "not looked into",
        Format::Folder => "a folder",
    }
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_in_the_book_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/options.md");
        let committed = std::fs::read_to_string(path).unwrap();
        let stale = "run `cargo run -p carrel-config --example reference > docs/reference/options.md`";
        assert!(committed == super::page(), "docs/reference/options.md is stale: {stale}");
    }
}
