//! A server for one test.

use super::{Backend, Person};
use crate::{RunningServer, Server, ServerParts};
use carrel_agent::trust::ServerKey;
use carrel_auth::password;
use carrel_config::{Current, Installation, Settings};
use carrel_model::{Address, Clock, Role, RunId, SessionId, UserId, size::sizes_of_host};
use carrel_sessions::{
    Sessions, Supervisor,
    catalogue::Catalogue,
    fake::{Call, FakeLauncher},
};
use carrel_store::{Actor, NewUser, Store};
use carrel_testkit::eventually;
use secrecy::SecretString;
use std::{net::SocketAddr, sync::Arc};
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The password of everybody.
pub(super) const PASSWORD: &str = "correct horse";

/// A server, the launcher behind it, and one backend that all its sessions lead to.
pub(super) struct TestCarrel {
    pub store: Store,
    pub clock: Clock,
    pub launcher: FakeLauncher,
    pub backend: Backend,
    pub sessions: Sessions,
    pub settings: Current,
    pub installation: Arc<Installation>,
    pub server: Option<RunningServer>,
    pub address: SocketAddr,
    _supervisor: DropGuard,
    _folder: TempDir,
}

impl TestCarrel {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = carrel_testkit::scratch();
        let entry = "id = \"shell\"\nname = \"Shell\"\n[program]\nrequires = [\"sh\"]\n[start]\ncommand = [\"{program}\"]\n\
                     [http]\nstrip_prefix = true\nready = \"/\"\n";
        let absent = entry.replace("shell", "absent").replace("\"sh\"", "\"no-such-program\"");
        std::fs::write(folder.path().join("shell.toml"), entry).unwrap();
        std::fs::write(folder.path().join("absent.toml"), absent).unwrap();
        let catalogue = Catalogue::load(Some(folder.path())).unwrap();
        let store = Store::open(&carrel_testkit::database_url(folder.path()).await).await.unwrap();
        store.migrate().await.unwrap();
        let mut settings = Settings::local(folder.path().into(), "/no/agent".into(), sizes_of_host(4.0, 32_000));
        settings.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        settings.proxy_threads = 1;
        change(&mut settings);
        let installation = Arc::new(Installation::without_files(settings));
        let settings = installation.settings();
        let clock = Clock::held(Clock::System.now());
        let (launcher, backend) = (FakeLauncher::new(), Backend::start(folder.path()));
        launcher.answers_at(Address::Unix(backend.door.0.clone()));
        let place = Arc::new(launcher.clone());
        let sessions = Sessions::new(store.clone(), clock.clone(), settings.clone(), catalogue, place);
        let stop = CancellationToken::new();
        tokio::spawn(Supervisor::new(sessions.clone(), "test").run(stop.clone()));
        let mut carrel = Self {
            server: None,
            address: settings.now().listen,
            _supervisor: stop.drop_guard(),
            _folder: folder,
            store,
            clock,
            launcher,
            backend,
            sessions,
            settings,
            installation,
        };
        let server = carrel.replica().await;
        carrel.address = server.local_addr();
        carrel.server = Some(server);
        carrel
    }

    /// One more server on the same store.
    pub(super) async fn replica(&self) -> RunningServer {
        self.replica_with(None).await
    }

    /// One more server on the same store, which proves itself to agents by this key.
    pub(super) async fn replica_with(&self, agents: Option<ServerKey>) -> RunningServer {
        let parts = ServerParts {
            installation: self.installation.clone(),
            store: self.store.clone(),
            sessions: self.sessions.clone(),
            agents,
            clock: self.clock.clone(),
        };
        Server::start(parts).await.unwrap()
    }

    /// Adds a user.
    pub(super) async fn add(&self, name: &str, role: Role) -> UserId {
        let hash = password::hash(&SecretString::from(PASSWORD)).unwrap();
        let new = NewUser {
            name: name.parse().unwrap(),
            display_name: name.into(),
            role,
            password_hash: Some(hash),
            groups: Vec::new(),
            account: self.settings.now().accounts.clone().into(),
        };
        let id = UserId::from_random(crate::random());
        self.store.user_add(&new, id, &Actor::system("test"), self.clock.now()).await.unwrap().id
    }

    /// Adds a user and signs them in.
    pub(super) async fn user(&self, name: &str) -> Person {
        self.add(name, Role::User).await;
        let mut person = self.stranger();
        let answer = person.sign_in(name, PASSWORD).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        person
    }

    /// Somebody who is not signed in.
    pub(super) fn stranger(&self) -> Person {
        Person::at(self.address)
    }

    /// Everything that a request could have changed.
    pub(super) async fn dump(&self) -> String {
        let sessions = self.store.all_sessions_changed(-1).await.unwrap();
        let audit = self.store.audit_page(None, 1000).await.unwrap();
        let mut sign_ins = Vec::new();
        for user in self.store.users().await.unwrap() {
            sign_ins
                .push((self.store.sign_ins_of(&user.id).await.unwrap(), self.store.tokens_of(&user.id).await.unwrap()));
        }
        format!("{sessions:#?}\n{audit:#?}\n{sign_ins:#?}\n{:#?}", self.launcher.calls())
    }

    /// Launches a session and waits until it runs.
    pub(super) async fn running(&self, person: &Person) -> String {
        let id = person.launch().await;
        self.wait(&id, "Active").await;
        id
    }

    /// Waits until a session is in this state.
    pub(super) async fn wait(&self, id: &str, state: &str) {
        let id: SessionId = id.parse().unwrap();
        eventually(state, async || {
            let session = self.store.session(&id).await.unwrap().unwrap();
            (session.state.name() == state).then_some(())
        })
        .await;
    }

    /// Waits until a session's first run has begun: the row says so a moment before the launcher is asked, and what has
    /// not begun has nothing to say.
    pub(super) async fn starting(&self, id: &str) -> RunId {
        let run = RunId { session: id.parse().unwrap(), generation: 1 };
        eventually("the launcher to be asked", async || {
            let is_asked = |call: &Call| matches!(call, Call::Start(asked, _) if *asked == run);
            self.launcher.calls().iter().any(is_asked).then_some(())
        })
        .await;
        run
    }

    /// Waits until the server knows that a session does not run: the store knows a moment before.
    pub(super) async fn not_routed(&self, person: &Person, id: &str) {
        eventually("the route to end", async || {
            (person.get(&format!("/s/{id}/")).await.status != http::StatusCode::OK).then_some(())
        })
        .await;
    }
}
