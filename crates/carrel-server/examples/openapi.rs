//! Prints the OpenAPI document.

use std::io::Write;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(carrel_server::openapi().as_bytes())
}
