//! How runs end.

use crate::place::{Place, eventually, get, lives, plan};
use carrel_agent::protocol::{End, Phase, Stop};
use carrel_model::{Bounds, Ending, Plan};
use http::StatusCode;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{fs, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::Instant,
};

/// The code and the sentence of a failure.
fn cause(end: &End) -> (&str, &str) {
    match &end.ending {
        Ending::Failed { cause } => (&cause.code, &cause.text),
        other => panic!("it should have failed: {other:?}"),
    }
}

async fn ends_by_itself(plan: &Plan) -> End {
    let mut place = Place::new().await;
    assert_eq!(place.start(plan).await, StatusCode::NO_CONTENT);
    place.end().await
}

#[tokio::test]
async fn stop_ends_the_ide_and_all_that_it_left_behind() {
    let mut place = Place::new().await;
    let pid_file = place.home().join("daemon.pid");
    place.ready(&plan(&["--daemon", "{home}/daemon.pid"])).await;
    let daemon: i32 = fs::read_to_string(pid_file).unwrap().parse().unwrap();
    let ide = i32::try_from(place.ide("/s/x/").await["pid"].as_i64().unwrap()).unwrap();
    assert!(lives(daemon) && lives(ide));
    place.post("/stop", &Stop { grace_ms: 10_000 }).await;
    assert_eq!(place.end().await.ending, Ending::Asked);
    assert!(!lives(daemon) && !lives(ide));
}

#[tokio::test]
async fn an_ide_that_ignores_the_wish_is_killed_after_the_grace_time() {
    let mut place = Place::new().await;
    place.ready(&plan(&["--ignore-term"])).await;
    let began = Instant::now();
    place.post("/stop", &Stop { grace_ms: 700 }).await;
    assert_eq!(place.end().await.ending, Ending::Asked);
    assert!(began.elapsed() >= Duration::from_millis(700), "{:?}", began.elapsed());
}

#[tokio::test]
async fn force_quit_does_not_wait_for_a_grace_time_that_runs() {
    let mut place = Place::new().await;
    place.ready(&plan(&["--ignore-term"])).await;
    place.post("/stop", &Stop { grace_ms: 3_600_000 }).await;
    place.until("it is being stopped", |status| status.phase == Phase::Stopping).await;
    place.post("/stop", &Stop { grace_ms: 0 }).await;
    assert_eq!(place.end().await.ending, Ending::Asked);
}

#[tokio::test]
async fn a_run_can_be_stopped_before_it_has_a_plan_and_before_it_is_ready() {
    let mut place = Place::new().await;
    place.post("/stop", &Stop { grace_ms: 1000 }).await;
    assert_eq!(place.end().await.ending, Ending::Asked);
    let mut place = Place::new().await;
    place.start(&plan(&["--never"])).await;
    place.until("it starts", |status| status.phase == Phase::Starting).await;
    place.post("/stop", &Stop { grace_ms: 5000 }).await;
    assert_eq!(place.end().await.ending, Ending::Asked);
}

#[tokio::test]
async fn an_agent_that_gets_a_signal_to_end_ends_its_run_and_says_so() {
    let mut place = Place::new().await;
    place.ready(&plan(&[])).await;
    let ide = i32::try_from(place.ide("/s/x/").await["pid"].as_i64().unwrap()).unwrap();
    kill(Pid::from_raw(place.agent_pid()), Signal::SIGTERM).unwrap();
    assert_eq!(place.end().await.ending, Ending::Signalled);
    assert!(!lives(ide));
}

#[tokio::test]
async fn an_agent_that_is_killed_takes_the_ide_with_it() {
    let place = Place::new().await;
    place.ready(&plan(&[])).await;
    let ide = i32::try_from(place.ide("/s/x/").await["pid"].as_i64().unwrap()).unwrap();
    kill(Pid::from_raw(place.agent_pid()), Signal::SIGKILL).unwrap();
    eventually("the IDE ends", || async { (!lives(ide)).then_some(()) }).await;
}

#[tokio::test]
async fn an_ide_that_is_shut_down_from_inside_ended_well() {
    let mut place = Place::new().await;
    place.ready(&plan(&[])).await;
    quit(&place, 0).await;
    assert_eq!(place.end().await.ending, Ending::Quit);
}

#[tokio::test]
async fn an_ide_that_breaks_down_says_with_what_code() {
    let mut place = Place::new().await;
    place.ready(&plan(&["--say", "warming up"])).await;
    quit(&place, 7).await;
    let end = place.end().await;
    let text = "The IDE ended by itself, with exit code 7. Its last output: “warming up”.";
    assert_eq!(cause(&end), ("ide-exited", text));
}

