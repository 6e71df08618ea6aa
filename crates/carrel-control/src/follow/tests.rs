use super::*;
use carrel_agent::protocol::{End, Phase, Status};
use carrel_model::{Activity, IdleAction};
use carrel_sessions::launcher::{LauncherError, Report};
use jiff::Timestamp;
use std::{
    collections::VecDeque,
    io,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::Instant,
};

/// What a scripted agent does with a connection, once it got a request.
#[derive(Clone)]
enum Does {
    /// Says this and closes.
    Says(Vec<u8>),
    /// Says this and then nothing, for ever.
    FallsSilent(Vec<u8>),
}

/// An agent that does this with one connection after the other. Further connections are refused.
#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<VecDeque<Does>>>);

impl Scripted {
    fn new(script: impl IntoIterator<Item = Does>) -> Self {
        Self(Arc::new(Mutex::new(script.into_iter().collect())))
    }
}

impl Dial for Scripted {
    type Stream = DuplexStream;

    async fn dial(&self) -> io::Result<DuplexStream> {
        let does = self.0.lock().unwrap().pop_front().ok_or(io::ErrorKind::ConnectionRefused)?;
        let (ours, mut theirs) = duplex(1 << 16);
        tokio::spawn(async move {
            let _ = theirs.read(&mut [0; 4096]).await;
            match does {
                Does::Says(text) => theirs.write_all(&text).await.unwrap(),
                Does::FallsSilent(text) => {
                    theirs.write_all(&text).await.unwrap();
                    std::future::pending::<()>().await;
                }
            }
        });
        Ok(ours)
    }
}

/// A place where the run goes on until it was looked at so often.
struct Patient {
    looks: AtomicU32,
    until: u32,
    fate: Fate,
}

impl Place for Patient {
    async fn look(&self) -> Fate {
        let looks = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
        if looks > self.until { self.fate.clone() } else { Fate::GoesOn }
    }
}

fn goes_on_for(until: u32, fate: Fate) -> Patient {
    Patient { looks: AtomicU32::new(0), until, fate }
}

fn run() -> RunId {
    "abcdefghjkmnpqrs-1".parse().unwrap()
}

fn address() -> Address {
    Address::Unix("/r/data.sock".into())
}

fn status(phase: Phase) -> Status {
    Status::new(run(), phase)
}

/// The beginning of an answer, and these lines of it.
fn lines(statuses: &[Status]) -> Vec<u8> {
    let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    for status in statuses {
        answer.extend(serde_json::to_vec(status).unwrap());
        answer.push(b'\n');
    }
    answer
}

/// Follows to the end and answers what was told, without the listing.
async fn told(agent: Scripted, place: Patient) -> Vec<Seen> {
    let hub = Arc::new(Hub::default());
    hub.add(&run());
    let mut reports = hub.listen();
    let agent = Agent { control: Control::new(agent), address: address() };
    follow(run(), agent, Told::reached(carrel_model::Step::IdeAnswers), hub, place).await;
    let all = std::iter::from_fn(|| reports.try_recv().ok());
    all.filter_map(|report| if let Report::Run(_, seen) = report { Some(seen) } else { None }).collect()
}

#[tokio::test]
async fn what_the_agent_says_is_told_until_it_says_how_the_run_ended() {
    let activity = Activity::began(Timestamp::UNIX_EPOCH, IdleAction::Quit);
    let ready = Status { activity: Some(activity.clone()), ..status(Phase::Ready) };
    let end = End { at: Timestamp::UNIX_EPOCH, ending: Ending::Quit, last_output: String::new() };
    let ended = Status { end: Some(end), ..status(Phase::Ended) };
    // The last line comes by a second connection: the first one breaks in the middle of it.
    let mut broken = lines(&[status(Phase::Starting), ready, ended.clone()]);
    broken.truncate(broken.len() - 20);
    let agent = Scripted::new([Does::Says(broken), Does::Says(lines(&[ended]))]);
    let told = told(agent, goes_on_for(1, Fate::Forgotten)).await;
    assert_eq!(told, [Seen::Ready(address()), Seen::Activity(activity), Seen::Ended(Ending::Quit)]);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_not_reached_is_told_once_after_three_tries() {
    let told = told(Scripted::default(), goes_on_for(9, Fate::Ended(Ending::Quit))).await;
    let [Seen::Unreachable(cause), Seen::Ended(Ending::Quit)] = &told[..] else { panic!("{told:?}") };
    let text = "The session does not answer at present: its agent cannot be reached: connection refused.";
    assert_eq!((cause.code.as_str(), cause.text.as_str()), ("agent-silent", text));
}

#[tokio::test(start_paused = true)]
async fn what_is_over_before_it_was_missed_is_told_as_over_only() {
    let told = told(Scripted::default(), goes_on_for(2, Fate::Ended(Ending::IdleQuit))).await;
    assert_eq!(told, [Seen::Ended(Ending::IdleQuit)]);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_falls_silent_is_given_up_after_three_heartbeats_that_did_not_come() {
    let began = Instant::now();
    let agent = Scripted::new([Does::FallsSilent(lines(&[status(Phase::Ready)]))]);
    let told = told(agent, goes_on_for(0, Fate::Ended(Ending::Quit))).await;
    assert_eq!(told, [Seen::Ready(address()), Seen::Ended(Ending::Quit)]);
    assert_eq!(began.elapsed().as_secs(), SILENCE.as_secs());
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_never_says_anything_is_given_up_sooner() {
    let began = Instant::now();
    let agent = Scripted::new([Does::FallsSilent(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())]);
    assert_eq!(told(agent, goes_on_for(0, Fate::Ended(Ending::Quit))).await, [Seen::Ended(Ending::Quit)]);
    assert_eq!(began.elapsed().as_secs(), CALL_LIMIT.as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_forgotten_is_no_run_any_more() {
    let hub = Arc::new(Hub::default());
    hub.add(&run());
    let agent = Agent { control: Control::new(Scripted::default()), address: address() };
    follow(run(), agent, Told::default(), hub.clone(), goes_on_for(1, Fate::Forgotten)).await;
    assert_eq!(hub.listen().try_recv(), Ok(Report::Listing([].into())));
}

#[tokio::test(start_paused = true)]
async fn calls_that_fail_say_why() {
    let no = Does::Says(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 8\r\n\r\nno end\n\n".to_vec());
    let garbage = Does::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnull".to_vec());
    let silent = Does::FallsSilent(Vec::new());
    let control = Control::new(Scripted::new([no, garbage.clone(), garbage, silent]));
    let said = |error: CallError| LauncherError::from(error).to_string();
    assert_eq!(said(control.stop(Duration::ZERO).await.unwrap_err()), "its agent answers 400 Bad Request: no end");
    assert_eq!(control.usage().await.unwrap(), carrel_model::Usage::default(), "nothing was measured yet");
    let garbled = said(control.status().await.unwrap_err());
    assert!(
        garbled.starts_with("its agent says what this server does not understand: invalid type: null"),
        "{garbled}"
    );
    assert_eq!(said(control.keep(None).await.unwrap_err()), "its agent does not answer within 5 s");
    assert!(!control.listens().await);
}
