//! Sessions go on when the server does not.

use crate::place::{self, Local, lives, plan};
use carrel_model::{Clock, Ending, IdleAction, RunId};
use carrel_sessions::{
    contract::{Heard, LIMIT},
    launcher::{Launcher, Report, Seen},
};
use futures::StreamExt;
use jiff::SignedDuration;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use std::{
    fs,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};
use tokio::time::{Instant, sleep};

#[tokio::test]
async fn a_new_launcher_takes_up_state_usage_output_and_idle_clock() {
    let local = Local::new();
    let first = local.open();
    let (run, mut reports) = local.ready(&first, &plan(&[])).await;
    let until = Clock::System.now() + SignedDuration::from_hours(1);
    first.keep(&run, Some(until)).await.unwrap();
    let kept = |seen: &Seen| matches!(seen, Seen::Activity(activity) if activity.keep_until == Some(until));
    let before = reports.until(&run, kept).await;
    let processes = first.usage(&run).await.unwrap().processes;
    drop((first, reports));

    let second = local.open();
    let mut reports = Heard::of(&second);
    assert_eq!(reports.next().await, Report::Listing([run.clone()].into()));
    reports.until(&run, |seen| matches!(seen, Seen::Ready(_))).await;
    assert_eq!(reports.until(&run, kept).await, before);
    assert_eq!(second.usage(&run).await.unwrap().processes, processes);
    let chunks: Vec<_> = second.logs(&run, false).await.unwrap().collect().await;
    assert_eq!(chunks.concat(), carrel_sessions::contract::GREETING.as_bytes());
    second.stop(&run, Duration::ZERO).await.unwrap();
    reports.until(&run, |seen| *seen == Seen::Ended(Ending::Asked)).await;
}

#[tokio::test]
async fn an_idle_clock_that_runs_out_while_no_server_is_there_is_told_to_the_next() {
    let local = Local::new();
    let first = local.open();
    let mut plan = plan(&[]);
    (plan.idle.idle_after_s, plan.idle.ends_after_s, plan.idle.action) = (1, Some(2), IdleAction::Suspend);
    plan.idle.busy_cpus = 100.0;
    let (run, reports) = local.ready(&first, &plan).await;
    drop((first, reports));
    until("it ends", || local.folder(&run).read_end().is_some()).await;
    let second = local.open();
    let mut reports = Heard::of(&second);
    assert_eq!(reports.next().await, Report::Listing([run.clone()].into()));
    assert_eq!(reports.until(&run, |_| true).await, Seen::Ended(Ending::IdleSuspend));
}

/// The data folder of [`server_of_a_test`].
const DIR: &str = "CARREL_TEST_DATA_DIR";
/// The run it starts.
const RUN: &str = "abcdefghjkmnpqrs-1";

/// No test: the server that [`a_session_goes_on_when_the_server_and_its_group_are_killed`] kills.
#[tokio::test]
async fn server_of_a_test() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let dir = PathBuf::from(dir);
    let launcher = place::open(&dir);
    launcher.start(&RUN.parse().unwrap(), &plan(&[])).await.unwrap();
    fs::write(dir.join("started"), "").unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_session_goes_on_when_the_server_and_its_group_are_killed() {
    let local = Local::new();
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "restarts::server_of_a_test"])
        .env(DIR, local.dir())
        .process_group(0)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until("the server started a session", || local.dir().join("started").exists()).await;
    let run: RunId = RUN.parse().unwrap();
    let agent = local.folder(&run).read_pid().unwrap().pid;
    killpg(Pid::from_raw(server.id().cast_signed()), Signal::SIGKILL).unwrap();
    server.wait().unwrap();
    let launcher = local.open();
    let mut reports = Heard::of(&launcher);
    assert_eq!(reports.next().await, Report::Listing([run.clone()].into()));
    reports.until(&run, |seen| matches!(seen, Seen::Ready(_))).await;
    assert!(lives(agent) && local.folder(&run).read_pid().unwrap().pid == agent);
    launcher.stop(&run, Duration::ZERO).await.unwrap();
    reports.until(&run, |seen| *seen == Seen::Ended(Ending::Asked)).await;
}

async fn until(what: &str, wanted: impl Fn() -> bool) {
    let limit = Instant::now() + LIMIT;
    while !wanted() {
        assert!(Instant::now() < limit, "waited too long until {what}");
        sleep(Duration::from_millis(10)).await;
    }
}
