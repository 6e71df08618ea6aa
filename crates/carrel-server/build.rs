//! Makes the folder of the pages when they were not built: the server then says so instead of failing to compile.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let dist = Path::new("../../web/dist");
    fs::create_dir_all(dist)?;
    cargo(&format!("rerun-if-changed={}", dist.display()));
    Ok(())
}

fn cargo(word: &str) {
    println!("cargo::{word}");
}
