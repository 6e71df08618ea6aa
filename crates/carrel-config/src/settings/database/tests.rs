use super::*;
use crate::Lookup;
use secrecy::ExposeSecret;
use std::{fs, path::PathBuf};
use tempfile::TempDir;

const KEY: (&str, &str) = ("secure-cookie-key", "0f5a1c1e-6f0e-4c6c-9a39-6f8a2f3b9d11\n");

/// What these files say, and what is told, with the folder's name taken out.
fn read(files: &[(&str, &str)]) -> (Database, Vec<String>) {
    let (folder, configuration) = load(files);
    let mut database = Database::in_folder(Path::new("/data"));
    let told = database.apply(&configuration);
    let folder = format!("{}/", folder.path().display());
    (database, told.iter().map(|one| one.to_string().replace(&folder, "")).collect())
}

fn load(files: &[(&str, &str)]) -> (TempDir, Configuration) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let configuration = Configuration::load(&Lookup::in_folders([PathBuf::from(folder.path())]));
    (folder, configuration)
}

fn url(database: &Database) -> &str {
    database.url.expose_secret()
}

fn sealed(password: &str) -> String {
    let (_folder, files) = load(&[KEY]);
    SealKey::of(&files).unwrap().seal(&password.into(), [3; sealed::NONCE]).unwrap()
}

#[test]
fn without_a_word_it_is_sqlite_in_the_data_folder() {
    let (database, told) = read(&[]);
    assert_eq!((url(&database), database.pool_size, told), ("sqlite:/data/carrel.db", None, vec![]));
    let (database, told) = read(&[("database.conf", "provider=sqlite\ndirectory=/srv/db\npool-size=3\n")]);
    assert_eq!((url(&database), database.pool_size, told), ("sqlite:/srv/db/carrel.db", Some(3), vec![]));
}

#[test]
fn postgresql_is_named_by_parts() {
    let parts = "provider=postgresql\nhost=db.example\nport=5433\ndatabase=carrel\nusername=ada\npassword=hunter2\n\
                 connection-timeout-seconds=3\npool-size=7\n";
    let (database, told) = read(&[("database.conf", parts)]);
    assert_eq!(url(&database), "postgresql://ada@db.example:5433/carrel");
    assert_eq!(database.password.as_ref().unwrap().expose_secret(), "hunter2");
    assert_eq!((database.pool_size, database.connection_timeout), (Some(7), Duration::from_secs(3)));
    assert!(database.pool_size_from.ends_with("database.conf:8"), "{}", database.pool_size_from);
    let expected = "database.conf:6: warning: the password stands here in plain text: replace it by what `carrel config \
                    encrypt-password` prints [plain-password]";
    assert_eq!(told, [expected]);
    assert!(!format!("{database:?}").contains("hunter2"));
}

#[test]
fn postgresql_is_named_by_an_address_and_parts_beside_it_are_told() {
    let text = "provider=postgresql\nhost=other\nconnection-uri=postgres://ada:hunter2@db/carrel?sslmode=require\n";
    let (database, told) = read(&[("database.conf", text)]);
    assert_eq!(url(&database), "postgresql://ada:hunter2@db/carrel?sslmode=require");
    let expected = [
        "database.conf:2: warning: host is not used: connection-uri in line 3 says it [not-used]",
        "database.conf:3: warning: the password stands in connection-uri in plain text: take it out, and set password= to \
         what `carrel config encrypt-password` prints [plain-password]",
    ];
    assert_eq!(told, expected);
    let (cpus, rule) = by_cpus();
    assert_eq!((database.pool_size, database.pool_size_from), (cpus, rule));
}

#[test]
fn options_of_the_other_provider_are_told() {
    let (database, told) = read(&[("database.conf", "connection-uri=postgresql://db/carrel\n")]);
    assert_eq!(url(&database), "sqlite:/data/carrel.db");
    let expected = "database.conf:1: warning: connection-uri is not used: the provider is sqlite; for PostgreSQL write \
                    provider=postgresql [not-used]";
    assert_eq!(told, [expected]);
}

#[test]
fn a_wrong_address_is_an_error_that_shows_no_password() {
    let text = "provider=postgresql\nconnection-uri=postgresql://ada:hunter2@db/carrel?sslmode=verify_full\n";
    let (_, told) = read(&[("database.conf", text)]);
    let expected = "database.conf:2: error: sslmode of connection-uri cannot be this; allowed: disable, allow, prefer, \
                    require, verify-ca, verify-full; did you mean “verify-full”? [wrong-value]";
    assert_eq!(told, [expected]);
}

#[test]
fn an_encrypted_password_is_read_with_the_key_and_refused_without_it_in_one_line() {
    let text = format!("provider=postgresql\ndatabase=d\nusername=u\npassword={}\n", sealed("hunter2"));
    let (database, told) = read(&[("database.conf", &text), KEY]);
    assert_eq!((database.password.unwrap().expose_secret(), told), ("hunter2", vec![]));
    let (_, told) = read(&[("database.conf", &text)]);
    assert!(
        told[0].starts_with("database.conf:4: error: the password cannot be decrypted: there is no secure-cookie-key")
    );
    let (_, told) = read(&[("database.conf", &text), ("secure-cookie-key", "another")]);
    assert!(told[0].contains("it was encrypted with another secure-cookie-key"), "{told:?}");
}

#[test]
fn another_programs_ciphertext_is_used_as_it_stands_and_told() {
    let text = "provider=postgresql\ndatabase=d\nusername=u\npassword=3q2+7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs=\n";
    let (database, told) = read(&[("database.conf", text)]);
    assert!(database.password.unwrap().expose_secret().starts_with("3q2+7w"));
    assert!(told[0].contains("[foreign-password]") && told[0].contains("encrypt the password again"), "{told:?}");
}

#[test]
fn the_environments_password_counts_more_than_the_files() {
    let (_folder, files) =
        load(&[("database.conf", "provider=postgresql\ndatabase=d\nusername=u\npassword=old\n"), KEY]);
    let mut database = Database::at("postgresql://db/d");
    database.apply(&files);
    for text in ["new".to_owned(), sealed("new")] {
        database.password_of_environment(&text, &files).unwrap();
        assert_eq!(database.password.as_ref().unwrap().expose_secret(), "new");
    }
}

#[test]
fn rserver_conf_may_name_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(
        path("moved.conf"),
        format!("provider=postgresql\nhost=h\ndatabase=d\nusername=u\npassword={}\n", sealed("x")),
    )
    .unwrap();
    fs::write(path("moved.key"), KEY.1).unwrap();
    let rserver =
        format!("database-config-file={}\nsecure-cookie-key-file={}\n", path("moved.conf"), path("moved.key"));
    let (database, told) = read(&[("rserver.conf", &rserver), ("database.conf", "provider=sqlite\ndirectory=/no\n")]);
    assert_eq!((url(&database), told), ("postgresql://u@h:5432/d", vec![]));
    assert_eq!(database.password.unwrap().expose_secret(), "x");
}
