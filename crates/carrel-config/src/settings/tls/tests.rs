use super::*;
use crate::options::file_named;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, date_time_ymd};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use tempfile::TempDir;

/// A folder with a certificate and its key, as `c.pem` and `k.pem`.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let (files, key) = (Self(tempfile::tempdir().unwrap()), KeyPair::generate().unwrap());
        files.write("c.pem", &certificate("carrel.example.org", &key));
        files.write("k.pem", &key.serialize_pem());
        files
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn read(&self, more: &str) -> (Settings, Vec<String>) {
        let (certificate, key) = (self.path("c.pem"), self.path("k.pem"));
        let lines = format!("ssl-enabled=1\nssl-certificate={certificate}\nssl-certificate-key={key}\n{more}");
        let (settings, told) = applied(&[("rserver.conf", &lines)]);
        (settings, told.iter().map(|one| one.replace(&self.path(""), "")).collect())
    }

    /// The one thing that is told about them.
    fn told(&self) -> String {
        let (settings, told) = self.read("");
        let [one] = &told[..] else { panic!("{told:?}") };
        assert_eq!(settings.tls.is_some(), one.contains(": warning: "), "{one}");
        one.clone()
    }
}

fn certificate(name: &str, key: &KeyPair) -> String {
    let mut params = CertificateParams::new([name.to_owned(), "192.0.2.7".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2026, 11, 1);
    params.not_after = date_time_ymd(2027, 1, 30);
    params.self_signed(key).unwrap().pem()
}

fn applied(files: &[(&'static str, &str)]) -> (Settings, Vec<String>) {
    let mut configuration = Configuration::default();
    for (name, text) in files {
        configuration.read(file_named(name).unwrap(), Path::new(name), text.as_bytes());
    }
    let mut settings = Settings::local("/d".into(), "/a".into(), Vec::new());
    let mut told = configuration.diagnostics().to_vec();
    told.extend(settings.apply(&configuration));
    told.extend(settings.contradictions(&configuration));
    (settings, told.iter().map(ToString::to_string).collect())
}

#[test]
fn certificate_and_key_are_read_with_what_they_say() {
    let (settings, told) = Files::new().read("");
    assert_eq!(told, [""; 0]);
    let tls = settings.https().unwrap();
    let own = tls.own().unwrap();
    assert_eq!(own.names, ["carrel.example.org", "192.0.2.7"]);
    assert_eq!((date(own.from), date(own.until)), ("2026-11-01".into(), "2027-01-30".into()));
    assert!(own.is_self_signed());
    assert_eq!(tls.versions, Versions { v1_2: true, v1_3: true });
}

#[test]
fn the_settings_of_a_server_do_not_show_its_key() {
    let files = Files::new();
    let key = fs::read_to_string(files.path("k.pem")).unwrap();
    let shown = format!("{:?}", files.read("").0);
    assert!(shown.contains("carrel.example.org") && !shown.contains("CertifiedKey"), "{shown}");
    assert!(!key.lines().any(|line| shown.contains(line)));
}

#[test]
fn a_file_that_is_missing_or_no_pem_is_named_with_what_is_wrong() {
    let line = "rserver.conf:2: error: ";
    let files = Files::new();
    fs::remove_file(files.path("c.pem")).unwrap();
    assert_eq!(
        files.told(),
        format!("{line}c.pem cannot be read: No such file or directory (os error 2) [cannot-read]")
    );
    files.write("c.pem", "CERTIFICATE");
    let no_pem = "c.pem holds no certificate in PEM, which begins with `-----BEGIN CERTIFICATE-----` [not-pem]";
    assert_eq!(files.told(), format!("{line}{no_pem}"));
    files.write("c.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert_eq!(files.told(), format!("{line}a certificate in c.pem is not understood [not-pem]"));
    files.write("c.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    assert_eq!(files.told(), format!("{line}c.pem is no PEM file: the line that ends a block is missing [not-pem]"));

    let line = "rserver.conf:3: error: ";
    let files = Files::new();
    files.write("k.pem", &fs::read_to_string(files.path("c.pem")).unwrap());
    let no_key = "k.pem holds no key in PEM, which begins with `-----BEGIN PRIVATE KEY-----` [not-pem]";
    assert_eq!(files.told(), format!("{line}{no_key}"));
    files.write("k.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    assert!(files.told().contains("has a passphrase"), "{}", files.told());
}

#[test]
fn a_key_that_is_not_that_of_the_certificate_is_refused() {
    let (files, other) = (Files::new(), KeyPair::generate().unwrap());
    files.write("k.pem", &other.serialize_pem());
    let told = "rserver.conf:3: error: the key in k.pem does not belong to the certificate in c.pem [wrong-key]";
    assert_eq!(files.told(), told);
    let in_wrong_order = fs::read_to_string(files.path("c.pem")).unwrap() + &certificate("carrel.example.org", &other);
    files.write("c.pem", &in_wrong_order);
    assert!(files.told().contains("belongs to a later certificate"), "{}", files.told());
}

#[test]
fn a_key_that_everybody_can_read_is_warned_of() {
    let files = Files::new();
    fs::set_permissions(files.path("k.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(files.told().starts_with("rserver.conf:3: warning: other accounts of this host can read the key in k.pem"));
    fs::set_permissions(files.path("k.pem"), fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(files.read("").1, [""; 0]);
}

#[test]
fn without_both_files_there_is_no_https() {
    let (settings, told) = applied(&[("rserver.conf", "ssl-enabled=1\nssl-certificate=/c\n")]);
    assert!(settings.tls.is_none());
    let needed = "rserver.conf:1: error: ssl-enabled needs the files ssl-certificate and ssl-certificate-key \
                  [no-certificate]";
    assert_eq!(told, [needed]);
    let (settings, told) = applied(&[("rserver.conf", "ssl-enabled=0\nssl-certificate=/c\nssl-certificate-key=/k\n")]);
    assert!(settings.tls.is_none() && told.is_empty(), "{told:?}");
}

#[test]
fn old_versions_of_tls_are_told_of_and_at_least_one_new_one_is_needed() {
    let files = Files::new();
    let spoken = |text: &str| {
        let (settings, told) = files.read(&format!("ssl-protocols={text}\n"));
        (settings.tls.map(|tls| (tls.versions.v1_2, tls.versions.v1_3)), told)
    };
    assert_eq!(spoken("TLSv1.3"), (Some((false, true)), vec![]));
    assert_eq!(spoken("TLSv1.2, TLSv1.3"), (Some((true, true)), vec![]));
    let (versions, told) = spoken("TLSv1 TLSv1.2");
    assert_eq!(versions, Some((true, false)));
    assert!(told[0].starts_with("rserver.conf:4: warning: TLSv1 is not spoken"), "{told:?}");
    for text in ["TLSv1.1", "TLSv1.4 TLSv1.3", ","] {
        let (versions, told) = spoken(text);
        assert!(versions.is_none() && told.last().unwrap().contains(": error: "), "{told:?}");
    }
}

#[test]
fn the_date_tells_of_a_certificate_that_ends_soon_has_ended_or_has_not_begun() {
    let tls = Files::new().read("").0.tls.unwrap();
    let on = |day: &str| tls.at_date(format!("{day}T12:00:00Z").parse().unwrap()).map(|one| one.to_string());
    assert_eq!(on("2026-11-27"), None);
    assert!(on("2027-01-26").unwrap().contains("the certificate runs out on 2027-01-30"));
    let ended = "rserver.conf:2: warning: the certificate ran out on 2027-01-30: browsers refuse it [expired]";
    assert_eq!(on("2027-02-01").as_deref(), Some(ended));
    assert!(on("2026-10-31").unwrap().contains("not valid before 2026-11-01"));
}

#[test]
fn browsers_are_sent_on_from_the_port_of_http_beside_that_of_https_or_from_one_that_is_named() {
    let files = Files::new();
    let from = |rserver: &str, port: Option<u16>| {
        let (mut settings, told) = files.read(rserver);
        assert_eq!(told, [""; 0]);
        settings.redirect_port = port;
        settings.redirect_from().map(|address| address.to_string())
    };
    assert_eq!(from("", None), None);
    assert_eq!(from("www-port=443\nwww-address=0.0.0.0\n", None).as_deref(), Some("0.0.0.0:80"));
    assert_eq!(from("www-port=\n", Some(8080)).as_deref(), Some("127.0.0.1:8080"));
    assert_eq!(from("www-port=443\nssl-redirect-http=0\n", None), None);
}

#[test]
fn the_servers_own_address_is_one_of_https_where_it_speaks_that() {
    let own = |settings: Settings| settings.own_url();
    assert_eq!(own(Files::new().read("www-port=8443\n").0).as_deref(), Some("https://127.0.0.1:8443"));
    assert_eq!(own(applied(&[]).0).as_deref(), Some("http://127.0.0.1:8787"));
    assert_eq!(own(applied(&[("rserver.conf", "www-address=0.0.0.0\n")]).0), None);
}

#[test]
fn what_has_no_effect_beside_it_is_told() {
    let (settings, told) = Files::new().read("www-socket=/run/carrel.sock\n");
    assert!(settings.https().is_none() && told[0].contains("nobody speaks TLS on the socket"), "{told:?}");
    let told = applied(&[("carrel.conf", "redirect-port=8080\n")]).1;
    assert!(told[0].starts_with("carrel.conf:1: warning: redirect-port changes nothing"), "{told:?}");
}

#[test]
fn a_renewed_certificate_is_taken_up_and_what_was_settled_at_the_start_stays() {
    let files = Files::new();
    let started = files.read("ssl-protocols=TLSv1.3\n").0;
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).or_else(|_| KeyPair::generate()).unwrap();
    files.write("c.pem", &certificate("renewed.example.org", &key));
    files.write("k.pem", &key.serialize_pem());
    let now = files.read("").0.with_fixed_of(&started).tls.unwrap();
    assert_eq!((now.own().unwrap().names[0].as_str(), now.versions.v1_2), ("renewed.example.org", false));
    let off = applied(&[("rserver.conf", "")]).0.with_fixed_of(&started);
    assert_eq!(off.https().unwrap().own(), started.https().unwrap().own());
}
