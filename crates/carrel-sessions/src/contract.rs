//! What every [`Launcher`] guarantees, as tests that run against each of them.
//!
//! An implementation brings a [`Place`] and one line, and gets a test for each guarantee:
//!
//! ```text
//! async fn place() -> impl carrel_sessions::contract::Place { … }
//! carrel_sessions::launcher_contract!(place);
//! ```

mod heard;

pub use heard::Heard;

use crate::launcher::{Launcher, LauncherError, Report, Seen, StartError};
use async_trait::async_trait;
use carrel_model::{
    Bounds, Ending, ID_CHARS, IdleRule, Plan, RunId, SessionId,
    plan::{Http, Probe},
};
use futures::StreamExt;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::time::timeout;

/// What the stand-in IDE of a place writes when it starts, once.
pub const GREETING: &str = "the stand-in IDE begins\n";
/// How long anything may take. Far more than needed: it bounds a hang, it measures nothing.
pub const LIMIT: Duration = Duration::from_mins(2);
/// A grace that no test waits for.
const GRACE: Duration = Duration::from_secs(30);

/// Somewhere that a launcher under test can run things.
#[async_trait]
pub trait Place: Send + Sync {
    /// The launcher, as a server that just started connects it. Earlier ones may be gone, as after `kill -9`; the runs
    /// are not.
    async fn launcher(&self) -> Arc<dyn Launcher>;

    /// A plan of the stand-in IDE. Each writes [`GREETING`] first.
    fn plan(&self, ide: StandIn) -> Plan;
}

/// How the IDE of a test behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandIn {
    /// Becomes ready, runs, and ends on SIGTERM.
    Good,
    /// Becomes ready, runs, and does not care for SIGTERM.
    Deaf,
    /// Ends at once, with an error.
    Fails,
    /// Its program is not there.
    Missing,
}

/// A plan of `command` in which nothing else is special: a place fills in what it needs.
pub fn plan(command: Vec<String>) -> Plan {
    Plan {
        user: user(),
        ide: None,
        command,
        env: BTreeMap::new(),
        folder: None,
        files: Vec::new(),
        http: Http {
            prefix: "/s/test/".into(),
            strip_prefix: true,
            headers: BTreeMap::new(),
            ready_path: "/".into(),
            keep_alive: 0,
        },
        probe: Probe::default(),
        cpus: 1.0,
        memory_mb: 512,
        idle: IdleRule::default(),
        start_limit_s: 60,
        bounds: Bounds::default(),
        container: None,
    }
}

/// Makes a test of each guarantee; `$place` is an `async fn` that gives a fresh [`Place`].
#[macro_export]
macro_rules! launcher_contract {
    ($place:path) => {
        $crate::launcher_contract!(@ $place:
            reports_begin_with_a_listing,
            a_start_is_followed_by_steps_in_order_and_readiness,
            a_second_start_changes_nothing,
            a_stop_ends_the_run_as_asked,
            a_second_stop_is_no_error,
            an_ide_that_does_not_listen_is_killed_after_the_grace,
            no_grace_kills_at_once,
            stopping_what_is_not_there_says_so,
            a_new_server_is_told_of_the_runs_that_go_on,
            an_end_is_told_again_until_it_is_forgotten,
            forgetting_leaves_what_runs_alone,
            an_ide_that_fails_ends_with_a_cause_and_its_output_is_kept,
            a_program_that_is_missing_is_named,
            output_begins_with_the_oldest,
            following_the_output_ends_with_the_run,
            a_running_ide_uses_something_or_says_so,
            asking_about_what_is_not_there_says_so,
            runs_of_one_session_are_told_apart,
        );
    };
    (@ $place:path: $($guarantee:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $guarantee() {
            let place = $place().await;
            $crate::contract::$guarantee(&place).await;
        }
    )*};
}

