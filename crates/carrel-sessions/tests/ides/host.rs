//! Runs a plan the way the agent does, with nothing between the test and the IDE.

use carrel_config::{Configuration, Settings, ides::IdeSettings, options::file_named};
use carrel_model::{Bounds, IdeId, IdleRule, Plan, Session, SessionId, Spec, State, UserId};
use carrel_sessions::catalogue::{Catalogue, Found};
use jiff::Timestamp;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::{Pid, Uid, geteuid},
};
use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    os::unix::{
        fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown},
        net::UnixStream,
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    sync::{
        LazyLock,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// An account that nothing else on the machine has: IDEs run as it when the tests run as root.
const ACCOUNT: u32 = 20_001;
/// Another one, which must not come near.
pub(crate) const STRANGER: u32 = 20_002;
pub(crate) const SECRET: &str = "a-secret-of-a-test";
const LIMIT: Duration = Duration::from_secs(90);

/// One for all tests, so that each program says its version once.
pub(crate) static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::load(None).unwrap());

/// The folders with the IDE programs, when the tests were told of them.
pub(crate) fn ide_path() -> Option<Vec<PathBuf>> {
    let path = std::env::var_os("CARREL_TEST_IDE_PATH")?;
    Some(std::env::split_paths(&path).collect())
}

/// An IDE that runs by its plan.
pub(crate) struct Ide {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) plan: Plan,
    pub(crate) session: Session,
    child: Child,
}

/// What came back: status, head and body as they were written.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| line.split_once(':').is_some_and(|(n, _)| n.eq_ignore_ascii_case(name));
        self.text.lines().take_while(|line| !line.is_empty()).find(named)?.split_once(": ").map(|(_, value)| value)
    }
}

pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

fn account() -> Uid {
    if is_root() { Uid::from_raw(ACCOUNT) } else { geteuid() }
}

pub(crate) fn session(ide: &IdeId) -> Session {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let since = Timestamp::UNIX_EPOCH;
    Session {
        id: SessionId::from_random([NEXT.fetch_add(1, Ordering::Relaxed); 16]),
        owner: UserId::from_random([8; 16]),
        owner_name: "ada".parse().unwrap(),
        name: "a test".parse().unwrap(),
        ide: ide.clone(),
        spec: Spec {
            cluster: "local".into(),
            resource_profile: None,
            cpus: 1.0,
            memory_mb: 2048,
            folder: None,
            env: BTreeMap::new(),
            idle: IdleRule::default(),
            bounds: Bounds::default(),
            r_version: None,
            container: None,
        },
        state: State::Queued { since, cause: None },
        generation: 1,
        created_at: since,
        started_at: None,
        last_active_at: None,
        version: 0,
    }
}

impl Ide {
    /// Starts the entry `id` with the programs found in `ide_path`, and waits until it is ready.
    pub(crate) fn start(id: &str, ide_path: &[PathBuf]) -> Self {
        Self::start_with(id, ide_path, &[])
    }

    /// The same for somebody who has these files at home.
    pub(crate) fn start_with(id: &str, ide_path: &[PathBuf], at_home: &[(&str, &str)]) -> Self {
        Self::start_by(id, ide_path, &[], at_home)
    }

    /// The same on a host with these configuration files.
    pub(crate) fn start_by(id: &str, ide_path: &[PathBuf], files: &[(&str, &str)], at_home: &[(&str, &str)]) -> Self {
        let (id, settings) = (id.parse().unwrap(), settings_by(files));
        let (found, session) = (found_by(&id, ide_path, &settings.ides), session(&id));
        let plan = CATALOGUE.get(&id).unwrap().plan(&found, &session, &settings);
        Self::launch(plan, session, at_home)
    }

    fn launch(plan: Plan, session: Session, at_home: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        // Open to all, so that sockets and folders inside have to look after themselves.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
        for folder in ["run", "home"] {
            make_folder(&dir.path().join(folder));
        }
        write(&dir.path().join("run/secret"), SECRET);
        for (name, text) in at_home {
            write(&dir.path().join("home").join(name), text);
        }
        for file in &plan.files {
            write(Path::new(&fill(&file.path, dir.path())), &fill(&file.text, dir.path()));
        }
        let child = command(&plan, dir.path()).spawn().unwrap();
        let mut ide = Self { dir, plan, session, child };
        ide.wait_until_ready();
        ide
    }

