//! Other accounts of the host, and disks without room. Both take root to bring about; what can be checked without is
//! checked beside the code (`program::control`, `program::causes`).

use crate::place::{Place, plan};
use carrel_model::{Ending, plan::PlanFile};
use http::StatusCode;
use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// What another account reads from a socket after it asked for the status, or on the data socket for the rules.
fn read_as_nobody(socket: &Path) -> String {
    let code = "import socket, sys\n\
                s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n\
                try:\n s.sendall(b'r' if sys.argv[1].endswith('/data.sock') else b'GET /status HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n'); print('read', len(s.recv(4096)))\n\
                except OSError: print('read 0')";
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", code])
        .arg(socket)
        .output()
        .unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).trim().to_owned()
}

#[tokio::test]
async fn another_account_is_refused_by_the_folder_and_by_each_socket_even_when_all_are_open_when_run_as_root() {
    if !is_root() {
        return;
    }
    let place = Place::new().await;
    place.ready(&plan(&[])).await;
    let sockets = [place.folder.control(), place.folder.data()];
    for socket in &sockets {
        assert_eq!(fs::metadata(socket).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(read_as_nobody(socket).contains("Permission denied"), "{}", read_as_nobody(socket));
    }
    let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    open(place.dir.path(), 0o755);
    open(place.folder.path(), 0o755);
    for socket in &sockets {
        assert!(read_as_nobody(socket).contains("Permission denied"), "the mode of the socket is enough");
        open(socket, 0o666);
        // The kernel connects them, and the agent closes without a word.
        assert_eq!(read_as_nobody(socket), "read 0");
    }
}

/// A file system of a few KiB, for as long as it is held.
struct Small(std::path::PathBuf);

impl Small {
    fn new(path: &Path) -> Self {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(path).status();
        assert!(mounted.unwrap().success());
        Self(path.to_owned())
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_while_starting_is_told_with_the_file_system_when_run_as_root() {
    if !is_root() {
        return;
    }
    let mut place = Place::new().await;
    let _small = Small::new(&place.home());
    let mut plan = plan(&[]);
    plan.files = vec![PlanFile { path: "{home}/settings.json".into(), text: "x".repeat(100_000), keep: false }];
    assert_eq!(place.start(&plan).await, StatusCode::NO_CONTENT);
    let Ending::Failed { cause } = place.end().await.ending else { panic!("it should have failed") };
    assert_eq!(cause.code, "disk-full");
    let home = place.home();
    let begin = format!("No space is left on the file system of {}/settings.json (", home.display());
    assert!(cause.text.starts_with(&begin) && cause.text.contains("of 64 KB free)"), "{}", cause.text);
    assert!(!home.join("settings.json").exists(), "half a settings file is worse than none");
}

#[tokio::test]
async fn an_ide_that_finds_the_disk_full_is_not_blamed_for_it() {
    let mut place = Place::new().await;
    let said = "OSError: [Errno 28] No space left on device: '/home/ada/.local/share/jupyter'";
    assert_eq!(place.start(&plan(&["--say", said, "--exit", "1"])).await, StatusCode::NO_CONTENT);
    let end = place.end().await;
    let Ending::Failed { cause } = end.ending else { panic!("it should have failed") };
    assert_eq!((cause.code.as_str(), end.last_output.trim()), ("disk-full", said));
}
