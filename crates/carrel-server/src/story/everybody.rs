//! A server where nobody signs in: whoever reaches it is its account.

use super::{Person, TestCarrel};
use carrel_model::Role;
use carrel_store::Actor;
use http::{Method, StatusCode};

async fn open() -> TestCarrel {
    TestCarrel::with(|settings| {
        settings.admission.everybody = true;
        settings.account = "ada".into();
    })
    .await
}

/// Goes to the sign-in page, and keeps the cookie that it gives.
async fn enter(person: &mut Person) -> StatusCode {
    let answer = person.page("/sign-in?next=/sessions").await;
    person.keep_cookie(&answer);
    answer.status
}

#[tokio::test]
async fn whoever_comes_is_the_servers_account_without_a_password() {
    let carrel = open().await;
    let mut person = carrel.stranger();
    assert_eq!(person.get("/api/v1/me").await.code(), "not-signed-in");
    let answer = person.page("/sign-in?next=/sessions").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/sessions"));
    person.keep_cookie(&answer);
    let me = person.get("/api/v1/me").await.json();
    assert_eq!((&me["name"], &me["role"]), (&"ada".into(), &"administrator".into()), "{me}");
    let mut again = carrel.stranger();
    assert_eq!(enter(&mut again).await, StatusCode::SEE_OTHER);
    assert_eq!(carrel.store.users().await.unwrap().len(), 1, "the same user as before");
}

#[tokio::test]
async fn a_page_of_another_name_that_leads_here_is_not_let_in() {
    let carrel = open().await;
    let stranger = carrel.stranger();
    for path in ["/sign-in", "/api/v1/me", "/"] {
        let mut request = stranger.request(&Method::GET, path);
        request.headers_mut().unwrap().insert("host", "evil.example:8787".parse().unwrap());
        let answer = stranger.send(request, "").await;
        assert_eq!((answer.status, answer.code()), (StatusCode::MISDIRECTED_REQUEST, "unknown-host".into()), "{path}");
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn other_sites_change_nothing_and_a_locked_account_stays_out() {
    let carrel = open().await;
    let mut person = carrel.stranger();
    enter(&mut person).await;
    let request = person.request(&Method::POST, "/api/v1/sessions").header("content-type", "application/json");
    let mut forged = request;
    let headers = forged.headers_mut().unwrap();
    headers.insert("origin", "https://evil.example".parse().unwrap());
    headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(person.send(forged, "{\"ide\":\"shell\"}").await.status, StatusCode::FORBIDDEN);
    let user = carrel.store.users().await.unwrap().remove(0);
    carrel.store.set_locked(&user.id, true, &Actor::system("test"), carrel.clock.now()).await.unwrap();
    assert_eq!(enter(&mut carrel.stranger()).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn elsewhere_the_page_asks_for_a_password() {
    let carrel = TestCarrel::with(|settings| settings.account = "ada".into()).await;
    carrel.add("ada", Role::User).await;
    let answer = carrel.stranger().page("/sign-in").await;
    assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::OK, ""));
    assert!(answer.text().contains("type=\"password\""), "{}", answer.text());
}
