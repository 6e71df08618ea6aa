//! Who may sign in, for how long, and as what.

use super::{TestCarrel, carrel::PASSWORD};
use carrel_model::{Role, UserId};
use carrel_store::{Actor, Groups};
use http::StatusCode;
use jiff::SignedDuration;
use std::time::Duration;

async fn put_into(carrel: &TestCarrel, user: &UserId, groups: &[&str]) {
    let groups = Groups::Set(groups.iter().map(|name| name.parse().unwrap()).collect());
    carrel.store.change_groups(user, &groups, &Actor::system("test"), carrel.clock.now()).await.unwrap();
}

#[tokio::test]
async fn the_cookie_lasts_as_long_as_the_sign_in_may_and_without_an_idle_time_it_needs_no_use() {
    let carrel = TestCarrel::with(|settings| {
        settings.sign_in_idle = None;
        settings.sign_in_limit = Duration::from_hours(7 * 24);
    })
    .await;
    let ada = carrel.user("ada").await;
    let answer = ada.again("ada").await.sign_in("ada", PASSWORD).await;
    assert!(answer.header("set-cookie").contains("; Max-Age=604800"), "{}", answer.header("set-cookie"));
    let begin = carrel.clock.now();
    carrel.clock.set(begin + SignedDuration::from_hours(7 * 24 - 1));
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::OK);
    carrel.clock.set(begin + SignedDuration::from_hours(7 * 24 + 1));
    assert_eq!(ada.get("/api/v1/me").await.code(), "not-signed-in");
}

#[tokio::test]
async fn a_shorter_idle_time_holds_at_once_when_the_settings_change() {
    let carrel = TestCarrel::new().await;
    let ada = carrel.user("ada").await;
    carrel.clock.set(carrel.clock.now() + SignedDuration::from_mins(30));
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::OK);
    let mut settings = (*carrel.settings.now()).clone();
    settings.sign_in_idle = Some(Duration::from_mins(10));
    carrel.settings.replace(settings);
    carrel.clock.set(carrel.clock.now() + SignedDuration::from_mins(11));
    assert_eq!(ada.get("/api/v1/me").await.code(), "not-signed-in");
}

#[tokio::test]
async fn after_a_wrong_password_the_name_waits_for_the_pause() {
    let carrel = TestCarrel::with(|settings| settings.sign_in_pause = Duration::from_secs(5)).await;
    carrel.add("ada", Role::User).await;
    let mut ada = carrel.stranger();
    assert_eq!(ada.sign_in("ada", "wrong").await.status, StatusCode::UNAUTHORIZED);
    let early = ada.sign_in("ada", PASSWORD).await;
    assert_eq!((early.code(), early.header("retry-after")), ("too-many-tries".into(), "5"));
    carrel.clock.set(carrel.clock.now() + SignedDuration::from_secs(5));
    assert_eq!(ada.sign_in("ada", PASSWORD).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ada.sign_in("ada", PASSWORD).await.status, StatusCode::NO_CONTENT, "a right one waits for nothing");
}

#[tokio::test]
async fn groups_make_administrators_and_off_means_nobody_is_one() {
    let role = async |administration: Option<bool>, own: Role, groups: &[&str]| {
        let carrel = TestCarrel::with(|settings| {
            settings.admission.administration = administration;
            settings.admission.administrators = vec!["ops".into()];
            settings.admission.superusers = vec!["roots".into()];
        })
        .await;
        let id = carrel.add("ada", own).await;
        put_into(&carrel, &id, groups).await;
        let mut ada = carrel.stranger();
        assert_eq!(ada.sign_in("ada", PASSWORD).await.status, StatusCode::NO_CONTENT);
        let role = ada.get("/api/v1/me").await.json()["role"].as_str().unwrap().to_owned();
        let pages = ada.get("/api/v1/admin/configuration").await.status;
        assert_eq!(pages == StatusCode::FORBIDDEN, role == "user", "{pages}: the role is what counts everywhere");
        role
    };
    assert_eq!(role(Some(true), Role::User, &["ops"]).await, "administrator");
    assert_eq!(role(Some(true), Role::User, &["ops", "roots"]).await, "superuser");
    assert_eq!(role(Some(true), Role::User, &["staff"]).await, "user");
    assert_eq!(role(None, Role::User, &["ops"]).await, "user");
    assert_eq!(role(None, Role::Administrator, &[]).await, "administrator");
    assert_eq!(role(Some(false), Role::Superuser, &["ops"]).await, "user");
}

#[tokio::test]
async fn who_is_in_none_of_the_required_groups_is_refused_and_who_leaves_them_is_signed_out() {
    let carrel = TestCarrel::with(|settings| settings.admission.groups = vec!["science".into(), "ops".into()]).await;
    let id = carrel.add("ada", Role::User).await;
    let mut ada = carrel.stranger();
    let refused = ada.sign_in("ada", PASSWORD).await;
    assert_eq!((refused.code(), refused.header("set-cookie")), ("sign-in-refused".into(), ""));
    put_into(&carrel, &id, &["ops", "staff"]).await;
    assert_eq!(ada.sign_in("ada", PASSWORD).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::OK);
    put_into(&carrel, &id, &["staff"]).await;
    carrel.clock.set(carrel.clock.now() + SignedDuration::from_secs(61));
    carrel_testkit::eventually("the sign-in to end", async || {
        (ada.get("/api/v1/me").await.status == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
}
