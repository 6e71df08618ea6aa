//! Whether the data folder can do what sessions need of it.

use super::Finding;
use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
    unistd::{getegid, geteuid, getgroups},
};
use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown, symlink},
    path::Path,
};

/// One thing that the storage must be able to do.
type Try = (&'static str, fn(&Path) -> io::Result<()>);

const TRIES: &[Try] = &[
    ("write", write),
    ("symlink", link),
    ("rename over a file", rename),
    ("modes", modes),
    ("owner and groups", own),
    ("lock", lock),
    ("sparse files", sparse),
];

/// How long a file of nothing is that takes no room on a sparse storage.
const HOLE: u64 = 1 << 20;

/// Tries everything in a folder of its own within the data folder, which goes away again.
pub(super) fn check(folder: &Path) -> Vec<Finding> {
    if !folder.exists() {
        return vec![Finding::of("data folder", parent(folder))];
    }
    let probe = folder.join(format!(".carrel-check-{}", std::process::id()));
    if let Err(error) = fs::DirBuilder::new().mode(0o700).create(&probe) {
        return vec![Finding::of("data folder", Err(format!("{}: {error}", folder.display())))];
    }
    let mut failed = Vec::new();
    for (what, attempt) in TRIES {
        if let Err(error) = attempt(&probe) {
            failed.push(format!("{what}: {error}"));
        }
    }
    if let Err(error) = fs::remove_dir_all(&probe) {
        failed.push(format!("removing {}: {error}", probe.display()));
    }
    let can: Vec<&str> = TRIES.iter().map(|(what, _)| *what).collect();
    let tried = if failed.is_empty() {
        Ok(format!("{}: {}", folder.display(), can.join(", ")))
    } else {
        Err(failed.join("; "))
    };
    vec![Finding::of("data folder", tried)]
}

/// The nearest folder above that is there must let the server make the rest.
fn parent(folder: &Path) -> Result<String, String> {
    let above = folder.ancestors().find(|above| above.exists()).unwrap_or(Path::new("/"));
    let may = nix::unistd::access(above, nix::unistd::AccessFlags::W_OK | nix::unistd::AccessFlags::X_OK);
    match may {
        Ok(()) => Ok(format!("{} is not there yet: the server makes it", folder.display())),
        Err(error) => {
            Err(format!("{} is not there, and cannot be made in {}: {error}", folder.display(), above.display()))
        }
    }
}

fn write(probe: &Path) -> io::Result<()> {
    let mut file = File::create(probe.join("written"))?;
    file.write_all(b"carrel")?;
    file.sync_all()
}

fn link(probe: &Path) -> io::Result<()> {
    symlink("written", probe.join("link"))?;
    fs::read(probe.join("link")).map(drop)
}

fn rename(probe: &Path) -> io::Result<()> {
    fs::write(probe.join("new"), b"new")?;
    fs::rename(probe.join("new"), probe.join("written"))?;
    match fs::read(probe.join("written"))?.as_slice() {
        b"new" => Ok(()),
        _ => Err(io::Error::other("the old file is still there")),
    }
}

fn modes(probe: &Path) -> io::Result<()> {
    let path = probe.join("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    match fs::metadata(&path)?.mode() & 0o777 {
        0o600 => Ok(()),
        mode => Err(io::Error::other(format!("mode 0600 became {mode:04o}"))),
    }
}

/// What this account makes is its own, and it may give it to each of its groups: storage that maps accounts to others
/// (`root_squash`, `all_squash`) does neither. To give it to another account needs root, which the server never is.
fn own(probe: &Path) -> io::Result<()> {
    let path = probe.join("written");
    let me = geteuid();
    match fs::metadata(&path)?.uid() {
        uid if uid == me.as_raw() => {}
        uid => return Err(io::Error::other(format!("what account {me} makes belongs to account {uid}"))),
    }
    for group in getgroups()?.into_iter().chain([getegid()]) {
        chown(&path, Some(me.as_raw()), Some(group.as_raw()))?;
        match fs::metadata(&path)?.gid() {
            gid if gid == group.as_raw() => {}
            gid => return Err(io::Error::other(format!("what was given to group {group} belongs to group {gid}"))),
        }
    }
    Ok(())
}

/// A lock that somebody holds is refused to others: that is how an agent shows that it lives.
fn lock(probe: &Path) -> io::Result<()> {
    let open = || File::create(probe.join("lock"));
    let held = Flock::lock(open()?, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| io::Error::from(error))?;
    let second = match Flock::lock(open()?, FlockArg::LockExclusiveNonblock) {
        Err((_, Errno::EWOULDBLOCK)) => Ok(()),
        Err((_, error)) => Err(error.into()),
        Ok(_) => Err(io::Error::other("two got the same lock")),
    };
    drop(held);
    second
}

/// The room between what is written takes none: the outputs of sessions are kept so.
fn sparse(probe: &Path) -> io::Result<()> {
    let file = File::create(probe.join("hole"))?;
    file.set_len(HOLE)?;
    let used = file.metadata()?.blocks() * 512;
    if used < HOLE / 2 { Ok(()) } else { Err(io::Error::other("a file of nothing takes room")) }
}
