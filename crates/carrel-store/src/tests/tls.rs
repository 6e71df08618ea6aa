//! Each `sslmode`, on a server that takes TLS only over TCP, and on one that has none.

use crate::{Database, Store};
use carrel_testkit::{Postgres, Wanted};
use secrecy::SecretString;

/// A server with a role `guarded`, whose password is `right`.
async fn server(tls: bool) -> Postgres {
    let postgres = Postgres::start(Wanted { tcp: true, tls, ..Wanted::default() }).unwrap();
    postgres.run("postgres", "CREATE ROLE guarded LOGIN PASSWORD 'right'").await.unwrap();
    postgres
}

/// What becomes of connecting by this host with these parameters: nothing when it works, else the sentence.
async fn tried(postgres: &Postgres, host: &str, parameters: &str) -> Option<String> {
    let port = postgres.port().unwrap();
    let url = format!("postgres://guarded@{host}:{port}/postgres?{parameters}");
    let database = Database { password: Some(SecretString::from("right")), ..Database::from(&url) };
    let said = match Store::open(database).await {
        Ok(store) => {
            store.close().await;
            None
        }
        Err(error) => Some(error.to_string()),
    };
    said.map(|said| said.replace(&port.to_string(), "PORT"))
}

#[tokio::test]
async fn each_mode_on_a_server_that_wants_tls() {
    let postgres = server(true).await;
    let authority = format!("sslrootcert={}", postgres.authority().display());
    for mode in ["allow", "prefer", "require"] {
        assert_eq!(tried(&postgres, "127.0.0.1", &format!("sslmode={mode}")).await, None, "{mode}");
    }
    let refused = tried(&postgres, "127.0.0.1", "sslmode=disable").await.unwrap();
    assert!(refused.starts_with("the database at 127.0.0.1:PORT wants TLS (no pg_hba.conf entry"), "{refused}");
    assert!(refused.ends_with("write sslmode=require, or better verify-full, into the address"), "{refused}");

    let unknown = "the certificate of the database at localhost:PORT is not trusted: nobody known has signed it; name \
                   its authority's certificate with sslrootcert=FILE";
    for mode in ["verify-ca", "verify-full"] {
        assert_eq!(tried(&postgres, "localhost", &format!("sslmode={mode}")).await.as_deref(), Some(unknown));
        assert_eq!(tried(&postgres, "localhost", &format!("sslmode={mode}&{authority}")).await, None, "{mode}");
    }
    assert_eq!(tried(&postgres, "127.0.0.1", &format!("sslmode=verify-ca&{authority}")).await, None);
    assert_eq!(
        tried(&postgres, "127.0.0.1", &format!("sslmode=verify-full&{authority}")).await.unwrap(),
        "the certificate of the database at 127.0.0.1:PORT is not trusted: it is for another name than the address has; \
         connect by its name, or write sslmode=verify-ca"
    );
}

#[tokio::test]
async fn an_authority_is_asked_for_by_require_as_libpq_does() {
    let postgres = server(true).await;
    let another = server(true).await;
    let with = |from: &Postgres| format!("sslmode=require&sslrootcert={}", from.authority().display());
    assert_eq!(tried(&postgres, "127.0.0.1", &with(&postgres)).await, None);
    let refused = tried(&postgres, "127.0.0.1", &with(&another)).await.unwrap();
    assert!(refused.contains("is not trusted: nobody known has signed it"), "{refused}");
    let refused = tried(&postgres, "localhost", "sslrootcert=system").await.unwrap();
    assert!(refused.contains("is not trusted") || refused.contains("cannot be read"), "{refused}");
    assert_eq!(
        tried(&postgres, "localhost", "sslmode=verify-full&sslrootcert=/no/such/file").await.unwrap(),
        "sslrootcert=/no/such/file of the database's address cannot be read: No such file or directory (os error 2)"
    );
}

#[tokio::test]
async fn each_mode_on_a_server_without_tls() {
    let postgres = server(false).await;
    for mode in ["disable", "allow", "prefer"] {
        assert_eq!(tried(&postgres, "127.0.0.1", &format!("sslmode={mode}")).await, None, "{mode}");
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        assert_eq!(
            tried(&postgres, "127.0.0.1", &format!("sslmode={mode}")).await.unwrap(),
            "the database at 127.0.0.1:PORT offers no TLS, and sslmode asks for it: set ssl=on there, or write \
             sslmode=prefer",
            "{mode}"
        );
    }
}

#[tokio::test]
async fn a_socket_needs_no_tls_whatever_the_mode() {
    let url = Postgres::shared().unwrap().url("postgres");
    for mode in ["require", "verify-full"] {
        Store::open(&format!("{url}?sslmode={mode}")).await.unwrap().close().await;
    }
}
