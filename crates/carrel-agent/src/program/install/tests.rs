use super::*;
use std::os::unix::fs::{MetadataExt, symlink};

/// The folder that is installed to, and a volume of home folders, for the account of the tests.
struct Scratch {
    dir: tempfile::TempDir,
}

/// An id that is not root's: what is tested here needs none of its rights.
const ANOTHER: u32 = 20001;

impl Scratch {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["homes", "run"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn install(&self) -> Install {
        Install {
            to: self.path("carrel"),
            run_folder: RunFolder::new(self.path("run")),
            account: Account {
                name: "ada".into(),
                uid: ANOTHER,
                gid: ANOTHER,
                home: "/home/ada".into(),
                shell: "/bin/bash".into(),
                groups: Vec::new(),
            },
            home: None,
            passwd: self.path("passwd"),
            group: self.path("group"),
            termination_log: self.path("termination-log"),
        }
    }

    fn home(&self, name: &str) -> Result<(), Cause> {
        home::make(&self.path("homes"), name, getuid().as_raw(), nix::unistd::getgid().as_raw())
    }
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn the_program_and_the_accounts_are_there_afterwards_also_a_second_time() {
    let scratch = Scratch::new();
    fs::write(scratch.path("passwd"), "root:x:0:0:root:/root:/bin/bash\n").unwrap();
    for _ in 0..2 {
        try_install(&scratch.install(), ANOTHER).unwrap();
    }
    let to = scratch.path("carrel");
    assert_eq!(fs::read(to.join(PROGRAM)).unwrap(), fs::read("/proc/self/exe").unwrap());
    assert_eq!(mode(&to.join(PROGRAM)), 0o755);
    let passwd = fs::read_to_string(to.join(PASSWD)).unwrap();
    assert_eq!(passwd, "root:x:0:0:root:/root:/bin/bash\nada:x:20001:20001::/home/ada:/bin/bash\n");
    let group = fs::read_to_string(to.join(GROUP)).unwrap();
    assert!(group.starts_with("root:x:0:\n") && group.ends_with("ada:x:20001:\n"), "{group}");
    assert_eq!((mode(&to.join(PASSWD)), mode(&to.join(GROUP))), (0o644, 0o644));
    assert_eq!(fs::read_dir(to.join("etc")).unwrap().count(), 2, "nothing that is half done is left");
}

#[test]
fn the_key_is_for_the_account_alone_and_another_at_each_try() {
    let scratch = Scratch::new();
    let made = || (try_install(&scratch.install(), ANOTHER).unwrap(), fs::read(scratch.path("run/key")).unwrap());
    let ((first, key), (second, another)) = (made(), made());
    assert_eq!(mode(&scratch.path("run/key")), 0o600);
    assert!(first != second && key != another);
    assert_eq!(AgentKey::new(another.as_slice().try_into().unwrap()).unwrap().pin(), second);
    fs::remove_dir_all(scratch.path("run")).unwrap();
    let text = try_install(&scratch.install(), ANOTHER).unwrap_err().text;
    assert!(text.contains("/run/key cannot be written: No such file"), "{text}");
}

#[test]
fn a_pod_that_runs_as_another_account_is_refused_before_anything_is_written() {
    let scratch = Scratch::new();
    let cause = try_install(&scratch.install(), 1).unwrap_err();
    assert_eq!(cause.text, "The pod runs as the account 1 and not as 20001 (ada).");
    let mut wrong = scratch.install();
    wrong.account.name = "ada:x:0:0".into();
    let text = try_install(&wrong, ANOTHER).unwrap_err().text;
    assert_eq!(text, "The account of the session cannot be used: \"ada:x:0:0\" is no name of an account or group.");
    assert!(!scratch.path("carrel").exists());
}

#[test]
fn what_went_wrong_is_told_to_the_kubelet() {
    let scratch = Scratch::new();
    let mut wrong = scratch.install();
    wrong.account.uid = 0;
    assert_eq!(install(&wrong), 1);
    let message = fs::read_to_string(scratch.path("termination-log")).unwrap();
    let Ending::Failed { cause } = crate::pod::read_termination(&message).unwrap().ending else { panic!("{message}") };
    assert_eq!(cause.text, "The account of the session cannot be used: root's ids are not given to a session.");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let scratch = Scratch::new();
    let nowhere = Install { to: "/proc/carrel".into(), ..scratch.install() };
    let text = try_install(&nowhere, ANOTHER).unwrap_err().text;
    assert!(text.starts_with("/proc/carrel cannot be written: "), "{text}");
}

#[test]
fn a_home_folder_is_made_for_its_owner_alone_and_left_as_it_is_afterwards() {
    let scratch = Scratch::new();
    fs::set_permissions(scratch.path("homes"), fs::Permissions::from_mode(0o3777)).unwrap();
    scratch.home("ada").unwrap();
    let home = scratch.path("homes/ada");
    let meta = fs::symlink_metadata(&home).unwrap();
    assert_eq!((mode(&home), meta.uid(), meta.gid()), (0o700, getuid().as_raw(), nix::unistd::getgid().as_raw()));
    fs::write(home.join("kept"), "").unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o750)).unwrap();
    scratch.home("ada").unwrap();
    assert!(home.join("kept").exists() && mode(&home) == 0o750);
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    let scratch = Scratch::new();
    for name in ["", ".", "..", "a/b", "/ada", "../ada", "ada/", "ada/.", "./ada"] {
        assert_eq!(scratch.home(name).unwrap_err().code, "home-name", "{name:?}");
    }
    assert_eq!(fs::read_dir(scratch.path("homes")).unwrap().count(), 0);
    symlink("/etc", scratch.path("homes/link")).unwrap();
    fs::write(scratch.path("homes/file"), "").unwrap();
    for name in ["link", "file"] {
        let cause = scratch.home(name).unwrap_err();
        assert!(cause.code == "home-refused" && cause.text.ends_with(" is no folder, so it cannot be a home folder."));
    }
}

#[test]
fn a_home_folder_of_another_account_is_refused() {
    let scratch = Scratch::new();
    scratch.home("ada").unwrap();
    let me = getuid().as_raw();
    let cause = home::make(&scratch.path("homes"), "ada", me + 1, me + 1).unwrap_err();
    assert_eq!(cause.code, "home-of-another");
    assert!(
        cause.text.contains(&format!("/homes/ada belongs to the account {me} and not to {}.", me + 1)),
        "{cause:?}"
    );
}

#[test]
fn a_volume_that_is_missing_or_cannot_be_written_is_told() {
    let scratch = Scratch::new();
    let make = |root: &str| home::make(Path::new(root), "ada", 7, 7).unwrap_err();
    let missing = make(scratch.path("nothing").to_str().unwrap());
    assert!(missing.code == "homes-missing" && missing.text.starts_with("There is no volume of home folders at /"));
    let text = make("/proc").text;
    assert!(text.contains("The home folder /proc/ada cannot be made") || text.contains("no volume"), "{text}");
}