/// Lets the stand-in exit in the middle of a request. Whether that is answered before the agent ends too is open.
async fn quit(place: &Place, code: u8) {
    let mut stream = UnixStream::connect(place.front()).await.unwrap();
    let request = format!("GET /s/x/exit?code={code} HTTP/1.1\r\nhost: carrel.test\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let _ = stream.read(&mut [0; 64]).await;
}

#[tokio::test]
async fn an_ide_that_exits_at_once_is_told_with_its_last_words() {
    let end = ends_by_itself(&plan(&["--say", "No module named jupyterlab", "--exit", "3"])).await;
    let text = "The IDE ended before it was ready, with exit code 3. Its last output: “No module named jupyterlab”.";
    assert_eq!(cause(&end), ("ide-exited", text));
    assert_eq!(end.last_output, "No module named jupyterlab\n");
}

#[tokio::test]
async fn an_ide_that_never_becomes_ready_is_given_up_with_its_last_words() {
    let mut plan = plan(&["--never", "--say", "waiting for a licence"]);
    plan.start_limit_s = 1;
    let end = ends_by_itself(&plan).await;
    let text = "The IDE made no progress for 1 s and is not ready: it does not listen. Its last output: “waiting for a \
                licence”.";
    assert_eq!(cause(&end), ("start-timeout", text));
    assert_eq!(end.last_output, "waiting for a licence\n");
}

#[tokio::test]
async fn a_slow_ide_is_waited_for_while_it_says_something() {
    let place = Place::new().await;
    let code = "import subprocess, sys, time\nfor n in range(8):\n print(n, flush=True); time.sleep(0.5)\n\
                subprocess.run([sys.executable, *sys.argv[1:]])";
    let mut plan = plan(&[]);
    plan.command.splice(1..1, ["-c".into(), code.into()]);
    plan.start_limit_s = 2;
    place.ready(&plan).await;
}

#[tokio::test]
async fn a_program_that_is_missing_is_named() {
    let mut plan = plan(&[]);
    plan.command[0] = "jupyter-lab-of-nobody".into();
    let end = ends_by_itself(&plan).await;
    let text = "The program jupyter-lab-of-nobody is not installed on this host, or may not be run by this account.";
    assert_eq!(cause(&end), ("program-missing", text));
}

#[tokio::test]
async fn a_program_that_cannot_be_run_says_why() {
    let mut place = Place::new().await;
    let script = place.home().join("ide");
    fs::write(&script, "#!/no/such/python\n").unwrap();
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let mut plan = plan(&[]);
    plan.command = vec!["{home}/ide".into()];
    place.start(&plan).await;
    let end = place.end().await;
    let (code, text) = cause(&end);
    assert!(code == "ide-exited" && text.contains("cannot be run: No such file"), "{text}");
}

#[tokio::test]
async fn a_folder_that_is_missing_is_named() {
    let mut plan = plan(&[]);
    plan.folder = Some("/no/such/folder".into());
    let end = ends_by_itself(&plan).await;
    assert_eq!(cause(&end), ("folder-missing", "The folder /no/such/folder does not exist, or cannot be entered."));
}

#[tokio::test]
async fn a_session_above_its_memory_is_ended_and_told() {
    let mut place = Place::new().await;
    let mut plan = plan(&[]);
    plan.memory_mb = 100;
    place.ready(&plan).await;
    // The session may be over before it answers.
    get(&place.front(), "/s/x/eat?mb=150").await;
    let end = place.end().await;
    let (code, text) = cause(&end);
    assert_eq!(code, "out-of-memory");
    assert!(text.starts_with("Out of memory (0.") && text.ends_with(" of 0.10 GB). Saved files are safe."), "{text}");
}

#[tokio::test]
async fn the_kernel_holds_the_ide_to_the_bounds_of_the_plan() {
    let place = Place::new().await;
    let bounds = Bounds { processes: Some(54_321), open_files: Some(321), priority: Some(7), cpus: vec![0, 999] };
    place.ready(&Plan { bounds, ..plan(&[]) }).await;
    let pid = place.ide("/s/x/").await["pid"].as_i64().unwrap();
    let read = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap();
    let limits = read("limits");
    let limit = |name: &str| -> Vec<String> {
        let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().take(2).map(str::to_owned).collect()
    };
    assert_eq!(limit("Max open files"), ["321", "321"]);
    assert_eq!(limit("Max processes"), ["54321", "54321"]);
    let stat = read("stat");
    let nice = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap();
    assert_eq!(nice, "7");
    assert!(read("status").contains("\nCpus_allowed_list:\t0\n"), "{}", read("status"));
}

#[tokio::test]
async fn an_ide_that_may_run_on_no_cpu_of_this_host_says_why_it_does_not() {
    let bounds = Bounds { cpus: vec![1000], ..Bounds::default() };
    let end = ends_by_itself(&Plan { bounds, ..plan(&[]) }).await;
    assert!(end.last_output.contains("cpu-affinity of the profiles names no CPU"), "{end:?}");
}
