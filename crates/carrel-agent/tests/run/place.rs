//! An agent with a stand-in for an IDE, in a folder of its own.

use crate::front;
use bytes::Bytes;
use carrel_agent::{
    folder::RunFolder,
    protocol::{End, Status},
};
use carrel_model::{Bounds, IdleAction, IdleRule, Plan, RunId, SessionId, plan::BusyProbe, plan::Http, plan::Probe};
use carrel_proxy::Running;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{net::UnixStream, sync::OnceCell, time::Instant};

/// How long a test waits for what has to happen.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A run's folder, and the agent in it.
pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) folder: RunFolder,
    /// One that no other test has, of this run of the tests or of another beside it.
    run: RunId,
    agent: Option<Child>,
    /// Before the IDE, once it answers.
    front: OnceCell<Running>,
}

impl Place {
    /// An agent that waits for its plan.
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("home")).unwrap();
        fs::create_dir(dir.path().join("run")).unwrap();
        fs::set_permissions(dir.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        let folder = RunFolder::new(dir.path().join("run"));
        let mut random = [0; 16];
        getrandom::fill(&mut random).unwrap();
        let run = RunId { session: SessionId::from_random(random), generation: 1 };
        let mut place = Self { dir, folder, run, agent: None, front: OnceCell::new() };
        place.agent = Some(place.spawn());
        eventually("the agent listens", || async { UnixStream::connect(place.folder.control()).await.ok() }).await;
        place
    }

    /// One more agent for the folder.
    pub(crate) fn spawn(&self) -> Child {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.agent_log()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_carrel-agent"));
        command.args(["run", "--run", &self.run.to_string(), "--server-uid", "0", "--dir"]).arg(self.folder.path());
        command.env_clear().env("HOME", self.home()).env("PATH", "/usr/bin:/bin").env("USER", "account");
        command.env("DATABASE_URL", "postgres://carrel:pa55word@db/carrel");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    pub(crate) fn agent_pid(&self) -> i32 {
        self.folder.read_pid().unwrap().pid
    }

    /// Gives the agent this plan.
    pub(crate) async fn start(&self, plan: &Plan) -> StatusCode {
        self.post("/start", plan).await
    }

    /// Gives the agent this plan and waits until the IDE answers.
    pub(crate) async fn ready(&self, plan: &Plan) {
        assert_eq!(self.start(plan).await, StatusCode::NO_CONTENT);
        self.until("the IDE answers", |status| status.activity.is_some()).await;
        self.front.get_or_init(|| async { front::open(&self.folder.data(), &self.front()).await }).await;
    }

    /// The socket at which the IDE is reached as by the server, once it answers.
    pub(crate) fn front(&self) -> PathBuf {
        self.dir.path().join("front.sock")
    }

    pub(crate) async fn post(&self, path: &str, body: &impl Serialize) -> StatusCode {
        let request = Request::post(path).body(serde_json::to_vec(body).unwrap().into()).unwrap();
        send(&self.folder.control(), request).await.status()
    }

    pub(crate) async fn status(&self) -> Status {
        serde_json::from_slice(&body(get(&self.folder.control(), "/status").await).await).unwrap()
    }

    /// The status, once it is as wanted.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&Status) -> bool) -> Status {
        eventually(what, || async { Some(self.status().await).filter(&wanted) }).await
    }

    /// A request of the server to the IDE.
    pub(crate) async fn ide(&self, path: &str) -> serde_json::Value {
        let answer = get(&self.front(), path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        serde_json::from_slice(&body(answer).await).unwrap()
    }

    /// How it ended, once the agent is gone.
    pub(crate) async fn end(&mut self) -> End {
        let mut agent = self.agent.take().unwrap();
        let end = eventually("the agent ends", || {
            let gone = agent.try_wait().unwrap();
            let end = self.folder.read_end();
            async move { gone.and(end) }
        })
        .await;
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().filter(|f| is_temporary(f.as_ref().unwrap())).count(), 0);
        end
    }
}

fn is_temporary(file: &fs::DirEntry) -> bool {
    file.file_name().to_string_lossy().contains(".new-")
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(mut agent) = self.agent.take() {
            // What the IDE left goes with its group; the agent is killed, as nobody wants to wait for a grace time.
            for pid in every_process_of(agent.id().cast_signed()) {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
            }
            let _ = agent.wait();
        }
    }
}

/// The processes of the run: those that name it in their environment, and the agent.
fn every_process_of(agent: i32) -> Vec<i32> {
    let parents: BTreeMap<i32, i32> = carrel_agent::process::all().map(|(pid, stat)| (pid, stat.parent)).collect();
    let descends = |pid: &i32| std::iter::successors(Some(*pid), |pid| parents.get(pid).copied()).any(|p| p == agent);
    parents.keys().copied().filter(descends).collect()
}

/// Whether a process of this number lives.
pub(crate) fn lives(pid: i32) -> bool {
    carrel_agent::process::Stat::of(pid).is_some_and(|stat| stat.state != 'Z')
}

/// A plan for the stand-in with these arguments.
pub(crate) fn plan(arguments: &[&str]) -> Plan {
    let stand_in = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stand_in_ide.py");
    let command = ["/usr/bin/python3", stand_in, "{socket}"].into_iter().chain(arguments.iter().copied());
    Plan {
        user: "ada".parse().unwrap(),
        ide: None,
        command: command.map(ToOwned::to_owned).collect(),
        env: BTreeMap::from([("SECRET_FILE".into(), "{secret_file}".into())]),
        folder: None,
        files: Vec::new(),
        http: Http {
            prefix: "/s/x/".into(),
            strip_prefix: false,
            headers: BTreeMap::from([
                ("X-Secret".into(), "{secret}".into()),
                ("X-Workbench-User".into(), "{user}".into()),
            ]),
            ready_path: "/s/x/api".into(),
            keep_alive: 2,
        },
        probe: Probe { busy: BusyProbe::None, ignore: vec!["GET polled*".into()], quiet_bytes: 10, ..Probe::default() },
        cpus: 1.0,
        memory_mb: 512,
        idle: IdleRule { idle_after_s: 60, ends_after_s: None, action: IdleAction::Suspend, busy_cpus: 100.0 },
        start_limit_s: 30,
        bounds: Bounds::default(),
        container: None,
    }
}

pub(crate) async fn get(socket: &Path, path: &str) -> Response<Incoming> {
    send(socket, Request::get(path).header("host", "carrel.test").body(Full::default()).unwrap()).await
}

pub(crate) async fn body(answer: Response<Incoming>) -> Bytes {
    answer.into_body().collect().await.unwrap().to_bytes()
}

pub(crate) async fn send(socket: &Path, request: Request<Full<Bytes>>) -> Response<Incoming> {
    let stream = UnixStream::connect(socket).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection.with_upgrades());
    sender.send_request(request).await.unwrap()
}

/// Asks again and again for what has to come about.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let limit = Instant::now() + LIMIT;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < limit, "waited too long until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
