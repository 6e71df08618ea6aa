use super::*;
use crate::options::file_named;
use std::path::Path;

fn applied(text: &str) -> (Settings, Vec<String>) {
    let mut files = Configuration::default();
    files.read(file_named(FILE).unwrap(), Path::new(FILE), text.as_bytes());
    let mut settings = Settings::local("/d".into(), "/a".into(), Vec::new());
    let told = settings.apply(&files);
    (settings, told.iter().map(ToString::to_string).collect())
}

#[test]
fn a_sign_in_lasts_as_long_as_the_options_say_together() {
    const MINUTE: Duration = Duration::from_mins(1);
    const DAY: Duration = Duration::from_hours(24);
    let times = |text: &str| {
        let (settings, _) = applied(text);
        (settings.sign_in_idle, settings.sign_in_limit)
    };
    assert_eq!(times(""), (Some(DAY), 30 * DAY));
    assert_eq!(times("auth-timeout-minutes=45\n"), (Some(45 * MINUTE), 30 * DAY));
    assert_eq!(times("auth-timeout-minutes=0\n"), (None, 30 * DAY));
    assert_eq!(times("auth-timeout-minutes=0\nauth-stay-signed-in-days=7\n"), (None, 7 * DAY));
    assert_eq!(times("auth-timeout-minutes=0\nauth-active-timeout-minutes=480\n"), (None, 480 * MINUTE));
    let both = "auth-timeout-minutes=45\nauth-active-timeout-minutes=480\n";
    assert_eq!(times(both), (Some(45 * MINUTE), 480 * MINUTE));
    assert_eq!(times("auth-timeout-minutes=1e+15\n").0, Some(3650 * DAY));
    let (_, told) = applied("auth-timeout-minutes=45\nauth-stay-signed-in-days=7\n");
    let expected =
        "rserver.conf:2: note: auth-stay-signed-in-days changes nothing without auth-timeout-minutes=0 [no-effect]";
    assert_eq!(told, [expected]);
    assert_eq!(applied("auth-sign-in-throttle-seconds=5\n").0.sign_in_pause, Duration::from_secs(5));
}

#[test]
fn groups_make_administrators_where_that_is_enabled() {
    use Role::{Administrator, Superuser, User};
    let groups = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let roles = |enabled: &str| {
        let (settings, told) = applied(&format!("{enabled}admin-group=ops, leads\nadmin-superuser-group=roots\n"));
        let role = |own, names: &[&str]| settings.admission.role(own, &groups(names));
        let found = [
            role(Role::User, &["staff"]),
            role(Role::User, &["staff", "leads"]),
            role(Role::User, &["ops", "roots"]),
            role(Role::Superuser, &["leads"]),
            role(Role::Administrator, &[]),
        ];
        (found, told.len())
    };
    assert_eq!(roles("admin-enabled=1\n"), ([User, Administrator, Superuser, Superuser, Administrator], 0));
    assert_eq!(roles(""), ([User, User, User, Superuser, Administrator], 2));
    assert_eq!(roles("admin-enabled=0\n"), ([User; 5], 2));
}

#[test]
fn with_groups_required_only_their_members_are_let_in() {
    let (settings, _) = applied("auth-required-user-group=science,ops\n");
    assert!(settings.admission.lets_in(&["ops".into()]));
    assert!(!settings.admission.lets_in(&["op".into()]) && !settings.admission.lets_in(&[]));
    assert!(applied("").0.admission.lets_in(&[]));
}

#[test]
fn one_session_at_a_time_is_a_limit() {
    assert_eq!(applied("server-multiple-sessions=0\n").0.max_sessions, Some(1));
    assert_eq!(applied("server-multiple-sessions=1\n").0.max_sessions, None);
}

#[test]
fn without_sign_in_the_address_must_be_one_that_only_this_host_reaches() {
    let told = |change: fn(&mut Settings)| -> Vec<String> {
        let mut files = Configuration::default();
        files.read(file_named(FILE).unwrap(), Path::new(FILE), b"auth-none=1\n");
        let mut settings = Settings::local("/d".into(), "/a".into(), Vec::new());
        assert!(settings.apply(&files).is_empty() && settings.admission.everybody);
        change(&mut settings);
        settings.contradictions(&files).iter().map(ToString::to_string).collect()
    };
    assert_eq!(told(|_| {}), [""; 0]);
    assert_eq!(told(|settings| settings.listen.set_ip("::1".parse().unwrap())), [""; 0]);
    let open: [fn(&mut Settings); 4] = [
        |settings| settings.listen.set_ip("0.0.0.0".parse().unwrap()),
        |settings| settings.public_url = Some("https://carrel.example.org".into()),
        |settings| settings.trusted_proxies.push("127.0.0.1".parse().unwrap()),
        |settings| settings.socket = Some("/run/carrel.sock".into()),
    ];
    for change in open {
        assert!(told(change)[0].starts_with("rserver.conf:1: error: auth-none lets in whoever reaches the server"));
    }
}
