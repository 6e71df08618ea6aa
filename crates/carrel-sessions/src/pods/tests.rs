use super::*;
use crate::{
    ask::{AskError, NewSession, parse_gpus, parse_placement, settle_size},
    offering::Offering,
};
use carrel_config::{ClusterKind, Configuration, options::file_named};
use carrel_model::{Account, Capacity, size::sizes_of_host};
use std::path::Path;

const RULES: &str = "launcher.kubernetes.profiles.conf";
const SIZES: &str = "launcher.kubernetes.resources.conf";

fn offering(files: &[(&str, &str)]) -> Offering {
    let mut configuration = Configuration::default();
    for (name, text) in files {
        configuration.read(file_named(name).unwrap(), Path::new(name), text.as_bytes());
    }
    let mut settings = Settings::local("/d".into(), "/a".into(), sizes_of_host(2.0, 4096));
    settings.capacity = Some(Capacity { cpus: 2.0, memory_mb: 4096 });
    configuration.read(
        file_named("launcher.conf").unwrap(),
        Path::new("launcher.conf"),
        b"[cluster]\ntype=Kubernetes\n",
    );
    settings.apply(&configuration);
    assert_eq!(settings.cluster.kind, ClusterKind::Kubernetes);
    Offering::of("ada", &settings.profiles.of("ada", &["ml".into()]), &settings)
}

fn asked() -> NewSession {
    NewSession { ide: "vscode".into(), ..NewSession::default() }
}

fn of_image(image: &str) -> NewSession {
    NewSession { image: Some(image.into()), ..asked() }
}

fn of_words(gpus: &[&str], placement: &[&str]) -> NewSession {
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (gpus, placement) = (parse_gpus(&words(gpus)).unwrap(), parse_placement(&words(placement)).unwrap());
    NewSession { gpus, placement, ..asked() }
}

fn settled(offering: &Offering, asked: &NewSession) -> Result<PodSpec, AskError> {
    let size = settle_size(offering, asked)?;
    Ok(settle_pod(offering, asked, &size)?.unwrap())
}

fn refused(offering: &Offering, asked: &NewSession) -> String {
    settled(offering, asked).unwrap_err().to_string()
}

/// The image, and what decides it.
fn image(offering: &Offering, asked: &NewSession) -> String {
    let image = settled(offering, asked).unwrap().image;
    format!("{} {}", image.value, image.by.map_or("asked".into(), |by| by.to_string()))
}

#[test]
fn the_image_is_the_usual_one_and_others_are_those_that_are_offered() {
    let rules = "[*]\ncontainer-images=a:1,b:2\n[@ml]\ndefault-container-image=b:2\n";
    let some = offering(&[(RULES, rules)]);
    assert_eq!(image(&some, &asked()), "b:2 launcher.kubernetes.profiles.conf:4 [@ml]");
    assert_eq!(image(&some, &of_image(" a:1 ")), "a:1 asked");
    let why = "the image “c:3” is not offered by the profile of everybody (launcher.kubernetes.profiles.conf:2); a:1, b:2 may \
               be had";
    assert_eq!(refused(&some, &of_image("c:3")), why);
    // Without a usual one it is the first.
    let first = offering(&[(RULES, "[*]\ncontainer-images=a:1,b:2\n")]);
    assert_eq!(image(&first, &asked()), "a:1 launcher.kubernetes.profiles.conf:2 [*]");
}

#[test]
fn an_image_of_ones_own_needs_the_right_and_a_name() {
    let rules = "[*]\ncontainer-images=a:1\nallow-unknown-images=1\n";
    let free = offering(&[(RULES, rules)]);
    assert_eq!(image(&free, &of_image("ghcr.io/x/y:1")), "ghcr.io/x/y:1 asked");
    let why = "the image “--x” is not of the form registry/path:tag, in small letters";
    assert_eq!(refused(&free, &of_image("--x")), why);
    let closed = offering(&[(RULES, "[*]\ncontainer-images=a:1\n[@ml]\nallow-unknown-images=0\n")]);
    let why = "the image “x:1” is not offered by the profile of the group “ml” (launcher.kubernetes.profiles.conf:4); a:1 may be had";
    assert_eq!(refused(&closed, &of_image("x:1")), why);
}

