//! Images of one program, packed without a builder of images.

use anyhow::{Context, bail};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{fmt::Write, fs, path::Path, process::Command};

/// An image that holds one program and runs it.
pub(crate) struct Image<'a> {
    /// Its name and tag.
    pub(crate) name: &'a str,
    /// The program, which is static. It lies in the image's root.
    pub(crate) program: &'a Path,
}

/// Writes the image in the form that `docker save` writes; the same bytes for the same program.
pub(crate) fn pack(image: &Image<'_>, out: &Path) -> anyhow::Result<()> {
    let folder = out.with_extension("parts");
    fs::create_dir_all(&folder)?;
    let name = image.program.file_name().context("a program without a name")?.to_string_lossy();
    let from = image.program.parent().context("a program without a folder")?;
    tar(from, &[&name], &folder.join("layer.tar"))?;
    let layer = Sha256::digest(fs::read(folder.join("layer.tar"))?);
    let digest = layer.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let config = json!({
        "architecture": architecture(),
        "os": "linux",
        "config": {"Entrypoint": [format!("/{name}")]},
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{digest}")]},
    });
    let manifest = json!([{"Config": "config.json", "RepoTags": [image.name], "Layers": ["layer.tar"]}]);
    fs::write(folder.join("config.json"), config.to_string())?;
    fs::write(folder.join("manifest.json"), manifest.to_string())?;
    tar(&folder, &["manifest.json", "config.json", "layer.tar"], out)?;
    fs::remove_dir_all(folder)?;
    Ok(())
}

/// What Go and images call the architecture of this machine.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn tar(folder: &Path, files: &[&str], out: &Path) -> anyhow::Result<()> {
    let mut tar = Command::new("tar");
    tar.args(["--create", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--file"]).arg(out);
    let done = tar.arg("--directory").arg(folder).args(files).output().context("tar could not be started")?;
    if !done.status.success() {
        bail!("{} cannot be written: {}", out.display(), String::from_utf8_lossy(&done.stderr).trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_names_its_image_and_is_the_same_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("hello");
        fs::write(&program, "a program").unwrap();
        let pack_to = |name: &str| {
            let out = folder.path().join(name);
            pack(&Image { name: "carrel.test/hello:1", program: &program }, &out).unwrap();
            fs::read(out).unwrap()
        };
        let one = pack_to("one.tar");
        assert_eq!(one, pack_to("two.tar"));
        let text = String::from_utf8_lossy(&one);
        assert!(text.contains("carrel.test/hello:1") && text.contains("a program"), "{text}");
    }
}
