use super::*;
use std::{fs, process::Command as Shell};

const ENTRY: &str = r#"
id = "lab"
name = "Lab"
[program]
requires = ["lab", "engine"]
places = [PLACES]
version = ["--version"]
[start]
command = ["{program}", "{socket}"]
[http]
strip_prefix = true
ready = "/"
"#;

struct Host {
    dir: tempfile::TempDir,
    catalogue: Catalogue,
}

impl Host {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["ides", "ide-path", "path", "place"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let entry = ENTRY.replace("PLACES", &format!("{:?}", dir.path().join("place")));
        fs::write(dir.path().join("ides/lab.toml"), entry).unwrap();
        let catalogue = Catalogue::load(Some(&dir.path().join("ides"))).unwrap();
        Self { dir, catalogue }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Written by another process: one that this process writes cannot be run while another test's thread forks.
    fn program(&self, name: &str, script: &str) -> PathBuf {
        let file = self.file(name);
        let write = "printf '#!/bin/sh\n%s\n' \"$2\" > \"$1\" && chmod 755 \"$1\"";
        assert!(Shell::new("sh").args(["-c", write, "sh"]).arg(&file).arg(script).status().unwrap().success());
        file
    }

    fn offer(&self) -> Offer {
        self.offer_by(&IdeSettings::default())
    }

    fn offer_by(&self, ides: &IdeSettings) -> Offer {
        let (ide_path, path) = ([self.file("ide-path")], self.file("path"));
        let offers = self.catalogue.detect_with(&Search { ide_path: &ide_path, path: path.as_os_str(), ides });
        offers.into_iter().find(|offer| offer.id.as_str() == "lab").unwrap()
    }

    fn why_not(&self) -> (String, String) {
        let cause = self.offer().available.unwrap_err();
        assert_eq!(cause.who, Who::Administrator);
        (cause.code, cause.text.replace(&format!("{}/", self.dir.path().display()), ""))
    }
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let host = Host::new();
    let said = "Lab is not installed on this host: the program lab was not found.";
    assert_eq!(host.why_not(), ("ide-not-installed".into(), said.into()));
    host.program("path/lab", "echo 1.0");
    let said = "Lab cannot run on this host: the program engine, which it needs, was not found.";
    assert_eq!(host.why_not(), ("ide-not-installed".into(), said.into()));
}

#[test]
fn the_folders_of_the_settings_come_before_path_and_the_fixed_places_last() {
    let host = Host::new();
    host.program("place/engine", "");
    let found = |host: &Host| (host.offer().version, host.offer().available.unwrap().programs["lab"].clone());
    let last = host.program("place/lab", "echo Lab version 1.1, released");
    assert_eq!(found(&host), (Some("1.1".into()), last));
    let middle = host.program("path/lab", "echo 2.2.0+7");
    assert_eq!(found(&host), (Some("2.2.0+7".into()), middle));
    let first = host.program("ide-path/lab", "echo 3.3");
    assert_eq!(found(&host), (Some("3.3".into()), first));
}

#[test]
fn a_program_that_may_not_be_run_is_no_program_and_said_to_be_there() {
    let host = Host::new();
    host.program("place/engine", "");
    let file = host.program("ide-path/lab", "echo 1.0");
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let said = "Lab cannot run on this host: the account of Carrel may not run ide-path/lab.";
    assert_eq!(host.why_not(), ("ide-not-executable".into(), said.into()));
    host.program("path/lab", "echo 2.0");
    assert_eq!(host.offer().version.as_deref(), Some("2.0"));
}

#[test]
fn a_program_that_fails_is_not_offered_and_its_last_line_says_why() {
    let host = Host::new();
    host.program("place/engine", "");
    host.program("ide-path/lab", "echo 1.0; echo >&2 first; echo >&2 no module named lab; exit 3");
    let said = "Lab is installed on this host but does not run: ide-path/lab --version ended with exit status: 3: \
                no module named lab.";
    assert_eq!(host.why_not(), ("ide-broken".into(), said.into()));
    let file = host.file("ide-path/lab");
    let interpreter = "printf '#!/nowhere/python3\n' > \"$1\"";
    assert!(Shell::new("sh").args(["-c", interpreter, "sh"]).arg(&file).status().unwrap().success());
    let (code, text) = host.why_not();
    assert_eq!(code, "ide-broken");
    assert!(text.contains("starting ide-path/lab failed: No such file"), "{text}");
}

#[test]
fn a_version_is_asked_once_until_the_program_changes() {
    let host = Host::new();
    host.program("place/engine", "");
    let count = host.file("count");
    let script = |version: &str| format!("echo asked >> {}; echo {version}", count.display());
    let asked = || fs::read_to_string(&count).unwrap().lines().count();
    let file = host.program("ide-path/lab", &script("1.0"));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(host.offer().version.as_deref(), Some("1.0")));
        }
    });
    assert_eq!(asked(), 1);
    host.program("ide-path/lab", &script("2.0"));
    let later = fs::metadata(&file).unwrap().modified().unwrap() + Duration::from_secs(1);
    fs::File::open(&file).unwrap().set_modified(later).unwrap();
    assert_eq!(host.offer().version.as_deref(), Some("2.0"));
    assert_eq!(asked(), 2);
}

#[test]
fn a_program_that_says_no_version_in_time_is_still_offered() {
    let host = Host::new();
    let file = host.program("ide-path/lab", "exec sleep 600");
    assert!(matches!(ask(&file, &[], Duration::from_millis(20)), Said::Late));
}