#[test]
fn where_no_image_is_set_one_has_to_be_named() {
    let none = offering(&[]);
    assert!(matches!(settled(&none, &asked()), Err(AskError::NoImage)));
    assert_eq!(image(&none, &of_image("a:1")), "a:1 asked");
    let server = offering(&[("rserver.conf", "launcher-sessions-container-image=s:1\n")]);
    assert_eq!(image(&server, &asked()), "s:1 rserver.conf:1");
    assert_eq!(server.pods.unwrap().images_of("vscode"), ["s:1"]);
}

#[test]
fn the_file_of_an_ide_chooses_among_the_images_of_the_person() {
    let rules = (RULES, "[*]\ncontainer-images=a:1,b:2,c:3\ndefault-container-image=a:1\n");
    let ide = "session-container-images=b:2,c:3,d:4\ndefault-session-container-image=c:3\n";
    let some = offering(&[rules, ("vscode.conf", ide)]);
    assert_eq!(image(&some, &asked()), "c:3 vscode.conf:2");
    assert_eq!(some.pods.as_ref().unwrap().images_of("vscode"), ["b:2", "c:3"]);
    assert!(settled(&some, &of_image("a:1")).is_err());
    let lab = NewSession { ide: "jupyterlab".into(), ..asked() };
    assert!(image(&some, &lab).starts_with("a:1 "));
    // What the person may not have is not taken from the file either.
    let forbidden = offering(&[rules, ("vscode.conf", "default-session-container-image=x:9\n")]);
    assert!(image(&forbidden, &asked()).starts_with("a:1 "));
}

#[test]
fn gpus_are_those_asked_for_within_the_most_or_those_of_the_size_or_the_usual_ones() {
    let rules = "[*]\ndefault-container-image=a:1\ndefault-nvidia-gpus=1\nmax-nvidia-gpus=2\nmax-amd-gpus=0\n";
    let sizes = "[plain]\ncpus=1\nmem-mb=1024\n[none]\ncpus=1\nnvidia-gpus=0\n[two]\ncpus=1\nnvidia-gpus=2\n[four]\ncpus=1\n\
                 nvidia-gpus=4\n";
    let some = offering(&[(RULES, rules), (SIZES, sizes)]);
    let gpus = |asked: &NewSession| {
        let gpus = settled(&some, asked).unwrap().gpus;
        gpus.iter().map(|(gpu, n)| format!("{gpu} {}", n.value)).collect::<Vec<_>>()
    };
    let of_size = |id: &str| NewSession { resource_profile: Some(id.into()), ..asked() };
    assert_eq!(gpus(&asked()), ["nvidia 1"]);
    assert_eq!(gpus(&of_size("none")), ["nvidia 0"]);
    assert_eq!(gpus(&of_size("two")), ["nvidia 2"]);
    assert_eq!(gpus(&of_words(&["2"], &[])), ["nvidia 2"]);
    let why = "the size “four” cannot be had: It has 4 NVIDIA GPUs, and the profile of everybody allows at most 2";
    assert_eq!(refused(&some, &of_size("four")), why);
    let why =
        "3 NVIDIA GPUs are more than the profile of everybody (launcher.kubernetes.profiles.conf:4) allows, which is 2";
    assert_eq!(refused(&some, &of_words(&["nvidia:3"], &[])), why);
    let why =
        "1 AMD GPUs are more than the profile of everybody (launcher.kubernetes.profiles.conf:5) allows, which is none";
    assert_eq!(refused(&some, &of_words(&["amd:1"], &[])), why);
    let fixed = offering(&[(RULES, &format!("{rules}allow-custom-resources=0\n"))]);
    assert!(matches!(settled(&fixed, &of_words(&["1"], &[])), Err(AskError::NoCustomSize { .. })));
}

