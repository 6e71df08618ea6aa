//! The idle clock of a run, with nobody connected.

use crate::place::{LIMIT, Place, eventually, get, plan};
use carrel_agent::protocol::{Keep, Status};
use carrel_model::{Activity, Clock, Ending, IdleAction, IdleRule, Plan, plan::BusyProbe};
use futures::SinkExt;
use http_body_util::BodyExt;
use jiff::SignedDuration;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

/// A plan that is idle after one second and ends after `ends_after_s`.
fn hasty(ends_after_s: Option<u64>, action: IdleAction) -> Plan {
    let mut plan = plan(&[]);
    plan.idle = IdleRule { idle_after_s: 1, ends_after_s, action, busy_cpus: 100.0 };
    plan
}

#[tokio::test]
async fn a_session_without_use_is_suspended_while_no_server_is_connected() {
    let mut place = Place::new().await;
    place.ready(&hasty(Some(3), IdleAction::Suspend)).await;
    let end = place.end().await;
    assert_eq!((end.ending, place.folder.read_end().is_some()), (Ending::IdleSuspend, true));
}

#[tokio::test]
async fn a_rule_may_quit_instead() {
    let mut place = Place::new().await;
    place.ready(&hasty(Some(2), IdleAction::Quit)).await;
    assert_eq!(place.end().await.ending, Ending::IdleQuit);
}

/// What was done `before` was no use, and `does` is. Use is told at once when there was none: what is seen first is the first.
async fn is_used_from_now_on(place: &Place, before: &Activity, does: impl AsyncFnOnce()) {
    let now = Clock::System.now();
    does().await;
    let used = |status: &Status| status.activity.as_ref().unwrap().last_active_at > before.last_active_at;
    let seen = place.until("use is seen", used).await.activity.unwrap().last_active_at;
    assert!(seen >= now, "{seen} {now}");
}

#[tokio::test]
async fn a_request_of_a_person_is_use_and_the_polling_of_a_page_is_none() {
    let place = Place::new().await;
    place.ready(&hasty(None, IdleAction::Suspend)).await;
    let idle = place.until("it is idle", |status| status.activity.as_ref().unwrap().idle_since.is_some()).await;
    let before = idle.activity.unwrap();
    place.ide("/s/x/polled").await;
    is_used_from_now_on(&place, &before, async || drop(place.ide("/s/x/a-page").await)).await;
}

#[tokio::test]
async fn an_idle_session_is_told_to_be_in_use_at_once() {
    let place = Place::new().await;
    let mut watched = get(&place.folder.control(), "/watch").await.into_body();
    place.ready(&hasty(None, IdleAction::Suspend)).await;
    place.until("it is idle", |status| status.activity.as_ref().unwrap().idle_since.is_some()).await;
    place.ide("/s/x/a-page").await;
    let began = Instant::now();
    let (mut told, mut was_idle) = (Vec::new(), false);
    loop {
        let frame = timeout(LIMIT, watched.frame()).await.expect("the agent is never silent for so long");
        told.extend(frame.unwrap().unwrap().into_data().unwrap());
        assert!(began.elapsed() < LIMIT, "it is told to be in use");
        let lines = told.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Status>(line).ok());
        let idle: Vec<bool> = lines.filter_map(|status| Some(status.activity?.idle_since.is_some())).collect();
        was_idle |= idle.contains(&true);
        if was_idle && idle.last() == Some(&false) {
            return;
        }
    }
}

#[tokio::test]
async fn what_a_person_types_into_a_websocket_is_use_and_pings_are_none() {
    let place = Place::new().await;
    place.ready(&hasty(None, IdleAction::Suspend)).await;
    let stream = tokio::net::UnixStream::connect(place.front()).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async("ws://carrel.test/s/x/ws", stream).await.unwrap();
    let idle = place.until("it is idle", |status| status.activity.as_ref().unwrap().idle_since.is_some()).await;
    let before = idle.activity.unwrap();
    socket.send(Message::Ping("are you there, my friend?".into())).await.unwrap();
    socket.send(Message::text("keep-alive")).await.unwrap();
    // The proxy has one thread here, and the tunnel came first: this one is answered after both.
    assert!(get(&place.front(), "/s/x/polled").await.status().is_success());
    let types = async || socket.send(Message::text("print('hello, world')")).await.unwrap();
    is_used_from_now_on(&place, &before, types).await;
}

#[tokio::test]
async fn a_busy_kernel_holds_the_clock_and_its_notebook_is_named() {
    let mut place = Place::new().await;
    // Busy from the start: made busy later, a slow machine could find it without use for all of its time before.
    let mut plan = plan(&["--busy"]);
    plan.idle = hasty(Some(4), IdleAction::Suspend).idle;
    plan.probe.busy = BusyProbe::Jupyter;
    place.ready(&plan).await;
    let busy = place.until("it is busy", |s| s.activity.as_ref().unwrap().busy_because.is_some()).await;
    let activity = busy.activity.unwrap();
    assert_eq!(activity.busy_because.as_deref(), Some("The kernel of train.ipynb is running."));
    assert_eq!(activity.ends_at, None);
    place.ide("/s/x/busy?state=idle").await;
    assert_eq!(place.end().await.ending, Ending::IdleSuspend);
}

#[tokio::test]
async fn computing_counts_as_busy() {
    let place = Place::new().await;
    let mut plan = hasty(Some(600), IdleAction::Suspend);
    plan.idle.busy_cpus = 0.02;
    place.ready(&plan).await;
    place.ide("/s/x/burn?seconds=60").await;
    let busy = place.until("it is busy", |s| s.activity.as_ref().unwrap().busy_because.is_some()).await;
    let because = busy.activity.unwrap().busy_because;
    assert_eq!(because.as_deref(), Some("It is computing: CPU use is above 0.02."));
}

#[tokio::test]
async fn a_session_that_is_kept_does_not_end_before() {
    let mut place = Place::new().await;
    place.ready(&hasty(Some(2), IdleAction::Suspend)).await;
    let until = Clock::System.now() + SignedDuration::from_secs(5);
    place.post("/keep", &Keep { until: Some(until) }).await;
    let kept = eventually("it is told", || async {
        place.status().await.activity.filter(|activity| activity.keep_until.is_some())
    });
    assert_eq!(kept.await.keep_until, Some(until));
    let end = place.end().await;
    assert_eq!(end.ending, Ending::IdleSuspend);
    assert!(end.at >= until, "{} {until}", end.at);
}
