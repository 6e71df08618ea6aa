use super::*;
use carrel_config::{Settings, settings::rights::Rights};
use carrel_model::size::sizes_of_host;
use proptest::prelude::*;

fn asked() -> NewSession {
    NewSession { ide: "jupyterlab".into(), ..NewSession::default() }
}

/// What a host of this size offers where no file says anything.
fn of_host(cpus: f64, memory_mb: u64) -> Offering {
    let settings = Settings::local("/d".into(), "/a".into(), sizes_of_host(cpus, memory_mb));
    Offering::of("ada", &Rights::default(), &settings)
}

#[test]
fn the_first_size_is_the_default_and_figures_go_over_it() {
    let sizes = of_host(4.0, 32_000);
    assert_eq!(settle_size(&sizes, &asked()).unwrap().resource_profile.as_deref(), Some("small"));
    let custom = settle_size(&sizes, &NewSession { cpus: Some(3.0), ..asked() }).unwrap();
    assert_eq!((custom.resource_profile, custom.cpus, custom.memory_mb), (None, 3.0, 2048));
}

#[test]
fn a_size_that_is_not_offered_is_refused_with_what_is() {
    let error = settle_size(&of_host(2.0, 8000), &NewSession { resource_profile: Some("huge".into()), ..asked() });
    assert_eq!(error.unwrap_err().to_string(), "no size is called “huge”; small, medium are offered");
}

#[test]
fn figures_out_of_bounds_are_refused_with_the_bounds() {
    let sizes = of_host(2.0, 8000);
    for cpus in [0.0, -1.0, f64::NAN, f64::INFINITY, 2.5] {
        let error = settle_size(&sizes, &NewSession { cpus: Some(cpus), ..asked() }).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("cpus must be between 0.1 and 2, not {cpus}; the most is set by the settings of this server")
        );
    }
    assert!(settle_size(&sizes, &NewSession { memory_mb: Some(u64::MAX), ..asked() }).is_err());
}

#[test]
fn variables_that_change_what_runs_are_refused() {
    for name in
        ["LD_PRELOAD", "PATH", "BASH_ENV", "PYTHONSTARTUP", "KUBERNETES_PORT", "CARREL_X", "1A", "A-B", "", "A=B"]
    {
        assert!(check_env(&BTreeMap::from([(name.into(), "x".into())])).is_err(), "{name}");
    }
    assert_eq!(check_env(&BTreeMap::from([("MY_KEY2".into(), "two\nlines".into())])), Ok(()));
    let long = BTreeMap::from([("A".into(), "x".repeat(1 << 20))]);
    assert_eq!(
        check_env(&long).unwrap_err().to_string(),
        "the variable “A” is too long: 32 KiB each and 256 KiB together are allowed"
    );
}

#[test]
fn a_name_that_is_free_is_suggested() {
    let taken: Vec<SessionName> = ["vscode-1", "vscode-2"].map(|n| n.parse().unwrap()).into();
    let taken: Vec<&SessionName> = taken.iter().collect();
    assert_eq!(settle_name(None, "vscode", &taken).unwrap().as_str(), "vscode-3");
    assert_eq!(settle_name(Some(" mine "), "vscode", &taken).unwrap().as_str(), "mine");
}

proptest! {
    #[test]
    fn nothing_that_is_asked_panics_and_what_is_settled_is_within_bounds(
        cpus in proptest::option::of(any::<f64>()),
        memory_mb in proptest::option::of(any::<u64>()),
        resource_profile in proptest::option::of("small|medium|x"),
    ) {
        let sizes = of_host(2.0, 8000);
        if let Ok(s) = settle_size(&sizes, &NewSession { resource_profile, cpus, memory_mb, ..asked() }) {
            prop_assert!(s.cpus >= LEAST_CPUS && s.cpus <= 2.0 && s.memory_mb <= 4096);
        }
    }
}

#[test]
fn what_only_pods_have_cannot_be_asked_for_on_this_host() {
    let host = of_host(2.0, 8000);
    let refused = |asked: NewSession| {
        let size = settle_size(&host, &asked).unwrap();
        let error = crate::pods::settle_pod(&host, &asked, &size).unwrap_err();
        format!("{}: {error}", error.field())
    };
    let image = NewSession { image: Some("a:1".into()), ..asked() };
    assert_eq!(refused(image), "image: sessions run on the server's host, which has no images: leave `image` out");
    let gpus = NewSession { gpus: parse_gpus(&["amd:1".into()]).unwrap(), ..asked() };
    assert!(refused(gpus).starts_with("gpus: sessions run on the server's host"));
    let placement = NewSession { placement: parse_placement(&["a:b".into()]).unwrap(), ..asked() };
    assert!(refused(placement).starts_with("placement: sessions run on the server's host"));
}

#[test]
fn gpus_and_placement_are_typed_as_words() {
    assert_eq!(parse_gpus(&["2".into(), "amd:1".into()]), Ok([(Gpu::Nvidia, 2), (Gpu::Amd, 1)].into()));
    assert_eq!(parse_gpus(&["many".into()]), Err("“many” is no number of GPUs: 1 or amd:2 is".into()));
    assert_eq!(parse_gpus(&["intel:1".into()]), Err("no kind of GPU is called “intel”: nvidia and amd are".into()));
    assert_eq!(parse_placement(&["pool".into()]), Err("“pool” is no placement: label:value is".into()));
}