    fn wait_until_ready(&mut self) {
        let until = Instant::now() + LIMIT;
        let path = self.fill(&self.plan.http.ready_path);
        loop {
            if let Some(answer) =
                self.ask_if_there("GET", &path, &self.headers(), "").filter(|answer| answer.status < 400)
            {
                assert!(answer.status >= 200, "{}", answer.text);
                return;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("it ended before it was ready: {status}\n{}", self.output());
            }
            assert!(Instant::now() < until, "it was not ready in {LIMIT:?}:\n{}", self.output());
            thread::park_timeout(Duration::from_millis(50));
        }
    }

    pub(crate) fn fill(&self, text: &str) -> String {
        fill(text, self.dir.path())
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("run/ide.sock")
    }

    /// What stands in a file of the home folder, once it is there and not empty.
    pub(crate) fn at_home(&self, name: &str) -> String {
        let file = self.dir.path().join("home").join(name);
        self.wait_for(name, || fs::read_to_string(&file).ok().filter(|text| !text.is_empty()))
    }

    /// Waits until the output holds `text`.
    pub(crate) fn says(&self, text: &str) {
        self.wait_for(text, || self.output().contains(text).then_some(()));
    }

    fn wait_for<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let until = Instant::now() + LIMIT;
        loop {
            if let Some(seen) = look() {
                return seen;
            }
            assert!(Instant::now() < until, "{what} was not seen in {LIMIT:?}:\n{}", self.output());
            thread::park_timeout(Duration::from_millis(50));
        }
    }

    pub(crate) fn output(&self) -> String {
        fs::read_to_string(self.dir.path().join("run/output.log")).unwrap()
    }

    /// The headers that the agent sets.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let set = |(name, text): (&String, &String)| (name.clone(), self.fill(&text.replace("{secret}", SECRET)));
        self.plan.http.headers.iter().map(set).filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Where the IDE sees `path` of the session.
    pub(crate) fn path(&self, path: &str) -> String {
        let prefix = if self.plan.http.strip_prefix { "/" } else { &self.plan.http.prefix };
        format!("{prefix}{path}")
    }

    /// A request through the agent: with the headers that it sets.
    pub(crate) fn ask(&self, method: &str, path: &str, more: &[(&str, &str)]) -> Answer {
        let mut headers = self.headers();
        headers.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.ask_if_there(method, &self.path(path), &headers, "").expect("an answer")
    }

    /// The same with a body.
    pub(crate) fn send(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Answer {
        let mut headers = self.headers();
        headers.push(("content-length".into(), body.len().to_string()));
        headers.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.ask_if_there(method, &self.path(path), &headers, body).expect("an answer")
    }

    /// A request of somebody who came to the socket by another way.
    pub(crate) fn ask_directly(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.ask_if_there(method, &self.path(path), &headers, "").expect("an answer")
    }

    /// A websocket from a page of `origin`: the status of the answer.
    pub(crate) fn upgrade(&self, path: &str, origin: &str) -> u16 {
        let websocket = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
            ("origin", origin),
        ];
        self.ask("GET", path, &websocket).status
    }

    fn ask_if_there(&self, method: &str, path: &str, headers: &[(String, String)], body: &str) -> Option<Answer> {
        let mut stream = UnixStream::connect(self.socket()).ok()?;
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: carrel.example\r\n");
        if !headers.iter().any(|(name, _)| name == "connection") {
            head += "connection: close\r\n";
        }
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        stream.write_all((head + "\r\n" + body).as_bytes()).ok()?;
        let mut bytes = Vec::new();
        let mut chunk = [0; 16 << 10];
        loop {
            let count = stream.read(&mut chunk).ok()?;
            bytes.extend_from_slice(&chunk[..count]);
            // A connection for an upgrade stays open; its status is all that is wanted.
            let upgrade = headers.iter().any(|(name, _)| name == "upgrade");
            if count == 0 || (upgrade && bytes.windows(4).any(|four| four == b"\r\n\r\n")) {
                break;
            }
        }
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        Some(Answer { status: text.get(9..12)?.parse().ok()?, text })
    }

    /// Asks it to end; the status that it ended with.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap());
        nix::sys::signal::kill(pid, Signal::SIGTERM).unwrap();
        let until = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "it did not end in {LIMIT:?} after SIGTERM");
            thread::park_timeout(Duration::from_millis(20));
        }
    }
}

