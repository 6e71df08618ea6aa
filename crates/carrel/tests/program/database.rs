//! What stands between a server and its database: the line that people read, and the exit code.

use crate::host::{Ended, Host, first_line, refused, said};
use carrel_testkit::{Postgres, Wanted, eventually, within};
use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::fs::{MetadataExt, symlink},
    process::{Output, Stdio},
};
use tokio::sync::mpsc;

const ROLES: &str = "CREATE ROLE needs_password; CREATE ROLE guarded LOGIN PASSWORD 'right' IN ROLE needs_password; \
                     CREATE ROLE poor LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT ALL ON SCHEMA public TO guarded";

/// A host whose server may enter the folder of a PostgreSQL.
fn host_of(postgres: &Postgres) -> Host {
    Host::of(fs::metadata(postgres.folder()).unwrap().uid())
}

/// A database of one test's own, with roles.
async fn database(postgres: &Postgres) -> String {
    let name = postgres.empty_database().await.unwrap();
    postgres.run(&name, ROLES).await.unwrap();
    name
}

fn configure(host: &Host, text: &str) {
    host.write("database.conf", &format!("provider=postgresql\n{text}"));
}

/// The server that does not start with this `database.conf`.
fn serve(host: &Host, text: &str) -> Output {
    configure(host, text);
    let mut serve = host.command(&["serve", "--listen", "127.0.0.1:0", "--wait-for-database", "0"]);
    let mut server = Ended(serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let stdout = first_line(&mut server.0);
    assert_eq!(stdout, "", "it starts");
    let status = server.0.wait().unwrap();
    let mut stderr = Vec::new();
    std::io::Read::read_to_end(server.0.stderr.as_mut().unwrap(), &mut stderr).unwrap();
    Output { status, stdout: Vec::new(), stderr }
}

#[track_caller]
fn unavailable(output: &Output, line: &str) {
    assert_eq!((said(output).as_str(), output.status.code()), (format!("carrel: {line}").as_str(), Some(69)));
}

#[test]
fn a_host_that_cannot_be_resolved() {
    let output = serve(&Host::new(), "host=no-such-host.invalid\ndatabase=carrel\nusername=carrel\n");
    let line =
        "the database host “no-such-host.invalid” cannot be resolved: check its name, and the DNS of this machine";
    unavailable(&output, line);
}

#[test]
fn a_place_where_nobody_listens() {
    let host = Host::new();
    let folder = host.data();
    let folder = folder.display();
    let output = serve(&host, &format!("host={folder}\ndatabase=carrel\nusername=carrel\n"));
    let line = "refused the connection: check host and port, and that PostgreSQL runs there and listens";
    unavailable(&output, &format!("the database at {folder} {line}"));
}

#[test]
fn a_server_that_does_not_answer() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let text = format!("host=127.0.0.1\nport={port}\ndatabase=d\nusername=u\nconnection-timeout-seconds=1\n");
    let line = format!(
        "the database at 127.0.0.1:{port} did not answer within 1 s: check host and port, and firewalls between"
    );
    unavailable(&serve(&Host::new(), &text), &line);
}

#[tokio::test]
async fn a_password_a_database_and_rights_that_are_refused() {
    let postgres = Postgres::start(Wanted::default()).unwrap();
    let (host, name) = (host_of(&postgres), database(&postgres).await);
    let folder = postgres.folder().display();
    let as_user = |user: &str, password: &str, name: &str| {
        serve(&host, &format!("host={folder}\ndatabase={name}\nusername={user}\npassword={password}\n"))
    };
    let line = format!("the database at {folder} refused the password of “guarded”: check user and password");
    unavailable(&as_user("guarded", "wrong", &name), &line);
    let what = "has no database “nowhere”: make it with CREATE DATABASE, or name another in the settings";
    unavailable(&as_user("guarded", "right", "nowhere"), &format!("the server at {folder} {what}"));
    let what = "permission denied for schema public; make the user its owner";
    let line = format!("the user “poor” has not enough rights on the database “{name}” at {folder}: {what}");
    unavailable(&as_user("poor", "", &name), &line);
}

