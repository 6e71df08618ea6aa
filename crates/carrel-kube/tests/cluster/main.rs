//! The launcher on a real cluster, as a service account with nothing but the original chart's Role.
//!
//! `KUBECONFIG` names the cluster, whose nodes have the images of server and sessions and whose pods are reached from here.
//! Each test has a namespace of its own.

#[cfg(test)]
mod place;
#[cfg(test)]
mod reasons;

use carrel_kube::{access, names::job_name, pull::Pull};
use carrel_model::{Ending, Step};
use carrel_sessions::{
    contract::{Heard, new_run},
    launcher::{Launcher, LauncherError, Report, Seen, StartError},
};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::api::{DeleteParams, ListParams};
use place::{Cluster, SESSION_IMAGE, image, plan};
use std::time::Duration;

carrel_sessions::launcher_contract!(crate::place::Cluster::fresh);

#[tokio::test]
async fn the_role_of_the_original_chart_is_enough_and_what_is_missing_is_named() {
    let cluster = Cluster::fresh().await;
    let fine = access::check(&cluster.as_server().await, &cluster.namespace).await;
    assert_eq!(fine, Ok(format!("sessions may run in the namespace {}", cluster.namespace)));
    let wrong = access::check(&cluster.as_nobody().await, &cluster.namespace).await.unwrap_err();
    assert_eq!(wrong.len(), access::VERBS.len(), "{wrong:?}");
    assert!(
        wrong.contains(&format!("the server may not get pods/log in the namespace {}", cluster.namespace)),
        "{wrong:?}"
    );
}

#[tokio::test]
async fn an_image_is_told_to_be_there_or_why_it_cannot_be_had_and_no_job_stays() {
    let cluster = Cluster::fresh().await;
    let there = image("CARREL_TEST_SESSION_IMAGE", SESSION_IMAGE);
    assert_eq!(cluster.pull(cluster.as_server().await, &there).await, Pull::Done);
    for (image, codes) in [
        ("registry.invalid/carrel/none:1", ["registry-unreachable", "image-pull-failed"]),
        ("registry.invalid/Carrel/None:1", ["image-name", "image-name"]),
    ] {
        let Pull::Refused(cause) = cluster.pull(cluster.as_server().await, image).await else { panic!("{image}") };
        assert!(codes.contains(&cause.code.as_str()), "{cause:?}");
    }
    let refused = cluster.pull(cluster.as_nobody().await, &there).await;
    assert!(matches!(&refused, Pull::NotTried(why) if why.contains("cannot create resource \"jobs\"")), "{refused:?}");
    let left = cluster.api::<Job>().list(&ListParams::default()).await.unwrap();
    let stays = |job: &Job| job.metadata.deletion_timestamp.is_none();
    assert!(!left.items.iter().any(stays), "{left:?}");
}

#[tokio::test]
async fn a_server_without_rights_says_which_verb_it_lacks() {
    let cluster = Cluster::fresh().await;
    let launcher = cluster.open(cluster.as_nobody().await);
    let Err(StartError::NotNow(cause)) = launcher.start(&new_run(), &plan(&[])).await else { panic!("it started") };
    assert_eq!(cause.code, "cluster-permission");
    assert!(cause.text.contains("cannot list resource \"pods\""), "{cause:?}");
}

#[tokio::test]
async fn a_cluster_that_is_away_or_does_not_know_the_server_is_told_in_one_line_and_tried_again() {
    let cluster = Cluster::fresh().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (client, code, says) in [
        (cluster.at(&format!("https://{closed}")).await, "cluster-unreachable", "does not answer"),
        (cluster.with_token("of yesterday").await, "cluster-credentials", "its token has expired or was taken back"),
    ] {
        let launcher = cluster.open(client);
        let Err(StartError::NotNow(cause)) = launcher.start(&new_run(), &plan(&[])).await else { panic!("it started") };
        assert_eq!(cause.code, code);
        assert!(cause.text.contains(says) && !cause.text.contains('\n'), "{cause:?}");
    }
}

#[tokio::test]
async fn a_session_runs_as_its_user_with_all_that_restricted_asks_and_a_home_of_its_own() {
    let cluster = Cluster::with_homes().await;
    let launcher = cluster.open(cluster.as_server().await);
    let (run, mut reports) = (new_run(), Heard::of(&launcher));
    launcher.start(&run, &plan(&[])).await.unwrap();
    reports.until(&run, |seen| matches!(seen, Seen::Ready(_))).await;
    let shown = cluster.exec(
        &run,
        "id; whoami; pwd; touch /x; stat -c '%a %u' /home/ada; grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/1/status",
    );
    for wanted in [
        "uid=20001(ada) gid=20001(ada) groups=20001(ada),30001(science)",
        "\nada\n",
        "Read-only file system",
        "700 20001",
        "CapEff:\t0000000000000000",
        "NoNewPrivs:\t1",
        "Seccomp:\t2",
    ] {
        assert!(shown.contains(wanted), "{wanted} is not in {shown}");
    }
    let listed = cluster.exec(&run, "ls /home /var/run/secrets");
    assert!(listed.contains("/home:\nada\n") && listed.contains("No such file"), "{listed}");
    launcher.stop(&run, Duration::ZERO).await.unwrap();
}