impl Drop for Ide {
    fn drop(&mut self) {
        let group = Pid::from_raw(self.child.id().try_into().unwrap());
        let _ = killpg(group, Signal::SIGKILL);
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("output of {}:\n{}", self.session.ide, self.output());
        }
    }
}

/// What the agent fills in.
fn fill(text: &str, dir: &Path) -> String {
    let path = |name: &str| dir.join(name).display().to_string();
    let name = account_name();
    let values = [
        ("{socket}", path("run/ide.sock")),
        ("{ipc}", path("run/ipc.sock")),
        ("{run}", path("run")),
        ("{secret_file}", path("run/secret")),
        ("{home}", path("home")),
        ("{folder}", path("home")),
        ("{user}", "ada".to_owned()),
        ("{account}", name),
        ("{path}", "/usr/local/bin:/usr/bin:/bin".to_owned()),
    ];
    values.iter().fold(text.to_owned(), |text, (variable, value)| text.replace(variable, value))
}

fn account_name() -> String {
    let user = nix::unistd::User::from_uid(account()).ok().flatten();
    user.map_or_else(|| account().to_string(), |user| user.name)
}

fn command(plan: &Plan, dir: &Path) -> Command {
    let arguments: Vec<String> = plan.command.iter().map(|text| fill(text, dir)).collect();
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", &ACCOUNT.to_string(), "--regid", &ACCOUNT.to_string(), "--clear-groups", "--"]);
        command.args(&arguments);
        command
    } else {
        let mut command = Command::new(&arguments[0]);
        command.args(&arguments[1..]);
        command
    };
    let output = fs::File::create(dir.join("run/output.log")).unwrap();
    command.env_clear().envs([("PATH", "/usr/local/bin:/usr/bin:/bin"), ("LANG", "C.UTF-8"), ("SHELL", "/bin/sh")]);
    command.env("HOME", dir.join("home")).env("USER", account_name()).env("LOGNAME", account_name());
    command.envs(plan.env.iter().map(|(name, text)| (name, fill(text, dir))));
    command.current_dir(dir.join("home")).stdout(output.try_clone().unwrap()).stderr(output).process_group(0);
    command
}

fn make_folder(path: &Path) {
    if path.is_dir() {
        return;
    }
    make_folder(path.parent().unwrap());
    fs::DirBuilder::new().mode(0o700).create(path).unwrap();
    chown(path, Some(account().as_raw()), Some(account().as_raw())).unwrap_or_else(|_| assert!(!is_root()));
}

fn write(path: &Path, text: &str) {
    make_folder(path.parent().unwrap());
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    chown(path, Some(account().as_raw()), Some(account().as_raw())).unwrap_or_else(|_| assert!(!is_root()));
}

/// The settings of a host with these configuration files.
fn settings_by(files: &[(&str, &str)]) -> Settings {
    let mut read = Configuration::default();
    for (name, text) in files {
        read.read(file_named(name).unwrap(), Path::new("/etc/rstudio").join(name), text.as_bytes());
    }
    let mut settings = Settings::local("/nowhere".into(), "/nowhere".into(), Vec::new());
    settings.apply(&read);
    settings
}

/// The programs of an entry as [`Catalogue::detect`] finds them.
pub(crate) fn found(id: &IdeId, ide_path: &[PathBuf]) -> Found {
    found_by(id, ide_path, &IdeSettings::default())
}

fn found_by(id: &IdeId, ide_path: &[PathBuf], ides: &IdeSettings) -> Found {
    let offer = CATALOGUE.detect(ide_path, ides).into_iter().find(|offer| offer.id == *id).unwrap();
    offer.available.unwrap_or_else(|cause| panic!("{}", cause.text))
}
