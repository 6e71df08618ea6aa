use super::*;
use carrel_model::{Bounds, IdleRule, plan::Http, plan::Probe};
use std::os::unix::fs::PermissionsExt;

fn plan(command: &[&str]) -> Plan {
    Plan {
        user: "ada".parse().unwrap(),
        ide: None,
        command: command.iter().map(ToString::to_string).collect(),
        env: BTreeMap::from([("SECRET_FILE".into(), "{secret_file}".into()), ("RAW".into(), "{secret}".into())]),
        folder: None,
        files: Vec::new(),
        http: Http {
            prefix: "/s/x/".into(),
            strip_prefix: false,
            headers: BTreeMap::new(),
            ready_path: "/".into(),
            keep_alive: 1,
        },
        probe: Probe::default(),
        cpus: 1.0,
        memory_mb: 64,
        idle: IdleRule::default(),
        start_limit_s: 10,
        bounds: Bounds::default(),
        container: None,
    }
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> RunFolder {
        RunFolder::new(self.0.path())
    }

    fn account(&self) -> Account {
        let home = self.0.path().to_string_lossy().into_owned();
        BTreeMap::from([("HOME".into(), home), ("PATH".into(), "/usr/bin:/bin".into())])
    }

    fn prepare(&self, plan: &Plan) -> Result<Prepared, Missing> {
        Prepared::new(plan, "run-1", &self.folder(), &self.account())
    }
}

#[test]
fn the_program_is_found_as_a_shell_would() {
    let place = Place::new();
    let prepared = place.prepare(&plan(&["sh", "-c", "{socket}"])).unwrap();
    assert!(prepared.program.ends_with("bin/sh"));
    assert_eq!(prepared.arguments[1], place.folder().ide().to_string_lossy());
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let place = Place::new();
    for name in ["no-such-ide", "/opt/no-such-ide", "/etc/passwd", ""] {
        let missing = place.prepare(&plan(&[name])).unwrap_err();
        assert!(matches!(&missing, Missing::Program(missing) if missing == name), "{missing:?}");
    }
}

#[test]
fn the_environment_is_the_accounts_and_the_plans_and_holds_no_secret() {
    let place = Place::new();
    let plan = plan(&["sh"]);
    let prepared = place.prepare(&plan).unwrap();
    let secret = prepared.write(&plan, &place.folder()).unwrap();
    assert_eq!(secret.len(), 64);
    assert_eq!(prepared.environment["SECRET_FILE"], place.folder().secret().to_string_lossy());
    assert_eq!(prepared.environment["CARREL_RUN"], "run-1");
    assert_eq!(prepared.environment["USER"], "ada");
    assert!(prepared.environment.values().chain(&prepared.arguments).all(|text| !text.contains(&secret)));
    assert_eq!(fs::read_to_string(place.folder().secret()).unwrap(), secret);
    assert_eq!(fs::metadata(place.folder().secret()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn files_are_written_filled_and_those_to_be_kept_stay() {
    let place = Place::new();
    let file = |path: &str, keep| PlanFile { path: path.into(), text: r#"{"user": "{user}"}"#.into(), keep };
    let mut plan = plan(&["sh"]);
    plan.files = vec![file("{home}/deep/er/settings.json", false), file("{run}/kept", true)];
    fs::write(place.0.path().join("kept"), "mine").unwrap();
    place.prepare(&plan).unwrap().write(&plan, &place.folder()).unwrap();
    let read = |path: &str| fs::read_to_string(place.0.path().join(path)).unwrap();
    assert_eq!((read("deep/er/settings.json").as_str(), read("kept").as_str()), (r#"{"user": "ada"}"#, "mine"));
}

#[test]
fn a_folder_is_taken_from_home_and_must_be_there() {
    let place = Place::new();
    let mut plan = plan(&["sh"]);
    plan.folder = Some("project".into());
    let wanted = place.0.path().join("project");
    assert!(matches!(place.prepare(&plan).unwrap_err(), Missing::Folder(path) if path == wanted));
    fs::create_dir(&wanted).unwrap();
    assert_eq!(place.prepare(&plan).unwrap().folder, wanted);
}

#[test]
fn a_full_disk_is_told_apart_from_other_refusals() {
    let full = refused("/x".into(), io::Error::from(io::ErrorKind::StorageFull));
    let quota = refused("/x".into(), io::Error::from(io::ErrorKind::QuotaExceeded));
    let other = refused("/x".into(), io::Error::from(io::ErrorKind::PermissionDenied));
    assert!(matches!((full, quota, other), (Missing::Room(_), Missing::Room(_), Missing::File(..))));
}