#[tokio::test]
async fn a_server_whose_connections_are_used_up() {
    let postgres = Postgres::start(Wanted { connections: 4, ..Wanted::default() }).unwrap();
    let (host, name) = (host_of(&postgres), database(&postgres).await);
    // Three are kept for superusers, and connections that were closed take a moment to be gone.
    let held = eventually("the one connection", async || postgres.enter("poor", &name).await.ok()).await;
    let output = serve(&host, &format!("host={}\ndatabase={name}\nusername=poor\n", postgres.folder().display()));
    let line = said(&output);
    assert!(line.contains("has too many connections: raise max_connections there"), "{line}");
    assert_eq!(output.status.code(), Some(69));
    drop(held);
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_and_tls_that_is_wanted() {
    let postgres = Postgres::start(Wanted { tcp: true, tls: true, ..Wanted::default() }).unwrap();
    let (host, name) = (Host::new(), database(&postgres).await);
    let port = postgres.port().unwrap();
    let by = |parameters: &str| {
        let uri = format!("connection-uri=postgresql://guarded@localhost:{port}/{name}?{parameters}\n");
        serve(&host, &format!("{uri}password=right\n"))
    };
    let what = "is not trusted: nobody known has signed it; name its authority's certificate with sslrootcert=FILE";
    unavailable(&by("sslmode=verify-full"), &format!("the certificate of the database at localhost:{port} {what}"));
    let line = said(&by("sslmode=disable"));
    assert!(line.starts_with(&format!("carrel: the database at localhost:{port} wants TLS (")), "{line}");
}

#[tokio::test]
async fn tls_that_is_not_offered() {
    let postgres = Postgres::start(Wanted { tcp: true, ..Wanted::default() }).unwrap();
    let port = postgres.port().unwrap();
    let uri = format!("connection-uri=postgresql://guarded@127.0.0.1:{port}/postgres?sslmode=require\n");
    let what = "offers no TLS, and sslmode asks for it: set ssl=on there, or write sslmode=prefer";
    unavailable(&serve(&Host::new(), &uri), &format!("the database at 127.0.0.1:{port} {what}"));
}

#[tokio::test]
async fn a_database_that_comes_late_is_waited_for_and_that_is_said_once() {
    let postgres = Postgres::start(Wanted::default()).unwrap();
    let (host, name) = (host_of(&postgres), database(&postgres).await);
    let folder = host.data();
    configure(&host, &format!("host={}\ndatabase={name}\nusername=guarded\n", folder.display()));
    let mut serve = host.command(&["serve", "--listen", "127.0.0.1:0"]);
    serve.env("WORKBENCH_POSTGRES_PASSWORD", "right");
    let mut server = Ended(serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut log = lines(server.0.stderr.take().unwrap());
    let mut waits = Vec::new();
    within("the server to wait", async {
        while waits.is_empty() {
            waits.extend(log.recv().await.filter(|line| line.contains("trying again for")));
        }
    })
    .await;
    assert!(waits[0].contains("refused the connection"), "{waits:?}");
    symlink(postgres.folder().join(".s.PGSQL.5432"), folder.join(".s.PGSQL.5432")).unwrap();
    assert!(first_line(&mut server.0).starts_with("Carrel listens on"));
    while let Ok(line) = log.try_recv() {
        assert!(!line.contains("trying again for"), "said again: {line}");
    }
}

fn lines(pipe: impl std::io::Read + Send + 'static) -> mpsc::UnboundedReceiver<String> {
    let (send, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || BufReader::new(pipe).lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
    lines
}

#[test]
fn a_database_that_does_not_come_is_given_up() {
    let host = Host::new();
    configure(&host, &format!("host={}\ndatabase=d\nusername=u\n", host.data().display()));
    let output = host.run(&["serve", "--listen", "127.0.0.1:0", "--wait-for-database", "1"]);
    refused(&output, 69, &["refused the connection", "(waited 1 s, as --wait-for-database says)"]);
    let waits = String::from_utf8_lossy(&output.stderr).matches("trying again for 1 s").count();
    assert_eq!(waits, 1);
}

#[tokio::test]
async fn an_encrypted_password_opens_the_database_for_every_command() {
    let postgres = Postgres::start(Wanted::default()).unwrap();
    let (host, name) = (host_of(&postgres), database(&postgres).await);
    refused(&host.run_with(&["config", "encrypt-password"], "right\n"), 78, &["there is no secure-cookie-key"]);
    host.write("secure-cookie-key", "0f5a1c1e-6f0e-4c6c-9a39-6f8a2f3b9d11\n");
    let output = host.run_with(&["config", "encrypt-password"], "right\n");
    let sealed = String::from_utf8(output.stdout).unwrap();
    assert!(sealed.starts_with("carrel:1:") && !sealed.contains("right"), "{sealed}");

    let parts = format!("host={}\ndatabase={name}\nusername=guarded\n", postgres.folder().display());
    configure(&host, &format!("{parts}password={sealed}"));
    assert!(host.add_user(&["ada"], "correct horse").status.success());
    assert!(!host.data().join("carrel.db").exists());
    assert_eq!(host.run(&["check"]).status.code(), Some(0));
    // The flag wins over the files.
    let list = host.run(&["user", "list", "--database", &format!("sqlite:{}/other.db", host.data().display())]);
    assert!(!String::from_utf8_lossy(&list.stdout).contains("ada"));

    host.write("secure-cookie-key", "another\n");
    let what = ["database.conf:5: error: the password cannot be decrypted", "encrypted with another secure-cookie-key"];
    refused(&host.run(&["user", "list"]), 78, &what);
    let output = serve(&host, &format!("{parts}password={sealed}"));
    assert_eq!(output.status.code(), Some(78), "{output:?}");
}