/// The first report is a listing, and an empty place has nothing in it.
pub async fn reports_begin_with_a_listing(place: &impl Place) {
    let mut heard = Heard::of(&*place.launcher().await);
    assert_eq!(heard.next().await, Report::Listing(BTreeSet::new()));
}

/// Steps never go back, and none comes after readiness.
pub async fn a_start_is_followed_by_steps_in_order_and_readiness(place: &impl Place) {
    let launcher = place.launcher().await;
    let (run, mut heard) = start(place, &launcher, StandIn::Good).await;
    let mut last = None;
    heard
        .find(|report| match report {
            Report::Run(of, Seen::Step(step, _)) if *of == run => {
                assert!(last <= Some(*step), "{step:?} after {last:?}");
                last = Some(*step);
                None
            }
            Report::Run(of, Seen::Ready(_)) if *of == run => Some(()),
            _ => None,
        })
        .await;
    end(&launcher, &run).await;
}

/// There is one IDE after two starts.
pub async fn a_second_start_changes_nothing(place: &impl Place) {
    let launcher = place.launcher().await;
    let (run, mut heard) = start(place, &launcher, StandIn::Good).await;
    launcher.start(&run, &place.plan(StandIn::Good)).await.expect("a second start is no error");
    heard.ready(&run).await;
    launcher.start(&run, &place.plan(StandIn::Good)).await.expect("nor is a third, of a run that is ready");
    let output = output(&launcher, &run).await;
    assert_eq!(output.matches(GREETING).count(), 1, "{output}");
    end(&launcher, &run).await;
}

/// Stop is heard as [`Ending::Asked`].
pub async fn a_stop_ends_the_run_as_asked(place: &impl Place) {
    let launcher = place.launcher().await;
    let (run, mut heard) = ready(place, &launcher, StandIn::Good).await;
    launcher.stop(&run, GRACE).await.expect("stop");
    assert_eq!(heard.ending(&run).await, Ending::Asked);
}

/// Stop may be repeated, before and after the end.
pub async fn a_second_stop_is_no_error(place: &impl Place) {
    let launcher = place.launcher().await;
    let (run, mut heard) = ready(place, &launcher, StandIn::Good).await;
    launcher.stop(&run, GRACE).await.expect("stop");
    launcher.stop(&run, GRACE).await.expect("stop while stopping");
    assert_eq!(heard.ending(&run).await, Ending::Asked);
    launcher.stop(&run, GRACE).await.expect("stop after the end");
}

/// SIGTERM is a question; after the grace it is none any more.
pub async fn an_ide_that_does_not_listen_is_killed_after_the_grace(place: &impl Place) {
    let launcher = place.launcher().await;
    let (run, mut heard) = ready(place, &launcher, StandIn::Deaf).await;
    launcher.stop(&run, Duration::from_millis(300)).await.expect("stop");
    assert_eq!(heard.ending(&run).await, Ending::Asked);
}

/// Force Quit.
pub async fn no_grace_kills_at_once(place: &impl Place) {
    let launcher = place.launcher().await;
    let (run, mut heard) = ready(place, &launcher, StandIn::Deaf).await;
    launcher.stop(&run, Duration::ZERO).await.expect("stop");
    assert_eq!(heard.ending(&run).await, Ending::Asked);
}

/// The absence of a run is what its stop is for; whoever waits for its end must learn that none will be reported.
pub async fn stopping_what_is_not_there_says_so(place: &impl Place) {
    let run = new_run();
    let stopped = place.launcher().await.stop(&run, GRACE).await;
    assert!(matches!(&stopped, Err(LauncherError::NoSuchRun(missing)) if *missing == run), "{stopped:?}");
}

