//! The pages: a session's own address in each of its states, errors, the application.

use super::TestCarrel;
use carrel_model::{Cause, Step, Who};
use carrel_sessions::{fake::Script, launcher::Seen};
use http::StatusCode;
use serde_json::Value;

#[tokio::test]
async fn the_address_of_a_starting_session_shows_its_steps_and_goes_on_by_itself() {
    let carrel = TestCarrel::new().await;
    carrel.launcher.script(Script::Silent);
    let ada = carrel.user("ada").await;
    let id = ada.launch().await;
    let run = carrel.starting(&id).await;
    carrel.launcher.say(&run, Seen::Step(Step::ImagePresent, Some("image 61 %".into())));
    let page = carrel_testkit::eventually("the step", async || {
        let page = ada.page(&format!("/s/{id}/lab")).await;
        page.text().contains("image 61 %").then_some(page)
    })
    .await;
    assert_eq!((page.status, page.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "2"));
    let text = page.text();
    assert!(text.contains("Step 3 of 5") && text.contains("/static/starting.js"), "{text}");
    assert!(text.contains("<noscript><meta http-equiv=\"refresh\""), "{text}");
    assert_eq!(ada.get(&format!("/s/{id}/api")).await.code(), "session-starting", "programs get no page");
    carrel.launcher.say(&run, Seen::Ready(carrel_model::Address::Unix(carrel.backend.door.0.clone())));
    carrel.wait(&id, "Active").await;
    assert_eq!(ada.page(&format!("/s/{id}/lab")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_suspended_session_is_resumed_from_its_own_address() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    ada.post(&format!("/api/v1/sessions/{id}/suspend"), Value::Null).await;
    carrel.wait(&id, "Suspended").await;
    carrel.not_routed(&ada, &id).await;
    let page = ada.page(&format!("/s/{id}/")).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    let text = page.text();
    assert!(
        text.contains(&format!("action=\"&#x2f;sessions&#x2f;{id}&#x2f;resume\""))
            || text.contains(&format!("action=\"/sessions/{id}/resume\"")),
        "{text}"
    );
    assert!(text.contains(">Resume</button>"));
    let answer = ada.form(&format!("/sessions/{id}/resume"), "").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, format!("/s/{id}/").as_str()));
    carrel.wait(&id, "Active").await;
}

#[tokio::test]
async fn a_failed_session_shows_why_and_its_last_output() {
    let carrel = TestCarrel::new().await;
    carrel.launcher.script(Script::Silent);
    let ada = carrel.user("ada").await;
    let id = ada.launch().await;
    let run = carrel.starting(&id).await;
    carrel.launcher.write(&run, "\u{1b}[31mModuleNotFoundError: <b>numpy</b>\u{1b}[0m\n");
    let lost = Cause::new("no-answer", "Its agent has not answered for 15 s.", Who::Nobody);
    carrel.launcher.say(&run, Seen::Ready(carrel_model::Address::Unix(carrel.backend.door.0.clone())));
    carrel.wait(&id, "Active").await;
    carrel.launcher.say(&run, Seen::Unreachable(lost));
    carrel.wait(&id, "Lost").await;
    carrel.not_routed(&ada, &id).await;
    let page = ada.page(&format!("/s/{id}/")).await.text();
    assert!(
        page.contains("has not answered for 15 s") && page.contains("ModuleNotFoundError: &lt;b&gt;numpy"),
        "{page}"
    );
    assert!(page.contains("http-equiv=\"refresh\""), "tries again by itself");
    let cause = Cause::new("out-of-memory", "Out of memory (2.0 of 2 GB).", Who::You);
    carrel.launcher.say(&run, Seen::Ended(carrel_model::Ending::Failed { cause }));
    carrel.wait(&id, "Failed").await;
    let page = ada.page(&format!("/s/{id}/")).await.text();
    assert!(page.contains("Out of memory (2.0 of 2 GB).") && page.contains(">Start again</button>"), "{page}");
    assert!(page.contains("out-of-memory"));
}

