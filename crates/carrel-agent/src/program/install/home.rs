//! The home folder, made by its owner in the volume of all home folders.

use crate::room::disk_full;
use carrel_model::{Cause, Who};
use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Component, Path},
};

/// Makes the folder `name` in `root` for this account alone, unless the account has it already.
pub(super) fn make(root: &Path, name: &str, uid: u32, gid: u32) -> Result<(), Cause> {
    let mut parts = Path::new(name).components();
    if !matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name) {
        let text = format!("{name:?} is no name of a home folder: it has to be one folder of the volume.");
        return Err(Cause::new("home-name", text, Who::Administrator));
    }
    let path = root.join(name);
    let is_new = match DirBuilder::new().mode(0o700).create(&path) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(not_made(root, &path, uid, &error)),
    };
    // Opened as a folder and no link, so that what is looked at is what was made.
    let options = nix::libc::O_DIRECTORY | nix::libc::O_NOFOLLOW;
    let opened = OpenOptions::new().read(true).custom_flags(options).open(&path);
    let found = opened.and_then(|folder| Ok((folder.metadata()?, folder)));
    match found {
        Ok((meta, folder)) if meta.uid() == uid => {
            if is_new {
                settle(&folder, gid).map_err(|error| not_made(root, &path, uid, &error))
            } else {
                Ok(())
            }
        }
        Ok((meta, _)) => Err(of_another(&path, meta.uid(), uid)),
        // A folder of another that may not even be opened.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => match path.symlink_metadata() {
            Ok(meta) if meta.uid() != uid => Err(of_another(&path, meta.uid(), uid)),
            _ => Err(not_made(root, &path, uid, &error)),
        },
        Err(_) => {
            let text = format!("{} is no folder, so it cannot be a home folder.", path.display());
            Err(Cause::new("home-refused", text, Who::Administrator))
        }
    }
}

/// A root with a group of its own (set-gid) hands it down: the home folder is the account's, and nobody else's.
fn settle(folder: &File, gid: u32) -> io::Result<()> {
    if folder.metadata()?.gid() != gid {
        std::os::unix::fs::fchown(folder, None, Some(gid))?;
    }
    folder.set_permissions(Permissions::from_mode(0o700))
}

fn of_another(path: &Path, owner: u32, uid: u32) -> Cause {
    let text = format!(
        "The home folder {} belongs to the account {owner} and not to {uid}. If it is the right folder, give it to {uid} \
         with chown; a file server that maps accounts must leave this one as it is.",
        path.display()
    );
    Cause::new("home-of-another", text, Who::Administrator)
}

fn not_made(root: &Path, path: &Path, uid: u32, error: &io::Error) -> Cause {
    let (root, shown) = (root.display(), path.display());
    let (code, text) = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => return disk_full(path, None),
        io::ErrorKind::NotFound => ("homes-missing", format!("There is no volume of home folders at {root}.")),
        io::ErrorKind::PermissionDenied => (
            "homes-not-writable",
            format!("The account {uid} may not make the home folder {shown}: {root} has to be of mode 1777."),
        ),
        io::ErrorKind::ReadOnlyFilesystem => {
            ("homes-not-writable", format!("The home folder {shown} cannot be made: {root} is read-only."))
        }
        _ => ("home-refused", format!("The home folder {shown} cannot be made: {error}.")),
    };
    Cause::new(code, text, Who::Administrator)
}