#[tokio::test]
async fn a_job_that_somebody_deletes_ends_its_run() {
    let cluster = Cluster::fresh().await;
    let launcher = cluster.open(cluster.as_server().await);
    let (run, mut reports) = (new_run(), Heard::of(&launcher));
    launcher.start(&run, &plan(&[])).await.unwrap();
    reports.until(&run, |seen| matches!(seen, Seen::Ready(_))).await;
    cluster.api::<Job>().delete(&job_name(&run), &DeleteParams::background()).await.unwrap();
    let ended = reports.until(&run, |seen| matches!(seen, Seen::Ended(_))).await;
    // The pod's agent may hear its SIGTERM before the Job is seen to be gone.
    let by_hand = |ending: &Ending| match ending {
        Ending::Failed { cause } => cause.code == "job-deleted",
        ending => *ending == Ending::Signalled,
    };
    assert!(matches!(&ended, Seen::Ended(ending) if by_hand(ending)), "{ended:?}");
    let usage = launcher.usage(&run).await;
    assert!(matches!(usage, Err(LauncherError::NoSuchRun(_) | LauncherError::Unavailable(_))), "{usage:?}");
}

#[tokio::test]
async fn an_image_that_cannot_be_had_fails_after_the_limit_with_its_cause_and_leaves_no_pod() {
    let cluster = Cluster::with_start_limit(Duration::from_secs(2)).await;
    let launcher = cluster.open(cluster.as_server().await);
    let (run, mut reports) = (new_run(), Heard::of(&launcher));
    let mut plan = plan(&[]);
    plan.container.as_mut().unwrap().image = "registry.invalid/carrel/none:1".into();
    launcher.start(&run, &plan).await.unwrap();
    let step = reports.until(&run, |seen| matches!(seen, Seen::Step(Step::ImagePresent, Some(_)))).await;
    let Seen::Ended(Ending::Failed { cause }) = reports.until(&run, |seen| matches!(seen, Seen::Ended(_))).await else {
        panic!("{step:?}")
    };
    assert!(["registry-unreachable", "image-pull-failed"].contains(&cause.code.as_str()), "{cause:?}");
    assert!(cause.text.contains("registry.invalid"), "{cause:?}");
    // A server that comes later is told the same.
    let later = cluster.open(cluster.as_server().await);
    let ended = Heard::of(&later).until(&run, |seen| matches!(seen, Seen::Ended(_))).await;
    assert_eq!(ended, Seen::Ended(Ending::Failed { cause }));
    cluster.until_no_pod().await;
}

#[tokio::test]
async fn a_pod_that_the_namespace_does_not_admit_fails_with_the_rule() {
    let cluster = Cluster::fresh().await;
    let launcher = cluster.open(cluster.as_server().await);
    let (run, mut reports) = (new_run(), Heard::of(&launcher));
    let mut plan = plan(&[]);
    let port = carrel_model::container::Override {
        target: "/spec/template/spec/volumes/-".into(),
        json: r#"{"name": "x", "iscsi": {"targetPortal": "1.2.3.4", "iqn": "iqn.2001-04.a:b", "lun": 0}}"#.into(),
    };
    plan.container.as_mut().unwrap().overrides.push(port);
    launcher.start(&run, &plan).await.unwrap();
    let ended = reports.until(&run, |seen| matches!(seen, Seen::Ended(_))).await;
    let Seen::Ended(Ending::Failed { cause }) = ended else { panic!("{ended:?}") };
    assert_eq!(cause.code, "pod-security");
    assert!(cause.text.contains("restricted volume types"), "{cause:?}");
}

#[tokio::test]
async fn a_session_that_takes_more_memory_than_it_has_is_told_so() {
    let cluster = Cluster::fresh().await;
    let launcher = cluster.open(cluster.as_server().await);
    let (run, mut reports) = (new_run(), Heard::of(&launcher));
    let mut plan = plan(&[]);
    plan.memory_mb = 128;
    plan.command = vec![
        "/usr/bin/python3".into(),
        "-c".into(),
        "x = bytearray(1 << 30); x[::4096] = b'1' * len(x[::4096])".into(),
    ];
    launcher.start(&run, &plan).await.unwrap();
    let ended = reports.until(&run, |seen| matches!(seen, Seen::Ended(_))).await;
    let Seen::Ended(Ending::Failed { cause }) = ended else { panic!("{ended:?}") };
    assert!(cause.code.contains("memory"), "{cause:?}");
}

#[tokio::test]
async fn what_another_carrel_has_in_the_namespace_is_not_touched() {
    let cluster = Cluster::fresh().await;
    let ours = cluster.open(cluster.as_server().await);
    let (run, mut reports) = (new_run(), Heard::of(&ours));
    ours.start(&run, &plan(&[])).await.unwrap();
    reports.until(&run, |seen| matches!(seen, Seen::Ready(_))).await;
    let other = cluster.open_as(cluster.as_server().await, "another secret");
    assert_eq!(Heard::of(&other).next().await, Report::Listing([].into()));
    assert!(matches!(other.stop(&run, Duration::ZERO).await, Err(LauncherError::NoSuchRun(_))));
    let pods = cluster.api::<Pod>().list(&ListParams::default()).await.unwrap();
    assert_eq!(pods.items.len(), 1);
    ours.stop(&run, Duration::ZERO).await.unwrap();
}
