use super::*;
use crate::{
    ask::NewSession,
    catalogue::Catalogue,
    fake::{Call, FakeLauncher, Script},
    launcher::Launcher,
    sessions::{Caller, ChangeError, LaunchError, NewSize},
};
use carrel_config::{Current, Settings};
use carrel_model::{Address, Clock, Ending, IdleAction, Role, SessionId, UserId, Who, size::sizes_of_host};
use carrel_store::{Actor, NewAccount, NewUser, Store};
use tokio::task::JoinHandle;

/// Far more than needed: it bounds a hang, it measures nothing.
const LIMIT: Duration = Duration::from_secs(30);

struct World {
    store: Store,
    place: FakeLauncher,
    sessions: Sessions,
    ada: Caller,
    _folder: tempfile::TempDir,
}

struct Term {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Term {
    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

impl World {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let entry = "id = \"shell\"\nname = \"Shell\"\n[program]\nrequires = [\"sh\"]\n[start]\ncommand = [\"{program}\"]\n\
                     [http]\nstrip_prefix = true\nready = \"/\"\n";
        std::fs::write(folder.path().join("shell.toml"), entry).unwrap();
        let absent = entry.replace("shell", "absent").replace("\"sh\"", "\"no-such-program\"");
        std::fs::write(folder.path().join("absent.toml"), absent).unwrap();
        let catalogue = Catalogue::load(Some(folder.path())).unwrap();
        let store = Store::open("sqlite::memory:").await.unwrap();
        store.migrate().await.unwrap();
        let mut settings = Settings::local(folder.path().into(), "/no/agent".into(), sizes_of_host(4.0, 32_000));
        change(&mut settings);
        let place = FakeLauncher::new();
        let launcher = Arc::new(place.clone());
        let sessions = Sessions::new(store.clone(), Clock::System, Current::new(settings), catalogue, launcher);
        let name = "ada".parse().unwrap();
        let new = NewUser {
            name,
            display_name: "Ada".into(),
            role: Role::User,
            password_hash: None,
            groups: Vec::new(),
            account: NewAccount::default(),
        };
        let id = UserId::from_random([1; 16]);
        let user = store.user_add(&new, id, &Actor::system("test"), Clock::System.now()).await.unwrap();
        let ada = Caller { actor: Actor::user(&user, None), user };
        Self { store, place, sessions, ada, _folder: folder }
    }

    fn supervise(&self, holder: &str) -> Term {
        let stop = CancellationToken::new();
        let task = tokio::spawn(Supervisor::new(self.sessions.clone(), holder).run(stop.clone()));
        Term { stop, task }
    }

    async fn launch(&self) -> SessionId {
        let asked = NewSession { ide: "shell".into(), ..NewSession::default() };
        self.sessions.launch(&self.ada, asked).await.unwrap().id
    }

    /// Waits until the session is as wanted.
    async fn wait(&self, id: &SessionId, wanted: &str) -> Session {
        let mut wakes = self.store.wakes();
        let looking = async {
            loop {
                let session = self.store.session(id).await.unwrap().unwrap();
                if session.state.name() == wanted {
                    return session;
                }
                wakes.changed().await.unwrap();
            }
        };
        if let Ok(session) = time::timeout(LIMIT, looking).await {
            return session;
        }
        panic!("not {wanted} in time: {:?}", self.store.session(id).await)
    }

