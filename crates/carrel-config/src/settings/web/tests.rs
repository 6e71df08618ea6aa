use super::*;
use crate::{options::file_named, settings::Settings};

fn applied(files: &[(&'static str, &str)]) -> (Settings, Vec<String>) {
    let mut configuration = Configuration::default();
    for (name, text) in files {
        configuration.read(file_named(name).unwrap(), Path::new(name), text.as_bytes());
    }
    let mut settings = Settings::local("/d".into(), "/a".into(), Vec::new());
    let mut told: Vec<String> = configuration.diagnostics().iter().map(ToString::to_string).collect();
    told.extend(settings.apply(&configuration).iter().map(ToString::to_string));
    (settings, told)
}

fn rserver(text: &str) -> Web {
    let (settings, told) = applied(&[("rserver.conf", text)]);
    assert_eq!(told, [""; 0], "{text}");
    settings.web
}

#[test]
fn nothing_set_is_carrels_own_and_every_option_is_taken_over() {
    assert_eq!(rserver(""), Web::default());
    let text = "www-root-path=/carrel/\nserver-add-header=X-Team: data science\nserver-add-header=Server: none\n\
                www-frame-origin=https://*.example.org\nwww-same-site=none\nwww-allow-origin=https://Portal.example:8443\n\
                www-allow-origin=other.example\nauth-cookies-force-secure=1\nssl-hsts-max-age=60\n\
                ssl-hsts-include-subdomains=1\nserver-access-log=1\n";
    let expected = Web {
        root: Root::parse("/carrel").unwrap(),
        headers: vec![("x-team".into(), "data science".into()), ("server".into(), "none".into())],
        frames: Frames::These("https://*.example.org".into()),
        cookie_everywhere: true,
        origins: ["https://portal.example:8443", "https://other.example", "http://other.example"]
            .map(str::to_owned)
            .to_vec(),
        force_secure: true,
        hsts: "max-age=60; includeSubDomains".into(),
        login_html: None,
        rules: Vec::new(),
        access_log: true,
    };
    assert_eq!(rserver(text), expected);
    for (word, frames) in [("none", Frames::Nobody), ("same", Frames::Same), ("Any", Frames::Anybody)] {
        assert_eq!(rserver(&format!("www-frame-origin={word}\n")).frames, frames);
    }
    assert_eq!(rserver("ssl-hsts=0\n").hsts, "");
}

#[test]
fn the_address_and_the_port_are_taken_over_and_an_empty_port_is_that_of_the_protocol() {
    let listen = |text: &str| applied(&[("rserver.conf", text)]).0.listen.to_string();
    assert_eq!(listen(""), "127.0.0.1:8787");
    assert_eq!(listen("www-address=0.0.0.0\nwww-port=8080\n"), "0.0.0.0:8080");
    assert_eq!(listen("www-address=localhost\nwww-port=\n"), "127.0.0.1:80");
    assert_eq!(listen("www-port=<nil>\n"), "127.0.0.1:8787");
    assert_eq!(listen("ssl-enabled=1\nwww-port= # of the protocol\n"), "127.0.0.1:443");
    assert_eq!(listen("ssl-enabled=1\nwww-port=80\n"), "127.0.0.1:80");
    assert_eq!(listen("ssl-enabled=1\n"), "127.0.0.1:8787");
}

#[test]
fn what_cannot_be_is_an_error_at_its_line() {
    for (line, word) in [
        ("www-address=carrel.example", "an IP address of this host"),
        ("www-root-path=/s", "does not begin like one of the server's own"),
        ("www-root-path=/a/../b", "a path of letters"),
        ("server-add-header=no colon", "`Name: value`"),
        ("server-add-header=Content-Length: 0", "`Name: value`"),
        ("server-add-header=Transfer-Encoding: chunked", "`Name: value`"),
        ("www-frame-origin=example.org; script-src *", "domains"),
        ("www-allow-origin=ftp://example.org", "https://host"),
    ] {
        let (_, told) = applied(&[("rserver.conf", &format!("\n{line}\n"))]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("rserver.conf:2: error: ") && told[0].contains(word), "{told:?}");
    }
}

#[test]
fn of_the_rules_for_addresses_the_first_that_fits_decides() {
    let rules = "# ours\ndeny 192.0.2.66\nallow 192.0.2.0/24\nallow 2001:db8::/32\ndeny all\n";
    let (settings, told) = applied(&[("ip-rules", rules)]);
    assert_eq!(told, [""; 0]);
    let may = |address: &str| settings.web.lets_in(address.parse().unwrap());
    let asked = ["192.0.2.1", "192.0.2.66", "::ffff:192.0.2.1", "2001:db8::1", "203.0.113.1", "::1"];
    assert_eq!(asked.map(may), [true, false, true, true, false, false]);
    assert!(Web::default().lets_in("203.0.113.1".parse().unwrap()), "without rules everybody may");
    let (open, _) = applied(&[("ip-rules", "deny 192.0.2.0/24\n")]);
    assert!(open.web.lets_in("203.0.113.1".parse().unwrap()), "where no rule fits");
}

#[test]
fn the_fragment_of_the_sign_in_page_is_read_from_beside_the_other_files_or_from_where_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("login.html"), "<p>beside</p>").unwrap();
    std::fs::write(at("other.html"), "<p>named</p>").unwrap();
    let load = || {
        let files = Configuration::load(&crate::Lookup::in_folders([folder.path().to_owned()]));
        let mut settings = Settings::local("/d".into(), "/a".into(), Vec::new());
        let told = settings.apply(&files);
        (settings.web.login_html, told.iter().map(|one| one.code).collect::<Vec<_>>())
    };
    assert_eq!(load(), (Some("<p>beside</p>".into()), vec![]));
    std::fs::write(at("rserver.conf"), format!("auth-login-page-html={}\n", at("other.html").display())).unwrap();
    assert_eq!(load(), (Some("<p>named</p>".into()), vec![]));
    std::fs::write(at("other.html"), "x".repeat(65 << 10)).unwrap();
    assert_eq!(load(), (None, vec!["too-long"]));
    std::fs::remove_file(at("other.html")).unwrap();
    assert_eq!(load(), (None, vec!["cannot-read"]));
}
