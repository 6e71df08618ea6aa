//! Agents that die, are silent, speak another version, or never come up.

use crate::place::{Local, lives, plan};
use carrel_local::{LocalLauncher, LocalSettings};
use carrel_model::{Ending, RunId};
use carrel_sessions::{
    contract::{Heard, new_run},
    launcher::{Launcher, LauncherError, Seen, StartError},
};
use nix::{
    fcntl::{Flock, FlockArg},
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs::{self, File},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixListener,
};

fn signal_agent(local: &Local, run: &RunId, signal: Signal) {
    kill(Pid::from_raw(local.folder(run).read_pid().unwrap().pid), signal).unwrap();
}

#[tokio::test]
async fn an_agent_that_is_killed_is_told_and_nothing_of_its_run_is_left() {
    let local = Local::new();
    let launcher = local.open();
    let pid_file = local.dir().join("daemon.pid");
    let arguments = ["--ignore-term", "--daemon", pid_file.to_str().unwrap()];
    let (run, mut reports) = local.ready(&launcher, &plan(&arguments)).await;
    let daemon: i32 = fs::read_to_string(&pid_file).unwrap().parse().unwrap();
    signal_agent(&local, &run, Signal::SIGKILL);
    let ended = reports.until(&run, |seen| matches!(seen, Seen::Ended(_))).await;
    let Seen::Ended(Ending::Failed { cause }) = ended else { panic!("{ended:?}") };
    assert_eq!(cause.code, "agent-gone");
    assert!(!lives(daemon), "the daemon in a session of its own is ended too");
    let again = launcher.start(&run, &plan(&[])).await;
    assert!(again.is_ok() && !local.folder(&run).end().exists(), "a run that is over is not begun again");
    launcher.forget(&run).await.unwrap();
    assert!(!local.folder(&run).path().exists());
}

#[tokio::test]
async fn an_agent_that_is_silent_is_told_as_unreachable_and_as_ready_when_it_speaks_again() {
    let local = Local::new();
    let first = local.open();
    let (run, reports) = local.ready(&first, &plan(&[])).await;
    drop((first, reports));
    signal_agent(&local, &run, Signal::SIGSTOP);
    let launcher = local.open();
    let mut reports = Heard::of(&launcher);
    let silent = reports.until(&run, |seen| matches!(seen, Seen::Unreachable(_))).await;
    let Seen::Unreachable(cause) = silent else { panic!("{silent:?}") };
    assert_eq!(cause.text, "The session does not answer at present: its agent does not answer within 5 s.");
    signal_agent(&local, &run, Signal::SIGCONT);
    reports.until(&run, |seen| matches!(seen, Seen::Ready(_))).await;
}

#[tokio::test]
async fn force_quit_ends_a_run_whose_agent_is_silent() {
    let local = Local::new();
    let launcher = local.open();
    let (run, mut reports) = local.ready(&launcher, &plan(&["--ignore-term"])).await;
    signal_agent(&local, &run, Signal::SIGSTOP);
    let patient = launcher.stop(&run, Duration::from_secs(1)).await;
    assert!(matches!(patient, Err(LauncherError::Unavailable(_))), "{patient:?}");
    launcher.stop(&run, Duration::ZERO).await.unwrap();
    reports.until(&run, |seen| matches!(seen, Seen::Ended(_))).await;
}

#[tokio::test]
async fn an_agent_of_another_version_is_told_as_unreachable() {
    let (local, run) = (Local::new(), new_run());
    let folder = local.folder(&run);
    fs::create_dir_all(folder.path()).unwrap();
    let _lock = Flock::lock(File::create(folder.lock()).unwrap(), FlockArg::LockExclusiveNonblock).unwrap();
    let listener = UnixListener::bind(folder.control()).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 1024];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{\"protocol\":7,\"mood\":\"fine\"}\n").await;
        }
    });
    let launcher = local.open();
    let told = Heard::of(&launcher).until(&run, |seen| matches!(seen, Seen::Unreachable(_))).await;
    let Seen::Unreachable(cause) = told else { panic!("{told:?}") };
    assert_eq!(cause.code, "agent-version");
    assert!(cause.text.contains("version 7"), "{}", cause.text);
}

#[tokio::test]
async fn an_agent_that_does_not_come_up_is_refused_with_what_it_said() {
    let (local, run) = (Local::new(), new_run());
    let settings = LocalSettings { data_dir: local.dir().to_owned(), agent: "/bin/false".into() };
    let launcher = LocalLauncher::open(settings).unwrap();
    let Err(StartError::Refused(cause)) = launcher.start(&run, &plan(&[])).await else { panic!("it is refused") };
    assert_eq!(cause.text, "The agent of the session ended at once (exit status: 1): it said nothing.");
    // It never began, so nothing of it is there, and it can be started once the agent is in order.
    let stopped = launcher.stop(&run, Duration::ZERO).await;
    assert!(matches!(stopped, Err(LauncherError::NoSuchRun(_))), "{stopped:?}");
    local.open().start(&run, &plan(&[])).await.unwrap();
}

#[tokio::test]
async fn a_data_folder_that_is_full_when_a_session_starts_is_told_when_run_as_root() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let (local, run) = (Local::new(), new_run());
    let mut mount = std::process::Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=64k,nr_inodes=100", "tmpfs"]).arg(local.dir());
    assert!(mount.status().unwrap().success());
    let launcher = local.open();
    // As much as fits.
    let mut filler = File::create(local.dir().join("filler")).unwrap();
    while std::io::Write::write_all(&mut filler, &[0; 4096]).is_ok() {}
    let started = launcher.start(&run, &plan(&[])).await;
    let unmounted = std::process::Command::new("umount").arg("--lazy").arg(local.dir()).status();
    assert!(unmounted.unwrap().success());
    let Err(StartError::Refused(cause)) = started else { panic!("{started:?}") };
    assert_eq!(cause.code, "disk-full");
    assert!(cause.text.starts_with("No space is left on the file system of ") && cause.text.contains("64 KB free)"));
}