    /// Waits until the launcher was asked what is wanted.
    async fn wait_for_call(&self, wanted: impl Fn(&Call) -> bool) {
        let looking = async {
            while !self.place.calls().iter().any(&wanted) {
                time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(time::timeout(LIMIT, looking).await.is_ok(), "never asked: {:?}", self.place.calls());
    }

    /// A row that an earlier server left.
    async fn left_behind(&self, events: &[Event]) -> Session {
        let id = self.launch().await;
        for event in events {
            self.store.happen(&id, None, event, None, Clock::System.now()).await.unwrap().unwrap();
        }
        self.store.session(&id).await.unwrap().unwrap()
    }
}

fn running() -> [Event; 2] {
    [Event::Taken, Event::Ready(Address::Unix("/x".into()), IdleAction::Suspend)]
}

#[tokio::test]
async fn a_session_is_launched_suspended_resumed_and_quit() {
    let world = World::new().await;
    let term = world.supervise("a");
    let id = world.launch().await;
    assert_eq!(world.wait(&id, "Active").await.generation, 1);
    world.sessions.suspend(&world.ada, &id).await.unwrap();
    world.wait(&id, "Suspended").await;
    world.sessions.resume(&world.ada, &id, &NewSize::default()).await.unwrap();
    assert_eq!(world.wait(&id, "Active").await.generation, 2);
    world.sessions.stop(&world.ada, &id, false).await.unwrap();
    world.wait(&id, "Stopped").await;
    let run = |generation| RunId { session: id.clone(), generation };
    assert_eq!(world.place.started(), [run(1), run(2)]);
    world.wait_for_call(|call| *call == Call::Forget(run(1))).await;
    world.wait_for_call(|call| *call == Call::Forget(run(2))).await;
    term.end().await;
}

#[tokio::test]
async fn a_force_quit_has_no_grace() {
    let world = World::new().await;
    let term = world.supervise("a");
    let id = world.launch().await;
    let run = world.wait(&id, "Active").await.run();
    world.sessions.stop(&world.ada, &id, true).await.unwrap();
    world.wait(&id, "Stopped").await;
    assert!(world.place.calls().contains(&Call::Stop(run, Duration::ZERO)));
    term.end().await;
}

#[tokio::test]
async fn a_start_that_a_dead_server_took_and_did_not_make_is_made() {
    let world = World::new().await;
    let session = world.left_behind(&[Event::Taken]).await;
    let term = world.supervise("b");
    world.wait(&session.id, "Active").await;
    assert_eq!(world.place.started(), [session.run()]);
    term.end().await;
}

#[tokio::test]
async fn a_session_whose_run_vanished_while_no_server_looked_has_failed() {
    let world = World::new().await;
    let session = world.left_behind(&running()).await;
    let suspending = world.left_behind(&[running().as_slice(), &[Event::SuspendAsked]].concat()).await;
    let term = world.supervise("b");
    let failed = world.wait(&session.id, "Failed").await;
    assert_eq!(failed.state.cause().unwrap().code, "process-gone");
    world.wait(&suspending.id, "Suspended").await;
    term.end().await;
}

#[tokio::test]
async fn a_run_that_went_on_while_no_server_looked_is_taken_up_again() {
    let world = World::new().await;
    let term = world.supervise("a");
    let id = world.launch().await;
    let run = world.wait(&id, "Active").await.run();
    term.end().await;
    world.place.say(&run, Seen::Ended(Ending::IdleSuspend));
    let term = world.supervise("b");
    let suspended = world.wait(&id, "Suspended").await;
    assert_eq!(suspended.state.cause().unwrap().code, "idle");
    assert_eq!(world.place.started(), [run]);
    term.end().await;
}

#[tokio::test]
async fn a_run_that_no_session_wants_is_ended_and_forgotten() {
    let world = World::new().await;
    let run = RunId { session: SessionId::from_random([9; 16]), generation: 1 };
    let session = world.left_behind(&[]).await;
    let plan = world.sessions.plan(&session).unwrap();
    world.place.start(&run, &plan).await.unwrap();
    let term = world.supervise("a");
    world.wait_for_call(|call| *call == Call::Forget(run.clone())).await;
    assert!(world.place.calls().contains(&Call::Stop(run, Duration::ZERO)));
    term.end().await;
}

#[tokio::test]
async fn a_refused_start_says_why_and_can_be_tried_again() {
    let world = World::new().await;
    world.place.script(Script::Refuses(Cause::new("disk-full", "The disk is full.", Who::Administrator)));
    let term = world.supervise("a");
    let id = world.launch().await;
    let failed = world.wait(&id, "Failed").await;
    assert_eq!(failed.state.cause().unwrap().text, "The disk is full.");
    world.place.script(Script::Ready);
    world.sessions.resume(&world.ada, &id, &NewSize::default()).await.unwrap();
    assert_eq!(world.wait(&id, "Active").await.generation, 2);
    term.end().await;
}

#[tokio::test]
async fn a_place_that_cannot_now_is_asked_until_the_limit() {
    let world = World::with(|settings| settings.start_limit = Duration::ZERO).await;
    world.place.script(Script::NotNow(Cause::new("no-room", "There is no room.", Who::Administrator)));
    let term = world.supervise("a");
    let id = world.launch().await;
    assert_eq!(world.wait(&id, "Failed").await.state.cause().unwrap().code, "no-room");
    term.end().await;
}

#[tokio::test]
async fn two_replicas_start_a_session_once_and_the_second_takes_over() {
    let world = World::new().await;
    let (first, second) = (world.supervise("a"), world.supervise("b"));
    let id = world.launch().await;
    world.wait(&id, "Active").await;
    assert_eq!(world.place.started().len(), 1);
    first.end().await;
    let other = world.launch().await;
    world.wait(&other, "Active").await;
    assert_eq!(world.place.started().len(), 2);
    second.end().await;
}

#[tokio::test]
async fn nobody_changes_the_session_of_another() {
    let world = World::new().await;
    let id = world.launch().await;
    let mut bob = world.ada.clone();
    bob.user.id = UserId::from_random([2; 16]);
    let refused = [
        world.sessions.suspend(&bob, &id).await,
        world.sessions.resume(&bob, &id, &NewSize::default()).await,
        world.sessions.stop(&bob, &id, true).await,
        world.sessions.rename(&bob, &id, "mine").await,
        world.sessions.keep(&bob, &id, None).await,
    ];
    assert!(refused.iter().all(|r| matches!(r, Err(ChangeError::NotFound))), "{refused:?}");
    assert_eq!(world.store.session(&id).await.unwrap().unwrap().version, 0);
}

#[tokio::test]
async fn what_is_not_possible_now_is_refused_with_the_state() {
    let world = World::new().await;
    let id = world.launch().await;
    let error = world.sessions.suspend(&world.ada, &id).await.unwrap_err();
    assert_eq!(error.to_string(), "Suspend is not possible while it is Queued");
    let error = world.sessions.keep(&world.ada, &id, None).await.unwrap_err();
    assert_eq!(error.to_string(), "Keep is not possible while it is Queued");
}

#[tokio::test]
async fn a_launch_that_cannot_be_is_refused_with_its_reason() {
    let world = World::with(|settings| settings.max_sessions = Some(1)).await;
    let launch = |asked| world.sessions.launch(&world.ada, asked);
    let shell = || NewSession { ide: "shell".into(), ..NewSession::default() };
    let error = launch(NewSession { ide: "emacs".into(), ..NewSession::default() }).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no IDE called “emacs”");
    let error = launch(NewSession { ide: "absent".into(), ..NewSession::default() }).await.unwrap_err();
    assert!(matches!(&error, LaunchError::IdeNotAvailable(cause) if cause.text.contains("no-such-program")), "{error}");
    let error = launch(NewSession { cluster: Some("moon".into()), ..shell() }).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no cluster called “moon”; sessions run on “local”");
    launch(shell()).await.unwrap();
    let error = launch(shell()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "you may have 1 session running at once, by the settings of this server; suspend or quit one first"
    );
}
