//! Prints the book's reference page of options, or with `schema` the JSON Schema of all files.

fn main() -> std::io::Result<()> {
    use std::io::Write as _;
    let text = match std::env::args().nth(1).as_deref() {
        Some("schema") => format!("{:#}\n", carrel_config::schema::schema()),
        _ => carrel_config::reference::page(),
    };
    std::io::stdout().write_all(text.as_bytes())
}