/// A server that comes anew learns of a run that it did not start, and where it answers; and can stop it.
pub async fn a_new_server_is_told_of_the_runs_that_go_on(place: &impl Place) {
    let first = place.launcher().await;
    let (run, mut heard) = start(place, &first, StandIn::Good).await;
    let address = heard.ready(&run).await;
    drop((heard, first));
    let second = place.launcher().await;
    let mut heard = Heard::of(&*second);
    assert_eq!(heard.next().await, Report::Listing(BTreeSet::from([run.clone()])));
    assert_eq!(heard.ready(&run).await, address);
    let output = output(&second, &run).await;
    assert_eq!(output.matches(GREETING).count(), 1, "{output}");
    second.stop(&run, GRACE).await.expect("stop");
    assert_eq!(heard.ending(&run).await, Ending::Asked);
}

/// An end that happened while no server listened is not lost: listed and told, until `forget`.
pub async fn an_end_is_told_again_until_it_is_forgotten(place: &impl Place) {
    let first = place.launcher().await;
    let (run, mut heard) = start(place, &first, StandIn::Fails).await;
    let ending = heard.ending(&run).await;
    drop((heard, first));
    let second = place.launcher().await;
    let mut heard = Heard::of(&*second);
    assert_eq!(heard.next().await, Report::Listing(BTreeSet::from([run.clone()])));
    assert_eq!(heard.ending(&run).await, ending);
    second.forget(&run).await.expect("forget");
    second.forget(&run).await.expect("forget again");
    let mut heard = Heard::of(&*place.launcher().await);
    assert_eq!(heard.next().await, Report::Listing(BTreeSet::new()));
}

/// `forget` is for what ended; a run that goes on is neither ended nor lost by it.
pub async fn forgetting_leaves_what_runs_alone(place: &impl Place) {
    let launcher = place.launcher().await;
    let (run, _) = ready(place, &launcher, StandIn::Good).await;
    // Whether it is refused or without effect is the place's choice.
    let _ = launcher.forget(&run).await;
    let again = place.launcher().await;
    let mut heard = Heard::of(&*again);
    assert_eq!(heard.next().await, Report::Listing(BTreeSet::from([run.clone()])));
    heard.ready(&run).await;
    end(&again, &run).await;
}

/// Why it failed, and what it wrote.
pub async fn an_ide_that_fails_ends_with_a_cause_and_its_output_is_kept(place: &impl Place) {
    let launcher = place.launcher().await;
    let (run, mut heard) = start(place, &launcher, StandIn::Fails).await;
    let Ending::Failed { cause } = heard.ending(&run).await else { panic!("it ended well: {:?}", heard.seen) };
    assert!(!cause.code.is_empty() && cause.text.ends_with('.'), "{cause:?}");
    let output = output(&launcher, &run).await;
    assert!(output.contains(GREETING), "{output}");
}

/// A plan that cannot come about is refused, or ends; with a cause.
pub async fn a_program_that_is_missing_is_named(place: &impl Place) {
    let launcher = place.launcher().await;
    let (run, plan) = (new_run(), place.plan(StandIn::Missing));
    let mut heard = Heard::of(&*launcher);
    let cause = match launcher.start(&run, &plan).await {
        Err(StartError::Refused(cause)) => cause,
        Err(StartError::NotNow(cause)) => panic!("trying again does not help: {cause:?}"),
        Ok(()) => match heard.ending(&run).await {
            Ending::Failed { cause } => cause,
            other => panic!("it ended well: {other:?}"),
        },
    };
    assert!(cause.text.contains(&plan.command[0]), "{cause:?}");
}

/// Output is kept from the beginning, as far as the place keeps any.
pub async fn output_begins_with_the_oldest(place: &impl Place) {
    let launcher = place.launcher().await;
    let (run, _) = ready(place, &launcher, StandIn::Good).await;
    let output = output(&launcher, &run).await;
    assert!(output.starts_with(GREETING), "{output}");
    end(&launcher, &run).await;
}