#[test]
fn a_program_is_ended_with_its_children() {
    let mut child = Shell::new("sh")
        .args(["-c", "sh -c 'echo there; sleep 600; true' & wait"])
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut word = [0; 6];
    out.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"there\n");
    end(&mut child);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(read_all(out)));
    // Ends when nobody holds the other side any more.
    assert_eq!(receiver.recv_timeout(Duration::from_secs(30)).as_deref(), Ok(""));
}

#[test]
fn programs_are_asked_without_the_secrets_of_the_server() {
    let host = Host::new();
    host.program("place/engine", "");
    host.program("ide-path/lab", "test \"$(env | grep -vE '^(HOME|LANG|PATH|PWD|SHLVL|_|OLDPWD)=')\" = '' && echo 1.0");
    assert_eq!(host.offer().version.as_deref(), Some("1.0"));
}

#[test]
fn versions_are_found_in_what_programs_say() {
    assert_eq!(version_in("4.139.1 53c2f32 with Code 1.139.1\n").as_deref(), Some("4.139.1"));
    assert_eq!(version_in("[2026-11-22T17:55:14.695Z] info  Wrote file\n4.6.6\n").as_deref(), Some("4.6.6"));
    assert_eq!(version_in("2024.04.2+764 (Chocolate Cosmos) for Debian\n").as_deref(), Some("2024.04.2+764"));
    assert_eq!(version_in("unknown\n"), None);
}

/// Settings by a file, for an entry that is built in.
fn by(file: &str, text: &str) -> IdeSettings {
    let mut read = carrel_config::Configuration::default();
    let path = Path::new("/etc/rstudio").join(file);
    read.read(carrel_config::options::file_named(file).unwrap(), path, text.as_bytes());
    let mut settings = carrel_config::Settings::local("/var".into(), "/agent".into(), Vec::new());
    settings.apply(&read);
    settings.ides
}

fn vscode(host: &Host, ides: &IdeSettings) -> Result<Found, String> {
    let offers = host.catalogue.detect_with(&Search { ide_path: &[host.file("ide-path")], path: OsStr::new(""), ides });
    let offer = offers.into_iter().find(|offer| offer.id.as_str() == "vscode").unwrap();
    offer.available.map_err(|cause| format!("{}: {}", cause.code, cause.text))
}

#[test]
fn an_ide_that_a_file_switches_off_is_not_offered_and_the_line_is_named() {
    let host = Host::new();
    host.program("ide-path/code-server", "echo 4.1.0");
    assert!(vscode(&host, &IdeSettings::default()).is_ok());
    let why = vscode(&host, &by("vscode.conf", "# ours\nenabled=0\n")).unwrap_err();
    assert_eq!(why, "ide-disabled: VS Code is switched off here: enabled of /etc/rstudio/vscode.conf:2 says so.");
}

#[test]
fn a_program_that_a_file_names_is_used_and_missed_by_the_line_that_names_it() {
    let host = Host::new();
    host.program("ide-path/code-server", "echo 4.1.0");
    let other = host.program("other", "echo 5.2.0");
    let found = vscode(&host, &by("vscode.conf", &format!("exe={}\n", other.display()))).unwrap();
    assert_eq!((found.programs["code-server"].clone(), found.version.as_deref()), (other, Some("5.2.0")));
    let why = vscode(&host, &by("vscode.conf", "exe=/no/such/code\n")).unwrap_err();
    assert_eq!(
        why,
        "ide-not-installed: VS Code cannot run on this host: exe of /etc/rstudio/vscode.conf:1 names /no/such/code, which \
         cannot be run."
    );
}

#[test]
fn jupyter_is_asked_for_its_version_with_the_command_that_a_file_names() {
    let host = Host::new();
    let jupyter = host.program("jupyter", "echo \"$1 3.2.1\"; test \"$1 $2\" = 'lab --version'");
    let ides = by("jupyter.conf", &format!("jupyter-exe={}\n", jupyter.display()));
    let offers = host.catalogue.detect_with(&Search { ide_path: &[], path: OsStr::new(""), ides: &ides });
    let lab = offers.iter().find(|offer| offer.id.as_str() == "jupyterlab").unwrap();
    assert_eq!((lab.version.as_deref(), lab.available.is_ok()), (Some("3.2.1"), true));
}

#[test]
fn images_are_taken_to_have_every_program_by_name_or_where_a_file_says() {
    let catalogue = Catalogue::load(None).unwrap();
    let ides = by("vscode.conf", "exe=/opt/code/bin/code-server\n");
    let offers = catalogue.in_images(&ides);
    let programs = |id: &str| {
        let offer = offers.iter().find(|offer| offer.id.as_str() == id).unwrap();
        offer.available.clone().unwrap().programs.into_values().collect::<Vec<_>>()
    };
    assert_eq!(programs("vscode"), [PathBuf::from("/opt/code/bin/code-server")]);
    assert_eq!(programs("rstudio"), [PathBuf::from("R"), PathBuf::from("rserver")]);
    let off = by("vscode.conf", "enabled=0\n");
    let offer = catalogue.in_images(&off).into_iter().find(|offer| offer.id.as_str() == "vscode").unwrap();
    assert_eq!(offer.available.unwrap_err().code, "ide-disabled");
}