#[tokio::test]
async fn a_session_that_ended_is_gone_and_one_without_a_slash_gets_it() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let answer = ada.page(&format!("/s/{id}?x=1")).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::PERMANENT_REDIRECT, format!("/s/{id}/?x=1").as_str())
    );
    ada.delete(&format!("/api/v1/sessions/{id}")).await;
    carrel.wait(&id, "Stopped").await;
    carrel.not_routed(&ada, &id).await;
    let page = ada.page(&format!("/s/{id}/")).await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(page.text().contains("This session has ended"));
}

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_sign_in_and_back() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let page = carrel.stranger().page(&format!("/s/{id}/lab/tree/a%2Fb?x=1")).await;
    assert_eq!(page.header("location"), format!("/sign-in?next=/s/{id}/lab/tree/a%252Fb%3Fx%3D1"));
    let form = carrel.stranger().page(page.header("location")).await.text();
    assert!(form.contains("Sign in to go on to the session"), "{form}");
    assert_eq!(carrel.stranger().get(&format!("/s/{id}/api")).await.code(), "not-signed-in");
}

#[tokio::test]
async fn a_session_whose_agent_is_away_gets_a_page_that_tries_again() {
    let carrel = TestCarrel::new().await;
    carrel.launcher.answers_at(carrel_model::Address::Unix("/nowhere/data.sock".into()));
    let ada = carrel.user("ada").await;
    let id = carrel.running(&ada).await;
    let page = ada.page(&format!("/s/{id}/")).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.text().contains("The session does not answer") && page.text().contains("tries again in 3 s"));
    assert_eq!(ada.get(&format!("/s/{id}/api")).await.code(), "session-no-answer");
}

#[tokio::test]
async fn the_application_has_its_own_policy_or_says_that_it_was_not_built() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    let of_a_session = ["/sessions/abcdefghjkmnpqrs", "/sessions/abcdefghjkmnpqrs/start"];
    for path in ["/", "/settings", "/admin/configuration", "/admin/what-if?user=ada"].into_iter().chain(of_a_session) {
        let page = ada.page(path).await;
        if page.status == StatusCode::OK {
            assert!(page.header("content-security-policy").starts_with(crate::headers::APP_POLICY));
            assert_eq!(page.header("cache-control"), "no-cache");
        } else {
            assert_eq!(page.status, StatusCode::NOT_IMPLEMENTED);
            assert!(page.text().contains("npm run build"), "{}", page.text());
        }
    }
    for path in ["/sessions/no-such-id", "/admin", "/admin/nothing", "/new"] {
        assert_eq!(ada.page(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(ada.page("/../Cargo.toml").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn files_of_the_pages_are_packed_and_asked_for_once() {
    let carrel = TestCarrel::new().await;
    let stranger = carrel.stranger();
    let get = |name: &'static str, value: &'static str| {
        stranger.send(stranger.request(&http::Method::GET, "/static/carrel.css").header(name, value.to_owned()), "")
    };
    let packed = get("accept-encoding", "br, gzip").await;
    assert_eq!((packed.header("content-encoding"), packed.header("content-type")), ("gzip", "text/css; charset=utf-8"));
    let plain = get("accept-encoding", "gzip;q=0").await;
    assert!(plain.header("content-encoding").is_empty() && plain.text().contains("--canvas"));
    let etag: &'static str = Box::leak(plain.header("etag").to_owned().into_boxed_str());
    assert_eq!(get("if-none-match", etag).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(stranger.get("/static/../Cargo.toml").await.code(), "no-such-page");
}

#[tokio::test]
async fn readiness_fails_before_the_server_stops() {
    let mut carrel = TestCarrel::new().await;
    assert_eq!(carrel.stranger().get("/livez").await.text(), "ok\n");
    assert_eq!(carrel.stranger().get("/readyz").await.text(), "ok\n");
    let server = carrel.server.take().unwrap();
    server.stop(std::time::Duration::from_secs(1)).await;
    assert!(tokio::net::TcpStream::connect(carrel.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let carrel = TestCarrel::new().await;
    let settings = carrel_config::Settings { listen: address, ..(*carrel.settings.now()).clone() };
    let parts = crate::ServerParts {
        installation: std::sync::Arc::new(carrel_config::Installation::without_files(settings)),
        store: carrel.store.clone(),
        sessions: carrel.sessions.clone(),
        agents: None,
        clock: carrel.clock.clone(),
    };
    let Err(error) = crate::Server::start(parts).await else { panic!("it started") };
    let port = address.port();
    assert_eq!(
        error.to_string(),
        format!("port {port} of 127.0.0.1 is in use by another program: stop it, or choose another port")
    );
}