/// Somebody who follows the output is let go when there will be no more.
pub async fn following_the_output_ends_with_the_run(place: &impl Place) {
    let launcher = place.launcher().await;
    let (run, mut heard) = ready(place, &launcher, StandIn::Good).await;
    let mut lines = launcher.logs(&run, true).await.expect("logs");
    let first = timeout(LIMIT, lines.next()).await.expect("output in time").expect("some output");
    assert!(String::from_utf8_lossy(&first).starts_with(GREETING.trim_end()));
    launcher.stop(&run, GRACE).await.expect("stop");
    timeout(LIMIT, lines.map(drop).collect::<()>()).await.expect("the output ends");
    heard.ending(&run).await;
}

/// Usage is a number that makes sense.
pub async fn a_running_ide_uses_something_or_says_so(place: &impl Place) {
    let launcher = place.launcher().await;
    let (run, _) = ready(place, &launcher, StandIn::Good).await;
    let usage = launcher.usage(&run).await.expect("usage");
    assert!(usage.cpus.is_finite() && usage.cpus >= 0.0, "{usage:?}");
    end(&launcher, &run).await;
}

/// Reading about a run that is not there is an error that names it.
pub async fn asking_about_what_is_not_there_says_so(place: &impl Place) {
    let launcher = place.launcher().await;
    let run = new_run();
    let usage = launcher.usage(&run).await;
    assert!(matches!(&usage, Err(LauncherError::NoSuchRun(of)) if *of == run), "{usage:?}");
    let logs = launcher.logs(&run, false).await.err();
    assert!(matches!(&logs, Some(LauncherError::NoSuchRun(of)) if *of == run), "{logs:?}");
    let keep = launcher.keep(&run, None).await;
    assert!(matches!(&keep, Err(LauncherError::NoSuchRun(of)) if *of == run), "{keep:?}");
}

/// A resumed session is a new run: the end of the old one says nothing of it.
pub async fn runs_of_one_session_are_told_apart(place: &impl Place) {
    let launcher = place.launcher().await;
    let (first, mut heard) = ready(place, &launcher, StandIn::Good).await;
    let second = RunId { generation: 2, ..first.clone() };
    launcher.start(&second, &place.plan(StandIn::Good)).await.expect("start");
    heard.ready(&second).await;
    end(&launcher, &first).await;
    assert_eq!(heard.ending(&first).await, Ending::Asked);
    launcher.usage(&second).await.expect("the second goes on");
    end(&launcher, &second).await;
}

async fn start(place: &impl Place, launcher: &Arc<dyn Launcher>, ide: StandIn) -> (RunId, Heard) {
    let (run, heard) = (new_run(), Heard::of(&**launcher));
    launcher.start(&run, &place.plan(ide)).await.expect("start");
    (run, heard)
}

async fn ready(place: &impl Place, launcher: &Arc<dyn Launcher>, ide: StandIn) -> (RunId, Heard) {
    let (run, mut heard) = start(place, launcher, ide).await;
    heard.ready(&run).await;
    (run, heard)
}

/// Leaves nothing behind.
async fn end(launcher: &Arc<dyn Launcher>, run: &RunId) {
    let mut heard = Heard::of(&**launcher);
    launcher.stop(run, Duration::ZERO).await.expect("stop");
    heard.ending(run).await;
}

async fn output(launcher: &Arc<dyn Launcher>, run: &RunId) -> String {
    let chunks = launcher.logs(run, false).await.expect("logs").collect::<Vec<_>>();
    String::from_utf8_lossy(&timeout(LIMIT, chunks).await.expect("the output in time").concat()).into_owned()
}

/// A run that no other has, nor had in an earlier test of the same cluster.
pub fn new_run() -> RunId {
    let mut random = [0; ID_CHARS];
    getrandom::fill(&mut random).expect("random bytes");
    RunId { session: SessionId::from_random(random), generation: 1 }
}

#[expect(clippy::unwrap_used, reason = "a name that stands here")]
fn user() -> carrel_model::UserName {
    "ada".parse().unwrap()
}
