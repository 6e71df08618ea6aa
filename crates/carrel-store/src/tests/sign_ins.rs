use super::{at, pass, store_test, system, user};
use crate::{Actor, Credential, NewSignIn, NewToken, Scope, Store};
use carrel_model::{SignInId, TokenId, UserId};

fn id(byte: u8) -> SignInId {
    SignInId::from_random([byte; 16])
}

async fn add(store: &Store, user: &UserId, byte: u8, second: i64) {
    let new = NewSignIn {
        id: id(byte),
        user: user.clone(),
        secret_hash: [byte; 32],
        address: "2001:db8::1".into(),
        user_agent: format!("Browser\r\n {}", "x".repeat(1000)),
        expires_at: at(3600),
    };
    store.sign_in_add(&new, &system(), at(second)).await.unwrap();
}

async fn ids_of(store: &Store, user: &UserId) -> Vec<SignInId> {
    store.sign_ins_of(user).await.unwrap().into_iter().map(|sign_in| sign_in.id).collect()
}

store_test!(a_sign_in_is_found_by_the_hash_of_its_secret, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    add(&store, &ada.id, 1, 0).await;
    let (sign_in, found) = store.sign_in_by_hash(&[1; 32]).await.unwrap().unwrap();
    assert_eq!((&sign_in.id, &sign_in.user, &found), (&id(1), &ada.id, &ada));
    assert_eq!((sign_in.created_at, sign_in.last_seen_at, sign_in.expires_at), (at(0), at(0), at(3600)));
    assert_eq!((sign_in.address.as_str(), sign_in.revoked_at), ("2001:db8::1", None));
    assert_eq!(sign_in.user_agent.chars().count(), 512);
    assert!(!sign_in.user_agent.contains(['\r', '\n']));
    assert_eq!(store.sign_in_by_hash(&[2; 32]).await.unwrap(), None);
});

store_test!(use_moves_a_sign_in_forward_only, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    add(&store, &ada.id, 1, 0).await;
    add(&store, &ada.id, 2, 1).await;
    store.sign_in_seen(&id(1), at(60)).await.unwrap();
    store.sign_in_seen(&id(1), at(30)).await.unwrap();
    assert_eq!(store.sign_in_by_hash(&[1; 32]).await.unwrap().unwrap().0.last_seen_at, at(60));
    assert_eq!(ids_of(&store, &ada.id).await, [id(1), id(2)]);
});

store_test!(a_sign_in_is_ended_by_its_own_user_once, |store, clock| {
    let (ada, eve) = (user(&store, "ada", 1, at(0)).await, user(&store, "eve", 2, at(0)).await);
    add(&store, &ada.id, 1, 0).await;
    let now = pass(&clock, 5);
    assert!(!store.sign_in_revoke(&eve.id, &id(1), &system(), now).await.unwrap());
    assert_eq!(ids_of(&store, &ada.id).await, [id(1)]);
    assert!(store.sign_in_revoke(&ada.id, &id(1), &system(), now).await.unwrap());
    assert!(!store.sign_in_revoke(&ada.id, &id(1), &system(), pass(&clock, 5)).await.unwrap());
    assert!(ids_of(&store, &ada.id).await.is_empty());
    assert_eq!(store.sign_in_by_hash(&[1; 32]).await.unwrap().unwrap().0.revoked_at, Some(now));
});

store_test!(all_sign_ins_but_the_present_one_are_ended, |store, clock| {
    let (ada, eve) = (user(&store, "ada", 1, at(0)).await, user(&store, "eve", 2, at(0)).await);
    for byte in 1..=3 {
        add(&store, &ada.id, byte, i64::from(byte)).await;
    }
    add(&store, &eve.id, 4, 0).await;
    let now = pass(&clock, 5);
    assert_eq!(store.sign_ins_revoke_all(&ada.id, Some(&id(2)), &system(), now).await.unwrap(), 2);
    assert_eq!(ids_of(&store, &ada.id).await, [id(2)]);
    assert_eq!(store.sign_ins_revoke_all(&ada.id, None, &system(), now).await.unwrap(), 1);
    assert_eq!(store.sign_ins_revoke_all(&ada.id, None, &system(), now).await.unwrap(), 0);
    assert_eq!(ids_of(&store, &eve.id).await, [id(4)]);
});

store_test!(what_was_ended_since_is_told_to_who_asks, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    for byte in 1..=3 {
        add(&store, &ada.id, byte, 0).await;
    }
    let token = TokenId::from_random([4; 16]);
    let new = NewToken {
        id: token.clone(),
        user: ada.id.clone(),
        name: "script".into(),
        secret_hash: [4; 32],
        scope: Scope::Read,
        expires_at: None,
    };
    store.token_add(&new, &system(), at(0)).await.unwrap();
    store.sign_in_revoke(&ada.id, &id(1), &system(), at(10)).await.unwrap();
    store.sign_in_revoke(&ada.id, &id(2), &system(), at(20)).await.unwrap();
    store.token_revoke(&ada.id, &token, &system(), at(30)).await.unwrap();
    let since = async |second| store.revoked_since(at(second)).await.unwrap();
    assert_eq!(since(20).await, [Credential::SignIn(id(2)), Credential::Token(token.clone())]);
    assert_eq!(since(21).await, [Credential::Token(token)]);
    assert_eq!(since(0).await.len(), 3);
    assert!(since(31).await.is_empty());
});

store_test!(a_refused_sign_in_is_written_down_whatever_was_typed, |store, clock| {
    let typed = format!("ada\0\r\n\u{1b}[31m{}", "x".repeat(1 << 20));
    store.sign_in_refused(&typed, "192.0.2.7", clock.now()).await.unwrap();
    let page = store.audit_page(None, 10).await.unwrap();
    assert_eq!((page.len(), page[0].action.as_str(), page[0].at), (1, "sign-in-refused", at(0)));
    assert_eq!(page[0].actor.chars().count(), 32);
    assert!(page[0].actor.starts_with("ada") && !page[0].actor.contains(char::is_control));
    assert_eq!(page[0].address.as_deref(), Some("192.0.2.7"));
});

store_test!(old_sign_ins_are_forgotten, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let actor = Actor::user(&ada, None);
    for byte in 1..=3 {
        add(&store, &ada.id, byte, 0).await;
    }
    store.sign_in_revoke(&ada.id, &id(1), &actor, at(100)).await.unwrap();
    store.sign_in_revoke(&ada.id, &id(2), &actor, at(200)).await.unwrap();
    assert_eq!(store.sign_ins_prune(at(150)).await.unwrap(), 1);
    assert_eq!(store.sign_in_by_hash(&[1; 32]).await.unwrap(), None);
    assert_eq!(store.sign_ins_prune(at(3601)).await.unwrap(), 2);
});
