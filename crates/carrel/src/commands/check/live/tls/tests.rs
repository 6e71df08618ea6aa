use super::*;
use carrel_config::{Configuration, options::file_named};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use std::{fs, path::Path};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn params(name: &str, names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 11, 1);
    params.not_after = date_time_ymd(2027, 1, 30);
    params
}

fn authority(name: &str, above: Option<&Authority>) -> Authority {
    let mut params = params(name, &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    match above {
        Some(above) => CertifiedIssuer::signed_by(params, key, above).unwrap(),
        None => CertifiedIssuer::self_signed(params, key).unwrap(),
    }
}

/// What a file of these certificates makes, its first of them new and vouched for by `by`.
fn shown(names: &[&str], by: Option<&Authority>, more: &[&Authority]) -> Tls {
    let (folder, key) = (tempfile::tempdir().unwrap(), KeyPair::generate().unwrap());
    let params = params("the server", names);
    let own = match by {
        Some(by) => params.signed_by(&key, by).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    let all = more.iter().fold(own.pem(), |all, one| all + &one.pem());
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("c"), all).unwrap();
    fs::write(path("k"), key.serialize_pem()).unwrap();
    let mut files = Configuration::default();
    let text = format!("ssl-enabled=1\nssl-certificate={}\nssl-certificate-key={}\n", path("c"), path("k"));
    files.read(file_named("rserver.conf").unwrap(), Path::new("rserver.conf"), text.as_bytes());
    let mut settings = Settings::local("/d".into(), "/a".into(), Vec::new());
    settings.apply(&files);
    settings.tls.unwrap()
}

fn on(day: &str) -> Timestamp {
    format!("{day}T00:00:00Z").parse().unwrap()
}

fn trusting(root: &Authority) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).unwrap();
    roots
}

#[test]
fn names_and_days_of_a_certificate_are_told_and_those_that_browsers_refuse() {
    let tls = shown(&["carrel.example.org", "*.example.net", "192.0.2.7"], None, &[]);
    let told = |public, day| certificate(&tls, public, on(day));
    let fine = "for carrel.example.org, *.example.net, 192.0.2.7; it holds for 64 days, until 2027-01-30";
    assert_eq!(told(None, "2026-11-27").as_deref(), Ok(fine));
    for public in ["https://carrel.example.org/", "https://a.example.net:8443", "https://192.0.2.7"] {
        assert!(told(Some(public), "2026-11-27").is_ok(), "{public}");
    }
    let other = told(Some("https://other.example.org"), "2026-11-27").unwrap_err();
    assert!(other.ends_with("and public-url is other.example.org: browsers refuse it there"), "{other}");
    assert!(told(None, "2027-02-01").unwrap_err().contains("ran out on 2027-01-30"));
    let unnamed = certificate(&shown(&[], None, &[]), None, on("2026-11-27")).unwrap_err();
    assert!(unnamed.contains("names no host"), "{unnamed}");
}

#[test]
fn a_chain_leads_to_a_trusted_authority_or_it_is_said_which_link_is_missing() {
    let (root, names) = (authority("Root", None), ["carrel.example.org"]);
    let middle = authority("Middle", Some(&root));
    let whole = shown(&names, Some(&middle), &[&middle]);
    let told = |tls: &Tls, trusted: &Authority| chain(tls, trusting(trusted), on("2026-11-27"));
    assert_eq!(told(&whole, &root).as_deref(), Ok("2 certificates lead to an authority that this host trusts"));

    let broken = told(&shown(&names, Some(&middle), &[]), &root).unwrap_err();
    assert!(broken.starts_with("nobody knows “CN=Middle”, who vouches for “CN=the server”: append"), "{broken}");
    let private = told(&shown(&names, Some(&root), &[&root]), &middle).unwrap_err();
    assert!(private.starts_with("“CN=Root” is no authority that this host trusts"), "{private}");
    let alone = told(&shown(&names, None, &[]), &root).unwrap_err();
    assert!(alone.starts_with("self-signed"), "{alone}");
}