#[test]
fn placement_is_that_of_the_size_and_what_is_offered() {
    let rules = "[*]\ndefault-container-image=a:1\nplacement-constraints=pool:high,pool:low,zone\n";
    let some = offering(&[(RULES, rules), (SIZES, "[s]\ncpus=1\nplacement-constraints=pool:high,disk:ssd\n")]);
    let placed = |asked: &NewSession| {
        let placement = settled(&some, asked).unwrap().placement;
        placement.iter().map(|(label, value)| format!("{label}:{}", value.value)).collect::<Vec<_>>()
    };
    assert_eq!(placed(&asked()), ["disk:ssd", "pool:high"]);
    assert_eq!(placed(&of_words(&[], &["zone:a", "pool:high"])), ["disk:ssd", "pool:high", "zone:a"]);
    let why = "the size is placed on nodes with pool:high, by the settings of this server (launcher.kubernetes.resources.conf:2); \
               take another size";
    assert_eq!(refused(&some, &of_words(&[], &["pool:low"])), why);
    let custom = |placement: &str| NewSession { cpus: Some(1.0), ..of_words(&[], &[placement]) };
    assert_eq!(placed(&custom("pool:low")), ["pool:low"]);
    let why = "the placement “pool:x” is not offered by the profile of everybody (launcher.kubernetes.profiles.conf:3); pool:high, \
               pool:low, zone may be had";
    assert_eq!(refused(&some, &custom("pool:x")), why);
    assert!(
        refused(&some, &custom("zone:-a")).starts_with("the value of the placement “zone:-a” is no value of a label")
    );
    assert!(refused(&some, &custom("kubernetes.io/hostname:n1")).contains("is not offered by"));
}

#[test]
fn requests_are_those_of_the_size_or_of_the_rules_and_never_above_what_may_be_used() {
    let requests = |rules: &str, sizes: &str, asked: &NewSession| {
        let rules = format!("[*]\ndefault-container-image=a:1\n{rules}");
        let spec = settled(&offering(&[(RULES, &rules), (SIZES, sizes)]), asked).unwrap();
        (spec.cpu_request.map(|cpus| cpus.value), spec.memory_request_mb.map(|memory| memory.value))
    };
    let size = "[s]\ncpus=2\nmem-mb=1000\n";
    assert_eq!(requests("", size, &asked()), (None, None));
    assert_eq!(requests("cpu-request-ratio=0.25\nmemory-request-ratio=0.5\n", size, &asked()), (Some(0.5), Some(500)));
    let own = format!("{size}cpus-request=1.5\nmem-mb-request=900\n");
    let ratios = "cpu-request-ratio=0.25\nmemory-request-ratio=0.5\n";
    assert_eq!(requests(ratios, &own, &asked()), (Some(1.5), Some(900)));
    let most = "max-cpus-request=1\nmax-mem-mb-request=400\n";
    assert_eq!(requests(most, &own, &asked()), (Some(1.0), Some(400)));
    assert_eq!(requests(most, size, &asked()), (Some(1.0), Some(400)));
    // More than may be used is as much as may be used.
    assert_eq!(requests("default-cpus-request=64\n", size, &asked()), (None, None));
    let custom = NewSession { cpus: Some(1.0), memory_mb: Some(512), ..asked() };
    assert_eq!(requests("cpu-request-ratio=0.1\n", &own, &custom), (Some(0.1), None));
}

#[test]
fn pods_are_not_bounded_by_the_servers_own_host() {
    let some = offering(&[(RULES, "[*]\ndefault-container-image=a:1\n[@ml]\ndefault-cpus=8\n")]);
    assert_eq!((some.most_cpus.as_ref(), some.usual_cpus.value), (None, 8.0));
    let custom = NewSession { cpus: Some(64.0), memory_mb: Some(1 << 20), ..asked() };
    assert!(settled(&some, &custom).is_ok());
    let few = NewSession { cpus: Some(-1.0), ..asked() };
    assert_eq!(refused(&some, &few), "cpus must be a number from 0.1 on, not -1");
    assert!(settled(&some, &NewSession { cpus: Some(f64::NAN), ..asked() }).is_err());
    assert!(settled(&some, &NewSession { cpus: Some(f64::INFINITY), ..asked() }).is_err());
}

#[test]
fn a_container_is_what_was_settled_under_the_names_of_kubernetes() {
    let rules =
        "[*]\ndefault-container-image=a:1\nmax-nvidia-gpus=2\nplacement-constraints=zone\ncpu-request-ratio=0.5\n";
    let asked = NewSession { cpus: Some(2.0), ..of_words(&["2"], &["zone:a"]) };
    let account =
        Account { uid: 1000, gid: 1001, groups: Vec::new(), home: "/home/ada".into(), shell: "/bin/sh".into() };
    let container = settled(&offering(&[(RULES, rules)]), &asked).unwrap().container(account.clone());
    assert_eq!((container.image.as_str(), container.account), ("a:1", account));
    assert_eq!(container.gpus, [("nvidia.com/gpu".to_owned(), 2)].into());
    assert_eq!(container.placement, [("zone".to_owned(), "a".to_owned())].into());
    assert_eq!((container.cpu_request, container.memory_request_mb), (Some(1.0), None));
}
